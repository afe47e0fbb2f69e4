"""Quitting asks only where a timer has begun, and loses nothing that was asked."""

import pytest
from backends import both_backends

from ewallet_tui.screens.question import Question


@both_backends
async def test_without_a_timer_it_just_quits(opened):
    async with opened() as person:
        await person.register()
        await person.press("q")
        await person.wait_until(lambda: person.app._exit)


@pytest.mark.parametrize("way", ["escape", "#stay"])
async def test_staying_leaves_everything_as_it_is(opened, way):
    async with opened() as person:
        await ask_to_quit(person)
        await (person.click(way) if way.startswith("#") else person.press(way))
        assert not isinstance(person.app.screen, Question)
        assert not person.app._exit
        assert person.sees("● running")


@both_backends
@pytest.mark.parametrize(
    ("way", "standing"), [("s", "○ stopped"), ("#stop", "○ stopped"), ("l", "● running")]
)
async def test_the_timer_is_stopped_or_left_running(opened, way, standing):
    async with opened() as person:
        await ask_to_quit(person)
        await (person.click(way) if way.startswith("#") else person.press(way))
        await person.wait_until(lambda: person.app._exit)
    async with opened() as person:
        await person.log_in()
        assert person.sees(standing)


@both_backends
async def test_what_was_asked_before_quitting_is_done(opened):
    async with opened() as person:
        await person.register()
        app = person.app
        for _ in range(5):
            app.run_worker(app.ask(action="supply", supply="credits", credits=10, currency="EUR", cost="1"))
        await person.press("q")
        await person.wait_until(lambda: app._exit)
    async with opened() as person:
        await person.log_in()
        assert person.sees("50 credits")


async def ask_to_quit(person):
    await person.register()
    await person.have_running_timer(20)
    await person.press("q")
    await person.wait_until(lambda: isinstance(person.app.screen, Question))


async def test_asking_twice_is_asking_once(opened):
    async with opened() as person:
        await ask_to_quit(person)
        await person.press("ctrl+q")
        await person.press("escape")
        assert not isinstance(person.app.screen, Question)
        assert not person.app._exit


@both_backends
async def test_from_behind_the_lock_the_timer_can_be_left_but_not_stopped(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        person.app.action_lock()
        await person.wait_until(lambda: person.app.current_mode == "lock" and person.app.focused)
        await person.press("ctrl+q")
        await person.wait_until(lambda: isinstance(person.app.screen, Question))
        await person.press("s")
        assert isinstance(person.app.screen, Question)
        assert not person.app.screen.query("#stop")
        await person.press("l")
        await person.wait_until(lambda: person.app._exit)
