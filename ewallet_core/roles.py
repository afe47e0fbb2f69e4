"""The roles an account can have, by which the permission sheet says who may ask what."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What an account is here for; `issuer` is the system core account, to which nobody logs in."""

    USER = "user"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ISSUER = "issuer"


PEOPLE = (Role.USER, Role.OPERATOR, Role.AUDITOR)
"""The roles of those who log in: the columns of the permission sheet."""
