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


async def have_timers_on_other_clocks(person):
    """Be at a new clock of wallet Holidays, while Reading of the first wallet, Clock 1 and Cooking run."""
    send = person.app.context.send
    await have_running_timer(person, 20)
    reading = person.app.context.state.clock.id
    await send(action="edit", edit="credit", credit="clock", clock_id=reading, reference="Reading")
    wallet = await send(action="new", new="credit", credit="ewallet", reference="Holidays")
    await send(action="switch", switch="credit", credit="ewallet", ewallet_id=wallet["credit_ewallet"])
    await send(action="supply", supply="credits", credits=40, currency="EUR", cost="3")
    for credits, following in ((30, "Cooking"), (10, "New")):
        await send(action="convert", convert="credits2clock", credits=credits)
        await send(action="start", start="clock_timer")
        clock = await send(action="new", new="credit", credit="clock", reference=following)
        await send(action="switch", switch="credit", credit="clock", clock_id=clock["credit_clock"])


@both_backends
async def test_every_begun_timer_is_in_view_from_the_login_on_and_enter_goes_there(opened, instant):
    async with opened((120, 40)) as person:
        await have_timers_on_other_clocks(person)
    async with opened((120, 40)) as person:
        app = person.app
        await person.log_in()
        assert person.sees("● Reading in Wall… 20:00  ● Clock 1 30:00  ● Cooking 10:00  ○ no time here")
        for screen in ("home", "clock", "wallet"):
            await person.go_to(screen)
            await person.wait_until(lambda: person.sees("○ no time here"))
            assert not person.sees("no time yet")
            assert not person.sees("No time yet")
        instant.pass_by(seconds=18)
        app.context.timers.pass_second()
        await person.wait_until(lambda: person.sees("● Clock 1 29:42"))
        await person.resize(60, 20)
        await person.wait_until(lambda: person.sees("● 3 other timers  ○ no time here"))

        app.screen.query_one("StatusBar").focus()
        await person.press("enter")
        await person.wait_until(lambda: person.sees("Timers"))
        await person.press(*"read", "enter")
        await person.wait_until(lambda: "Reading in Wallet 1 is now the active wallet" in person.toasts)
        assert app.current_mode == "clock"
        assert app.context.state.clock.reference == "Reading"

        await person.resize(120, 40)
        app.screen.query_one("StatusBar").focus()
        await person.press("right", "enter")
        await person.wait_until(lambda: "Cooking in Holidays is now the active wallet" in person.toasts)
        await person.wait_until(lambda: person.sees("● Reading in Wall… "))
        await person.pilot.click("StatusBar", offset=(person.screen_text.splitlines()[1].index("Clock 1"), 0))
        await person.wait_until(lambda: "Clock 1 is now the active clock." in person.toasts)

        # A run that is out of view is warned of, and its end noticed, once each.
        for minutes, said in ((6, "left on Cooking"), (5, "Out of time: Cooking")):
            instant.pass_by(minutes=minutes)
            for _ in range(3):
                app.context.timers.pass_second()
                await app.context.store.refresh()
            await person.wait_until(lambda said=said: said in person.toasts)
            assert person.toasts.count(said) == 1
