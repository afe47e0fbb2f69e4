"""Amounts of money and of credits, as they are written on an invoice."""

from __future__ import annotations

from decimal import Decimal

from iso4217 import Currency

from ewallet_tui.invoices.invoice import Amount, Invoice
from ewallet_tui.words import credit_amount, price


def in_words(amount: Amount) -> str:
    """`EUR 1,012.50`, with as many decimals as the currency has, or more where they count; `20 credits`."""
    if not amount.currency:
        return credit_amount(int(amount.number))
    return price(amount.currency, _padded(amount.number, _decimals(amount.currency)))


def what_for(invoice: Invoice) -> str:
    """What is charged: credits for money, or a payment in credits."""
    return credit_amount(invoice.credits) if invoice.amount.currency else "Payment in credits"


def _decimals(currency: str) -> int:
    try:
        return Currency(currency).exponent or 0
    except ValueError:
        return 0


def _padded(number: Decimal, decimals: int) -> str:
    written = f"{number.normalize():f}" if number else "0"
    there = len(written.partition(".")[2])
    return f"{number:.{max(decimals, there)}f}"
