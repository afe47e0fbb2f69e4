"""Invoices, and a month of them: their parties, amounts and totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Self

from iso4217 import Currency

from ewallet_core.ledger.rates import EXACT
from ewallet_core.presentation.formatting import MINUS, credit_amount, parse_timestamp, price
from ewallet_core.presentation.movements import Record


@dataclass(frozen=True)
class Party:
    """The seller or the buyer: an email, and the name if it is known."""

    email: str
    name: str = ""

    @property
    def lines(self) -> Sequence[str]:
        # A deleted account has one text for both.
        return (self.name, self.email) if self.name not in ("", self.email) else (self.email,)


@dataclass(frozen=True)
class Amount:
    """An amount in a currency, or in credits if `currency` is empty."""

    number: Decimal
    currency: str = ""


@dataclass(frozen=True)
class Invoice:
    record: int
    reference: str
    date: datetime
    seller: Party
    buyer: Party
    is_sale: bool
    """Whether the owner of the record is the seller."""
    credits: int
    amount: Amount
    notes: str
    transfer: str
    """The reference of its transfer; empty if that was unlinked."""

    @property
    def direction(self) -> str:
        return "Sale" if self.is_sale else "Purchase"

    @property
    def other(self) -> Party:
        """The party that is not the owner of the record."""
        return self.buyer if self.is_sale else self.seller

    @property
    def signed_amount(self) -> Amount:
        """The amount as the owner of the record sees it: below 0 if it left."""
        return signed(self.amount, is_sale=self.is_sale)

    @classmethod
    def read(cls, record: Record, transfer: Record | None) -> Self:
        """Read a record and its transfer record."""
        if record["currency"]:
            amount = Amount(Decimal(str(record["cost"])), record["currency"])
        else:
            amount = Amount(Decimal(record["credits"]))
        return cls(
            record=record["id"],
            reference=record["reference"],
            date=parse_timestamp(record["create_date"]),
            seller=Party(record["seller_email"], record["seller_name"]),
            buyer=Party(record["buyer_email"], record["buyer_name"]),
            is_sale=record["direction"] == "sale",
            credits=record["credits"],
            amount=amount,
            notes=record["notes"] or "",
            transfer=transfer["reference"] if transfer else "",
        )


@dataclass(frozen=True)
class Month:
    """All invoices of an account in a month, oldest first."""

    name: str
    """As people write it: `Nov 2026`."""
    owner: Party
    """The account as it is today."""
    invoices: Sequence[Invoice]


def signed(amount: Amount, *, is_sale: bool) -> Amount:
    return amount if is_sale else Amount(amount.number.copy_negate(), amount.currency)


def in_words(amount: Amount) -> str:
    """`EUR 1,012.50`, with at least as many decimals as the currency has; or `20 credits`."""
    if not amount.currency:
        return credit_amount(int(amount.number))
    try:
        decimals = Currency(amount.currency).exponent or 0
    except ValueError:
        decimals = 0
    written = f"{amount.number.normalize():f}" if amount.number else "0"
    places = max(decimals, len(written.partition(".")[2]))
    return price(amount.currency, f"{amount.number:.{places}f}")


def signed_words(amount: Amount) -> str:
    """As `in_words`, with a sign: a plus for what came in, a true minus for what went out."""
    words = in_words(Amount(amount.number.copy_abs(), amount.currency))
    return f"{'+' if amount.number > 0 else MINUS if amount.number else ''}{words}"


def what_for(invoice: Invoice) -> str:
    """What the invoice is for: credits bought for money, or a payment in credits."""
    return credit_amount(invoice.credits) if invoice.amount.currency else "Payment in credits"


@dataclass(frozen=True)
class InvoiceTotal:
    """The sum of the purchases or sales in one currency."""

    is_sale: bool
    amount: Amount
    invoices: int
    credits: int

    @property
    def signed_amount(self) -> Amount:
        return signed(self.amount, is_sale=self.is_sale)

    @property
    def side(self) -> str:
        """What the account did, in a word."""
        if self.amount.currency:
            return "Sold" if self.is_sale else "Bought"
        return "Received" if self.is_sale else "Paid"


def totals_of(invoices: Iterable[Invoice]) -> Sequence[InvoiceTotal]:
    """The totals, purchases first."""
    groups: dict[tuple[bool, str], list[Invoice]] = {}
    for invoice in invoices:
        groups.setdefault((invoice.is_sale, invoice.amount.currency), []).append(invoice)
    totals = []
    for (is_sale, currency), of in sorted(groups.items()):
        number = reduce(EXACT.add, (invoice.amount.number for invoice in of), Decimal(0))
        credits = sum(invoice.credits for invoice in of)
        totals.append(InvoiceTotal(is_sale, Amount(number, currency), len(of), credits))
    return totals
