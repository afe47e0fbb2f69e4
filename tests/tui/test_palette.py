"""The palette holds everything, by its own words and by those that people use."""

from collections.abc import Callable

import pytest
from person import PASSWORD
from textual.command import CommandPalette

from ewallet_core.presentation.clock_state import TimerState
from ewallet_tui.lazy import screens
from ewallet_tui.navigation import destinations_for
from ewallet_tui.palette import Everything, own_bindings
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.widgets.setting_lists import SettingList
from ewallet_tui.word_search import score

FIRST_HITS = {
    "export": "Sheets: Save what is shown",
    "print": "Sheets: Save what is shown",
    "csv": "Sheets: Save what is shown",
    "rebind": "Settings: Keys",
    "shortcuts": "Help",
    "theme": "Dark theme",
    "colors": "Settings: Theme",
    "undo": "Show the record of what was just done, or undo a removal",
    "help": "Help",
    "stop timer": "Stop the timer",
    "start timer": "Start the timer",
    "pause": "Pause the timer",
    "top up": "Supply credits",
    "topup": "Supply credits",
    "history": "Go to Wallet",
    "buy time": "Convert credits to time",
    "send": "Pay someone, with an invoice",
    "delete": "Sheets: Remove from this list or sheet",
    "delete account": "Account: Delete this account",
    "log out": "Log out",
    "logout": "Log out",
    "sign out": "Log out",
    "switch account": "Account: Log in to another",
    "quit": "Quit",
    "exit": "Quit",
    "lock": "Lock now",
    "search": "Sheets: Find text",
    "timezone": "Settings: Time of day",
    "password": "Account: Change password",
    "devices": "Account: Sessions and logins",
    "end session": "Account: End session",
    "invoices": "Sheets: Invoices",
    "settings": "Go to Settings",
    "bug": "Account: Report an issue",
    "bob": "Pay Bob Marley",
    "pay bob": "Pay Bob Marley",
    "send bob": "Transfer to Bob Marley",
    "marley@example.org": "Pay Bob Marley",
    "holidays": "Switch to Holidays",
    "switch wallet": "Switch to Holidays",
    "clock tea": "Switch to Tea",
    "zoë": "Pay Zoë",
    "zoe": "Pay Zoë",
}
"""What is typed on Home, and what is found first."""
NO_HITS = ("xyzzy", "aeiou", "dlt", "yment")


@pytest.fixture
def wallet_of_ada(opened):
    async def fill(person):
        await person.register()
        send = person.app.context.send
        for name, email in (("Bob Marley", "marley@example.org"), ("Zoë", "zoe@example.org")):
            await send(
                action="new", new="contact", contact="record", user_name=name, user_email=email, user_phone=""
            )
        await send(action="new", new="credit", credit="ewallet", reference="Holidays")
        await send(action="new", new="credit", credit="clock", reference="Tea")
        await person.app.context.store.refresh()
        await person.pilot.pause()

    return fill


async def found(person, typed) -> list[str]:
    """The names of the hits for what is typed, best first."""
    everything = Everything(person.app.context, screens(), person.app.screen)
    hits = [hit async for hit in everything.search(typed)]
    return [str(hit.text) for hit in sorted(hits, key=lambda hit: hit.score, reverse=True)]


async def choose(person, typed, holds: Callable[[], object]) -> None:
    """Paste into the palette, and choose the first hit."""
    await person.press("colon")
    assert isinstance(person.app.screen, CommandPalette)
    await person.paste(typed)
    await person.pilot.pause(0.2)
    await person.press("enter")
    await person.wait_until(holds)


async def test_what_people_type_finds_what_they_mean(opened, wallet_of_ada):
    async with opened((120, 40)) as person:
        await wallet_of_ada(person)
        hits = {typed: (await found(person, typed) or [""])[0] for typed in FIRST_HITS}
        assert hits == FIRST_HITS
        assert [typed for typed in NO_HITS if await found(person, typed)] == []
        assert "Account: Delete this account" not in await found(person, "undo")
        await person.go_to("sheets")
        assert (await found(person, "print"))[0] == "Save what is shown"


def test_words_are_found_by_their_beginnings_only():
    assert score("del acc", "Delete this account")
    assert score("account delete", "Delete this account") < score("delete", "Delete this account")
    assert not score("undo", "Delete this account")
    assert not score("elete", "Delete this account")
    assert not score("", "Delete this account")
    assert score("the", "Start the timer") == 0
    assert score("e-mail", "Change my email") == 0
    assert score("to time", "Convert credits to time")


async def test_what_is_chosen_is_done(opened, wallet_of_ada):
    async with opened((120, 40)) as person:
        await wallet_of_ada(person)
        app, state = person.app, lambda: person.app.context.state

        await person.press("colon", *"pay bob")
        await person.pilot.pause(0.2)
        await person.press("enter")
        await person.wait_until(lambda: person.toasts)
        assert "This wallet has no credits." in person.toasts
        await person.have_time(20)
        await choose(person, "pay bob", lambda: app.screen.query("Form"))
        assert person.sees("Bob Marley") or person.sees("marley@example.org")
        await person.press("escape")
        await choose(person, "view bob", lambda: isinstance(app.screen, RecordScreen))
        await person.press("escape")
        assert app.current_mode == "contacts"
        await choose(person, "start timer", lambda: state().clock.state is TimerState.ACTIVE)
        await choose(person, "stop timer", lambda: state().clock.state is TimerState.INACTIVE)
        app.clear_notifications()
        await choose(person, "stop timer", lambda: "The timer isn't running." in person.toasts)
        await choose(person, "bell", lambda: app.current_mode == "settings" and app.focused)
        assert app.screen.query_one(SettingList).current.name == "bell"
        await choose(person, "end session", lambda: person.sees("y End it"))
        await person.press("escape")
        wallet, clock = state().wallet.id, state().clock.id
        await choose(person, "tea", lambda: state().clock.id != clock)
        await choose(person, "holidays", lambda: state().wallet.id != wallet)
        await app.context.send(
            action="new", new="account", user_name="eve", user_email="eve@example.org", user_pass=PASSWORD
        )
        await app.context.send(action="login", user_name="eve", user_pass=PASSWORD)
        await person.wait_until(lambda: state().account.name == "eve" and app.screen.query("#content"))
        await choose(person, "ada", lambda: state().account.name == "ada")


async def test_everything_that_has_a_key_is_in_the_palette(opened):
    async with opened() as person:
        await person.register()
        everything = Everything(person.app.context, screens(), person.app.screen)
        names = {command.name for command in everything._commands()}
        for place in destinations_for("user"):
            parts = [(place.title, screens()[place.mode])]
            parts += [(place.title, screens()[part.id]) for part in getattr(parts[0][1], "PARTS", ())[1:]]
            for title, screen in parts:
                for binding in own_bindings(screen):
                    words = binding.tooltip or binding.description
                    assert {words, f"{title}: {words}"} & names or place.mode == "home", words
