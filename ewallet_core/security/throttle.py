"""Patience with failed logins: a name from an address waits longer after each (PROTOCOL section 5).

It is kept by door (a name, an email, an account's own password) and address, so that a stranger's guesses do
not lock the owner out, and for names that don't exist as for those that do, so that it tells nothing."""

from __future__ import annotations

import hashlib

from ewallet_core.errors.accounts import ThrottledError
from ewallet_core.storage.logins import forget_failures, forget_failures_of, login_throttles
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import user_key

FREE_FAILURES = 3
FIRST_WAIT_MS = 1_000
LONGEST_WAIT_MS = 15 * 60_000
FORGOTTEN_AFTER_MS = 60 * 60_000


def by_name(name: str) -> str:
    """The door of a login by that name."""
    return f"name {user_key(name)}"


def by_email(email: str) -> str:
    """The door of a login by that email."""
    return f"email {user_key(email)}"


def by_account(account_id: int) -> str:
    """The door of whoever is logged in to that account and is asked for its password again."""
    return f"account {account_id}"


def wait_after(failures: int) -> int:
    """How many milliseconds a name waits after that many failures in a row."""
    doubled = failures - FREE_FAILURES
    return min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(doubled, 20)) if doubled >= 0 else 0


def must_not_wait(transaction: Transaction, door: str, address: str, now: int) -> None:
    """Raise `ThrottledError` while that door is closed at that address."""
    found = login_throttles.find(transaction, name_hash=_hash(door), address=address)
    if found is None:
        return
    left = found.last_failed_at + wait_after(found.failures) - now
    if left > 0:
        raise ThrottledError(min(left, LONGEST_WAIT_MS))


def failed(transaction: Transaction, door: str, address: str, now: int) -> None:
    """Count a failure at that door and address."""
    forget_failures(transaction, now - FORGOTTEN_AFTER_MS)
    key = {"name_hash": _hash(door), "address": address}
    found = login_throttles.find(transaction, **key)
    login_throttles.delete(transaction, **key)
    login_throttles.insert(
        transaction, **key, failures=found.failures + 1 if found else 1, last_failed_at=now
    )


def succeeded(transaction: Transaction, door: str, address: str) -> None:
    """Forget the failures at that door and address."""
    login_throttles.delete(transaction, name_hash=_hash(door), address=address)


def forget(transaction: Transaction, door: str) -> None:
    """Forget the failures at a door that is nobody's any more, from wherever."""
    forget_failures_of(transaction, _hash(door))


def _hash(door: str) -> bytes:
    return hashlib.sha256(door.encode()).digest()
