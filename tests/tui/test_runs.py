"""What a run is for, stopping at an earlier time, and private notes, as a person does them."""

import pytest
from clock_lives import at_the_clock, footer, left, state, told
from frozen import Day, form_gone, form_opened, settled, standing_still
from msgspec.structs import replace
from textual.widgets import Label

from ewallet_core.presentation.clock_state import TimerState
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.record_list import RecordList


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


@pytest.fixture
def usual_server(monkeypatch):
    """A server without a choice of its operator."""
    monkeypatch.setattr(Day, "stops_in_the_past", None)


async def fill_in(person, key, **values):
    await person.press(key)
    await form_opened(person)
    await person.do_form(**values)
    await form_gone(person)


def result(person):
    return str(person.app.screen.query_one(ResultLine).content)


def listed(person):
    return [str(row.cells[-1]) for row in person.app.screen.query_one(RecordList).rows]


def said(person):
    """What the form says of what is typed."""
    labels = person.form.query(".problem, .preview").results(Label)
    return " ".join(str(label.content) for label in labels if str(label.content))


async def find(person, typed):
    await person.press("slash", *typed)
    await person.wait_until(lambda: person.sees("found"))
    await settled(person)


async def sort_on_the_clock(person):
    home, may = "tidying up  #home", "Invoices of May  #acme #paid"
    for rows, heading in ([home, may], "Started ▼"), ([may, home], "Started ▲"):
        await person.pilot.click(RecordList, offset=(2, 0))
        await person.wait_until(lambda words=heading: person.sees(words))
        await settled(person)
        assert listed(person) == rows


async def only_look(person):
    """Open a record as an auditor, who writes no notes."""
    await person.press("enter")
    await person.wait_until(lambda: isinstance(person.app.screen, RecordScreen) and person.sees("e Note"))
    store = person.app.context.store
    store.state = replace(store.state, account=replace(store.state.account, role="auditor"))
    await person.press("e")
    assert isinstance(person.app.screen, RecordScreen)


async def test_a_run_says_what_it_is_for_and_is_found_by_it(day):
    async with at_the_clock(day) as person:
        await told(person, "space", TimerState.ACTIVE)
        assert listed(person) == []
        await fill_in(person, "e", notes="Invoices of May", tags="#Acme, urgent")
        assert person.sees("Invoices of May  #acme #urgent")
        day.pass_by(minutes=5)
        await told(person, "x", TimerState.INACTIVE)
        assert not person.sees("this run")
        assert listed(person) == ["Invoices of May  #acme #urgent"]
        await person.press("e")
        assert "The timer isn't running. To edit an earlier run, open its record." in person.toasts
        # Asked at the start only if the user wants it.
        person.app.context.settings.choose(note_at_start=True)
        await person.press("space")
        await form_opened(person)
        assert state(person) is TimerState.INACTIVE
        assert person.sees("What is it for? Leave it empty to just start.")
        await person.fill(tags=" ".join("abcdefghijk"))
        await person.press("enter")
        assert person.sees("At most 10 words of 32 characters each.")
        await person.do_form(tags="")
        await form_gone(person)
        assert (state(person), person.app.context.state.clock.tags) == (TimerState.ACTIVE, ())
        await told(person, "x", TimerState.INACTIVE)
        # On the record, and on the sheet.
        await person.press("z")
        await person.wait_until(lambda: isinstance(person.app.screen, RecordScreen) and person.sees("Pauses"))
        await fill_in(person, "e", notes="tidying up", tags="home")
        await person.wait_until(lambda: person.sees("tidying up") and person.sees("home"))
        await person.press("escape", "5", "M")
        await settled(person)
        assert listed(person) == ["tidying up  #home", "Invoices of May  #acme #urgent"]
        await find(person, "#ac invoices")
        assert listed(person) == ["Invoices of May  #acme #urgent"]
        await person.press("enter")
        await fill_in(person, "e", tags="acme paid")
        assert listed(person) == ["Invoices of May  #acme #paid"]
        await person.press("escape")
        await find(person, "#ac, ")
        assert listed(person) == []
        await person.press("escape")
        for typed, found in (("#,", 2), ("#acme,#pa", 1), (f"#acme #{'x' * 33}", 0)):
            await find(person, typed)
            assert len(listed(person)) == found
            await person.press("escape")
        assert "tag" not in person.toasts
        await person.press("3")
        await settled(person)
        await sort_on_the_clock(person)
        await only_look(person)


