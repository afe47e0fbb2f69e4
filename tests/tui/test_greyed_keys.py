"""A key that does nothing now says why, and the timer's keys and the lock's work on every screen."""

from msgspec.structs import replace
from operating import be

from ewallet_core.presentation.clock_state import TimerState
from ewallet_tui.actions import SETTINGS_PARTS, SUPPLY
from ewallet_tui.availability import ASK_FOR_CREDITS
from ewallet_tui.lazy import screens
from ewallet_tui.navigation import destinations_for
from ewallet_tui.screens.base import BaseScreen

ON_NOTHING = {
    "home": {
        "p": "This wallet has no credits. Supply some first.",
        "b": "No time left on this clock. Convert credits to time first.",
        "space": "No time left on this clock. This wallet has no credits. Supply some first.",
        "x": "The timer isn't running.",
        "z": "Nothing was just done that can be undone or has a record to show.",
    },
    "wallet": {"left_square_bracket": "This is your only wallet."},
    "contacts": {
        "p": "This wallet has no credits.",
        "e": "There is no contact here.",
        "d": "The list is empty.",
        "enter": "No contacts on this list yet.",
    },
    "sheets": {
        "r": "The list is empty.",
        "A": "This transfer sheet is the active one already.",
    },
}
"""What the keys say in a new account."""


def test_choosing_makes_active_except_of_sheets():
    offering = {
        mode for mode, screen in screens().items() if "make_active" in getattr(screen, "functions", {})
    }
    assert offering == {"sheets"}


async def said_by(person, key, awaited=""):
    person.app.clear_notifications()
    await person.press(key)
    await person.wait_until(lambda: awaited in person.toasts)
    return person.toasts


async def test_a_greyed_key_says_why_and_timer_and_lock_have_their_keys_on_every_screen(opened, backend):
    async with opened((120, 40)) as person:
        await person.register()
        await every_greyed_action_has_a_reason(person, "user")
        await greyed_keys_say_why(person)
        await person.press("escape")
        await timer_has_its_keys(person)
        await person.go_to("home")
        await be(person, backend, "auditor", "eve")
        await person.wait_until(lambda: person.app.context.state.account.role == "auditor")
        await every_greyed_action_has_a_reason(person, "auditor")
        await person.press("L")
        await person.wait_until(lambda: person.app.current_mode == "lock")


async def greyed_keys_say_why(person):
    for mode, keys in ON_NOTHING.items():
        await person.go_to(mode)
        await person.wait_until(lambda: not person.app.screen.query("LoadingIndicator"))
        for key, words in keys.items():
            assert words in await said_by(person, key, words), (mode, key)
    await person.have_time(20)
    await person.go_to("contacts")
    assert "There is no contact here. Add one first." in await said_by(person, "p")
    # A key that is held down says it once.
    assert await said_by(person, "p") == ""
    await person.go_to("sheets")
    await person.wait_until(lambda: person.sees("supplied"))
    assert "You can only refund a payment that you received." in await said_by(person, "r")
    state = replace(person.app.context.state, may_supply=False)
    assert SUPPLY.enabled(state, 0).endswith(ASK_FOR_CREDITS)
    # What is typed into a field is text.
    await person.press("slash")
    assert await said_by(person, "x") == ""


async def every_greyed_action_has_a_reason(person, role):
    """Escape alone is greyed without a word."""
    for name, make in screens().items():
        if not issubclass(make, BaseScreen) or (name not in places_of(role)):
            continue
        person.app.push_screen(screen := make(person.app.context))
        await person.pilot.pause()
        silent = {
            action.id
            for action, _ in screen.functions.values()
            if screen.is_enabled(action) is None and action.keys != "escape"
        }
        assert silent == set(), name
        person.app.pop_screen()
        await person.pilot.pause()


def places_of(role):
    modes = {place.mode for place in destinations_for(role)}
    parts = {"sessions", *(part.id for part in SETTINGS_PARTS)}
    return (
        modes | parts | ({"permissions", "refusals", "workers", "issues"} if "operator" in modes else set())
    )


async def timer_has_its_keys(person):
    def is_now(state):
        return lambda: person.app.context.state.clock.state is state

    for place in destinations_for("user"):
        await person.go_to(place.mode)
        if place.mode == "settings":
            before = person.app.context.preferences.theme
            await person.press("space")
            assert person.app.context.preferences.theme != before
            assert is_now(TimerState.INACTIVE)()
            continue
        for key, state in (
            ("space", TimerState.ACTIVE),
            ("space", TimerState.PAUSED),
            ("space", TimerState.ACTIVE),
            ("x", TimerState.INACTIVE),
        ):
            await person.press(key)
            await person.wait_until(is_now(state))
        assert person.sees("Used 0:00."), place.mode
