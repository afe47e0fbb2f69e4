"""Whoever goes on as another account of the session finds nothing of the one before on any screen."""

import gc

import pytest
from backends import both_backends
from operating import grant
from person import PASSWORD

from ewallet_core.client import ConnectionStatus, Reach
from ewallet_tui.connection import REFRESH
from ewallet_tui.screens.form_screen import FormScreen, tell_late
from ewallet_tui.screens.sheets import SheetsScreen
from ewallet_tui.widgets.console_input import ConsolePrompt
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.inputs import FilterBox


async def be_eve_beside_bob(person):
    """Be eve, who logged in where bob was logged in."""
    await person.register("bob")
    eve = {"user_name": "eve", "user_pass": PASSWORD}
    await person.app.context.send(action="new", new="account", user_email="eve@example.org", **eve)
    await person.app.context.send(action="login", **eve)
    await person.wait_until(lambda: person.shows_account("eve"))


def shown(person):
    """All that stands on the screens which are open."""
    return [screen for stack in person.app._screen_stacks.values() for screen in stack]


async def leave_traces(person):
    """Do something at each of several places that is only for eve's eyes."""
    app = person.app
    await app.context.send(
        action="supply", supply="credits", credits=9, currency="EUR", cost="1", notes="to nobody else"
    )
    await person.press("1", "u")
    await person.wait_until(lambda: isinstance(app.screen, FormScreen))
    await person.do_form(credits="7", currency="EUR", cost="1")
    await person.wait_until(lambda: any(line.follow_up for line in app.screen.query(ResultLine)))
    await person.press("7", "s")
    app.screen.query_one(ConsolePrompt).value = "view limit"
    await person.press("enter", "escape", "5", "slash")
    app.screen.query_one(FilterBox).value = "nobody else"
    await person.press("enter")
    app.copy_to_clipboard("nobody else")


@pytest.mark.parametrize("goes", ["logs out", "switches"])
async def test_nothing_that_one_account_typed_or_was_told_stays_for_the_next(opened, goes):
    async with opened() as person:
        await be_eve_beside_bob(person)
        await leave_traces(person)
        app, of_eve = person.app, shown(person)
        if goes == "switches":
            app.context.lifecycle.switch_account("bob@example.org")
        else:
            app.context.lifecycle.log_out()
        await person.wait_until(lambda: person.shows_account("bob"))
        await person.wait_until(lambda: not any(screen.is_attached for screen in of_eve[1:]))
        assert isinstance(app.screen, SheetsScreen)
        assert app.screen.query_one(FilterBox).value == ""
        assert "nobody else" not in person.screen_text
        await person.press("7", "s", "up")
        assert app.screen.query_one(ConsolePrompt).value == ""
        await person.press("escape", "1")
        assert app.screen.query_one(ResultLine).follow_up is None
        assert person.shows_account("bob")
        app.context.lifecycle.log_out(of_all=True)
        await person.wait_until(lambda: app.current_mode == "login" and app.screen.query("#login"))
        assert app.clipboard == ""


async def test_a_refresh_that_is_replaced_before_it_begins_leaves_no_coroutine_behind(opened, recwarn):
    # Only what comes of this test is collected.
    gc.freeze()
    async with opened() as person:
        await person.register()
        is_back = ConnectionStatus(Reach.RECONNECTING), ConnectionStatus(Reach.CONNECTED)
        for _ in range(2):
            person.app.context.connecting.handle(*is_back)
        await person.wait_until(lambda: not person.app.context.workers.has_begun(REFRESH))
    gc.collect()
    assert not [each.message for each in recwarn]


async def test_who_may_not_be_where_the_other_was_is_at_home_with_no_form_of_theirs(opened, backend):
    async with opened() as person:
        await be_eve_beside_bob(person)
        grant(backend, "eve@example.org", "operator")
        await person.app.context.store.refresh()
        await person.press("8")
        await person.wait_until(lambda: person.app.current_mode == "operator")
        person.app.action_lock()
        await person.wait_until(lambda: person.app.current_mode == "lock")
        person.app.context.lifecycle.switch_account("bob@example.org")
        await person.wait_until(lambda: person.sees("Enter the password of bob"))
        await person.do_form(user_pass=PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "home" and person.shows_account("bob"))


