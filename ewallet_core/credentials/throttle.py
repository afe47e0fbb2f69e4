"""Patience with failed logins: a name from an address waits longer after each (PROTOCOL section 5).

It is kept by name and address, so that a stranger's guesses do not lock the owner out, and for names that
don't exist as for those that do, so that it tells nothing.
"""

from __future__ import annotations

import hashlib

from ewallet_core.refusals import Throttled
from ewallet_core.storage import tables
from ewallet_core.storage.accounts import key_of
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction

FREE_FAILURES = 3
FIRST_WAIT_MS = 1_000
LONGEST_WAIT_MS = 15 * 60_000
FORGOTTEN_AFTER_MS = 60 * 60_000


class LoginThrottle(Row, frozen=True):
    """How often in a row a name failed from an address, and when last."""

    failures: int
    last_failed_at: int


_throttles = Rows(tables.login_throttles, LoginThrottle)


def wait_after(failures: int) -> int:
    """How many milliseconds a name waits after that many failures in a row."""
    doubled = failures - FREE_FAILURES
    return min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(doubled, 20)) if doubled >= 0 else 0


def must_not_wait(transaction: Transaction, name: str, address: str, now: int) -> None:
    """Raise `Throttled` while the name has to wait at that address."""
    found = _throttles.find(transaction, name_hash=_hash(name), address=address)
    if found is None:
        return
    left = found.last_failed_at + wait_after(found.failures) - now
    if left > 0:
        raise Throttled(min(left, LONGEST_WAIT_MS))


def failed(transaction: Transaction, name: str, address: str, now: int) -> None:
    """Count a failure of the name at that address."""
    key = {"name_hash": _hash(name), "address": address}
    found = _throttles.find(transaction, **key)
    recent = found is not None and now - found.last_failed_at < FORGOTTEN_AFTER_MS
    failures = found.failures + 1 if found is not None and recent else 1
    _throttles.delete(transaction, **key)
    _throttles.insert(transaction, **key, failures=failures, last_failed_at=now)


def succeeded(transaction: Transaction, name: str, address: str) -> None:
    """Forget the failures of the name at that address."""
    _throttles.delete(transaction, name_hash=_hash(name), address=address)


def _hash(name: str) -> bytes:
    return hashlib.sha256(key_of(name).encode()).digest()
