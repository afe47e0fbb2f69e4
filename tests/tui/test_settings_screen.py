"""The settings are chosen while what they come to is in view, kept at once, and given back by Escape."""

from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from frozen import form_gone, form_opened, picture_ready, standing_still
from person import Person

from ewallet_core.presentation import formatting
from ewallet_core.presentation.formatting import Formats
from ewallet_core.presentation.periods import zone_names
from ewallet_tui.app import EWalletApp
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.config.settings import CHOSEN
from ewallet_tui.screens.settings import zone_meant
from ewallet_tui.widgets.setting_lists import LABEL_WIDTH, KeyList, Preview, SettingList

NAME = "preferences.toml"
NAMES = [setting.name for setting in CHOSEN]
MISTAKES = 'theme = "nrod"\nhours = "12"\nnumbers = "1.240"\n[keys]\nhelp = "f1"\npey = "p"\nlock = "f99"\n'


@pytest.fixture(autouse=True)
def usual_formats_afterwards():
    yield
    formatting.use(Formats())
    formatting.use_zone(None)


def test_every_setting_has_a_label_that_fits():
    assert max(len(setting.label) for setting in CHOSEN) <= LABEL_WIDTH


async def come_to_the_settings(person):
    await person.register()
    await person.have_running_timer()
    await person.press("comma")
    await person.wait_until(lambda: person.app.screen.query(SettingList) and person.sees("Theme"))


def preview(person):
    return str(person.app.screen.query_one(Preview).content)


async def test_settings_are_chosen_with_arrows_a_list_a_form_and_the_mouse_and_are_kept(opened, folder):
    async with opened() as person:
        await come_to_the_settings(person)
        await person.press("right")
        assert person.app.theme == "ewallet-light"
        assert person.sees("✓ Theme: ewallet-light. Saved in preferences.toml.")
        await person.press("left", "j", "l")
        assert (person.app.theme, person.app.context.preferences.lock_after_minutes) == ("ewallet-dark", 1)
        steps = NAMES.index("desktop_notifications")
        await person.press("home", *["down"] * steps, "enter", "up", "space")
        assert person.sees("✓ Bell: off.")
        kept = Preferences.read(folder)
        assert (kept.theme, kept.lock_after_minutes) == ("ewallet-dark", 1)
        assert (kept.bell, kept.desktop_notifications) == (False, True)
        await person.press("home")
        await ask_above_any_amount(person, folder)
        await person.press("1", "comma", "S", "home")
        await wear_a_look_under_the_cursor(person, folder)


async def ask_above_any_amount(person, folder):
    await person.press("down", "down", "right")
    assert person.sees("from 10 credits")
    await person.press("enter")
    await form_opened(person)
    await person.do_form(ask_above="1,250")
    await form_gone(person)
    assert person.sees("✓ Ask to pay: from 1,250 credits.")
    assert Preferences.read(folder).ask_above == 1_250
    await person.press("right")
    assert Preferences.read(folder).ask_above == 0
    bell = person.app.context.preferences.bell
    await person.pilot.click(SettingList, offset=(3, NAMES.index("bell")))
    await person.pilot.pause()
    assert person.app.context.preferences.bell is not bell
    await person.pilot.click("#part-keymap")
    await person.wait_until(lambda: person.sees("Go to Account"))


async def wear_a_look_under_the_cursor(person, folder):
    await person.press("enter", "down", "down", "down", "down")
    assert person.app.theme == "nord"
    assert Preferences.read(folder).theme == "ewallet-dark"
    await person.press("escape")
    assert person.app.theme == "ewallet-dark"
    await person.press("enter", "down", "enter")
    assert (person.app.theme, Preferences.read(folder).theme) == ("ewallet-light", "ewallet-light")
    await person.press("enter", "end")
    assert person.app.theme != "ewallet-light"
    await person.press("1")
    assert (person.app.current_mode, person.app.theme) == ("home", "ewallet-light")


async def test_numbers_times_and_dates_change_in_view_and_then_everywhere(opened):
    async with opened() as person:
        await person.register()
        supply = {"action": "supply", "supply": "credits", "currency": "EUR", "cost": "1"}
        await person.app.context.send(**supply, credits=12_400)
        await person.wait_until(lambda: person.sees("+12,400"))
        await person.press("comma")
        await person.wait_until(lambda: person.app.screen.query(SettingList) and person.sees("Theme"))
        assert "1,240 credits" in preview(person)
        await person.press("down", "down", "down", "enter", "down", "down")
        assert "1.240 credits" in preview(person)
        assert person.sees("12.400 credits")
        await person.press("escape")
        assert "1,240 credits" in preview(person)
        assert person.sees("12,400 credits")
        await person.press("right", "right", "down", "right", "right", "down", "right", "right", "right")
        assert "12.11. 2:02 pm" in preview(person)
        await person.press("1")
        await person.wait_until(lambda: person.sees("+12.400"))


async def test_times_are_shown_in_the_time_zone_that_is_typed(opened, folder):
    async with opened() as person:
        await person.register()
        await person.app.context.send(
            action="supply", supply="credits", currency="EUR", cost="1", credits=12_400
        )
        await person.wait_until(lambda: person.sees("14:02"))
        await person.press("comma")
        await person.wait_until(lambda: person.app.screen.query(SettingList) and person.sees("Theme"))
        await person.press(*["down"] * 6)
        assert person.sees('time_zone = "system"')
        await person.press("right")
        assert Preferences.read(folder).time_zone == "UTC"
        await person.press("enter")
        await form_opened(person)
        await person.do_form(time_zone="atlantis")
        assert person.problem_of("time_zone").startswith("There is no such time zone.")
        await person.do_form(time_zone="kolkata")
        await form_gone(person)
        assert person.sees("✓ Time zone: Asia/Kolkata. Saved in preferences.toml.")
        assert "today 19:32" in preview(person)
        assert Preferences.read(folder).time_zone == person.app.context.time_zone == "Asia/Kolkata"
        await person.press("1")
        await person.wait_until(lambda: person.sees("19:32"))
    async with opened() as person:
        await person.log_in()
        await person.wait_until(lambda: person.sees("19:32"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("System", "system"),
        ("Etc/GMT-5", "Etc/GMT-5"),
        ("", ""),
    ],
)
def test_a_time_zone_is_meant_by_its_name_or_its_city(typed, meant):
    assert zone_meant(typed, ("system", *zone_names())) == meant


