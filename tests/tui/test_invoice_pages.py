"""Invoices on paper: what hostile text they carry can only be read, and their sums are exact."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from ewallet_core.presentation import invoice_html, invoice_text
from ewallet_core.presentation.invoices import (
    Amount,
    Invoice,
    Month,
    Party,
    in_words,
    totals_of,
)

DAY = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
OWNER = Party("ada@example.org", "ada")
HOSTILE = {
    "markup": "[b]bold[/b] [@click=app.quit]x[/]",
    "script": "</bdi></span><script>alert(1)</script>",
    "attribute": "\"><img src=x onerror=alert(1)>'",
    "template": "$reference ${style} $$ %s {0}",
    "entity": "javascript:alert(1)&lt;&#x3c;",
    "control": "\x1b[2J\x1b]0;title\x07\x9b31m",
    "turning": "\u202egnp.exe\u2066\u200f\ufeff",
    "lines": "one\ntwo\r\nthree\u2028four\x0cfive\vsix",
    "long": "w" * 10_000,
    "wide": "日本語" * 500,
    "joined": "e" + "\u0301" * 500 + "👩\u200d👩\u200d👧" * 40,
    "surrogate": "\ud800 half",
}
VOID = {"meta"}


def an_invoice(text: str = "lunch", *, is_sale: bool = False, amount: Amount | None = None) -> Invoice:
    return Invoice(
        record=12,
        reference=text,
        date=DAY,
        seller=OWNER if is_sale else Party(text),
        buyer=Party(text, text) if is_sale else OWNER,
        is_sale=is_sale,
        credits=10,
        amount=amount or Amount(Decimal(10)),
        notes=text,
        transfer=text,
    )


def month_of(*invoices: Invoice) -> Month:
    return Month("Nov 2026", OWNER, invoices)


class Elements(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.depth = 0
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self.depth += tag not in VOID

    def handle_endtag(self, tag):
        self.depth -= 1

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("is_sale", [True, False])
def test_hostile_text_adds_nothing_to_a_page_but_text(text, is_sale):
    invoice, usual = an_invoice(text, is_sale=is_sale), an_invoice(is_sale=is_sale)
    for pages in (invoice_html.one, lambda each: "".join(invoice_html.month(month_of(each)))):
        page, plain = Elements(pages(invoice)), Elements(pages(usual))
        lines = page.elements.pop("span") - plain.elements.pop("span")
        assert page.elements.pop("bdi") - plain.elements.pop("bdi") == lines >= 0
        assert page.elements == plain.elements
        assert page.attributes.pop("class") - plain.attributes.pop("class") == lines
        assert page.attributes == plain.attributes
        assert page.depth == 0
        assert only_to_be_read("".join(page.words))
        pages(invoice).encode()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("is_sale", [True, False])
def test_hostile_text_stays_in_its_lines(text, is_sale):
    invoice = an_invoice(text, is_sale=is_sale)
    pages = "".join(invoice_text.month(month_of(invoice)))
    assert pages.count(invoice_text.NEW_PAGE) == pages.count("\f") == 1
    assert only_to_be_read(pages.replace("\f", ""))
    assert pages.encode().decode() == pages


def only_to_be_read(text: str) -> bool:
    """Whether nothing in it moves a cursor or turns the text around."""
    return not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text
    )


texts = st.text(max_size=300) | st.sampled_from(list(HOSTILE.values()))
amounts = st.builds(
    Amount,
    st.decimals(min_value=0, max_value=10**12, places=12),
    st.sampled_from(["EUR", "USD", "JPY", "BHD", "XAU"]),
) | st.builds(Amount, st.integers(1, 10**12).map(Decimal))
invoices = st.builds(
    Invoice,
    record=st.integers(1, 2**63 - 1),
    reference=texts,
    date=st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as the strategy has it
    seller=st.builds(Party, texts, texts),
    buyer=st.builds(Party, texts, texts),
    is_sale=st.booleans(),
    credits=st.integers(1, 10**12),
    amount=amounts,
    notes=texts,
    transfer=texts,
)


@given(invoices)
@settings(max_examples=60, deadline=None)
def test_no_line_is_wider_than_an_emails(invoice):
    pages = "".join(invoice_text.month(month_of(invoice)))
    assert max(cell_len(line) for line in re.split("[\n\f]", pages)) <= 72


@given(st.lists(invoices, max_size=30))
@settings(max_examples=60, deadline=None)
def test_totals_are_the_sums_of_the_invoices(several):
    totals = totals_of(several)
    assert sum(total.invoices for total in totals) == len(several)
    assert sum(total.credits for total in totals) == sum(invoice.credits for invoice in several)
    groups = {(total.is_sale, total.amount.currency): total.amount.number for total in totals}
    assert len(groups) == len(totals)
    for group, number in groups.items():
        own = [each.amount.number for each in several if (each.is_sale, each.amount.currency) == group]
        # In whole units of the smallest part, where no rounding is.
        assert int(number.scaleb(12)) == sum(int(each.scaleb(12)) for each in own)


@pytest.mark.parametrize(
    ("number", "currency", "words"),
    [
        ("10", "EUR", "EUR 10.00"),
        ("1012.5", "EUR", "EUR 1,012.50"),
        ("0.125", "EUR", "EUR 0.125"),
        ("10.500", "EUR", "EUR 10.50"),
        ("5000", "JPY", "JPY 5,000"),
        ("1", "BHD", "BHD 1.000"),
        ("0", "EUR", "EUR 0.00"),
        ("1000000000000.000000000001", "XAU", "XAU 1,000,000,000,000.000000000001"),
        ("1", "", "1 credit"),
        ("1240", "", "1,240 credits"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency_and_loses_none(number, currency, words):
    assert in_words(Amount(Decimal(number), currency)) == words


def test_a_page_says_all_that_an_invoice_is_about():
    record = {
        "id": 12,
        "reference": "Invoice 7",
        "create_date": "2026-11-20T14:02:00.000Z",
        "direction": "sale",
        "seller_name": OWNER.name,
        "seller_email": OWNER.email,
        "buyer_name": "Bob",
        "buyer_email": "bob@example.org",
        "credits": 40,
        "currency": None,
        "cost": None,
        "notes": "two hours\nof gardening",
    }
    invoice = Invoice.read(record, {"reference": "Transfer 9"})
    for page in (invoice_text.one(invoice), " ".join(Elements(invoice_html.one(invoice)).words)):
        for words in (
            "Invoice 7",
            "20 Nov 2026",
            "Sale",
            "ada",
            "Bob",
            "bob@example.org",
            "40 credits",
            "of gardening",
            "Transfer 9",
        ):
            assert words in page
    erased = Invoice.read(record | {"buyer_name": "deleted account", "buyer_email": "deleted account"}, None)
    assert invoice_text.one(erased).count("deleted account") == 1
    summary = next(invoice_text.month(month_of(invoice, replace(invoice, is_sale=False))))
    assert re.findall(r"[+\N{MINUS SIGN}]\d+ credits$", summary, re.MULTILINE) == [
        "\N{MINUS SIGN}40 credits",
        "+40 credits",
        "+40 credits",
        "\N{MINUS SIGN}40 credits",
    ]


def test_a_page_needs_and_lets_in_nothing_from_elsewhere():
    page = invoice_html.one(an_invoice())
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">')
    policy = re.search('Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"https?:|url\(|@import|src=|style=|unsafe", page)
    assert "@page {\n  size: A4" in page
