"""Invoices are taken along as pages: one that is looked at, or all of a month and none of another."""

from __future__ import annotations

import re

import pytest
from frozen import settled, standing_still
from person import Person
from textual.binding import Binding
from textual.widgets import Input

from ewallet_tui.export import FOLDER_VARIABLE
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.export import export_records

DAY = 24 * 60
CORE = "core@ewallet.local"


class Invoices(BaseScreen):
    """A screen on which the third invoice is under the cursor."""

    MODE = "sheets"
    BINDINGS = [Binding("E", "take_along", "Export")]  # noqa: RUF012
    looked_at: int

    def action_take_along(self) -> None:
        export_records(self, "invoice", record_id=self.looked_at)


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path / "wallet", new_folder)


async def supply(person, credits, cost, notes=""):
    return await person.app.context.send(
        action="supply", supply="credits", credits=credits, currency="EUR", cost=cost, notes=notes
    )


async def live_through_two_months(day, person):
    """Buy and sell in November, on two sheets, and buy once in December, in its first minute."""
    ask = person.app.context.send
    await person.register("bob")
    await supply(person, 50, "5")
    await person.log_out()
    await person.register("ada")
    await supply(person, 100, "10.50", "</p><script>alert(1)</script>")
    await ask(action="new", new="invoice", invoice="list", reference="Other")
    await ask(action="switch", switch="invoice", invoice="list", sheet_id=max(sheets(person)))
    looked_at = (await ask(action="pay", pay="bob@example.org", credits=7, notes="garden"))["invoice_record"]
    await person.log_out()
    await person.log_in("bob")
    await ask(action="pay", pay="ada@example.org", credits=30, notes="piano lesson")
    await person.log_out()
    await person.log_in("ada")
    day.pass_by(minutes=11 * DAY - 14 * 60 - 3)
    await supply(person, 10, "0.25", "last minute")
    day.pass_by(minutes=1)
    await supply(person, 20, "2", "first minute")
    return looked_at


def sheets(person):
    return [
        id
        for kind_of_item, owned in person.app.context.state.owned.items()
        if kind_of_item.group == "invoice"
        for id in owned.names
    ]


async def choose(person, words):
    await person.wait_until(lambda: isinstance(person.app.focused, Input))
    person.app.focused.value = words
    await person.pilot.pause()
    await person.press("enter")


async def export(person, folder, *choices):
    """Choose by what is typed, and read the file that is made of it."""
    before = set(folder.glob("*")) if folder.exists() else set()
    await person.press("E")
    for words in choices:
        await choose(person, words)
    await person.wait_until(lambda: person.sees("✓ Saved"))
    (made,) = set(folder.glob("*")) - before
    return made.name, made.read_text(encoding="utf-8")


async def test_a_month_has_all_its_invoices_and_no_others(day, monkeypatch, tmp_path):
    folder = tmp_path / "saved"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    async with day.make_app().run_test(size=(80, 24), notifications=True) as pilot:
        person = Person(pilot.app, pilot)
        screen = Invoices(person.app.context)
        screen.looked_at = await live_through_two_months(day, person)
        await person.app.push_screen(screen)
        await settled(person)

        name, text = await export(person, folder, "a month        text", "nov")
        assert name == "invoices-2026-11.txt"
        assert person.sees("✓ Saved 4 invoices to ")
        summary, *pages = text.split("\f")
        assert re.findall(r"^(\w+): 1 invoice  +(.*)$", summary, re.MULTILINE) == [
            ("Paid", "\N{MINUS SIGN}7 credits"),
            ("Received", "+30 credits"),
        ]
        bought = r"^Bought: 2 invoices, 110 credits  +\N{MINUS SIGN}EUR 10\.75$"
        assert re.search(bought, summary, re.MULTILINE)
        assert [re.search(r"^Total  +(.*)$", page, re.MULTILINE)[1] for page in pages] == [
            "EUR 10.50",
            "7 credits",
            "30 credits",
            "EUR 0.25",
        ]
        assert [re.findall(r"^(?:Seller|Buyer)  +(.*)$", page, re.MULTILINE) for page in pages] == [
            ["System core", "ada"],
            ["bob", "ada"],
            ["ada", "bob"],
            ["System core", "ada"],
        ]
        assert "first minute" not in text

        name, page = await export(person, folder, "a month        html", "2026")
        assert (name, page.count("<article")) == ("invoices-2026-12.html", 2)
        assert "EUR 2.00" in page
        assert "last minute" not in page

        name, page = await export(person, folder, "this invoice   html")
        assert re.fullmatch(r"invoice-\d+\.html", name)
        assert page.count("<article") == 1
        assert "garden" in page
        assert "7 credits" in page

        name, page = await export(person, folder, "a month        html", "nov")
        assert page.count("<article") == 5
        assert "<script" not in page
        assert "&lt;/p&gt;&lt;script&gt;" in page


async def test_an_empty_month_makes_no_file(day, monkeypatch, tmp_path):
    folder = tmp_path / "saved"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    async with day.make_app().run_test(size=(80, 24), notifications=True) as pilot:
        person = Person(pilot.app, pilot)
        await person.register()
        await person.app.push_screen(Invoices(person.app.context))
        person.app.screen.looked_at = 1
        await person.press("E")
        await choose(person, "text")
        await person.wait_until(lambda: "no invoice record with that number" in person.toasts)
        await person.press("E")
        await choose(person, "month")
        await choose(person, "Nov 2026")
        await person.wait_until(lambda: "There are no invoices in Nov 2026." in person.toasts)
        assert list(folder.iterdir()) == []
