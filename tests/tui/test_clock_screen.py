import time
from contextlib import asynccontextmanager

import pytest
from backends import both_backends
from frozen import form_gone, form_opened, picture_ready, settled, standing_still
from person import Person
from textual.screen import Screen
from textual.widgets import Button

from ewallet_tui.belongings import CLOCK
from ewallet_tui.picture import TimerState
from ewallet_tui.screens.question import Question
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.widgets.day_bars import DayBars
from ewallet_tui.widgets.figures import Figures
from ewallet_tui.widgets.receipt import Receipt
from ewallet_tui.widgets.record_list import RecordList

NARROW, USUAL, WIDE = (60, 20), (80, 24), (120, 40)


async def come_to_the_clock(person, credits=20):
    await person.register()
    if credits:
        await person.have_time(credits)
    await person.press("3")
    await settled(person)


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path)


@asynccontextmanager
async def at_the_clock(day, credits=20, size=USUAL):
    async with day.make_app().run_test(size=size, notifications=True) as pilot:
        person = Person(pilot.app, pilot)
        await come_to_the_clock(person, credits)
        yield person


def state(person):
    return person.app.picture.clock.state


async def told(person, key, expected):
    await person.press(key)
    await person.wait_until(lambda: state(person) is expected)
    await settled(person)


def doable(person):
    return {
        button.id
        for button in person.app.screen.query("#controls Button").results(Button)
        if not button.disabled
    }


def footer(person):
    return {
        binding.description: enabled
        for _, binding, enabled, _ in person.app.screen.active_bindings.values()
        if binding.show
    }


def rows(person):
    return [tuple(map(str, row.cells[:5])) for row in person.app.screen.query_one(RecordList).rows]


def left(person):
    return person.app.screen.query_one(Figures).value


@both_backends
async def test_space_is_always_the_one_thing_that_is_possible(day):
    async with at_the_clock(day) as person:
        assert doable(person) == {"start"}
        await told(person, "space", TimerState.ACTIVE)
        assert doable(person) == {"pause", "stop"}
        await told(person, "space", TimerState.PAUSED)
        assert doable(person) == {"resume", "stop"}
        await told(person, "space", TimerState.ACTIVE)
        assert doable(person) == {"pause", "stop"}
        await told(person, "x", TimerState.INACTIVE)
        assert doable(person) == {"start"}


@pytest.mark.parametrize(
    ("keys", "verb", "stops"),
    [("", "Start", False), ("s", "Pause", True), ("sp", "Resume", True), ("spr", "Pause", True)],
)
async def test_the_footer_names_what_space_does_now(day, keys, verb, stops):
    after = {"s": TimerState.ACTIVE, "p": TimerState.PAUSED, "r": TimerState.ACTIVE}
    async with at_the_clock(day) as person:
        for key in keys:
            await told(person, key, after[key])
        shown = footer(person)
        assert {name for name in shown if name in {"Start", "Pause", "Resume"}} == {verb}
        assert (shown[verb], shown["Stop"]) == (True, stops)


@both_backends
async def test_a_run_is_shown_as_it_goes_and_recorded_when_it_stops(day):
    async with at_the_clock(day) as person:
        await told(person, "space", TimerState.ACTIVE)
        day.pass_by(seconds=18)
        await told(person, "space", TimerState.PAUSED)
        assert left(person) == "19:42"
        day.pass_by(seconds=65)
        await settled(person)
        assert person.sees("used 0:18    paused 1:05    pauses 1")
        await told(person, "x", TimerState.INACTIVE)
        assert str(person.app.screen.query_one(Receipt).content) == "✓ Used 0:18. 19:42 left."
        assert rows(person) == [("today 14:02", "today 14:03", "0:18", "1:05", "1")]


async def test_the_countdown_falls_without_asking_the_engine(day):
    async with at_the_clock(day) as person:
        await told(person, "space", TimerState.ACTIVE)
        day.pass_by(seconds=1)
        person.app.second_passed.publish(day())
        await person.pilot.pause()
        assert left(person) == "19:59"


@both_backends
async def test_the_buttons_do_what_the_keys_do(day):
    async with at_the_clock(day) as person:
        for button, expected in (
            ("start", TimerState.ACTIVE),
            ("pause", TimerState.PAUSED),
            ("resume", TimerState.ACTIVE),
            ("stop", TimerState.INACTIVE),
        ):
            await person.pilot.click(f"#{button}")
            await person.wait_until(lambda expected=expected: state(person) is expected)
            await settled(person)


@both_backends
async def test_an_impatient_key_is_told_to_the_engine_once(day):
    async with at_the_clock(day) as person:
        await person.pilot.press("space", "space", "space")
        await person.wait_until(lambda: state(person) is not TimerState.INACTIVE)
        await settled(person)
        assert person.toasts == ""


