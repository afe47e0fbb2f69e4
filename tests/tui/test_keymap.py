"""The keys that a person gave to actions work and are shown, and a mistake in them is named by its line."""

from importlib import import_module
from pkgutil import iter_modules

import pytest
from textual.dom import DOMNode

from ewallet_tui import screens, widgets
from ewallet_tui.app import EWalletApp
from ewallet_tui.config.file import read_settings
from ewallet_tui.config.keymap import Keymap, is_key, rebindable
from ewallet_tui.lazy import key_scopes
from ewallet_tui.screens.overlays import keys_of

NAME = "preferences.toml"
SCOPES = key_scopes(EWalletApp)


@pytest.fixture
def keymap_of(tmp_path):
    def read(lines):
        (tmp_path / NAME).write_text(f"[keys]\n{lines}")
        found = read_settings(tmp_path / NAME)
        return Keymap.read(found.values["keys"], found.lines, SCOPES)

    return read


def test_keys_are_taken_one_or_several(keymap_of):
    keymap = keymap_of('settings = "f2"\nhelp = "?,  f1"\n"palette" = "comma"')
    assert keymap.keys["settings"] == "f2"
    assert keymap.keys["help"] == "question_mark,f1"
    assert keymap.config_errors == ()


MISTAKES = [
    ('setings = "f2"', 'There is no action "setings". Did you mean "settings"?'),
    ('settings = "f99"', 'settings: there is no key "f99".'),
    ('settings = "f2,cntrl+s"', 'settings: there is no key "cntrl+s".'),
    ("settings = 5", "settings must be a key"),
    ('settings = ""', "settings must be a key"),
    ('settings = "q"', 'settings: "q" is already the key of quit.'),
    ('settings = "f2"\nhelp = "f2"', 'help: "f2" is already the key of settings.'),
    ('settings = "tab"', 'settings: "tab" is already the key of “Next field”.'),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "words"), MISTAKES, ids=[lines for lines, _ in MISTAKES])
def test_a_mistake_is_named_with_its_line_and_the_others_hold(keymap_of, lines, words):
    keymap = keymap_of(f'go_to = "f9"\n{lines}')
    (config_error,) = keymap.config_errors
    assert config_error.words.startswith(words)
    assert config_error.line == 2 + len(lines.splitlines())
    assert keymap.keys["go_to"] == "f9"
    assert len(keymap.keys) == len(lines.splitlines())


def test_two_actions_can_change_their_keys_for_one_another(keymap_of):
    assert keymap_of('help = "q"\nquit = "?"').config_errors == ()


@pytest.mark.parametrize(
    "key", ["p", "L", "?", "+", "f5", "ctrl+p", "space", "comma", "shift+f5", "alt+x", "pageup"]
)
def test_a_key_has_a_name(key):
    assert is_key(key)


def test_actions_that_share_their_usual_key_may_share_another(keymap_of):
    assert keymap_of('start = "f5"\npause = "f5"\nresume = "f5"').config_errors == ()


@pytest.mark.parametrize("key", ["", " ", "f99", "pp", "ctrl+", "strg+p", "ctrl+pp", "\x1b", "<any>"])
def test_what_no_terminal_sends_is_no_key(key):
    assert not is_key(key)


def test_the_actions_of_every_screen_are_found_without_opening_it():
    assert {"settings", "help", "quit", "go_to"} <= set(rebindable(SCOPES))
    assert {"ContactsScreen", "LoginScreen", "ServerList"} <= {scope.name for scope in SCOPES}


def test_every_screen_and_widget_with_keys_is_in_a_scope():
    with_keys = set()
    for package in (screens, widgets):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            for node in vars(import_module(module.name)).values():
                if isinstance(node, type) and issubclass(node, DOMNode) and node.__module__ == module.name:
                    with_keys |= {node.__name__} if "BINDINGS" in vars(node) else set()
    assert with_keys - {scope.name for scope in SCOPES} == set()


async def test_a_changed_key_works_and_every_list_of_keys_shows_it(opened, folder):
    (folder / NAME).write_text(
        '[keys]\nquit = "f10"\nhelp = "f1"\nsettings = "f2"\nsetings = "f3"\nsupply = "w"\n'
    )
    async with opened() as person:
        await person.wait_until(lambda: 'Line 5: There is no action "setings".' in person.toasts)
        await person.register()
        assert person.sees("w Supply  p Pay  t Transfer")
        assert person.sees("f1 Help  f10 Quit")
        assert keys_of(person.app.screen)["Settings"] == ["f2"]
        await person.press("comma")
        assert person.app.current_mode == "home"
        await person.press("f2")
        assert person.app.current_mode == "settings"
        await person.press("f1")
        assert person.sees("f10")


def test_every_letter_can_be_given_to_something_else_except_the_one_that_closes_a_sheet():
    fixed = {
        (scope.name, action.description, key)
        for scope in SCOPES
        for action in scope.actions
        for key in action.keys
        if not action.id and len(key) == 1 and key != "q"
    }
    assert fixed == set()