async def test_a_timer_that_someone_forgot_to_stop_is_stopped_at_an_earlier_time(day):
    async with at_the_clock(day) as person:
        await person.press("X")
        assert "The timer isn't running." in person.toasts
        await told(person, "space", TimerState.ACTIVE)
        day.pass_by(minutes=10)
        await settled(person)
        await person.press("X")
        await form_opened(person)
        assert person.sees("The timer was started today 14:02.")
        for typed, seen in (
            ("tomorrow", "Type a time such as 14:30 or 20 minutes ago."),
            ("today 14:30", "That time has not come yet."),
            ("20 minutes ago", "The timer was started today 14:02. Type a later time."),
            ("4 minutes ago", "Ends today 14:08. Takes 6:00, keeps 4:00: 14:00 left."),
            ("14:02", "Ends today 14:02. Takes 0:00, keeps 10:00: 20:00 left."),
        ):
            await person.fill(stopped_at=typed)
            await person.press("tab", "shift+tab")
            assert said(person) == seen, typed
        await person.do_form(stopped_at="14:07")
        await form_gone(person)
        assert (state(person), left(person)) == (TimerState.INACTIVE, "15:00")
        assert result(person) == "✓ Used 5:00. 15:00 left."
        # While it is paused nothing is taken anyway.
        await told(person, "space", TimerState.ACTIVE)
        day.pass_by(minutes=2)
        await told(person, "space", TimerState.PAUSED)
        day.pass_by(minutes=5)
        await person.press("X")
        await form_opened(person)
        assert person.sees("The timer was paused today 14:14.")
        await person.fill(stopped_at="14:16")
        assert person.sees("Ends today 14:16. Takes 2:00: 13:00 left.")
        # Another client stops it first.
        await person.app.context.store.client.send(
            controller="client", ctype="action", action="stop", stop="clock_timer"
        )
        await person.press("enter")
        await person.wait_until(lambda: person.sees("This run has already ended, today 14:19."))


@pytest.mark.parametrize("kind_of_backend", ["remote"])
async def test_a_server_that_does_not_allow_an_earlier_stop_says_so(usual_server, day):
    async with at_the_clock(day) as person:
        await told(person, "space", TimerState.ACTIVE)
        assert footer(person)["Stop at …"] is False
        await person.press("X")
        assert "The operator of this server doesn't allow stopping at an earlier time." in person.toasts
        assert state(person) is TimerState.ACTIVE


async def test_a_private_note_is_written_on_the_sheet_and_in_the_detail(day):
    async with at_the_clock(day) as person:
        await person.press("5")
        await settled(person)
        await fill_in(person, "e", private_notes="for the [red]book[/] club")
        assert result(person) == "✓ Saved."
        assert listed(person) == ["only you: for the [red]book[/] club"]
        await find(person, "book")
        assert len(listed(person)) == 1
        await person.press("enter", "enter")
        await person.wait_until(
            lambda: isinstance(person.app.screen, RecordScreen) and person.sees("Private")
        )
        await person.click("#note")
        await form_opened(person)
        assert person.sees("Only you see it. The other side never does.")
        await person.do_form(private_notes="")
        await form_gone(person)
        await person.wait_until(lambda: not person.sees("Private  "))
        # An invoice has none.
        await person.click(".link")
        await person.wait_until(lambda: person.sees("Invoice"))
        await person.press("e")
        assert isinstance(person.app.screen, RecordScreen)
