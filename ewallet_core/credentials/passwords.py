"""Passwords: argon2id, with its parameters in one place, and the passwords that everybody tries first."""

from __future__ import annotations

from functools import cache, cached_property

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from ewallet_core.refusals.accounts import CommonPassword, PasswordIsName
from ewallet_core.storage.accounts import key_of

DEFAULT_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, type=Type.ID)


class Passwords:
    """Hashes and checks passwords; both are slow by design, so neither belongs in a transaction."""

    def __init__(self, hasher: PasswordHasher = DEFAULT_HASHER) -> None:
        self._hasher = hasher

    def hash(self, password: str) -> str:
        """The password's hash, with its salt and parameters."""
        return self._hasher.hash(password)

    def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password; where there is none it takes just as long to say no."""
        # Made with the first password that is checked, whoever's it is, so that it tells nothing.
        nobodys = self._nobodys
        try:
            self._hasher.verify(hashed or nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's password")

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)


def must_be_hard_to_guess(password: str, field: str, *own_names: str) -> None:
    """Raise `CommonPassword`, or `PasswordIsName`, about that argument for what is guessed first."""
    if password.casefold() in _common_passwords():
        raise CommonPassword(field)
    if key_of(password) in map(key_of, own_names):
        raise PasswordIsName(field)


@cache
def _common_passwords() -> frozenset[str]:
    # 30,000 words, read only when somebody chooses a password.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])
