"""Quitting asks only where a timer has begun, and loses nothing that was asked."""

from backends import both_backends
from msgspec.structs import replace

from ewallet_tui.screens.modal import Choice, ConfirmModal
from ewallet_tui.screens.overlays import WITHOUT_THE_APP, going_on, timer_confirmation


async def be_asked(person):
    await person.press("q")
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))


@both_backends
async def test_without_a_timer_it_just_quits_when_what_was_asked_is_done(opened):
    async with opened() as person:
        await person.register()
        app = person.app
        for _ in range(5):
            app.run_worker(
                app.context.send(action="supply", supply="credits", credits=10, currency="EUR", cost="1")
            )
        await person.press("q")
        await person.wait_until(lambda: app._exit)
    async with opened() as person:
        await person.log_in()
        assert person.sees("50 credits")


async def test_staying_leaves_everything_as_it_is(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        for stay in (
            lambda: person.press("escape"),
            lambda: person.click("#stay"),
            # Asking twice is asking once.
            lambda: person.press("ctrl+q", "escape"),
        ):
            await be_asked(person)
            await stay()
            assert not isinstance(person.app.screen, ConfirmModal)
            assert not person.app._exit
            assert person.sees("● running")


async def test_the_timer_is_left_running_or_stopped_by_key_or_mouse(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        await be_asked(person)
        await person.press("l")
        await person.wait_until(lambda: person.app._exit)
    for stop in (lambda person: person.press("s"), lambda person: person.click("#stop")):
        async with opened() as person:
            await person.log_in()
            if not person.app.context.state.clock.runs:
                await person.app.context.send(action="start", start="clock_timer")
            await person.wait_until(lambda person=person: person.sees("● running"))
            await be_asked(person)
            await stop(person)
            await person.wait_until(lambda person=person: person.app._exit)
        async with opened() as person:
            await person.log_in()
            assert person.sees("○ stopped")


async def test_from_behind_the_lock_the_timer_can_be_left_but_not_stopped(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        person.app.action_lock()
        await person.wait_until(lambda: person.app.current_mode == "lock" and person.app.focused)
        await person.press("ctrl+q")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("s")
        assert isinstance(person.app.screen, ConfirmModal)
        assert not person.app.screen.query("#stop")
        await person.press("l")
        await person.wait_until(lambda: person.app._exit)


async def test_a_timer_that_was_left_for_another_clock_is_in_sight_and_asked_about_until_it_stops(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        first = person.app.context.state.clock.id
        await person.press("3", "N")
        await person.wait_until(lambda: person.sees("New clock"))
        await person.do_form(reference="Work")
        await person.wait_until(lambda: person.sees("○ no time here"))
        assert "Clock 1 goes on running." in person.toasts
        assert person.sees("● Clock 1 20:00  ○ no time here")
        await be_asked(person)
        assert person.sees("Clock 1 is running, 20:00 left, and goes on without")
        assert not person.app.screen.query("#stop")
        await person.press("escape")
        assert [clock.id for clock in person.app.context.state.others_begun(person.app.context.now())] == [
            first
        ]
        await person.app.context.send(action="switch", switch="credit", credit="clock", clock_id=first)
        await person.app.context.send(action="stop", stop="clock_timer")
        await person.press("q")
        await person.wait_until(lambda: person.app._exit)


async def test_a_question_is_never_longer_than_the_screen(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        await person.resize(60, 20)
        account, now = person.app.context.state, person.app.context.now()
        clocks = [replace(account.clock, id=100 + number, wallet_id=100 + number) for number in range(10)]
        account = replace(account, timers=(*clocks[:-1], replace(clocks[-1], wallet_id=account.wallet.id)))
        words = going_on(account, now, WITHOUT_THE_APP)
        first = "Clock 1 in Wallet 1 (running, 20:00 left), Clock 1 in another wallet (running, 20:00 left)"
        assert words.startswith(f"Timers have begun on {first}")
        assert words.endswith(" and 8 more. They stay running or paused without the app.")
        person.app.push_screen(timer_confirmation(account, now, may_stop=True))
        await person.wait_until(lambda: person.sees("l Leave them") and person.sees("esc Stay "))
        await person.press("escape")
        long = "\n".join(map(str, range(40)))
        person.app.push_screen(ConfirmModal("Quit", long, [Choice("go", "g", "Go")]))
        await person.wait_until(lambda: person.sees("g Go"))
        assert not person.sees(" 14 ")
        await person.press("down")
        await person.wait_until(lambda: person.sees(" 14 "))
