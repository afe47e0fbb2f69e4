"""The sheets: four kinds on one screen, found by text and time, looked at in full, taken off."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest
from backends import over_a_server
from frozen import form_gone, form_opened, person_on, settled, standing_still
from person import PASSWORD
from textual.widgets import Label, OptionList

from ewallet_core.presentation.formatting import MINUS
from ewallet_tui import record_pages, record_query
from ewallet_tui.records import SHEET_KINDS, TIME
from ewallet_tui.screens.form_screen import FormScreen
from ewallet_tui.screens.record import RecordDetail, RecordScreen
from ewallet_tui.screens.sheets import SheetsScreen
from ewallet_tui.widgets.footer import Footer
from ewallet_tui.widgets.record_list import RecordList

HOSTILE = "[/b][@click=app.quit]x[/] \x1b[2J \u202egnirts 漢字 e\u0301 \U0001f469\u200d\U0001f4bb"


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


@pytest.fixture
def saved_to(monkeypatch, tmp_path):
    monkeypatch.setenv("EWALLET_EXPORT_DIR", str(tmp_path))
    return tmp_path


async def have_records(person, day):
    """Something of each kind, over two months."""
    ask = person.app.context.send
    await ask(action="new", new="account", user_name="bob", user_email="bob@example.org", user_pass=PASSWORD)
    await person.register()
    await ask(action="supply", supply="credits", credits=500, currency="EUR", cost="50")
    await ask(action="pay", pay="bob@example.org", credits=12, notes="lunch in november")
    day.pass_by(minutes=24 * 60 * 20)
    await ask(action="pay", pay="bob@example.org", credits=30, notes=HOSTILE)
    await ask(action="convert", convert="credits2clock", credits=20)
    await ask(action="start", start="clock_timer")
    day.pass_by(minutes=3)
    await ask(action="stop", stop="clock_timer")


@asynccontextmanager
async def at_the_sheets(day, size=(80, 24)):
    async with person_on(day, size) as person:
        await have_records(person, day)
        await person.press("5")
        await shown(person)
        yield person


async def shown(person):
    await settled(person)
    workers = person.app.workers
    await person.wait_until(lambda: all(w.is_finished for w in workers if w.group in {"records", "detail"}))


def how_many(person):
    return str(person.app.screen.query_one("#how-many", Label).content)


def cells(person):
    """What the cells of each record say."""
    return [
        tuple(str(cell) for cell in row.cells)
        for row in person.app.screen.query_one("#list", RecordList).rows
    ]


def marked_lines(person):
    """The lines of the choices that have another background than most of them."""
    listed = person.app.screen.query_one(OptionList)
    lines = [listed.render_line(y) for y in range(listed.size.height)]
    usual = Counter(line._segments[-1].style.bgcolor for line in lines).most_common(1)[0][0]
    return [line.text for line in lines if line._segments[-1].style.bgcolor != usual]


async def each_kind_has_its_records(person):
    assert isinstance(person.app.screen, SheetsScreen)
    assert [row[1:4] for row in cells(person)] == [
        ("paid", f"{MINUS}30", "bob@example.org"),
        ("paid", f"{MINUS}12", "bob@example.org"),
        ("supplied", "+500", ""),
    ]
    for key, expected in {
        "I": "3 invoices",
        "C": "1 conversion",
        "M": "1 time record",
        "T": "3 transfers",
    }.items():
        await person.press(key)
        await shown(person)
        assert how_many(person) == expected


async def find_copy_and_save(person, saved_to):
    await person.press("down", "y")
    assert person.app.clipboard.split("\t")[1:] == [
        "paid",
        f"{MINUS}12",
        "bob@example.org",
        "lunch in november",
    ]
    await person.press("Y", *"zzz", "down", "enter")
    assert person.sees("Nothing found. Delete what you typed to see all.")
    await person.press("escape", "Y", *"transfer to", "enter")
    await person.wait_until(lambda: person.app.clipboard == "bob@example.org")
    await person.press("slash", *"lunch")
    await person.wait_until(lambda: how_many(person) == "1 transfer found")
    # A key that is text here is not among the keys.
    assert str(person.app.screen.query_one(Footer).content) == "enter To the list  esc Show all"
    await person.press("enter")
    assert person.app.screen.panel.listed.has_focus
    assert [row[4] for row in cells(person)] == ["lunch in november"]
    await person.press("E")
    assert [line.strip() for line in marked_lines(person)] == ["all shown      csv, for a spreadsheet"]
    await person.press("enter")
    await person.wait_until(lambda: person.sees("Saved 1 record"))
    (saved,) = saved_to.glob("*.csv")
    await person.resize(60, 20)
    await person.wait_until(lambda: person.sees(f"/{saved.name}."))
    lines = saved.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert "lunch in november" in lines[1]
    await person.press("escape")
    await person.wait_until(lambda: how_many(person) == "3 transfers")
    await person.press("slash", *"nobody ever")
    await person.wait_until(lambda: person.sees("Nothing found. Escape shows everything again."))


async def find_last_month(person):
    await person.press("f", *"last month", "enter")
    await person.wait_until(lambda: how_many(person).startswith("2 transfers"))
    assert [row[4] for row in cells(person)] == ["lunch in november", ""]
    await person.press("f", *"never", "enter")
    await person.wait_until(lambda: person.problem_of("period"))
    await person.press("escape", "escape")
    await person.wait_until(lambda: how_many(person) == "3 transfers")


async def look_at_records_in_full(person):
    await person.press("enter")
    await person.wait_until(lambda: person.sees("→ Invoice"))
    assert isinstance(person.app.screen, RecordScreen)
    await person.click("#links .link")
    await person.wait_until(lambda: person.sees("Seller") and person.sees("→ Transfer"))
    await person.press("escape")
    await person.wait_until(lambda: person.sees("→ Invoice"))
    await person.press("escape")
    assert isinstance(person.app.screen, SheetsScreen)
    await person.resize(120, 40)
    await person.press("down")
    await shown(person)
    detail = person.app.screen.query_one(RecordDetail)
    assert "lunch in november" in str(detail.query_one("#facts").render())
    assert person.sees("entry 2")


async def take_off_a_record(person):
    balance = person.app.context.state.wallet.credits
    await person.press("d")
    await person.wait_until(lambda: person.sees("Remove transfer"))
    await person.press("escape")
    assert len(cells(person)) == 3
    await person.press("d")
    await person.wait_until(lambda: person.sees("Remove transfer"))
    assert person.sees("With     bob@example.org")
    assert person.sees("No balance changes: the journal keeps it")
    await person.press("y")
    await person.wait_until(lambda: how_many(person) == "2 transfers")
    assert person.app.context.state.wallet.credits == balance
    assert person.sees("Removed from this sheet.   z undoes it")
    await person.press("question_mark")
    assert person.app.screen.is_modal
    await person.press("escape", "z")
    await person.wait_until(lambda: how_many(person) == "3 transfers")
    assert person.sees("Transfer 3 is back where it was.   z shows it")
    # The next action, or another screen, ends what was said.
    await person.press("d")
    await person.wait_until(lambda: person.sees("Remove transfer"))
    await person.press("escape")
    assert not person.sees("z shows it")
    await person.press("d", "y")
    await person.wait_until(lambda: how_many(person) == "2 transfers")
    assert person.sees("z undoes it")
    await person.press("colon", *"undo")
    await person.wait_until(lambda: person.sees("undo a removal"))
    await person.pilot.pause(0.2)
    await person.press("enter")
    await person.wait_until(lambda: how_many(person) == "3 transfers")
    assert person.sees("z shows it")
    await person.press("1")
    await person.wait_until(lambda: person.app.current_mode == "home")
    await person.press("5")
    await shown(person)
    assert not person.sees("z shows it")


async def remove_and_restore(person):
    for _ in range(2):
        before = len(cells(person))
        await person.press("d")
        await person.wait_until(lambda: person.sees("Remove transfer"))
        await person.press("y")
        await person.wait_until(lambda b=before: how_many(person) == f"{b - 1} transfer{'s' * (b > 2)}")
    await person.press("v")
    await person.wait_until(lambda: how_many(person) == "2 transfers removed")
    assert [row[1:3] for row in cells(person)] == [("paid", f"{MINUS}30"), ("paid", f"{MINUS}12")]
    await person.press("d", "E")
    assert isinstance(person.app.screen, SheetsScreen)
    await person.press("down", "enter")
    await person.wait_until(lambda: isinstance(person.app.screen, RecordScreen) and person.sees("entry 2"))
    await person.press("escape", "u")
    await person.wait_until(lambda: how_many(person) == "1 transfer removed")
    await person.press("escape")
    await person.wait_until(lambda: how_many(person) == "2 transfers")


async def refund_a_removed_payment(person):
    await person.press("d")
    await person.wait_until(lambda: person.sees("Remove transfer"))
    await person.press("y")
    await person.wait_until(lambda: how_many(person) == "2 transfers")
    await person.press("v")
    await person.wait_until(lambda: how_many(person) == "1 transfer removed")
    before = person.app.context.state.wallet.credits
    await person.press("r")
    await form_opened(person)
    await person.do_form(credits="10")
    await form_gone(person)
    assert person.app.context.state.wallet.credits == before - 10


async def make_use_and_remove_sheets(person):
    await person.press("D")
    await person.wait_until(lambda: "This is your last transfer sheet." in person.toasts)
    assert not person.sees("Remove transfer sheet")
    assert how_many(person) == "3 transfers"
    await person.press("N")
    await person.do_form(reference="Holidays")
    await person.wait_until(lambda: person.sees("Holidays ▸   2 of 2"))
    assert how_many(person) == "0 transfers"
    await person.press("A")
    await person.wait_until(lambda: person.sees("Holidays ▸  ● active   2 of 2"))
    await person.app.context.send(action="pay", pay="bob@example.org", credits=1, notes="the beach")
    await person.wait_until(lambda: how_many(person) == "1 transfer")
    await person.press("left_square_bracket")
    await person.wait_until(lambda: how_many(person) == "3 transfers")
    await person.press("R")
    await person.do_form(reference="Old things")
    await person.wait_until(lambda: person.sees("◂ Old things ▸"))
    await person.press("D")
    await person.wait_until(lambda: person.sees("Old things is removed with its 3 records"))
    await person.press("y")
    await person.wait_until(lambda: person.sees("Old things is removed."))
    await person.wait_until(lambda: person.sees("Holidays") and how_many(person) == "1 transfer")
    for name in ("Rent", "Food"):
        await person.app.context.send(action="new", new="transfer", transfer="list", reference=name)
    await person.press("O", *"ren", "enter")
    await person.wait_until(lambda: person.sees("◂ Rent ▸   2 of 3"))


async def test_the_sheets_look_as_they_are_kept(day, looks_as_kept):
    async with at_the_sheets(day) as person:
        for width, height in ((80, 24), (120, 40), (60, 20)):
            await person.resize(width, height)
            for kind in SHEET_KINDS:
                await person.press(kind.key)
                await shown(person)
                assert await looks_as_kept(person, f"{kind.name}-{width}x{height}")


async def refund_in_parts(person):
    await person.press("r")
    await form_opened(person)
    await person.do_form(credits="10", notes="too much")
    await form_gone(person)
    await shown(person)
    assert cells(person)[0][1:3] == ("refunded", f"{MINUS}10")
    await person.press("r")
    assert not isinstance(person.app.screen, FormScreen)
    await person.press("down", "enter")
    await person.wait_until(lambda: person.sees("To refund") and person.sees("20 left"))


async def choose_another_kind_in_mid_page(person):
    for number in range(110):
        await person.app.context.store._send(
            action="pay", pay="bob@example.org", credits=1, notes=str(number)
        )
    await person.app.context.store.refresh()
    await shown(person)
    await person.pilot.press("end", "M")
    await shown(person)
    assert how_many(person) == "1 time record"
    assert len(cells(person)) == 1


async def read_a_page_late(person):
    listed = person.app.screen.panel.shown
    reading = asyncio.create_task(listed.pages().load(0))
    # It is asked for, and not answered yet.
    await asyncio.sleep(0)
    assert not reading.done()
    kind, listed.kind = listed.kind, TIME
    assert {row.key.split()[0] for row in await reading} == {"transfer"}
    listed.kind = kind


async def step_twice(person):
    for name in ("Rent", "Holidays"):
        await person.app.context.send(action="new", new="transfer", transfer="list", reference=name)
    screen = person.app.screen
    screen.panel.picker.step(1)
    screen.panel.picker.step(1)
    await person.wait_until(lambda: person.sees("◂ Holidays ▸   3 of 3"))


async def copy_hostile_notes(person):
    await person.press("Y", *"notes", "enter")
    await person.wait_until(lambda: "nirts" in person.app.clipboard)
    assert not set(person.app.clipboard) & set("\x1b\u202e")


def column(person, heading):
    """The cells of a column, from the top."""
    listed = person.app.screen.query_one("#list", RecordList)
    index = [each.heading for each in listed.columns].index(heading)
    return [cells_of[index] for cells_of in cells(person)]


async def sort_and_add_up(person):
    newest_first = column(person, "Credits")
    assert newest_first == [f"{MINUS}30", f"{MINUS}12", "+500"]
    assert person.sees(f"in +500   out {MINUS}42   together +458")
    # By what, by credits, and turned round.
    await person.press("s")
    await person.wait_until(lambda: column(person, "What") == ["paid", "paid", "supplied"])
    assert person.sees("What ▲")
    await person.press("s")
    await person.wait_until(lambda: person.sees("Credits ▼"))
    assert column(person, "Credits") == ["+500", f"{MINUS}12", f"{MINUS}30"]
    await person.press("S")
    await person.wait_until(lambda: column(person, "Credits") == newest_first)
    assert person.sees("Credits ▲")
    # After the last column comes the usual order.
    await person.press("s", "s", "s")
    await person.wait_until(lambda: not person.sees("▲") and not person.sees("▼"))
    listed = person.app.screen.query_one("#list", RecordList)
    at_credits = str(listed.render_heading().text).index("Credits")
    for expected in (["+500", f"{MINUS}12", f"{MINUS}30"], newest_first):
        await person.pilot.click(listed, offset=(at_credits + 2, 0))
        await person.wait_until(lambda expected=expected: column(person, "Credits") == expected)
    # A filter keeps the order, and its sums are its own.
    await person.press("slash", *"november", "enter")
    await person.wait_until(lambda: how_many(person) == "1 transfer found")
    await person.press("escape")
    await person.press("I")
    await person.wait_until(lambda: person.sees("paid EUR 50"))
    assert not person.sees("▲")
    await person.press("M")
    await person.wait_until(lambda: how_many(person) == "1 time record")


async def test_how_many_are_found_is_exact_beyond_a_page(day, monkeypatch):
    monkeypatch.setattr(record_query, "PAGE", 2)
    monkeypatch.setattr(record_pages, "PAGE", 2)
    async with at_the_sheets(day, (60, 6)) as person:
        await person.press("slash", *"e", "enter")
        await person.wait_until(lambda: how_many(person) == "3 transfers found")


async def all_transfers(person):
    """Be at the list of all transfers, with room for all columns."""
    await person.resize(100, 30)
    await person.press("escape", "T", "home")
    await shown(person)
    assert how_many(person) == "3 transfers"


@over_a_server
async def test_each_kind_has_its_records_and_removed_ones_are_restored(day):
    async with at_the_sheets(day) as person:
        await each_kind_has_its_records(person)
        await remove_and_restore(person)


async def test_records_are_found_sorted_copied_saved_and_looked_at_in_full(day, saved_to):
    async with at_the_sheets(day) as person:
        await find_copy_and_save(person, saved_to)
        for do in (
            find_last_month,
            read_a_page_late,
            look_at_records_in_full,
            copy_hostile_notes,
            sort_and_add_up,
            choose_another_kind_in_mid_page,
        ):
            await all_transfers(person)
            await do(person)
        await person.press("T")
        await shown(person)
        await step_twice(person)


async def test_records_and_sheets_are_taken_off_only_after_a_question(day):
    async with at_the_sheets(day) as person:
        await take_off_a_record(person)
        await make_use_and_remove_sheets(person)


async def test_payments_that_were_received_are_refunded(day):
    async with at_the_sheets(day) as person:
        await person.log_out()
        await person.log_in("bob")
        await person.press("5")
        await shown(person)
        await refund_in_parts(person)
        await person.press("escape")
        await refund_a_removed_payment(person)
