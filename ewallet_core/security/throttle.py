"""The throttle on wrong passwords: after some of them, the next attempt has to wait.

Failures are counted in three ways: of a login key (a name, an email, or an account's own password) from one
network, of all login keys from one network, and of a login key from all networks. For a network from which
the account was logged in to within the last 30 days only the first counts. A client that has logged in to
the account has a count of its own, and another one at such a network. So the owner is not locked out by what
others guess, also if they know the tokens of its client. Unknown names count too, so the wait doesn't reveal
which exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ewallet_core import spelling
from ewallet_core.errors.accounts import ThrottledError
from ewallet_core.protocol.address import network_of
from ewallet_core.storage.logins import (
    CLIENT_ORIGIN,
    LoginThrottle,
    forget_failures,
    login_throttles,
    note_origins,
    origins_among,
)
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import user_key

FREE_FAILURES = 3
FIRST_WAIT_MS = 1_000
LONGEST_WAIT_MS = 15 * 60_000
FORGOTTEN_AFTER_MS = 60 * 60_000
HOURLY_OF_NETWORK = 60
"""How many failures one network may have in an hour, over all names."""
HOURLY_OF_KEY = 20
"""How many failures one login key may have in an hour, from all networks that its account doesn't know."""

_EVERY_KEY, _EVERY_NETWORK = b"", ""
_NO_ACCOUNT = 0


def name_key(name: str) -> str:
    return f"name {user_key(name)}"


def email_key(email: str) -> str:
    return f"email {spelling.email_key(email)}"


def account_key(account_id: int) -> str:
    """The login key of a logged-in account whose password is asked for again."""
    return f"account {account_id}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password that is tried for a login key, now, from that address and by that client.

    `account_id` is the account that the key belongs to, if there is one.
    """

    login_key: str
    account_id: int | None
    address: str
    client_id: int | None
    now: int

    @property
    def _network(self) -> str:
        return network_of(self.address)

    @property
    def origins(self) -> tuple[str, ...]:
        """What an account's owner is recognized by: the network, and the client if there is one."""
        return (
            (self._network,)
            if self.client_id is None
            else (self._network, f"{CLIENT_ORIGIN}{self.client_id}")
        )

    def budgets(self, known_origins: list[str]) -> list[_Budget]:
        """What the attempt is held to, if the account was logged in to from these origins."""
        key, network = _hash(self.login_key), self._network
        known = [origin for origin in self.origins if origin in known_origins]
        if known:
            return [_Budget(key, _joint(known))]
        return [
            _Budget(key, network),
            _Budget(_EVERY_KEY, network, HOURLY_OF_NETWORK),
            _Budget(key, _EVERY_NETWORK, HOURLY_OF_KEY),
        ]


class _Budget(NamedTuple):
    """The failures of a login key at a place. Without `hourly`, the wait doubles with each."""

    key_hash: bytes
    place: str
    hourly: int | None = None

    def find(self, transaction: Transaction, now: int) -> LoginThrottle | None:
        found = login_throttles.find(transaction, name_hash=self.key_hash, address=self.place)
        if found is None or found.last_failed_at > now + LONGEST_WAIT_MS:
            # So far in the future only because the clock was wrong then.
            return None
        return found

    def wait(self, found: LoginThrottle, now: int) -> int:
        """How long the next attempt has to wait, in milliseconds."""
        elapsed = max(0, now - found.last_failed_at)
        if self.hourly is None:
            return max(0, wait_after(found.failures) - elapsed)
        over = found.failures - self.hourly + 1
        return max(0, over * (FORGOTTEN_AFTER_MS // self.hourly) - elapsed)

    def after_failure(self, found: LoginThrottle | None, now: int) -> LoginThrottle:
        """One failure more. An hourly budget forgets one after each of its parts of an hour."""
        if found is None:
            return LoginThrottle(1, now)
        if self.hourly is None:
            return LoginThrottle(found.failures + 1, now)
        each = FORGOTTEN_AFTER_MS // self.hourly
        forgotten, rest = divmod(max(0, now - found.last_failed_at), each)
        if forgotten >= found.failures:
            return LoginThrottle(1, now)
        return LoginThrottle(found.failures - forgotten + 1, now - rest)


def wait_after(failures: int) -> int:
    """The wait after that many failures in a row, in milliseconds."""
    doubled = failures - FREE_FAILURES
    return min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(doubled, 20)) if doubled >= 0 else 0


def require_no_wait(transaction: Transaction, attempt: Attempt) -> None:
    """Raise `ThrottledError` if the attempt has to wait."""
    longest = 0
    for budget in _budgets(transaction, attempt):
        found = budget.find(transaction, attempt.now)
        longest = max(longest, budget.wait(found, attempt.now) if found else 0)
    if longest > 0:
        raise ThrottledError(longest)


def record_failure(transaction: Transaction, attempt: Attempt) -> None:
    now = attempt.now
    forget_failures(transaction, now - FORGOTTEN_AFTER_MS, now + LONGEST_WAIT_MS)
    for budget in _budgets(transaction, attempt):
        key = {"name_hash": budget.key_hash, "address": budget.place}
        counted = budget.after_failure(budget.find(transaction, now), now)
        login_throttles.delete(transaction, **key)
        login_throttles.add(
            transaction, **key, failures=counted.failures, last_failed_at=counted.last_failed_at
        )


def record_success(transaction: Transaction, attempt: Attempt) -> None:
    """Forget the failures of that login key from there; what others guessed elsewhere still counts."""
    for place in {*attempt.origins, _joint(attempt.origins)}:
        login_throttles.delete(transaction, name_hash=_hash(attempt.login_key), address=place)


def record_login(transaction: Transaction, attempt: Attempt, account_id: int) -> None:
    """Note that the account was logged in to from there, whose owner it is thereby."""
    record_success(transaction, attempt)
    note_origins(transaction, account_id, attempt.origins, attempt.now)


def forget(transaction: Transaction, login_key: str) -> None:
    """Forget the failures of that login key everywhere, because its owner is gone."""
    login_throttles.delete(transaction, name_hash=_hash(login_key))


def _budgets(transaction: Transaction, attempt: Attempt) -> list[_Budget]:
    # The same statement without an account, so that an unknown name is answered as fast as a known one.
    account_id = _NO_ACCOUNT if attempt.account_id is None else attempt.account_id
    return attempt.budgets(origins_among(transaction, account_id, attempt.origins, attempt.now))


def _joint(origins: Sequence[str]) -> str:
    """The place of the failures that have all these origins."""
    return " ".join(origins)


def _hash(login_key: str) -> bytes:
    return hashlib.sha256(login_key.encode()).digest()
