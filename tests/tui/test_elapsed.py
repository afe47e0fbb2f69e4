"""Elapsed time is true after a sleep, a change of the clock and a stop of the process."""

from backends import both_backends
from person import PASSWORD

from ewallet_core.client import ConnectionStatus, Reach
from ewallet_core.steady_time import steady_time
from ewallet_tui.elapsed import ElapsedTime
from ewallet_tui.lifecycle import KEEP_ALIVE_SECONDS
from ewallet_tui.widgets.status_bar import StatusBar


def test_the_larger_of_both_clocks_counts_and_a_jump_is_noticed_once(instant):
    elapsed, jumps = ElapsedTime(instant, instant.wall_seconds), []
    elapsed.jumped = jumps.append
    elapsed.tick()
    for _ in range(3):
        instant.pass_by(seconds=1)
        elapsed.tick()
    assert not jumps
    instant.sleep(minutes=10)
    assert elapsed() == 603
    assert elapsed.tick() == 603
    instant.pass_by(seconds=1)
    elapsed.tick()
    assert jumps == [599]
    instant.sleep(minutes=-30)
    assert elapsed.tick() == 604
    instant.sleep(seconds=1.5)
    assert elapsed.tick() == 604
    # The process was stopped: both clocks went on.
    instant.pass_by(minutes=1)
    assert elapsed.tick() == 664
    assert jumps == [599, 0, 59]


def test_the_systems_steady_clock_goes_forward():
    assert 0 <= steady_time() - steady_time() + 1 <= 1


@both_backends
async def test_the_first_second_shown_after_a_jump_is_true_and_asked_for_once(opened, instant, monkeypatch):
    shown = []
    show = StatusBar.show

    def noting(bar, state, now, *rest):
        shown.append(state.clock.left_ms(now))
        show(bar, state, now, *rest)

    async with opened() as person:
        await person.register()
        await person.have_running_timer(60)
        app = person.app
        app.services.heartbeat.tick()
        monkeypatch.setattr(StatusBar, "show", noting)
        for move, minutes, left in (
            (instant.sleep, 10, "50:00"),
            (instant.pass_by, 5, "45:00"),
            (instant.sleep, -5, "50:00"),
        ):
            shown.clear()
            asked = person.count_instructions()
            move(minutes=minutes)
            # Whatever comes first: a second of the countdown, the regular look, or a key.
            app.context.timers.pass_second()
            app.services.heartbeat.tick()
            await person.wait_until(lambda left=left: person.sees(f"● running  {left} left"))
            assert set(shown) == {int(left[:2]) * 60_000}
            assert asked["view"] == 1


async def test_the_lock_counts_a_sleep_and_the_first_key_does_not_reach_the_screen(opened, instant):
    async with opened(lock_after_minutes=15) as person:
        await person.register()
        person.app.services.heartbeat.tick()
        instant.sleep(minutes=14)
        await person.press("3")
        await person.wait_until(lambda: person.app.current_mode == "clock")
        instant.sleep(minutes=16)
        await person.pilot.press("2")
        await person.wait_until(lambda: person.app.current_mode == "lock" and person.app.focused)
        await person.do_form(user_pass=PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "clock")
        instant.sleep(minutes=16)
        person.app.services.heartbeat.tick()
        await person.wait_until(lambda: person.app.current_mode == "lock")


async def test_toasts_keep_alive_and_both_countdowns_of_waits_count_a_sleep(opened, instant):
    async with opened() as person:
        app = person.app
        await person.make_account("ada")
        app.say("Read me.")
        instant.sleep(minutes=-60)
        await person.wait_until(lambda: "Read me." in person.toasts)
        instant.sleep(seconds=10)
        app.services.heartbeat.tick()
        assert not person.toasts

        while not person.sees("Try again in"):
            await person.do_form(user_name="ada", user_pass="not the password")
            await person.wait_until(lambda: person.is_told_no)
        assert person.form.busy
        instant.sleep(minutes=60)
        await person.wait_until(lambda: not person.form.busy)

        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: app.current_mode == "home" and app.screen.query("#content"))
        asked = person.count_instructions()
        app.services.heartbeat.tick()
        instant.sleep(seconds=KEEP_ALIVE_SECONDS - 1)
        app.services.heartbeat.tick()
        assert not asked["alive"]
        instant.pass_by(seconds=1)
        app.services.heartbeat.tick()
        await person.wait_until(lambda: asked["alive"] == 2)

        app.context.connection._take(ConnectionStatus(Reach.RECONNECTING, 5, "gone"))
        await person.wait_until(lambda: person.sees("◌ reconnecting 5 s"))
        instant.sleep(seconds=3)
        await person.wait_until(lambda: person.sees("◌ reconnecting 2 s"))
