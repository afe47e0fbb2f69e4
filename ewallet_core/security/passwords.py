"""Password hashing with argon2id, and the passwords that are refused because they are easy to guess."""

from __future__ import annotations

import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from ewallet_core import security
from ewallet_core.errors.accounts import CommonPasswordError, PasswordIsNameError
from ewallet_core.spelling import email_key
from ewallet_core.types import user_key

DEFAULT_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, type=Type.ID)


class Passwords:
    """Hashes and verifies passwords. Both are slow by design, so neither belongs in a transaction."""

    def __init__(self, hasher: PasswordHasher = DEFAULT_HASHER) -> None:
        self._hasher = hasher

    def hash(self, password: str) -> str:
        return self._hasher.hash(_normalize(password))

    def matches(self, password: str, hashed: str | None) -> bool:
        """Whether the password has that hash; without a hash the answer is no and takes as long."""
        try:
            self._hasher.verify(hashed or hash_of_no_password(self._hasher), _normalize(password))
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than the current ones."""
        return self._hasher.check_needs_rehash(hashed)


def hash_of_no_password(hasher: PasswordHasher) -> str:
    """A hash with the hasher's parameters, put together: to compute one takes as long as a check."""
    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (b64encode(bytes(size)).decode() for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v={ARGON2_VERSION}${parameters}${salt.rstrip('=')}${digest.rstrip('=')}"


def _normalize(password: str) -> str:
    """The form in which a password is the same from every keyboard (RFC 8265)."""
    return unicodedata.normalize("NFC", password)


def reject_common_password(password: str, field: str) -> None:
    if security.is_common_password(password):
        raise CommonPasswordError(field)


def reject_own_name(password: str, field: str, *own_names: str) -> None:
    """Raise `PasswordIsNameError` about that argument if the password is one of the account's names."""
    if user_key(password) in map(user_key, own_names) or email_key(password) in map(email_key, own_names):
        raise PasswordIsNameError(field)
