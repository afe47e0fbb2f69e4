"""A timer is seen on every screen, heard once as it nears its end, and loudly when it runs out."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from backends import both_backends
from textual.notifications import Notification

from ewallet_core.presentation import formatting
from ewallet_tui.timer import DayWatch


async def have_running_timer(person, minutes=20):
    await person.register()
    await person.have_running_timer(minutes)


async def test_the_last_five_minutes_are_said_once(opened, instant):
    async with opened() as person:
        await have_running_timer(person, 6)
        assert not person.toasts
        instant.pass_by(minutes=2)
        for _ in range(3):
            await person.app.context.store.refresh()
        await person.wait_until(lambda: person.sees("! 4:00 left"))
        assert person.toasts.count("4:00 left") == 1


@both_backends
async def test_running_out_is_said_loudly_and_shown(opened, instant):
    async with opened() as person:
        await have_running_timer(person)
        instant.pass_by(minutes=21)
        person.app.context.timers.pass_second()
        await person.wait_until(lambda: "Out of time" in person.toasts)
        assert person.app.context.state.clock.left_ms(instant()) == 0
        assert not person.app.context.state.clock.runs


async def test_each_second_moves_the_countdown_on_until_it_is_paused(opened, instant):
    async with opened() as person:
        await have_running_timer(person)
        instant.pass_by(seconds=18)
        person.app.context.timers.pass_second()
        await person.wait_until(lambda: person.sees("19:42 left"))
        await person.app.context.send(action="pause", pause="clock_timer")
        await person.wait_until(lambda: person.sees("‖ paused  19:42 left"))
        instant.pass_by(seconds=18)
        person.app.context.timers.pass_second()
        await person.pilot.pause()
        assert person.sees("‖ paused  19:42 left")


async def test_the_timer_goes_on_without_the_app(opened, instant):
    async with opened() as person:
        await have_running_timer(person)
    instant.pass_by(minutes=5)
    async with opened() as person:
        await person.log_in()
        assert person.sees("● running  15:00 left")


async def test_no_toast_can_carry_markup(opened):
    async with opened() as person:
        person.app.say("[@click=app.quit]x[/]", title="[/b]")
        await person.pilot.pause()
        notification: Notification = next(iter(person.app._notifications))
        assert not notification.markup


@pytest.mark.parametrize(
    ("zone", "evening"),
    [
        ("Asia/Kolkata", "2026-11-20T16:00:00+00:00"),
        # The clocks go back from midnight to eleven: that hour comes twice.
        ("America/Sao_Paulo", "2018-02-18T00:30:00+00:00"),
        # A day is skipped.
        ("Pacific/Apia", "2011-12-30T08:00:00+00:00"),
    ],
)
def test_another_day_is_noticed_when_it_begins_in_the_persons_time_zone(zone, evening):
    local, now = ZoneInfo(zone), datetime.fromisoformat(evening)
    waits, days = [], []
    formatting.use_zone(local)
    try:
        watch = DayWatch(
            lambda seconds, _: waits.append(seconds),
            lambda: days.append(f"{now.astimezone(local):%d %H:%M}"),
        )
        watch.today = lambda: now
        watch.look()
        began = now.astimezone(local).date()
        while not days:
            assert 0 < waits[-1] <= 3_600
            now += timedelta(seconds=waits[-1])
            watch.look()
    finally:
        formatting.use_zone(None)
    first = now.astimezone(local)
    assert days == [f"{first:%d} 00:00"]
    assert first.date() > began
