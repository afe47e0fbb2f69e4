"""Recognizes common passwords with zxcvbn."""

from __future__ import annotations

import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

MOST_SCORED = 72
"""How many characters of a password are scored: the time grows with the square of the length."""


def is_common_password(password: str) -> bool:
    """Whether the password is in the list of common ones, or is guessed within 1,000 tries."""
    is_listed = password.casefold() in FREQUENCY_LISTS["passwords"]
    return is_listed or zxcvbn.zxcvbn(password[:MOST_SCORED])["score"] == 0
