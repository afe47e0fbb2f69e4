"""The frame around every screen: where am I, what do I have, what is running, what can I do now."""

from backends import both_backends
from textual.command import CommandPalette

from ewallet_tui.lazy import screens
from ewallet_tui.navigation import destinations_for
from ewallet_tui.palette import Everything, own_bindings
from ewallet_tui.screens.overlays import HelpScreen, keys_of
from ewallet_tui.widgets.footer import MAX_KEYS, Footer

DESTINATIONS = [place for place in destinations_for("user") if place.mode != "settings"]
BOB = {"user_name": "bob", "user_email": "bob@example.org", "user_pass": "four other words"}


async def test_number_letter_and_tab_lead_to_each_place_and_to_no_other(opened):
    async with opened((120, 40)) as person:
        await person.register()
        for number, place in enumerate(DESTINATIONS, start=1):
            for way in ([str(number)], ["g", place.letter]):
                await person.go_to("account" if place.mode != "account" else "clock")
                await person.press(*way)
                assert person.app.current_mode == place.mode, way
            await person.go_to("account" if place.mode != "account" else "clock")
            await person.click(f"#tab-{place.mode}")
            assert person.app.current_mode == place.mode
        await person.press("1", "8")
        assert person.app.current_mode == "home"
        assert not person.app.screen.query_one("#tab-operator").display


async def test_every_screen_has_balance_and_clock_and_at_most_seven_keys_in_whole(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(20)
        for place in DESTINATIONS:
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


def words_of(app, key):
    return f"{app.get_key_display(key.binding)} {key.binding.description}"


async def test_the_keys_below_are_pressed_with_the_mouse_as_well(opened):
    async with opened() as person:
        await person.register()
        line = person.app.screen.query_one(Footer)
        at_help = str(line.content).index("? Help")
        await person.pilot.hover(line, offset=(at_help + 2, 0))
        assert line.styles.pointer == "pointer"
        await person.pilot.hover(line, offset=(str(line.content).index("u Supply") + 2, 0))
        assert line.tooltip == "Supply credits"
        await person.pilot.click(line, offset=(at_help + 2, 0))
        assert isinstance(person.app.screen, HelpScreen)


async def test_help_lists_the_keys_that_work_now_on_the_screen_beneath(opened):
    async with opened((80, 40)) as person:
        await person.register()
        await person.go_to("account")
        keys = keys_of(person.app.screen)
        await person.press("question_mark")
        assert isinstance(person.app.screen, HelpScreen)
        assert all(person.sees(words) for words in ("Edit", "Change password", "Log out", "Quit"))
        assert keys["Edit"] == ["e"]
        await person.press("escape")
        assert not isinstance(person.app.screen, HelpScreen)
        await person.go_to("clock")
        assert "Stop" not in keys_of(person.app.screen)
        await person.have_running_timer()
        await person.wait_until(lambda: "Stop" in keys_of(person.app.screen))


async def find_in_palette(person, typed, words):
    await person.press("colon")
    assert isinstance(person.app.screen, CommandPalette)
    await person.press(*typed)
    await person.wait_until(lambda: person.sees(words))


async def test_the_palette_finds_what_is_done_here_and_elsewhere_and_does_it(opened):
    async with opened() as person:
        await person.register()
        await person.app.context.send(action="new", new="account", **BOB)
        await person.app.context.send(action="login", user_name="bob", user_pass=BOB["user_pass"])
        await find_in_palette(person, "account", "Go to Account")
        await person.press("escape", "3")
        await find_in_palette(person, "wallet: pay", "Wallet: Pay someone")
        await person.press("enter")
        await person.wait_until(lambda: person.app.current_mode == "wallet" and person.toasts)
        assert person.sees("You can't do that there now.")
        assert "Wallet: Pay someone, with an invoice" in person.toasts
        await find_in_palette(person, "home: supply", "Home: Supply credits")
        await person.press("enter")
        await person.wait_until(lambda: person.app.current_mode == "home" and person.sees("Currency"))
        await person.press("escape")
        await find_in_palette(person, "switch", "Switch to ada")
        await person.press("enter")
        await person.wait_until(lambda: person.app.context.state.account.name == "ada")


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


async def test_the_palette_finds_an_action_by_another_word_for_it(opened):
    async with opened() as person:
        await person.register()
        await find_in_palette(person, "top up", "Supply credits")


async def test_everything_that_has_a_key_is_in_the_palette(opened):
    async with opened() as person:
        await person.register()
        person.app.push_screen(palette := CommandPalette())
        await person.pilot.pause()
        everything = Everything(person.app.context, screens(), palette._calling_screen)
        names = {command.name for command in everything._commands()}
        for place in DESTINATIONS:
            for binding in own_bindings(screens()[place.mode]):
                words = binding.tooltip or binding.description
                assert {words, f"{place.title}: {words}"} & names or place.mode == "home", words