async def test_a_clock_without_time_says_how_to_get_some(day):
    async with at_the_clock(day, credits=0) as person:
        assert doable(person) == set()
        assert person.sees("No time or credits yet. Supply some at home: 1, then u.")
        assert footer(person)["Start"] is False
        await person.press("space", "x")
        await settled(person)
        assert (state(person), person.toasts) == (TimerState.INACTIVE, "")


async def test_the_empty_list_says_what_comes_next(day):
    async with at_the_clock(day) as person:
        assert person.sees("Nothing used yet. Start the timer with space.")
        await told(person, "space", TimerState.ACTIVE)
        assert person.sees("The first time record is written when the timer stops.")


@both_backends
async def test_a_timer_that_runs_out_is_stopped_and_recorded(day):
    async with at_the_clock(day) as person:
        await told(person, "space", TimerState.ACTIVE)
        day.pass_by(minutes=21)
        await settled(person)
        assert (state(person), left(person), doable(person)) == (TimerState.INACTIVE, "0:00", set())
        assert rows(person) == [("today 14:02", "today 14:22", "20:00", "0:00", "0")]
        assert person.sees("■ out of time")


@both_backends
async def test_time_comes_back_from_the_clock_screen_too(day):
    async with at_the_clock(day) as person:
        await person.press("b")
        await form_opened(person)
        await person.do_form(credits="5")
        await form_gone(person)
        assert left(person) == "15:00"
        assert person.sees("✓ 5:00 → 5 credits. 15:00 left.")


def names(person):
    return list(person.app.picture.owned[CLOCK].names.values())


async def unlink(person):
    await person.press("D")
    await person.wait_until(lambda: isinstance(person.app.screen, Question))
    await person.press("y")


async def test_a_second_clock_is_made_named_gone_to_and_unlinked(day):
    async with at_the_clock(day) as person:
        assert footer(person).get("Next one") is None
        await person.press("N")
        await form_opened(person)
        await person.do_form(reference="Evenings")
        await form_gone(person)
        assert person.sees("✓ Evenings is there.")
        await person.wait_until(lambda: person.sees("Evenings ▸  ● active   2 of 2"))
        assert (left(person), names(person)) == ("0:00", ["Clock 1", "Evenings"])
        await person.press("R")
        await form_opened(person)
        await person.do_form(reference="Mornings")
        await form_gone(person)
        assert person.sees("◂ Mornings ▸")
        assert person.sees("✓ Renamed.")
        await unlink(person)
        await person.wait_until(lambda: names(person) == ["Clock 1"])
        await settled(person)
        assert left(person) == "20:00"
        assert person.sees("✓ Mornings is unlinked.")


async def test_a_clock_with_time_on_it_stays_and_why_is_said(day):
    async with at_the_clock(day) as person:
        await person.app.ask(action="new", new="credit", credit="clock", reference="Evenings")
        await unlink(person)
        await person.wait_until(lambda: person.toasts)
        await person.wait_until(lambda: left(person) == "20:00")
        assert names(person) == ["Clock 1", "Evenings"]


async def test_each_clock_shows_its_own_times(day):
    async with at_the_clock(day) as person:
        await run(day, person, 2)
        await person.app.ask(action="stop", stop="clock_timer")
        await person.app.ask(action="new", new="credit", credit="clock", reference="Evenings")
        await person.press("right_square_bracket")
        await person.wait_until(lambda: left(person) == "0:00")
        await settled(person)
        assert rows(person) == []
        assert not any(used for _, used in person.app.screen.query_one(DayBars).days)
        await person.press("left_square_bracket")
        await person.wait_until(lambda: left(person) == "18:00")
        await settled(person)
        assert [row[2] for row in rows(person)] == ["2:00"]


async def test_a_record_is_opened_in_full(day):
    async with at_the_clock(day) as person:
        await run(day, person, 2)
        await person.app.ask(action="stop", stop="clock_timer")
        await settled(person)
        await person.press("enter")
        await person.wait_until(lambda: isinstance(person.app.screen, RecordScreen))
        await person.wait_until(lambda: person.sees("Used") and person.sees("2:00"))


async def test_one_key_shows_the_days_in_place_of_the_times_and_back(day):
    async with at_the_clock(day) as person:
        await stopped(day, person)
        await settled(person)
        assert person.sees("Pauses")
        assert not person.sees("Used by day")
        await person.press("m")
        assert person.sees("Used by day  5:00 in 30 days")
        assert not person.sees("Pauses")
        assert (footer(person).get("Times"), footer(person).get("By day")) == (True, None)
        await person.press("m")
        assert person.sees("Pauses")
        assert not person.sees("Used by day")


async def test_days_and_times_are_side_by_side_where_there_is_room(day):
    async with at_the_clock(day, size=WIDE) as person:
        await stopped(day, person)
        await settled(person)
        assert person.sees("Pauses")
        assert person.sees("Used by day  5:00 in 14 days")
        assert "By day" not in footer(person)


async def test_a_day_counts_what_is_being_used_right_now(day):
    async with at_the_clock(day, size=WIDE) as person:
        await run(day, person, 5)
        await settled(person)
        assert person.sees("Used by day  5:00 in 14 days")
        day.pass_by(minutes=2)
        person.app.second_passed.publish(day())
        await person.pilot.pause()
        assert person.sees("Used by day  7:00 in 14 days")


