import asyncio
import time

import pytest
from clock_lives import at_the_clock, footer, left, rows, run, stopped, told
from frozen import WIDE, form_gone, form_opened, settled, standing_still
from textual.widget import Widget

from ewallet_core.presentation.clock_state import TimerState
from ewallet_core.presentation.formatting import MINUS
from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.state import CLOCK, WALLET
from ewallet_tui.widgets.charts import DayBars
from ewallet_tui.widgets.record_list import RecordList


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


def names(person):
    return list(person.app.context.state.owned[CLOCK].names.values())


async def unlink(person):
    await person.press("D")
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
    await person.press("y")


async def test_a_second_clock_is_made_named_gone_to_and_unlinked(day):
    async with at_the_clock(day) as person:
        assert footer(person).get("Next one") is None
        await person.press("N")
        await form_opened(person)
        await person.do_form(reference="Evenings")
        await form_gone(person)
        assert person.sees("✓ Evenings is now the active clock.")
        await person.wait_until(lambda: person.sees("Evenings ▸  ● active   2 of 2"))
        assert (left(person), names(person)) == ("0:00", ["Clock 1", "Evenings"])
        await person.press("R")
        await form_opened(person)
        await person.do_form(reference="Mornings")
        await form_gone(person)
        assert person.sees("◂ Mornings ▸")
        assert person.sees("✓ Renamed.")
        await person.press("left_square_bracket")
        await person.wait_until(lambda: person.sees("◂ Clock 1 ▸  ● active   1 of 2"))
        assert not person.sees("✓ Renamed.")
        await person.press("right_square_bracket")
        await person.wait_until(lambda: person.sees("◂ Mornings ▸  ● active   2 of 2"))
        await unlink(person)
        await person.wait_until(lambda: names(person) == ["Clock 1"])
        await settled(person)
        assert left(person) == "20:00"
        assert person.sees("✓ Mornings is removed.")


async def test_time_moves_to_another_clock_and_out_of_one_that_is_removed(day):
    async with at_the_clock(day) as person:
        ask = person.app.context.send
        await ask(action="new", new="credit", credit="clock", reference="Evenings")
        await ask(action="new", new="credit", credit="ewallet", reference="Holidays")
        await told(person, "space", TimerState.ACTIVE)
        await person.press("v")
        await form_opened(person)
        assert person.sees("Move time from Clock 1 in Wallet 1")
        await person.fill(minutes="30", to="evenings")
        assert person.problem_of("minutes").startswith("Not enough time: 30:00 needed")
        await person.fill(minutes="5")
        assert person.sees("You move 5:00 to Evenings. 15:00 left.")
        await person.press("enter")
        await form_gone(person)
        assert person.sees("✓ Moved 5:00 to Evenings. 15:00 left.")
        await person.press("z")
        await person.wait_until(lambda: person.sees(f"Time       {MINUS}5:00"))
        await person.press("escape")
        # A running timer has to be stopped before its clock is removed.
        await person.press("D")
        obstacle = "The timer of Clock 1 in Wallet 1 is running or paused: 15:00"
        await person.wait_until(lambda: obstacle in person.toasts)
        await told(person, "x", TimerState.INACTIVE)
        await person.press("D")
        await person.wait_until(lambda: person.sees("Move 15:00 of time to"))
        assert person.sees("Clock 1 in Holidays (your clock)")
        await person.press("enter")
        question = "This moves 15:00 of time from Clock 1 in Wallet 1"
        await person.wait_until(lambda: person.sees(question))
        await person.press("y")
        await person.wait_until(lambda: names(person) == ["Evenings"])
        await settled(person)
        assert left(person) == "20:00"
        assert person.sees("✓ Moved 15:00 of time to Evenings. Clock 1 in Wallet 1 is removed.")
        await person.press("5", "C")
        await settled(person)
        assert person.sees("moved from Clock 1")
        # A wallet can be removed although a timer runs on the clock that has its number.
        state = person.app.context.state
        holidays = next(id for id, name in state.owned[WALLET].names.items() if name == "Holidays")
        assert state.clock.id == holidays
        await ask(action="start", start="clock_timer")
        await ask(**WALLET.instruction("switch", holidays))
        await person.wait_until(lambda: "Evenings in Wallet 1 goes on running." in person.toasts)
        await person.press("2", "D")
        await person.wait_until(lambda: person.sees("Holidays is removed with Clock 1 and its sheets."))


async def test_each_clock_shows_its_own_times_and_nothing_while_they_are_read(day, monkeypatch):
    async with at_the_clock(day) as person:
        await run(day, person, 2)
        await person.app.context.send(action="stop", stop="clock_timer")
        await person.app.context.send(action="new", new="credit", credit="clock", reference="Evenings")
        await settled(person)
        assert len(rows(person)) == 1
        await person.resize(*WIDE)
        await person.wait_until(lambda: person.app.screen.query_one(DayBars).region.height > 0)
        where = [person.app.screen.query_one(part).region for part in (RecordList, DayBars)]
        readable, ask = asyncio.Event(), person.app.context.store.send

        async def slowly(**instruction):
            if instruction["action"] == "view":
                await readable.wait()
            return await ask(**instruction)

        monkeypatch.setattr(person.app.context.store, "send", slowly)
        await person.press("right_square_bracket")
        await person.wait_until(lambda: person.sees("Evenings ▸"))
        bars = person.app.screen.query_one(DayBars)
        assert (rows(person), bars.days, person.sees("No time")) == ([], (), False)
        assert [person.app.screen.query_one(part).region for part in (RecordList, DayBars)] == where
        readable.set()
        await person.wait_until(lambda: person.sees("No time yet. Convert credits to time with c."))
        assert bars.days
        await settled(person)
        assert (left(person), rows(person)) == ("0:00", [])
        assert not any(used for _, used in bars.days)
        await person.press("left_square_bracket")
        await person.wait_until(lambda: left(person) == "18:00")
        await settled(person)
        assert [row[2] for row in rows(person)] == ["2:00"]


