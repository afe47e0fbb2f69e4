"""What a month of invoices comes to: bought and sold apart, and no two currencies in one sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

from ewallet_tui.invoices.invoice import Amount, Invoice

_EXACT = Context(prec=200)


@dataclass(frozen=True)
class Total:
    """The sum of the invoices of one side in one currency."""

    is_sale: bool
    amount: Amount
    invoices: int
    credits: int

    @property
    def side(self) -> str:
        """What the account did, in a word."""
        if self.amount.currency:
            return "Sold" if self.is_sale else "Bought"
        return "Received" if self.is_sale else "Paid"


def totals_of(invoices: Iterable[Invoice]) -> Sequence[Total]:
    """The totals, what was bought first; none of nothing."""
    groups: dict[tuple[bool, str], list[Invoice]] = {}
    for invoice in invoices:
        groups.setdefault((invoice.is_sale, invoice.amount.currency), []).append(invoice)
    return [_total(*group, groups[group]) for group in sorted(groups)]


def _total(is_sale: bool, currency: str, invoices: Sequence[Invoice]) -> Total:
    number = Decimal(0)
    for invoice in invoices:
        number = _EXACT.add(number, invoice.amount.number)
    return Total(is_sale, Amount(number, currency), len(invoices), sum(each.credits for each in invoices))
