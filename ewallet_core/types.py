"""Types that every layer uses: roles, kinds of record, and what makes two names or emails the same."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class Role(StrEnum):
    """What an account is here for; `issuer` is the system core account, to which nobody logs in."""

    USER = "user"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ISSUER = "issuer"


PEOPLE = (Role.USER, Role.OPERATOR, Role.AUDITOR)
"""The roles of those who log in: the columns of the permission sheet."""


class Kind(StrEnum):
    """What a sheet or list is of."""

    TRANSFER = "transfer"
    INVOICE = "invoice"
    CONVERSION = "conversion"
    TIME = "time"
    CONTACT = "contact"


def user_key(name: str) -> str:
    """What makes two names or emails the same: their letters, whatever their case or encoding."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
