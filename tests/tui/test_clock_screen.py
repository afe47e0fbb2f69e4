import asyncio

import pytest
from backends import both_backends
from clock_lives import at_the_clock, doable, footer, left, rows, state, told
from frozen import form_gone, form_opened, settled, standing_still

from ewallet_core.presentation.clock_state import TimerState
from ewallet_tui.actions import START
from ewallet_tui.widgets.charts import DayBars
from ewallet_tui.widgets.footer import ResultLine

KEYS = {"start": "space", "pause": "space", "resume": "space", "stop": "x"}


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


def verbs(person):
    """What the footer says of the timer, and whether it can be done."""
    words = {verb.capitalize() for verb in KEYS}
    return {name: enabled for name, enabled in footer(person).items() if name in words}


@both_backends
async def test_space_is_always_the_one_thing_that_is_possible_and_named_in_the_footer(day):
    async with at_the_clock(day) as person:
        assert doable(person) == {"start"}
        assert verbs(person) == {"Start": True, "Stop": False}
        await told(person, "space", TimerState.ACTIVE)
        assert doable(person) == {"pause", "stop"}
        assert verbs(person) == {"Pause": True, "Stop": True}
        await told(person, "space", TimerState.PAUSED)
        assert doable(person) == {"resume", "stop"}
        assert verbs(person) == {"Resume": True, "Stop": True}
        await told(person, "space", TimerState.ACTIVE)
        assert doable(person) == {"pause", "stop"}
        assert verbs(person) == {"Pause": True, "Stop": True}
        await told(person, "x", TimerState.INACTIVE)
        assert doable(person) == {"start"}


async def press_each_key_and_button(person):
    for way in (lambda action: person.press(KEYS[action]), lambda action: person.click(f"#{action}")):
        for action, expected in (
            ("start", TimerState.ACTIVE),
            ("pause", TimerState.PAUSED),
            ("resume", TimerState.ACTIVE),
            ("stop", TimerState.INACTIVE),
        ):
            await way(action)
            await person.wait_until(lambda expected=expected: state(person) is expected)
            await settled(person)


@both_backends
async def test_a_run_is_shown_as_it_goes_and_recorded_when_it_stops(day):
    async with at_the_clock(day) as person:
        assert person.sees("Nothing used yet. Start the timer with space.")
        await told(person, "space", TimerState.ACTIVE)
        assert person.sees("The first time record is written when the timer stops.")
        day.pass_by(seconds=18)
        await told(person, "space", TimerState.PAUSED)
        assert left(person) == "19:42"
        day.pass_by(seconds=65)
        await settled(person)
        assert person.sees("used 0:18    paused 1:05    pauses 1")
        await told(person, "x", TimerState.INACTIVE)
        assert str(person.app.screen.query_one(ResultLine).content) == "✓ Used 0:18. 19:42 left."
        assert rows(person) == [("today 14:02", "today 14:03", "0:18", "1:05", "1")]


async def see_the_countdown_fall(day, person):
    await told(person, "space", TimerState.ACTIVE)
    asked = person.count_instructions()
    day.pass_by(seconds=1)
    person.app.context.second_passed.publish(day())
    await person.pilot.pause()
    assert left(person) == "19:59"
    assert not asked


async def be_impatient(person):
    await person.pilot.press("space", "space", "space")
    await person.wait_until(lambda: state(person) is not TimerState.INACTIVE)
    await settled(person)
    assert person.toasts == ""


async def test_a_clock_without_time_says_how_to_get_some(day):
    async with at_the_clock(day, credits=0) as person:
        assert doable(person) == set()
        assert person.sees("No time or credits yet. Supply credits on Home: press 1, then u.")
        assert footer(person)["Start"] is False
        await person.press("space", "x")
        await settled(person)
        assert state(person) is TimerState.INACTIVE
        assert "No time left on this clock." in person.toasts
        assert "The timer isn't running." in person.toasts


async def bring_time_back(person):
    await person.press("b")
    await form_opened(person)
    await person.do_form(credits="5")
    await form_gone(person)
    assert left(person) == "14:59"
    assert person.sees("✓ 5:00 → 5 credits. 14:59 left.")


async def test_a_timer_that_runs_out_is_stopped_and_recorded(day):
    async with at_the_clock(day) as person:
        await told(person, "space", TimerState.ACTIVE)
        day.pass_by(minutes=21)
        await settled(person)
        assert (state(person), left(person), doable(person)) == (TimerState.INACTIVE, "0:00", set())
        assert rows(person) == [("today 14:02", "today 14:22", "20:00", "0:00", "0")]
        assert person.sees("■ out of time")


async def choose_before_and_begin_after_a_change(person):
    store, clock = person.app.context.store, person.app.screen
    before = store.state
    await told(person, "space", TimerState.ACTIVE)
    after, store.state = store.state, before
    clock.functions[START.id][1](clock)
    store.state = after
    await settled(person)
    assert (state(person), person.toasts) == (TimerState.ACTIVE, "")


async def test_what_is_read_while_the_screen_is_removed_is_not_shown(day, monkeypatch):
    async with at_the_clock(day) as person:
        answered, screen = asyncio.Event(), person.app.screen

        async def slowly():
            await answered.wait()
            return ()

        monkeypatch.setattr(screen, "_days", slowly)
        reading = screen._show_used()
        await screen.query_one(DayBars).remove()
        answered.set()
        await reading.wait()


async def press_while_the_answer_comes(person, monkeypatch):
    answered, ask = asyncio.Event(), person.app.context.store.send

    async def slowly(**instruction):
        answer = await ask(**instruction)
        await answered.wait()
        return answer

    monkeypatch.setattr(person.app.context.store, "send", slowly)
    for expected in (TimerState.ACTIVE, TimerState.PAUSED):
        await person.press("space")
        await person.wait_until(lambda expected=expected: state(person) is expected)
    answered.set()


async def test_keys_and_buttons_move_the_timer_and_time_and_the_countdown_falls(day, monkeypatch):
    async with at_the_clock(day) as person:
        await be_impatient(person)
        await told(person, "x", TimerState.INACTIVE)
        await choose_before_and_begin_after_a_change(person)
        await told(person, "x", TimerState.INACTIVE)
        await press_each_key_and_button(person)
        await see_the_countdown_fall(day, person)
        await told(person, "x", TimerState.INACTIVE)
        await bring_time_back(person)
        await press_while_the_answer_comes(person, monkeypatch)
