"""The throttle on failed logins: after each failure, the next attempt has to wait longer.

Failures are counted by login key (a name, an email, or an account's own password) and address, so guesses
from elsewhere don't lock the owner out. Unknown names count too, so the wait doesn't reveal which exist.
"""

from __future__ import annotations

import hashlib

from ewallet_core import spelling
from ewallet_core.errors.accounts import ThrottledError
from ewallet_core.storage.logins import forget_failures, login_throttles
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import user_key

FREE_FAILURES = 3
FIRST_WAIT_MS = 1_000
LONGEST_WAIT_MS = 15 * 60_000
FORGOTTEN_AFTER_MS = 60 * 60_000


def name_key(name: str) -> str:
    return f"name {user_key(name)}"


def email_key(email: str) -> str:
    return f"email {spelling.email_key(email)}"


def account_key(account_id: int) -> str:
    """The login key of a logged-in account whose password is asked for again."""
    return f"account {account_id}"


def wait_after(failures: int) -> int:
    """The wait after that many failures in a row, in milliseconds."""
    doubled = failures - FREE_FAILURES
    return min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(doubled, 20)) if doubled >= 0 else 0


def require_no_wait(transaction: Transaction, login_key: str, address: str, now: int) -> None:
    """Raise `ThrottledError` if that login key has to wait at that address."""
    found = login_throttles.find(transaction, name_hash=_hash(login_key), address=address)
    if found is None:
        return
    wait = wait_after(found.failures)
    left = found.last_failed_at + wait - now
    # A failure in the future was recorded while the wall clock was ahead.
    if 0 < left <= wait:
        raise ThrottledError(left)


def record_failure(transaction: Transaction, login_key: str, address: str, now: int) -> None:
    forget_failures(transaction, now - FORGOTTEN_AFTER_MS)
    key = {"name_hash": _hash(login_key), "address": address}
    found = login_throttles.find(transaction, **key)
    login_throttles.delete(transaction, **key)
    login_throttles.insert(
        transaction, **key, failures=found.failures + 1 if found else 1, last_failed_at=now
    )


def record_success(transaction: Transaction, login_key: str, address: str) -> None:
    """Forget the failures of that login key at that address."""
    login_throttles.delete(transaction, name_hash=_hash(login_key), address=address)


def forget(transaction: Transaction, login_key: str) -> None:
    """Forget the failures of that login key at every address, because its owner is gone."""
    login_throttles.delete(transaction, name_hash=_hash(login_key))


def _hash(login_key: str) -> bytes:
    return hashlib.sha256(login_key.encode()).digest()
