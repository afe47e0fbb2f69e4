"""Client ids, session tokens, one-time passwords, and fingerprints of certificates."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

RandomBytes = Callable[[int], bytes]

TOKEN_BYTES = 32
ONE_TIME_BYTES = 10
LETTERS_IN_A_GROUP = 4


def new_token(randomness: RandomBytes) -> str:
    """256 random bits in letters, digits, `-` and `_`."""
    return _in_letters(randomness(TOKEN_BYTES))


def renewed_token(token: str, salt: bytes) -> str:
    """The token that replaces this one; without the old token, the salt does not tell it."""
    return _in_letters(hmac.digest(salt, token.encode(), "sha256"))


def _in_letters(random_bytes: bytes) -> str:
    return base64.urlsafe_b64encode(random_bytes).rstrip(b"=").decode()


def new_one_time_password(randomness: RandomBytes) -> str:
    """80 random bits in groups of letters and digits that can't be mistaken for one another."""
    letters = base64.b32encode(randomness(ONE_TIME_BYTES)).decode().lower()
    return "-".join(
        letters[start : start + LETTERS_IN_A_GROUP] for start in range(0, len(letters), LETTERS_IN_A_GROUP)
    )


def hash_token(token: str) -> bytes:
    """What is stored of a token; a plain hash of 256 random bits can't be reversed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def fingerprint_of(certificate: bytes) -> str:
    """The SHA-256 of a certificate in DER form, as `SHA256:` and 43 letters that people can compare."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode()
