from contextlib import asynccontextmanager

import pytest
from backends import both_backends
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
from textual.css.stylesheet import Stylesheet
from textual.widgets import Button

from ewallet_tui.lazy import style_sheet_of_home
from ewallet_tui.screens import credit_actions
from ewallet_tui.state import WALLET
from ewallet_tui.widgets.big_digits import BigDigits
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.record_list import RecordList

HOSTILE = [
    "[/b]",
    "[@click=app.quit]x[/]",
    "\x1b[2Jgone\x07",
    "\u202egnirts",
    "漢字かな交じり文" * 20,
    "a\nb\tc",
]


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


@asynccontextmanager
async def at_the_wallet(day):
    async with person_on(day) as person:
        await person.register()
        await settled(person)
        yield person


def rows(person):
    return [tuple(map(str, row.cells)) for row in person.app.screen.query_one(RecordList).rows]


def result(person):
    line = person.app.screen.query_one(ResultLine)
    return line.content if line.display else ""


def enabled(person, action):
    return not person.app.screen.query_one(f"#{action}", Button).disabled


async def do(person, **values):
    await form_opened(person)
    await person.do_form(**values)
    await form_gone(person)


def shown_balance(person):
    return person.app.screen.query_one("#credits", BigDigits).value


@both_backends
async def test_the_main_job_from_the_keyboard(day):
    async with at_the_wallet(day) as person:
        await person.press("u")
        await do(person, credits="100", cost="12.50", notes="first")
        assert result(person) == "✓ You got 100 credits. New balance: 100."
        assert rows(person) == [("today 14:02", "supplied", "+100", "", "", "first")]
        day.pass_by(minutes=1)
        await person.press("c")
        await do(person, credits="20")
        assert result(person) == "✓ 20 credits → 20:00. 80 left."
        day.pass_by(minutes=1)
        await person.press("b")
        await do(person, minutes="5.5")
        assert result(person) == "✓ 5:00 → 5 credits. 15:00 left."
        assert shown_balance(person) == "85"
        assert [row[1:4] for row in rows(person)] == [
            ("converted", "+5", "← 5:00"),
            ("converted", "\N{MINUS SIGN}20", "→ 20:00"),
            ("supplied", "+100", ""),
        ]


async def test_the_main_job_with_the_mouse_leaves_a_receipt_until_one_goes_elsewhere(day):
    async with at_the_wallet(day) as person:
        await person.pilot.click("#supply")
        await form_opened(person)
        await person.fill(credits="100", cost="0")
        await person.pilot.click("#do")
        await form_gone(person)
        assert shown_balance(person) == "100"
        assert enabled(person, "convert_to_time")
        assert result(person) == "✓ You got 100 credits. New balance: 100."
        await person.press("2")
        await person.press("1")
        assert result(person) == ""


async def test_the_tour_leads_a_new_wallet_to_a_running_clock(day):
    async with at_the_wallet(day) as person:
        await person.press("enter")
        await do(person, credits="100", cost="10")
        assert person.sees("Convert some to time")
        assert person.sees("supplied")
        await person.press("enter")
        await do(person, credits="20")
        assert person.sees("counts down at the top")
        await person.press("enter")
        await person.wait_until(lambda: person.app.context.state.clock.runs)
        await settled(person)
        assert not person.app.screen.query_one("Tour").display
        assert isinstance(person.app.focused, RecordList)
        # Another wallet with a clock that doesn't run starts no second tour.
        await person.app.context.act(action="new", new="credit", credit="ewallet", reference="Savings")
        second = max(person.app.context.state.owned[WALLET].names)
        await person.app.context.act(action="switch", switch="credit", credit="ewallet", ewallet_id=second)
        await settled(person)
        assert shown_balance(person) == "0"
        assert not person.app.screen.query_one("Tour").display
        assert [row[4] for row in rows(person)] == ["another wallet", "another wallet"]