async def test_what_became_of_something_is_not_told_to_somebody_else(opened):
    async with opened() as person:
        await be_eve_beside_bob(person)
        tell = tell_late(person.app.context, "Pay")
        tell({"failed": True, "code": "unreachable"})
        await person.wait_until(lambda: person.toasts.startswith("Maybe done: Pay."))
        person.app.clear_notifications()
        person.app.context.lifecycle.switch_account("bob@example.org")
        await person.wait_until(lambda: person.shows_account("bob"))
        tell({"failed": True, "code": "unreachable"})
        person.app.say("Asked by Bob.")
        await person.wait_until(lambda: "Asked by Bob." in person.toasts)
        assert "Pay" not in person.toasts


LOST = {
    "failed": True,
    "error": "The session has ended.",
    "warning": "",
    "code": "session_expired",
    "session_ended": True,
    "maybe_done": True,
}


@both_backends
async def test_a_session_that_ends_in_mid_form_gives_the_form_back_to_its_account_only(opened, instant):
    async with opened() as person:
        await person.make_account("eve")
        await person.register()
        await person.press("u")
        await person.wait_until(lambda: person.app.screen.query("FormScreen Form"))
        await person.fill(credits="100", cost="10", notes="half written")
        person.app.services.heartbeat.tick()
        instant.sleep(minutes=100)
        person.app.services.heartbeat.tick()
        await person.wait_until(lambda: person.app.screen.query("#login"))
        assert "what you typed is kept" in person.toasts
        assert "check" not in person.toasts
        await person.wait_until(lambda: person.form.rows)
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "home" and person.sees("half written"))
        assert [row.text for row in person.form.rows] == ["100", "EUR", "10", "half written"]
        await person.press("enter")
        await person.wait_until(lambda: person.sees("You got 100 credits."))

        # Found out by the form itself: nothing was done, and it can be sent again.
        await person.press("u")
        await person.wait_until(lambda: person.app.screen.query("FormScreen Form"))
        await person.fill(credits="7", cost="1")
        instant._slept_ms += 100 * 60_000
        await person.press("enter")
        await person.wait_until(lambda: person.app.screen.query("#login"))
        assert "check" not in person.toasts.casefold()
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees("so nothing was done"))
        await person.press("enter")
        await person.wait_until(lambda: person.sees("You got 7 credits."))

        await person.press("u")
        await person.wait_until(lambda: person.app.screen.query("FormScreen Form"))
        instant.sleep(minutes=100)
        person.app.services.heartbeat.tick()
        await person.wait_until(lambda: person.app.screen.query("#login"))
        await person.do_form(user_name="eve", user_pass=PASSWORD)
        await person.wait_until(lambda: person.shows_account("eve") and person.sees("0 credits"))
        assert len(person.app.screen_stack) == 1


@both_backends
async def test_what_may_have_been_done_is_sent_again_under_its_request_id_after_the_login(opened):
    async with opened() as person:
        await person.register()
        client = person.app.context.store.client
        send, ids = client.send, []

        async def lose_answer(**instruction):
            answer = await send(**instruction)
            if instruction["action"] != "supply":
                return answer
            ids.append(instruction["request_id"])
            return LOST if len(ids) == 1 else answer

        client.send = lose_answer
        await person.press("u")
        await person.wait_until(lambda: person.app.screen.query("FormScreen Form"))
        await person.fill(credits="5", cost="1")
        await person.press("enter")
        await person.wait_until(lambda: person.app.screen.query("#login"))
        assert "check whether what you sent last was done" in person.toasts
        await person.do_form(user_name="ada", user_pass=PASSWORD)
        await person.wait_until(lambda: person.sees("unchanged: it is done once."))
        await person.press("enter")
        await person.wait_until(lambda: person.sees("You got 5 credits. New balance: 5."))
        assert len(ids) == 2
        assert len(set(ids)) == 1
