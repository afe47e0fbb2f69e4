"""Passwords: argon2id, with its parameters in one place, and the passwords that everybody tries first."""

from __future__ import annotations

import unicodedata
from functools import cached_property

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from ewallet_core.errors.accounts import CommonPasswordError, PasswordIsNameError
from ewallet_core.types import user_key

# As much of a password as its guesses are counted of.
MOST_SCORED = 72

DEFAULT_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, type=Type.ID)


class Passwords:
    """Hashes and checks passwords; both are slow by design, so neither belongs in a transaction."""

    def __init__(self, hasher: PasswordHasher = DEFAULT_HASHER) -> None:
        self._hasher = hasher

    def hash(self, password: str) -> str:
        """The password's hash, with its salt and parameters."""
        return self._hasher.hash(_typed(password))

    def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password; where there is none it takes just as long to say no."""
        # Made with the first password that is checked, whoever's it is, so that it tells nothing.
        nobodys = self._nobodys
        try:
            self._hasher.verify(hashed or nobodys, _typed(password))
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's password")

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)


def _typed(password: str) -> str:
    """The password in the one form that keyboards of all kinds come to (RFC 8265)."""
    return unicodedata.normalize("NFC", password)


def must_be_uncommon(password: str, field: str) -> None:
    """Raise `CommonPasswordError`, about that argument, for what many choose, or a thousand tries come to."""
    # Imported when somebody chooses a password: it reads 30,000 of the common ones.
    from zxcvbn import zxcvbn  # noqa: PLC0415
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    is_common = password.casefold() in FREQUENCY_LISTS["passwords"]
    if is_common or zxcvbn(password[:MOST_SCORED])["score"] == 0:
        raise CommonPasswordError(field)


def must_not_be_name(password: str, field: str, *own_names: str) -> None:
    """Raise `PasswordIsNameError`, about that argument, for what this account's password is guessed to be."""
    if user_key(password) in map(user_key, own_names):
        raise PasswordIsNameError(field)
