"""Invoices as one self-contained HTML file in which no user text is active."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from ewallet_core.presentation.formatting import full_day, grouped, one_line_as_written
from ewallet_core.presentation.invoices import Invoice, Month, in_words, signed_words, totals_of, what_for


class Html(str):
    """Text that is HTML already; all other text is escaped."""

    __slots__ = ()


def one(invoice: Invoice) -> str:
    begin, end = _document(f"{invoice.reference}, {full_day(invoice.date)}")
    return begin + _invoice(invoice) + end


def month(of: Month) -> Iterator[str]:
    """A summary, then each invoice on its own page."""
    begin, end = _document(f"Invoices, {of.name}")
    yield begin + _summary(of)
    yield from map(_invoice, of.invoices)
    yield end


def _document(title: str) -> tuple[str, str]:
    """The HTML before and after the pages."""
    style = _read("style.css")
    hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    begin = _filled("begin.html", title=title, style=Html(style), style_hash=hash)
    return begin, _read("end.html")


def _invoice(invoice: Invoice) -> Html:
    return _filled(
        "invoice.html",
        record=str(invoice.record),
        reference=invoice.reference,
        date=full_day(invoice.date),
        direction=invoice.direction,
        seller=_lines(invoice.seller.lines),
        buyer=_lines(invoice.buyer.lines),
        what=what_for(invoice),
        amount=in_words(invoice.amount),
        notes=_section("Notes", invoice.notes.strip()),
        transfer=_section("Transfer", invoice.transfer),
    )


def _summary(of: Month) -> Html:
    return _filled(
        "summary.html",
        name=of.name,
        owner=_lines(of.owner.lines),
        count=grouped(len(of.invoices)),
        totals=_joined(
            _filled(
                "total.html",
                side=total.side,
                count=grouped(total.invoices),
                credits=grouped(total.credits),
                amount=signed_words(total.signed_amount),
            )
            for total in totals_of(of.invoices)
        ),
        rows=_joined(_row(invoice) for invoice in of.invoices),
    )


def _row(invoice: Invoice) -> Html:
    return _filled(
        "row.html",
        record=str(invoice.record),
        reference=invoice.reference,
        date=full_day(invoice.date),
        other=invoice.other.email,
        amount=signed_words(invoice.signed_amount),
    )


def _lines(texts: Iterable[str]) -> Html:
    return _joined(_filled("line.html", text=text) for text in texts)


def _section(title: str, text: str) -> Html:
    return _filled("section.html", title=title, lines=_lines(text.splitlines())) if text else Html()


def _filled(template: str, **values: str) -> Html:
    safe = {
        key: value if isinstance(value, Html) else escape(one_line_as_written(str(value)))
        for key, value in values.items()
    }
    return Html(Template(_read(template)).substitute(safe))


def _joined(parts: Iterable[Html]) -> Html:
    return Html("".join(parts))


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath("pages", name).read_text(encoding="utf-8")
