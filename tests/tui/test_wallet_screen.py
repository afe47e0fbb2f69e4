"""The wallets, and the statement of the one that is active."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from backends import over_a_server
from frozen import (
    NARROW,
    USUAL,
    WIDE,
    at_sizes,
    form_gone,
    form_opened,
    person_on,
    settled,
    standing_still,
)
from person import PASSWORD
from textual.widgets import Button

from ewallet_tui.activity import record_of, statement_row
from ewallet_tui.record_pages import PAGE
from ewallet_tui.widgets.big_digits import BigDigits
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.record_list import RecordList

BOB = "bob@example.org"
MINUS = "\N{MINUS SIGN}"
HOSTILE = "[/b]\x1b[2J\u202e漢字"
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def movement(kind, credits, **more):
    nothing = dict.fromkeys(("partner", "currency", "cost", "transfer_record", "conversion_record", "notes"))
    return nothing | {
        "entry": 7,
        "time": "2026-11-20T14:02:00.000Z",
        "kind": kind,
        "credits": credits,
        "balance": 1_240,
        **more,
    }


@pytest.mark.parametrize(
    ("kind", "credits", "what"),
    [
        ("supply", 5, "supplied"),
        ("payment", -5, "paid"),
        ("payment", 5, "received"),
        ("transfer", -5, "sent"),
        ("transfer", 5, "received"),
        ("refund", -5, "refunded"),
        ("refund", 5, "got back"),
        ("credits2clock", -5, "converted"),
        ("clock2credits", 5, "converted"),
        ("something_new", 5, "something_new"),
    ],
)
def test_what_happened_is_told_from_the_wallets_side(kind, credits, what):
    row = statement_row(movement(kind, credits), NOW, UTC)
    sign = "+" if credits > 0 else MINUS
    direction = {"credits2clock": "credits → time", "clock2credits": "time → credits"}.get(kind, "")
    assert [str(cell) for cell in row.cells] == ["today 14:02", what, direction, "", f"{sign}5", "1,240"]


def test_a_move_between_own_wallets_names_the_other_one():
    wallets = {"from_reference": "Main", "to_reference": "Holidays"}
    out = statement_row(movement("transfer", -5, **wallets), NOW, UTC)
    into = statement_row(movement("transfer", 5, **wallets), NOW, UTC)
    assert (out.cells[1:3], into.cells[1:3]) == (("moved", "to Holidays"), ("moved", "from Main"))


def test_the_other_side_or_the_price_stands_before_the_notes():
    paid = statement_row(movement("payment", -5, partner=BOB, notes="lunch"), NOW, UTC)
    supplied = statement_row(
        movement("supply", 5, partner="core@ewallet.invalid", currency="EUR", cost="1012.5"), NOW, UTC
    )
    assert paid.cells[2:4] == (BOB, "lunch")
    assert supplied.cells[2:4] == ("EUR 1,012.5", "")


def test_a_movement_leads_to_its_record_while_there_is_one():
    assert record_of(movement("payment", 5, transfer_record=3)) == ("transfer", 3)
    assert record_of(movement("credits2clock", -5, conversion_record=4)) == ("conversion", 4)
    assert record_of(movement("payment", 5)) is None


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def a_little(day, person):
    """A supply in October, then a payment and a conversion in November."""
    ask = person.app.context.send
    await ask(action="new", new="account", user_name="bob", user_email=BOB, user_pass=PASSWORD)
    await ask(action="supply", supply="credits", credits=1_500, currency="EUR", cost="150", notes=HOSTILE)
    day.pass_by(minutes=60 * 24 * 20)
    await ask(action="pay", pay=BOB, credits=30, notes="lunch")
    day.pass_by(minutes=1)
    await ask(action="convert", convert="credits2clock", credits=60)


@asynccontextmanager
async def at_the_wallet(day, live=a_little):
    async with person_on(day) as person:
        await person.register()
        if live:
            await live(day, person)
        await person.press("2")
        await settled(person)
        yield person


def rows(person, which="statement"):
    listed = person.app.screen.query_one(f"#{which}", RecordList)
    return [tuple(map(str, row.cells)) for row in listed.rows]


def result(person):
    line = person.app.screen.query_one(ResultLine)
    return line.content if line.display else ""


async def do(person, **values):
    await form_opened(person)
    await person.do_form(**values)
    await form_gone(person)


@over_a_server
async def test_the_statement_tells_each_movement_with_the_balance_after_it(day):
    async with at_the_wallet(day) as person:
        assert [row[1:] for row in rows(person)] == [
            ("converted", "credits → time", "", f"{MINUS}60", "1,410"),
            ("paid", BOB, "lunch", f"{MINUS}30", "1,470"),
            ("supplied", "EUR 150", HOSTILE, "+1,500", "1,500"),
        ]
        assert person.sees("all dates   opening 0   closing 1,410")
        await person.press("p")
        await do(person, credits="10", pay=BOB)
        assert result(person) == "✓ Paid bob@example.org 10 credits. 1,400 left."
        assert rows(person)[0][1:] == ("paid", BOB, "", f"{MINUS}10", "1,400")
        assert person.app.screen.query_one("#credits", BigDigits).value == "1,400"


async def limit_the_statement_by_time(person):
    await person.press("f")
    await form_opened(person)
    await person.do_form(period="soon")
    assert person.problem_of("period").startswith("Type dates such as")
    await do(person, period="last month")
    assert [row[1] for row in rows(person)] == ["supplied"]
    assert person.sees("Nov 2026   opening 0   closing 1,500")
    await person.press("f")
    await do(person, period="2020")
    assert person.sees("No movements on those dates.")
    await person.press("escape")
    await settled(person)
    assert len(rows(person)) == 3


async def open_movements(person):
    await person.press("down", "enter")
    await person.wait_until(lambda: person.sees("Journal"))
    assert person.sees("ada@example.org")
    assert person.sees(BOB)
    await person.press("escape")
    number = person.app.screen.query_one("#statement", RecordList).row.record["transfer_record"]
    await person.app.context.send(action="unlink", unlink="transfer", transfer="record", record_id=number)
    await settled(person)
    await person.press("enter")
    await person.wait_until(lambda: "of the journal" in person.toasts)


@over_a_server
async def test_credits_move_between_own_wallets_and_out_of_one_that_is_removed(day):
    async with at_the_wallet(day) as person:
        await person.press("v")
        assert person.app.screen.query("#statement"), "with one wallet there is nowhere to move to"
        await person.press("N")
        await do(person, reference="Holidays [b]")
        await person.press("left_square_bracket")
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 1_410)
        await settled(person)
        await person.press("v")
        await form_opened(person)
        await person.fill(credits="2000", to="nowhere", notes="sun")
        assert person.problem_of("credits").startswith("Not enough credits: 2,000 needed")
        assert person.problem_of("to") == "Choose one of your own: Holidays [b]."
        await person.fill(credits="30", to="holidays [b]", notes="sun")
        assert person.form.query_one("#to").value == "Holidays [b] (your wallet)"
        assert person.sees("You move 30 credits to Holidays [b]. 1,380 left.")
        await do(person)
        assert result(person) == "✓ Moved 30 credits to Holidays [b]. 1,380 left."
        assert rows(person)[0][1:] == ("moved", "to Holidays [b]", "sun", f"{MINUS}30", "1,380")
        # Own wallets are offered like contacts in a transfer, and are never paid.
        await person.press("t")
        await form_opened(person)
        await person.fill(credits="10", transfer_to="ada@example.org", notes="")
        assert "one of your wallets by its name" in person.problem_of("transfer_to")
        person.form.query_one("#transfer_to").focus()
        person.form.query_one("#transfer_to").value = ""
        await person.press("h", "o")
        await person.wait_until(lambda: person.sees("→ Holidays [b] (your wallet)"))
        await person.press("right", "enter")
        await form_gone(person)
        assert result(person) == "✓ Moved 10 credits to Holidays [b]. 1,370 left."
        await person.press("z")
        await person.wait_until(lambda: person.sees("To         your wallet Holidays [b]"))
        assert person.sees(f"Credits    {MINUS}10")
        await person.press("escape")
        await person.press("right_square_bracket")
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 40)
        await settled(person)
        assert [row[1:] for row in rows(person)] == [
            ("moved", "from Wallet 1", "", "+10", "40"),
            ("moved", "from Wallet 1", "sun", "+30", "30"),
        ]
        await person.press("D")
        await person.wait_until(lambda: person.sees("This moves 40 credits from Holidays [b] to Wallet 1."))
        await person.press("y")
        await person.wait_until(lambda: result(person).startswith("✓ Moved 40 credits to Wallet 1."))
        await settled(person)
        assert person.app.context.state.wallet.credits == 1_410
        assert rows(person)[0][1:] == ("moved", "from Holidays [b]", "", "+40", "1,410")
        await person.press("1")
        await person.wait_until(lambda: person.sees("from Holidays [b]"))


async def make_name_and_remove_another_wallet(person):
    await person.press("N")
    await do(person, reference="Savings [b]")
    await person.wait_until(lambda: person.sees("Savings [b] ▸  ● active"))
    await settled(person)
    assert rows(person) == []
    assert person.app.screen.query_one("#pay", Button).disabled
    assert rows(person, "wallets") == [("  Wallet 1", "1,410"), ("● Savings [b]", "0")]
    await person.press("R")
    await do(person, reference="Holiday")
    await person.press("left_square_bracket")
    await person.wait_until(lambda: person.app.context.state.wallet.credits == 1_410)
    await settled(person)
    assert len(rows(person)) == 3
    wallets = person.app.screen.query_one("#wallets", RecordList)
    wallets.focus()
    await person.press("end", "enter")
    await person.wait_until(lambda: person.sees("Holiday ▸  ● active"))
    await person.press("D")
    await person.wait_until(lambda: person.sees("Remove"))
    await person.press("y")
    await person.wait_until(lambda: result(person) == "✓ Holiday is removed.")
    assert person.app.context.state.wallet.credits == 1_410


async def read_a_long_statement(person):
    for number in range(PAGE + 2):
        await person.app.context.store.client.send(
            controller="client", ctype="action", action="pay", pay=BOB, credits=1, notes=str(number)
        )
    await settled(person)
    listed = person.app.screen.query_one("#statement", RecordList)
    listed.focus()
    await person.press("end")
    await person.press("end")
    await person.wait_until(lambda: len(listed.rows) == PAGE + 5)
    await person.wait_until(lambda: listed.row and listed.row.record["kind"] == "supply")


async def test_a_wallet_looks_as_it_is_kept_empty_and_filled_and_among_others(day, looks_as_kept):
    new = {"action": "new", "new": "credit", "credit": "ewallet"}
    async with at_the_wallet(day, live=None) as person:
        async for size in at_sizes(person, USUAL):
            assert await looks_as_kept(person, f"empty-{size}")
        await a_little(day, person)
        await settled(person)
        async for size in at_sizes(person, NARROW, USUAL, WIDE):
            assert await looks_as_kept(person, f"filled-{size}")
        await person.app.context.send(**new, reference="Holiday in a country with a long name")
        await person.app.context.send(**new, reference="[/b][@click=app.quit]漢字")
        await settled(person)
        async for size in at_sizes(person, NARROW, USUAL, WIDE):
            assert await looks_as_kept(person, f"among_others-{size}")


async def test_nothing_of_another_wallet_stands_under_its_name_while_its_own_is_read(day, monkeypatch):
    async with at_the_wallet(day) as person:
        await settled(person)
        assert len(rows(person)) == 3
        readable, ask = asyncio.Event(), person.app.context.store.send

        async def slowly(**instruction):
            if instruction.get("view") == "statement":
                await readable.wait()
            return await ask(**instruction)

        monkeypatch.setattr(person.app.context.store, "send", slowly)
        await person.app.context.store.refresh()
        assert len(rows(person)) == 3
        await person.press("N")
        await form_opened(person)
        await person.do_form(reference="Holiday")
        await person.wait_until(lambda: person.sees("Holiday ▸  ● active"))
        assert (rows(person), person.sees("No movements")) == ([], False)
        readable.set()
        await person.wait_until(lambda: person.sees("No movements yet."))


async def test_a_statement_is_limited_opened_and_read_to_its_end_and_another_wallet_made(day):
    async with at_the_wallet(day) as person:
        for do_it in (
            limit_the_statement_by_time,
            open_movements,
            make_name_and_remove_another_wallet,
            read_a_long_statement,
        ):
            await settled(person)
            await do_it(person)
