"""The frame around every screen: where am I, what do I have, what is running, what can I do now."""

from itertools import count, product

from backends import both_backends
from operating import be
from textual.content import Content

from ewallet_tui.navigation import ALL_ROLES, DESTINATIONS, destinations_for
from ewallet_tui.screens.overlays import HelpScreen, keys_of
from ewallet_tui.widgets.footer import MAX_KEYS, Footer
from ewallet_tui.widgets.tabs import ScreenTab, fits_within, tab_label

OF_USERS = [place for place in destinations_for("user") if place.mode != "settings"]


async def test_number_letter_and_tab_lead_to_each_place_and_to_no_other(opened):
    async with opened((120, 40)) as person:
        await person.register()
        # From the last place to the first, and from each to the next.
        await person.go_to(OF_USERS[-1].mode)
        for number, place in enumerate(OF_USERS, start=1):
            await person.press(str(number))
            assert person.app.current_mode == place.mode, number
        for place in OF_USERS:
            await person.press("g", place.letter)
            assert person.app.current_mode == place.mode, place.letter
        for place in OF_USERS:
            await person.click(f"#tab-{place.mode}")
            assert person.app.current_mode == place.mode
        await person.press("1", "8")
        assert person.app.current_mode == "home"
        assert not person.app.screen.query_one("#tab-operator").display


async def test_every_screen_has_balance_and_clock_and_at_most_seven_keys_in_whole(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        for place in OF_USERS:
            await person.go_to(place.mode)
            for width, height in ((60, 20), (80, 24), (120, 40)):
                await person.resize(width, height)
                await person.wait_until(
                    lambda: person.sees("80 credits") and person.sees("● running  20:00 left")
                )
                line = person.app.screen.query_one(Footer)
                assert len(line.keys) <= MAX_KEYS
                assert person.sees("  ".join(words_of(person.app, key) for key in line.keys))
                assert person.sees("? Help  q Quit")


def test_every_tab_is_there_at_every_width_for_every_role():
    for role, width in product(ALL_ROLES, range(16, 180)):
        places = [place for place in destinations_for(role) if place in DESTINATIONS]
        numbered = list(zip(places, count(1), strict=False))
        for current in places:
            fits = fits_within(width, numbered, current.mode)
            labels = [
                tab_label(place, number, fit, is_current=place is current)
                for (place, number), fit in zip(numbered, fits, strict=True)
            ]
            assert sum(map(len, labels)) <= width, (role, width, current.mode)
            assert [label.split()[0] for label in labels] == [str(number) for _, number in numbered]


async def test_no_tab_is_cut_and_the_timer_keeps_its_key(opened, backend):
    async with opened() as person:
        await be(person, backend, "operator", "a-very-long-name")
        await person.wait_until(lambda: person.app.screen.query_one("#tab-operator").display)
        await person.have_running_timer()
        for width, height in ((60, 20), (66, 20), (80, 24), (100, 30), (150, 40), (200, 50)):
            await person.resize(width, height)
            tabs = list(person.app.screen.query(ScreenTab))
            assert len(tabs) == len(DESTINATIONS)
            for tab in tabs:
                assert tab.display
                assert tab.region.width >= Content(str(tab.content)).cell_length, width
                assert tab.region.right <= width
            assert person.sees("space Pause")
            assert person.sees("? Help  q Quit")


def words_of(app, key):
    return f"{app.get_key_display(key.binding)} {key.binding.description}"


async def test_the_keys_below_are_pressed_with_the_mouse_as_well_and_help_lists_and_finds_them(opened):
    async with opened((80, 40)) as person:
        await person.register()
        await hover_and_click_below(person)
        await person.press("escape")
        await find_in_help(person)
        await list_the_keys_of_the_screen_beneath(person)


async def hover_and_click_below(person):
    line = person.app.screen.query_one(Footer)
    at_help = str(line.content).index("? Help")
    await person.pilot.hover(line, offset=(at_help + 2, 0))
    assert line.styles.pointer == "pointer"
    await person.pilot.hover(line, offset=(str(line.content).index("u Supply") + 2, 0))
    assert line.tooltip == "Supply credits"
    await person.pilot.click(line, offset=(at_help + 2, 0))
    assert isinstance(person.app.screen, HelpScreen)


async def find_in_help(person):
    await person.press("question_mark", *"top up")
    assert person.sees("Supply credits")
    assert not person.sees("Transfer credits")
    size = person.app.screen.query_one(".sheet").size
    await person.press("enter", *["backspace"] * 6, *"xyz")
    assert person.sees("No key here does that. Press esc, then :, to search all commands.")
    assert person.app.screen.query_one(".sheet").size == size
    await person.press("escape")
    assert person.app.current_mode == "home"


async def list_the_keys_of_the_screen_beneath(person):
    await person.go_to("account")
    keys = keys_of(person.app.screen)
    await person.press("question_mark")
    assert isinstance(person.app.screen, HelpScreen)
    assert all(person.sees(words) for words in ("Edit", "Change password", "Log out", "Quit"))
    assert keys["Edit"] == ["e"]
    await person.press("escape")
    assert not isinstance(person.app.screen, HelpScreen)
    await person.go_to("clock")
    assert "Stop the timer" not in keys_of(person.app.screen)
    await person.have_running_timer()
    await person.wait_until(lambda: "Stop the timer" in keys_of(person.app.screen))


async def test_ctrl_c_says_what_closes_and_quits_here(opened):
    async with opened() as person:
        await person.wait_until(lambda: person.app.focused)
        for prepare, words in (
            (person.register, "q quits the app."),
            (lambda: person.press("5", "slash"), "ctrl+q quits the app."),
            (lambda: person.press("escape", "1", "u"), "esc closes this, ctrl+q quits the app."),
        ):
            await prepare()
            person.app.clear_notifications()
            await person.press("ctrl+c")
            assert words in person.toasts
            assert "Nothing is selected to copy." in person.toasts
        await person.press(*"100", "shift+home", "ctrl+c")
        assert person.app.clipboard == "100"


@both_backends
async def test_another_program_is_seen(opened):
    async with opened() as first, opened() as second:
        await first.register()
        await second.log_in()
        await first.have_time(20)
        await second.wait_until(lambda: second.sees("80 credits"))


async def test_a_look_is_worn_and_kept(opened, folder):
    async with opened() as person:
        person.app.context.settings.choose(theme="ewallet-light")
        assert person.app.theme == "ewallet-light"
    async with opened() as person:
        assert person.app.theme == "ewallet-light"
