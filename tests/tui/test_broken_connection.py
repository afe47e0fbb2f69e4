"""A connection that breaks: it is said, nothing typed is lost, nothing done twice, and all is right again."""

from __future__ import annotations

import threading

import pytest
from frozen import form_gone, form_opened
from person import PASSWORD

from ewallet_core.client import Reach
from ewallet_core.engine.execution import Execution
from ewallet_core.operations.context import Context
from ewallet_tui.screens.form_screen import FormScreen
from ewallet_tui.screens.modal import ConfirmModal

IS_ASKED_AGAIN = "◌ Connection lost. Will be sent once"

PATIENCE_SECONDS = 10

pytestmark = pytest.mark.parametrize("kind_of_backend", ["remote"])


async def server_stops(person, backend):
    backend.stop()
    await person.wait_until(lambda: person.app.context.connection.status.reach is Reach.RECONNECTING)


async def server_is_back(person, backend):
    backend.start()
    await person.wait_until(lambda: person.app.context.connection.is_connected)


async def send_unanswered(person, backend):
    """Send a form just after the server has gone."""
    await person.press("u")
    await form_opened(person)
    await person.fill(credits="100", cost="12.50", notes="only once")
    await server_stops(person, backend)
    await person.press("enter")
    await person.wait_until(lambda: person.sees(IS_ASKED_AGAIN))


async def test_a_payment_sent_while_the_server_is_gone_is_done_once(opened, backend):
    async with opened() as person:
        await person.register()
        await send_unanswered(person, backend)
        assert person.form.rows[0].text == "100"
        await person.press("enter")
        assert person.form.busy
        await server_is_back(person, backend)
        await form_gone(person)
        assert person.sees("✓ You got 100 credits. New balance: 100.")
        assert person.app.context.state.wallet.credits == 100
        await person.wait_until(lambda: person.screen_text.count("only once") == 1)


async def test_a_form_can_be_left_and_what_comes_of_it_later_is_said(opened, backend, monkeypatch):
    async with opened() as person:
        await person.register()
        await leave_a_form_unanswered(person, backend)
        await person.press("2", "1")
        await server_is_back(person, backend)
        await person.wait_until(lambda: "Done: Supply credits." in person.toasts)
        assert person.app.context.state.wallet.credits == 100
        await person.wait_until(lambda: person.screen_text.count("only once") == 1)
        await leave_a_form_unanswered(person, backend)
        monkeypatch.setattr(Context, "supplies_itself", False)
        await server_is_back(person, backend)
        await person.wait_until(lambda: "Not done: Supply credits." in person.toasts)
        assert person.app.context.state.wallet.credits == 100


async def leave_a_form_unanswered(person, backend):
    await send_unanswered(person, backend)
    await person.press("escape")
    await person.wait_until(lambda: not isinstance(person.app.screen, FormScreen))


async def test_what_is_typed_stays_and_can_be_sent_when_the_server_is_back(opened, backend):
    async with opened() as person:
        await person.register()
        await person.press("u")
        await form_opened(person)
        await person.fill(credits="100")
        await server_stops(person, backend)
        await person.fill(notes="typed meanwhile")
        assert not person.sees(IS_ASKED_AGAIN)
        await server_is_back(person, backend)
        assert [row.text for row in person.form.rows] == ["100", "EUR", "", "typed meanwhile"]
        await person.do_form(cost="1")
        await form_gone(person)
        await person.wait_until(lambda: person.sees("typed meanwhile"))


async def test_it_is_said_when_it_breaks_for_long_and_when_it_is_back(opened, backend):
    async with opened() as person:
        await person.register()
        await server_stops(person, backend)
        await server_is_back(person, backend)
        await person.wait_until(lambda: person.shows_account("ada"))
        assert "connection" not in person.toasts
        await server_stops(person, backend)
        await person.wait_until(lambda: person.sees("◌ reconnecting"))
        await person.wait_until(lambda: "Connection lost." in person.toasts)
        await server_is_back(person, backend)
        await person.wait_until(lambda: person.shows_account("ada"))
        assert "You are connected again." in person.toasts


async def test_a_timer_goes_on_meanwhile_and_is_right_again_by_itself(opened, backend, instant):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        await server_stops(person, backend)
        instant.pass_by(minutes=5)
        person.app.context.timers.pass_second()
        await person.wait_until(lambda: person.sees("● running  15:00 left"))
        with backend.open_engine() as elsewhere:
            spend_elsewhere(elsewhere)
        await server_is_back(person, backend)
        await person.wait_until(lambda: person.sees("○ stopped  15:00 left"))


