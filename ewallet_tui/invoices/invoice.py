"""An invoice, and a month of them, as far as it matters on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from ewallet_tui.words import parse_timestamp

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Party:
    """Who sells or buys: an email, and a name where that is known for sure."""

    email: str
    name: str = ""

    @property
    def lines(self) -> Sequence[str]:
        """What is written of them."""
        return (self.name, self.email) if self.name else (self.email,)


UNKNOWN = Party("not known any more")
"""The buyer of what was sold by a transfer that its seller has unlinked."""


@dataclass(frozen=True)
class Owner:
    """The account whose invoices they are."""

    id: int
    party: Party

    @classmethod
    def read(cls, account: Record) -> Self:
        """The account of an answer's `account_data`."""
        return cls(account["id"], Party(account["email"], account["name"]))


@dataclass(frozen=True)
class Amount:
    """What is to be paid, in a currency, or in credits where `currency` is empty."""

    number: Decimal
    currency: str = ""


@dataclass(frozen=True)
class Invoice:
    """One invoice."""

    record: int
    reference: str
    date: datetime
    seller: Party
    buyer: Party
    is_sale: bool
    """Whether the account whose record it is sold something; else it bought."""
    credits: int
    amount: Amount
    notes: str
    transfer: str
    """The reference of the transfer that it is about; nothing where that is unlinked."""

    @classmethod
    def read(cls, record: Record, transfer: Record | None, owner: Owner) -> Self:
        """The invoice of a record of `owner`, and of the transfer record that belongs to it."""
        is_sale = record["seller"] == owner.id
        other = _payer(transfer) if is_sale else Party(record["seller_email"])
        return cls(
            record=record["id"],
            reference=record["reference"],
            date=parse_timestamp(record["create_date"]),
            seller=owner.party if is_sale else other,
            buyer=other if is_sale else owner.party,
            is_sale=is_sale,
            credits=record["credits"],
            amount=_amount(record),
            notes=record["notes"] or "",
            transfer=transfer["reference"] if transfer else "",
        )


@dataclass(frozen=True)
class Month:
    """All the invoices of an account in a month, the oldest first."""

    name: str
    """As people write it: `Nov 2026`."""
    owner: Owner
    invoices: Sequence[Invoice]


def _payer(transfer: Record | None) -> Party:
    return Party(transfer["transfer_from"]) if transfer else UNKNOWN


def _amount(record: Record) -> Amount:
    if record["currency"]:
        return Amount(Decimal(str(record["cost"])), record["currency"])
    return Amount(Decimal(record["credits"]))
