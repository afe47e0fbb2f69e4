"""Types that every layer uses: roles, record types, and the comparison key of names and emails."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class Role(StrEnum):
    """`issuer` is the role of the system core account, which has no login."""

    USER = "user"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ISSUER = "issuer"


PEOPLE = (Role.USER, Role.OPERATOR, Role.AUDITOR)
"""The roles that can log in: the columns of the permission sheet."""


class RecordType(StrEnum):
    """The type of the records on a sheet or contact list."""

    TRANSFER = "transfer"
    INVOICE = "invoice"
    CONVERSION = "conversion"
    TIME = "time"
    CONTACT = "contact"


SYSTEM_CORE_EMAIL = "core@ewallet.local"
"""The email of the issuer's account."""


def user_key(name: str) -> str:
    """The key by which names and emails are compared: case and Unicode form make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