def spend_elsewhere(engine):
    """Stop Ada's timer from another program."""
    credentials = {}
    for asked in (
        {"action": "request", "request": "client_id"},
        {"action": "request", "request": "session_token"},
        {"action": "login", "user_name": "ada", "user_pass": PASSWORD},
        {"action": "stop", "stop": "clock_timer"},
    ):
        answer = engine.answer({"controller": "client", "ctype": "action", **asked, **credentials})
        assert answer["failed"] is False, answer
        credentials |= {name: answer[name] for name in ("client_id", "session_token") if name in answer}


async def test_pausing_while_it_is_gone_is_done_once_when_it_is_back(opened, backend):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        await person.go_to("clock")
        await server_stops(person, backend)
        await person.press("space", "space")
        await server_is_back(person, backend)
        await person.wait_until(lambda: person.sees("‖ paused  20:00 left"))
        assert person.app.context.state.clock.pending_count == 1


async def test_meanwhile_another_place_can_be_gone_to_and_the_app_be_left_unasked(opened, backend):
    async with opened() as person:
        await person.register()
        await server_stops(person, backend)
        await person.press("6")
        assert person.app.current_mode == "account"
        assert person.sees("ada@example.org")
        await person.press("q")
        await person.wait_until(lambda: person.app._exit)


async def test_quitting_with_something_unanswered_asks(opened, backend):
    async with opened() as person:
        await person.register()
        await quit_with_a_form_unanswered(person, backend)
        await person.press("escape")
        await server_is_back(person, backend)
        await form_gone(person)
        assert person.app.context.state.wallet.credits == 100
        await quit_with_a_form_unanswered(person, backend)
        await person.press("q")
        await person.wait_until(lambda: person.app._exit)


async def quit_with_a_form_unanswered(person, backend):
    await person.press("u")
    await form_opened(person)
    await server_stops(person, backend)
    await person.do_form(credits="100", cost="1")
    await person.wait_until(lambda: person.app.context.store.client.unanswered)
    await person.press("ctrl+q")
    await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
    assert person.sees("no answer")


async def test_quitting_again_waits_for_no_answer(opened, monkeypatch):
    held_back, run = threading.Event(), Execution.run

    def run_slowly(execution, transaction):
        if execution.call.instruction.name == "client action supply credits":
            held_back.wait(PATIENCE_SECONDS)
        return run(execution, transaction)

    async with opened() as person:
        await person.register()
        monkeypatch.setattr(Execution, "run", run_slowly)
        supply = person.app.context.send(
            action="supply", supply="credits", credits=10, currency="EUR", cost="1"
        )
        person.app.run_worker(supply)
        await person.wait_until(lambda: person.app.context.store.client.unanswered)
        await person.press("ctrl+q")
        await person.wait_until(lambda: "Waiting for the last answer" in person.toasts)
        assert not person.app._exit
        await person.press("ctrl+q")
        assert person.app._exit
        held_back.set()


async def test_a_running_timer_can_not_be_stopped_on_the_way_out_while_the_server_is_gone(opened, backend):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        await server_stops(person, backend)
        await person.press("q")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        assert not person.app.screen.query("#stop")
        await person.press("l")
        await person.wait_until(lambda: person.app._exit)


async def test_stopping_the_timer_on_the_way_out_can_be_given_up(opened, backend):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        await person.press("q")
        await person.wait_until(lambda: person.app.screen.query("#stop"))
        await server_stops(person, backend)
        await person.press("s")
        assert not person.app._exit
        await person.press("ctrl+q")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("l", "q")
        await person.wait_until(lambda: person.app._exit)


async def test_the_login_and_the_lock_wait_for_the_server_too(opened, backend):
    async with opened() as person:
        await person.register()
        await person.log_out()
        await server_stops(person, backend)
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees(IS_ASKED_AGAIN) and person.sees("◌ reconnecting"))
        assert person.sees(person.app.context.connection.place)
        await server_is_back(person, backend)
        await person.wait_until(lambda: person.app.current_mode == "home")
        person.app.action_lock()
        await person.wait_until(lambda: person.app.current_mode == "lock" and person.app.focused)
        await server_stops(person, backend)
        await person.wait_until(lambda: person.sees("◌ reconnecting"))
        await person.do_form(user_pass=PASSWORD)
        await server_is_back(person, backend)
        await person.wait_until(lambda: person.app.current_mode == "home")


async def test_what_was_not_sent_before_the_session_ended_is_said_not_to_be_done(opened, backend, instant):
    async with opened() as person:
        await person.register()
        await person.press("u")
        await form_opened(person)
        await server_stops(person, backend)
        await person.do_form(credits="100", cost="1")
        await person.wait_until(lambda: person.sees(IS_ASKED_AGAIN))
        instant.pass_by(minutes=40)
        await server_is_back(person, backend)
        await person.wait_until(lambda: person.app.screen.query("#login Input"))
        await person.wait_until(lambda: "session has ended" in person.toasts)
        assert "check" not in person.toasts.casefold()
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees("so nothing was done"))
        await person.press("enter")
        await form_gone(person)
        assert person.sees("100 credits")
