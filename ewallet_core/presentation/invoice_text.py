"""Invoices as plain text, 72 cells wide, each on its own page when printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.cells import cell_len, chop_cells, set_cell_size

from ewallet_core.presentation.formatting import count, full_day, grouped, one_line
from ewallet_core.presentation.invoices import Invoice, Month, in_words, signed_words, totals_of, what_for

WIDTH = 72
LABEL = 12
MAX_NAME = 30
RULE, HEAVY_RULE = "─" * WIDTH, "━" * WIDTH
NEW_PAGE = "\n\n\f"


def one(invoice: Invoice) -> str:
    return _joined(_invoice(invoice))


def month(of: Month) -> Iterator[str]:
    """A summary, then each invoice on its own page."""
    yield _joined(_summary(of))
    for invoice in of.invoices:
        yield NEW_PAGE + one(invoice)


def _invoice(invoice: Invoice) -> Iterator[str]:
    yield from _title("INVOICE", invoice.reference)
    yield from _fact("Date", full_day(invoice.date))
    yield from _fact("Direction", invoice.direction)
    yield from _fact("Seller", *invoice.seller.lines)
    yield from _fact("Buyer", *invoice.buyer.lines)
    if invoice.transfer:
        yield from _fact("Transfer", invoice.transfer)
    amount = in_words(invoice.amount)
    yield from ("", RULE, *_apart(what_for(invoice), amount), RULE, *_apart("Total", amount))
    if invoice.notes.strip():
        yield from ("", "Notes", *_passage(invoice.notes))


def _summary(of: Month) -> Iterator[str]:
    yield from _title("INVOICES", of.name)
    yield from _fact("Account", *of.owner.lines)
    yield from _fact("Invoices", grouped(len(of.invoices)))
    yield from ("", RULE)
    for total in totals_of(of.invoices):
        credits = f", {grouped(total.credits)} credits" if total.amount.currency else ""
        named = f"{total.side}: {count(total.invoices, 'invoice')}{credits}"
        yield from _apart(named, signed_words(total.signed_amount))
    yield from (RULE, "")
    for invoice in of.invoices:
        yield from _apart(_named(invoice), signed_words(invoice.signed_amount))


def _named(invoice: Invoice) -> str:
    name = one_line(invoice.reference)
    if cell_len(name) > MAX_NAME:
        name = f"{set_cell_size(name, MAX_NAME - 1)}…"
    return f"{full_day(invoice.date):<{LABEL}}{name}"


def _title(kind: str, name: str) -> Iterator[str]:
    yield from _apart(kind, name)
    yield from (HEAVY_RULE, "")


def _fact(label: str, *values: str) -> Iterator[str]:
    lines = [line for value in values for line in _wrapped(value, WIDTH - LABEL)]
    for at, line in enumerate(lines):
        yield f"{'' if at else label:<{LABEL}}{line}"


def _apart(left: str, right: str) -> Iterator[str]:
    """`right` at the right edge, on the same line as `left` if both fit, else below it."""
    gap = WIDTH - cell_len(left) - cell_len(one_line(right))
    if gap >= 2:
        yield f"{left}{' ' * gap}{one_line(right)}"
        return
    yield left
    for line in _wrapped(right, WIDTH):
        yield " " * (WIDTH - cell_len(line)) + line


def _passage(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        yield from (f"  {part}".rstrip() for part in _wrapped(line, WIDTH - 2))


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken between words, or within a word that is wider."""
    lines = [""]
    for word in re.findall(r"\s*\S+\s*", one_line(text)):
        needed = cell_len(word.rstrip())
        if cell_len(lines[-1]) + needed <= width:
            lines[-1] += word
        elif needed > width:
            lines += chop_cells(word, width)
        else:
            lines.append(word)
    if not lines[0] and len(lines) > 1:
        del lines[0]
    return [line.rstrip() for line in lines]


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
