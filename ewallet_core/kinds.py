"""The kinds of sheet and list that an account has."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a sheet or list is of."""

    TRANSFER = "transfer"
    INVOICE = "invoice"
    CONVERSION = "conversion"
    TIME = "time"
    CONTACT = "contact"
