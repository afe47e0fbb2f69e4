"""Whoever goes on as another account of the session finds nothing of the one before on any screen."""

import pytest
from operating import grant
from person import PASSWORD

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
    await person.wait_until(lambda: app.screen.query_one(ResultLine).follow_up)
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
