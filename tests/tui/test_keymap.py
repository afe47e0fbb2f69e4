"""The keys that a person gave to actions work and are shown, and a mistake in them is named by its line."""

from importlib import import_module
from pkgutil import iter_modules

import pytest
from textual.binding import BindingsMap
from textual.dom import DOMNode

from ewallet_tui import screens, widgets
from ewallet_tui.app import EWalletApp
from ewallet_tui.config.file import read_settings
from ewallet_tui.config.keymap import Keymap, apply_keymap, is_key, problem_with, rebindable
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
    ('settings = "q"', 'settings: "q" is already the key of quit on every screen.'),
    ('settings = "f2"\nhelp = "f2"', 'help: "f2" is already the key of settings on every screen.'),
    ('supply = "x"', 'supply: "x" is already the key of stop on the home screen.'),
    ('supply = "down"', 'supply: "down" is already the key of “Move” on every screen.'),
    ('settings = "tab"', 'settings: "tab" is already the key of “Next field” on every screen.'),
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


def nodes_with_keys():
    """Every screen and widget with keys, and the app."""
    modules = [
        import_module(module.name)
        for package in (screens, widgets)
        for module in iter_modules(package.__path__, f"{package.__name__}.")
    ]
    found = {node for module in modules for node in vars(module).values() if isinstance(node, type)}
    return [EWalletApp, *(node for node in found if issubclass(node, DOMNode) and node._merged_bindings)]


def keys_by_action(bindings):
    """The keys of each binding, by its name and what it does."""
    keys = {}
    for key, sharing in bindings.key_to_bindings.items():
        for binding in sharing:
            keys.setdefault((binding.id, binding.action), []).append(key)
    return keys


def test_each_action_that_gets_another_key_leaves_every_other_action_its_own():
    tried = set()
    for node in nodes_with_keys():
        before = keys_by_action(node._merged_bindings)
        for id in {id for id, _ in before if id}:
            bindings: BindingsMap = node._merged_bindings.copy()
            apply_keymap(bindings, {id: "f12,f11"})
            expected = {of: ["f12", "f11"] if of[0] == id else keys for of, keys in before.items()}
            assert keys_by_action(bindings) == expected, (node, id)
            tried.add(id)
    assert {"start", "pause", "resume", "next", "allow", "next_value"} <= tried
    assert tried >= set(rebindable(SCOPES))


async def test_every_action_of_every_screen_is_at_the_key_that_it_is_given(opened):
    async with opened() as person:
        await person.register()
        await person.have_time()
        for mode in ("home", "wallet", "clock", "contacts", "sheets", "account", "console", "settings"):
            await person.go_to(mode)
            screen = person.app.screen
            usual = {each.binding.id for each in screen.active_bindings.values()}
            for id in screen.functions:
                person.app.set_keymap({id: "f12"})
                active = screen.active_bindings
                assert id not in usual or active["f12"].binding.id == id, (mode, id)
                # Of actions that share a key, one that is possible stands in for the moved one.
                assert usual - {each.binding.id for each in active.values()} <= {id}, (mode, id)
        for mode, id, came in [
            ("home", "supply", "Supply credits"),
            ("wallet", "new_one", "New wallet"),
            ("contacts", "new_contact", "New contact"),
            ("account", "edit", "Edit account"),
        ]:
            await person.go_to(mode)
            person.app.set_keymap({id: "f12"})
            await person.press("f12")
            await person.wait_until(lambda came=came: person.sees(came) and person.app.screen.is_modal)
            await person.press("escape")
        await person.go_to("home")
        person.app.set_keymap({"start": "f5"})
        for key, words in [("f5", "● running"), ("space", "‖ paused"), ("space", "● running")]:
            await person.press(key)
            await person.wait_until(lambda words=words: person.sees(words))


def test_a_key_is_refused_with_the_action_and_the_screen_that_have_it():
    assert problem_with("supply", "f5", {}, SCOPES) == ""
    assert problem_with("supply", "q", {}, SCOPES) == '"q" is already the key of quit on every screen.'
    assert problem_with("supply", "q", {"quit": "f10"}, SCOPES) == ""
    assert problem_with("pay", "f5", {"supply": "f5"}, SCOPES).startswith(
        '"f5" is already the key of supply on'
    )
    assert problem_with("pause", "space", {"start": "f5"}, SCOPES) == ""


async def test_a_changed_key_works_and_every_list_of_keys_shows_it(opened, folder):
    (folder / NAME).write_text(
        '[keys]\nquit = "f10"\nhelp = "f1"\npalette = "f4"\nsettings = "f2"\nsetings = "f3"\nsupply = "w"\n'
    )
    async with opened() as person:
        await person.wait_until(lambda: 'Line 6: There is no action "setings".' in person.toasts)
        await person.register()
        assert person.sees("w Supply  p Pay  t Transfer")
        assert person.sees("f1 Help  f10 Quit")
        assert keys_of(person.app.screen)["Settings"] == ["f2"]
        await person.press("escape")
        await person.wait_until(lambda: person.sees("Supply credits with w."))
        await person.press("comma")
        assert person.app.current_mode == "home"
        await person.press("f2")
        assert person.app.current_mode == "settings"
        await person.press("f1")
        assert person.sees("f10")
        await person.press(*"xyz")
        assert person.sees("Press esc, then f4, to search all commands.")


def test_every_letter_can_be_given_to_something_else_except_the_one_that_closes_a_sheet():
    fixed = {
        (scope.name, action.description, key)
        for scope in SCOPES
        for action in scope.actions
        for key in action.keys
        if not action.id and len(key) == 1 and key != "q"
    }
    assert fixed == set()