async def test_a_tour_comes_back_only_while_nothing_was_done(day):
    async with at_the_wallet(day) as person:
        await person.press("escape")
        await person.log_out()
        await person.log_in()
        await person.wait_until(lambda: person.sees("You pay with credits."))
        await person.press("enter")
        await do(person, credits="100", cost="10")
        assert person.sees("Convert some to time")
        await person.log_out()
        await person.log_in()
        await settled(person)
        assert person.sees("supplied")
        assert not person.app.screen.query_one("Tour").display


async def leave_the_tour(person):
    assert person.sees("You pay with credits.")
    await person.press("escape")
    await person.wait_until(lambda: isinstance(person.app.focused, RecordList))
    assert person.sees("Supply credits with u.")
    await person.press("u")
    await do(person, credits="100", cost="1")
    assert not person.sees("Convert some to time")


async def try_what_can_not_be_done(person):
    assert enabled(person, "supply")
    assert not enabled(person, "convert_to_time")
    assert not enabled(person, "convert_to_credits")
    assert not enabled(person, "pay")
    assert not enabled(person, "transfer")
    assert not enabled(person, "turn")
    await person.press("c", "b", "p", "t", "space", "x", "z")
    await settled(person)
    assert not person.app.screen.query("Form")


async def test_more_than_there_is_or_may_be_is_said_at_the_field_and_not_sent(day):
    async with at_the_wallet(day) as person:
        await person.press("u")
        await form_opened(person)
        await person.do_form(credits="1", cost="1", notes="n" * 10_000)
        assert "1,000 characters" in person.problem_of("notes")
        await person.press("escape")
        await settled(person)
        assert shown_balance(person) == "0"
        await person.have_time()
        await settled(person)
        await person.press("c")
        await form_opened(person)
        await person.do_form(credits="81")
        assert person.problem_of("credits") == "Not enough credits: 81 needed, your balance is 80."
        await person.press("escape")
        await settled(person)
        assert shown_balance(person) == "80"
        assert result(person) == ""


async def test_while_the_timer_runs_only_what_is_not_used_comes_back(day):
    async with at_the_wallet(day) as person:
        await person.have_running_timer(20)
        await settled(person)
        await person.press("b")
        await form_opened(person)
        day.pass_by(minutes=5, seconds=1)
        await person.do_form(credits="15")
        assert person.problem_of("credits") == "Not enough time: 15:00 needed, 14:59 left."
        await do(person, credits="14")
        assert result(person) == "✓ 14:00 → 14 credits. 0:59 left."


async def use_the_timer(day, person):
    await person.have_time(20)
    await settled(person)
    button = person.app.screen.query_one("#turn", Button)
    await person.press("space")
    await person.wait_until(lambda: str(button.label) == "Pause")
    day.pass_by(seconds=18)
    await person.click("#turn")
    await person.wait_until(lambda: str(button.label) == "Resume")
    await person.press("x")
    await person.wait_until(lambda: result(person) == "✓ Used 0:18. 19:42 left.")
    await person.press("z")
    await person.wait_until(lambda: person.sees("Stopped"))
    await person.press("escape")
    assert person.app.current_mode == "home"


async def test_a_movement_opens_its_record_and_the_curve_tells_the_last_days(day):
    async with at_the_wallet(day) as person:
        await person.have_running_timer(20)
        await settled(person)
        await person.wait_until(lambda: person.sees("last 30 days, 0 to 80"))
        await person.press("enter")
        await person.wait_until(lambda: person.sees("Journal"))
        assert person.sees("supplied")


async def test_notes_of_any_kind_are_only_ever_read(day):
    supply = {"action": "supply", "supply": "credits", "credits": 1, "currency": "EUR", "cost": "1"}
    async with at_the_wallet(day) as person:
        for number, notes in enumerate(HOSTILE, start=1):
            await person.app.context.send(**supply, notes=notes)
            await settled(person)
            assert len(rows(person)) == number
            assert not set(person.screen_text) & set("\x1b\x07\u202e\t")
            await person.pilot.click(RecordList, offset=(60, 1))
            assert person.app.is_running