async def test_one_key_shows_the_days_in_place_of_the_times_and_they_are_side_by_side_where_there_is_room(
    day,
):
    async with at_the_clock(day) as person:
        await stopped(day, person)
        await settled(person)
        assert person.sees("Paused")
        assert not person.sees("Used by day")
        await person.press("m")
        assert person.sees("Used by day  5:00 in 30 days")
        assert not person.sees("Paused")
        assert (footer(person).get("Records"), footer(person).get("By day")) == (True, None)
        await person.press("m")
        assert person.sees("Paused")
        assert not person.sees("Used by day")
        # A record is opened in full.
        await person.press("down", "enter")
        await person.wait_until(lambda: isinstance(person.app.screen, RecordScreen))
        await person.wait_until(lambda: person.sees("Used") and person.sees("2:00"))
        await person.press("escape")
        await person.resize(*WIDE)
        await settled(person)
        assert person.sees("Paused")
        assert person.sees("Used by day  5:00 in 14 days")
        assert "By day" not in footer(person)


async def test_the_first_minute_ever_makes_room_for_the_days_which_count_what_is_being_used(day):
    async with at_the_clock(day, size=WIDE) as person:
        await told(person, "space", TimerState.ACTIVE)
        assert not person.sees("Used by day")
        day.pass_by(minutes=1)
        person.app.context.second_passed.publish(day())
        await person.wait_until(lambda: person.sees("Used by day  1:00 in 14 days"))
        day.pass_by(minutes=4)
        await settled(person)
        assert person.sees("Used by day  5:00 in 14 days")
        day.pass_by(minutes=2)
        person.app.context.second_passed.publish(day())
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


@pytest.mark.parametrize(
    ("zone", "minutes_to_midnight", "days"),
    [
        ("Asia/Kolkata", 268, ("2026-11-20", "2026-11-21")),
        ("America/Sao_Paulo", 778, ("2026-11-20", "2026-11-21")),
        ("Pacific/Apia", 1_258, ("2026-11-21", "2026-11-22")),
    ],
)
async def test_a_run_over_midnight_is_of_both_days(day, monkeypatch, zone, minutes_to_midnight, days):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    async with at_the_clock(day, size=WIDE) as person:
        bars = person.app.screen.query_one(DayBars)
        day.pass_by(minutes=minutes_to_midnight - 10)
        await told(person, "space", TimerState.ACTIVE)
        day.pass_by(minutes=15)
        await settled(person)
        assert [(str(on), used) for on, used in bars.days[-2:]] == [(days[0], 10 * 60_000), (days[1], 0)]
        assert bars.begun == 5 * 60_000
        assert person.sees("Used by day  15:00 in 14 days")
        await told(person, "x", TimerState.INACTIVE)
        assert [used for _, used in bars.days[-2:]] == [10 * 60_000, 5 * 60_000]
        assert bars.begun == 0


async def test_days_before_the_clocks_changed_began_at_midnight_too(day, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    # From 14:02 UTC on 20 November back to 23:50 summer time on 24 October.
    minutes_back = 26 * 24 * 60 + 16 * 60 + 12
    day.pass_by(minutes=-minutes_back)
    # A wallet that is made on that day, and not later.
    day.url = "sqlite://"
    async with at_the_clock(day, size=WIDE) as person:
        await told(person, "space", TimerState.ACTIVE)
        day.pass_by(minutes=20)
        await settled(person)
        day.pass_by(minutes=minutes_back - 20)
        await settled(person)
        used = {str(on): used for on, used in person.app.screen.query_one(DayBars).days if used}
        assert used == {"2026-10-24": 10 * 60_000, "2026-10-25": 10 * 60_000}


async def test_a_second_that_passes_lays_nothing_out_anew(day, monkeypatch):
    laid_out = []
    refresh = Widget.refresh

    def refreshed(widget, *regions, layout=False, **named):
        if layout:
            laid_out.append(widget)
        return refresh(widget, *regions, layout=layout, **named)

    async with at_the_clock(day) as person:
        await told(person, "space", TimerState.ACTIVE)
        monkeypatch.setattr(Widget, "refresh", refreshed)
        for _ in range(3):
            day.pass_by(seconds=1)
            person.app.context.second_passed.publish(day())
            await person.pilot.pause()
        assert left(person) == "19:57"
        assert person.sees("19:57 left")
        assert laid_out == []


async def test_the_smallest_terminal_shows_what_is_left(day):
    async with at_the_clock(day, size=(20, 6)) as person:
        await person.app.context.send(action="new", new="credit", credit="clock")
        await told(person, "space", TimerState.ACTIVE)
        for size in (20, 6), (40, 10), (60, 14):
            await person.resize(*size)
            await person.press("m", "m")
            assert person.sees("20:00"), size