async def test_days_begin_where_the_person_is(day, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    async with at_the_clock(day) as person:
        await stopped(day, person)
        await settled(person)
        days = person.app.screen.query_one(DayBars).days
        assert [(str(on), used) for on, used in days[-1:]] == [("2026-11-21", 5 * 60_000)]


async def test_a_second_that_passes_lays_nothing_out_anew(day, monkeypatch):
    async with at_the_clock(day) as person:
        await told(person, "space", TimerState.ACTIVE)
        laid_out = []
        arrange = Screen._refresh_layout
        monkeypatch.setattr(
            Screen, "_refresh_layout", lambda *args, **named: (laid_out.append(args), arrange(*args, **named))
        )
        for _ in range(3):
            day.pass_by(seconds=1)
            person.app.second_passed.publish(day())
            await person.pilot.pause(0.05)
        assert left(person) == "19:57"
        assert person.sees("19:57 left")
        assert laid_out == []


@pytest.mark.parametrize("size", [(40, 10), (20, 6), (60, 14)], ids="{0[0]}x{0[1]}".format)
async def test_the_smallest_terminal_shows_what_is_left(day, size):
    async with at_the_clock(day, size=size) as person:
        await person.app.ask(action="new", new="credit", credit="clock")
        await told(person, "space", TimerState.ACTIVE)
        await person.press("m", "m")
        assert person.sees("20:00")


async def run(day, person, minutes):
    await person.app.ask(action="start", start="clock_timer")
    day.pass_by(minutes=minutes)


async def stopped(day, person):
    await run(day, person, 2)
    await person.app.ask(action="pause", pause="clock_timer")
    day.pass_by(seconds=65)
    await person.app.ask(action="stop", stop="clock_timer")
    day.pass_by(minutes=60 * 10)
    await run(day, person, 3)
    await person.app.ask(action="stop", stop="clock_timer")


async def running(day, person):
    await run(day, person, 5)


async def paused(day, person):
    await run(day, person, 1)
    await person.app.ask(action="pause", pause="clock_timer")
    day.pass_by(seconds=65)


async def low(day, person):
    await stopped(day, person)
    await run(day, person, 11)


async def out_of_time(day, person):
    await run(day, person, 21)


async def full(day, person):
    ask = person.app.ask
    await ask(action="supply", supply="credits", credits=10**12 - 80, currency="EUR", cost="1")
    await ask(action="convert", convert="credits2clock", credits=10**12 - 80)
    await run(day, person, 60 * 24 * 3)


async def month(day, person):
    for number in range(10):
        await run(day, person, (1, 1.5, 0.2, 3, 2)[number % 5])
        await person.app.ask(action="stop", stop="clock_timer")
        day.pass_by(minutes=60 * 24 * (number % 3 + 1))
    await run(day, person, 1)


async def several(day, person):
    await running(day, person)
    await person.app.ask(action="new", new="credit", credit="clock", reference="Evenings and weekends")


EVERY_STATE = [stopped, running, paused, low, out_of_time, full]
LOOKS = [
    *((lived, USUAL) for lived in [*EVERY_STATE, several]),
    *((lived, WIDE) for lived in [full, month]),
    *((lived, NARROW) for lived in [low, out_of_time, month, several]),
    (paused, (80, 18)),
    (running, (40, 10)),
    (month, (80, 40)),
]


@pytest.mark.parametrize(
    ("lived", "size"), LOOKS, ids=[f"{lived.__name__}-{size[0]}x{size[1]}" for lived, size in LOOKS]
)
def test_the_clock_looks_like_this(day, snap_compare, size, lived):
    async def come(pilot):
        person = Person(pilot.app, pilot)
        await come_to_the_clock(person)
        await lived(day, person)
        await picture_ready(person)

    assert snap_compare(day.make_app(), terminal_size=size, run_before=come)


@pytest.mark.parametrize(
    ("theme", "size"),
    [("ewallet-dark", NARROW), ("ewallet-light", USUAL), ("ansi-dark", WIDE)],
    ids=["dark", "light", "ansi"],
)
def test_the_days_look_like_this(day, snap_compare, theme, size):
    async def come(pilot):
        person = Person(pilot.app, pilot)
        await come_to_the_clock(person)
        person.app.theme = theme
        await month(day, person)
        await person.press("m")
        await picture_ready(person)

    assert snap_compare(day.make_app(), terminal_size=size, run_before=come)


@pytest.mark.parametrize("size", [NARROW, USUAL, WIDE], ids="{0[0]}x{0[1]}".format)
def test_a_clock_that_never_had_time_looks_like_this(day, snap_compare, size):
    async def come(pilot):
        await come_to_the_clock(Person(pilot.app, pilot), credits=0)

    assert snap_compare(day.make_app(), terminal_size=size, run_before=come)