async def test_a_time_zone_that_does_not_exist_is_named_and_the_systems_is_used(opened, folder, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    (folder / NAME).write_text('time_zone = "Europe/Berlln"\n')
    async with opened() as person:
        await come_to_the_settings(person)
        words = (
            'Line 1: There is no time zone "Europe/Berlln". Did you mean "Europe/Berlin"? Using the default.'
        )
        assert [error.sentence for error in person.app.context.settings.config_errors] == [words]
        assert person.app.context.time_zone == "Asia/Kolkata"
        (folder / NAME).write_text('time_zone = "Europe/Berlin"\n')
        await person.press("r")
        assert person.app.context.settings.config_errors == ()
        assert person.app.context.time_zone == "Europe/Berlin"
    (folder / NAME).write_text("time_zone = 5\n")
    assert Preferences.read(folder).config_errors[0].words.startswith('time_zone must be "system" or a time')


async def test_the_file_is_told_copied_and_read_again(opened, folder):
    (folder / NAME).write_text(MISTAKES)
    async with opened() as person:
        await come_to_the_settings(person)
        person.app.clear_notifications()
        await person.wait_until(lambda: person.sees("Using the default."))
        assert person.sees('! Line 1: theme can\'t be "nrod". Did you mean "nord"?')
        assert person.sees('! Line 6: There is no action "pey". Did you mean "pay"?')
        await person.press("y")
        assert person.app.clipboard == str(folder / NAME)
        await person.press("Y")
        assert person.app.clipboard == str(folder)
        (folder / NAME).write_text('theme = "nord"\n[keys]\nhelp = "f5"\n')
        await person.press("r")
        assert person.app.theme == "nord"
        assert not person.sees("! Line")
        await person.press("K")
        await person.wait_until(lambda: person.sees("•"))
        await person.press("y")
        assert person.app.clipboard == 'help = "f5"'
        await person.press("f5")
        assert person.sees("Keys that work here")


async def test_an_action_gets_the_key_that_is_pressed_for_it_and_its_default_one_back(opened, folder):
    mine = '# mine\n[keys]  # my keys\nhelp = "f1"  # as everywhere\nsetings = "f3"\n'
    (folder / NAME).write_text(mine)
    async with opened() as person:
        await come_to_the_settings(person)
        await person.press("K", "/", *"supply", "enter")
        await person.wait_until(lambda: isinstance(person.app.focused, KeyList))
        await person.press("enter")
        await person.wait_until(lambda: person.sees("Press another key for “Supply”. It has u now."))
        await person.press("q")
        assert person.sees('"q" is already the key of quit on every screen.')
        await person.press("f5")
        await person.wait_until(lambda: person.sees("✓ Supply: f5. Saved in preferences.toml."))
        text = (folder / NAME).read_text()
        assert (
            '# mine\n[keys]  # my keys\nhelp = "f1"  # as everywhere\nsetings = "f3"\nsupply = "f5"\n' in text
        )
        await person.press("enter", "escape", "1", "f5")
        await form_opened(person)
        await person.press("escape", "comma", "K")
        await person.wait_until(lambda: isinstance(person.app.focused, KeyList))
        # What was changed comes first.
        await person.press("home", "down")
        assert person.app.focused.action_id == "supply"
        await person.press("d")
        await person.wait_until(lambda: person.sees("✓ Supply: u. Saved in preferences.toml."))
        assert (folder / NAME).read_text() == mine
        await person.press("d", "1", "u")
        await form_opened(person)


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


@asynccontextmanager
async def at_the_settings(day, preferences):
    app = EWalletApp(lambda: day.backend.backends, preferences, day.backend.server, day, day.wall_seconds)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        person = Person(app, pilot)
        await person.wait_until(lambda: app.screen.query("#login Input"))
        await come_to_the_settings(person)
        await picture_ready(person)
        yield person


async def test_the_settings_look_as_they_are_kept(day, looks_as_kept):
    async with at_the_settings(day, Preferences()) as person:
        for width, height in ((80, 24), (60, 20), (120, 40)):
            await person.resize(width, height)
            assert await looks_as_kept(person, f"usual-{width}x{height}")
        await person.resize(80, 24)
        await person.press("enter", *["down"] * 4)
        assert await looks_as_kept(person, "choosing-80x24")
        await person.press("escape")
        for theme in ("ewallet-light", "ansi-dark"):
            while person.app.theme != theme:
                await person.press("right")
            await person.press("down")
            assert await looks_as_kept(person, f"{theme}-80x24")
            await person.press("up")


@pytest.fixture
def mistaken(tmp_path, monkeypatch):
    """The preferences of a file with mistakes, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path(NAME).write_text(MISTAKES)
    return Preferences.read(Path())


async def test_a_file_with_mistakes_looks_as_it_is_kept(day, looks_as_kept, mistaken):
    async with at_the_settings(day, mistaken) as person:
        for width, height in ((80, 24), (60, 20)):
            await person.resize(width, height)
            assert await looks_as_kept(person, f"mistakes-{width}x{height}")