async def press_keys_twice(person):
    await person.have_time(20)
    screen = person.app.screen
    for begin in (credit_actions.supply, credit_actions.convert_to_time):
        begin(screen)
        begin(screen)
        await form_opened(person)
        assert len(person.app.screen_stack) == 2
        await person.press("escape")


async def live_a_little(day, person):
    ask = person.app.context.send
    for number, notes in enumerate(HOSTILE, start=1):
        await ask(
            action="supply", supply="credits", credits=number * 250, currency="EUR", cost="1", notes=notes
        )
        day.pass_by(minutes=61)
    await ask(action="convert", convert="credits2clock", credits=60, notes="for the afternoon")
    day.pass_by(minutes=1)
    await ask(action="start", start="clock_timer")
    day.pass_by(seconds=18)
    await settled(person)


FORMS = {
    "supply": ("u", {"credits": "100", "cost": "12.50", "notes": "[/b]"}),
    "to_time": ("c", {"credits": "30"}),
    "too_much": ("c", {"credits": "10,000", "notes": ""}),
    "to_credits": ("b", {"minutes": "10.5"}),
}


async def test_a_wallet_looks_as_it_is_kept_empty_and_filled_and_under_its_forms(day, looks_as_kept):
    async with at_the_wallet(day) as person:
        async for size in at_sizes(person, NARROW, USUAL, WIDE):
            assert await looks_as_kept(person, f"empty-{size}")
        await live_a_little(day, person)
        async for size in at_sizes(person, NARROW, (80, 18), WIDE, USUAL):
            assert await looks_as_kept(person, f"filled-{size}")
        for name, (key, values) in FORMS.items():
            await person.press(key)
            await form_opened(person)
            await person.fill(**values)
            assert await looks_as_kept(person, f"{name}-80x24")
            await person.press("escape")


PRODUCT, CONTENT = ("Vertical", "product"), ("ContactsScreen", "content")
HOME_CONTENT = ("HomeScreen", "content")


@pytest.fixture
def styled(monkeypatch):
    """The nodes that were styled again, each as the type of its parent and its id."""
    names, update = [], Stylesheet.update_nodes

    def update_and_note(stylesheet, nodes, animate=False):
        again = list(nodes)
        names.extend((type(node.parent).__name__, node.id) for node in again)
        update(stylesheet, again, animate=animate)

    monkeypatch.setattr(Stylesheet, "update_nodes", update_and_note)
    return names


async def test_the_login_is_not_styled_again_as_home_opens(opened, styled):
    async with opened() as person:
        home = str(style_sheet_of_home())
        await person.wait_until(lambda: person.app.stylesheet.has_source(home))
        assert PRODUCT in styled
        styled.clear()
        await person.register()
        assert person.app.current_mode == "home"
        assert PRODUCT not in styled


async def test_a_screen_is_styled_again_only_when_it_comes_back(opened, styled):
    async with opened() as person:
        home = str(style_sheet_of_home())
        await person.wait_until(lambda: person.app.stylesheet.has_source(home))
        await person.register()
        styled.clear()
        # Contacts reads no style sheet, the wallet its own.
        await person.press("4", "2")
        await person.wait_until(lambda: person.app.current_mode == "wallet")
        await person.pilot.pause()
        assert not {HOME_CONTENT, CONTENT} & set(styled)
        await person.press("1", "4")
        await person.wait_until(lambda: CONTENT in styled)


async def test_a_new_wallet_greys_what_can_not_be_done_and_is_used_without_the_tour(day):
    async with at_the_wallet(day) as person:
        await try_what_can_not_be_done(person)
        # The toasts cover what stands beneath.
        person.app.clear_notifications()
        await leave_the_tour(person)
        await use_the_timer(day, person)
        await press_keys_twice(person)
