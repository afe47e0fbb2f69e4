"""The user's own keys for actions: which actions can be rebound, which keys exist, and conflicts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from textual.app import App
from textual.binding import Binding, BindingsMap, KeymapApplyResult
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key, key_to_character
from textual.screen import Screen

from ewallet_tui.config.file import ConfigError
from ewallet_tui.config.settings import suggestion, written


class KeyAction(Struct, frozen=True):
    id: str
    """Its name in the file; empty if its keys are fixed."""
    description: str
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.id or f"“{self.description}”"


class Scope(Struct, frozen=True):
    """A screen, or a widget with keys of its own: no two of its actions can have the same key."""

    name: str
    actions: tuple[KeyAction, ...]

    @property
    def place(self) -> str:
        """Where its keys work: `on the home screen`, `in a record list`."""
        if self.name == EVERY_SCREEN:
            return "on every screen"
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name).lower()
        return f"on the {words}" if words.endswith(" screen") else f"in a {words}"


EVERY_SCREEN = "BaseScreen"
"""The class whose keys every screen has."""
OF_LISTS_AND_INPUTS = (
    KeyAction("", "Open", ("enter",)),
    KeyAction("", "Move", ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "backspace")),
)
"""What the widget that has the focus does with a key before the screen gets it."""


def scopes_of(nodes: Iterable[type[DOMNode]], app: type[App[Any]]) -> tuple[Scope, ...]:
    """The scopes of these screens and widgets; the actions of `app` are in the scope of each screen."""
    of_app = (*_actions_of(app), *OF_LISTS_AND_INPUTS)
    return tuple(
        Scope(node.__name__, (*_actions_of(node), *(of_app if issubclass(node, Screen) else ())))
        for node in nodes
    )


def apply_keymap(bindings: BindingsMap, keymap: Mapping[str, str]) -> KeymapApplyResult:
    """Give each action that `keymap` names its own keys; every other action keeps its keys.

    It replaces Textual's function of that name, which removes the old key from all actions that share it.
    """
    rebound: dict[str, list[Binding]] = {}
    for key, sharing in bindings.key_to_bindings.items():
        for binding in sharing:
            keys = keymap.get(binding.id or "", "")
            for new in keys.split(",") if keys else (key,):
                there = rebound.setdefault(new, [])
                changed = binding.with_key(new) if keys else binding
                if changed not in there:
                    there.append(changed)
    bindings.key_to_bindings = rebound
    return KeymapApplyResult(set())


BindingsMap.apply_keymap = apply_keymap  # type: ignore[assignment, method-assign]


def rebindable(scopes: Iterable[Scope]) -> dict[str, KeyAction]:
    return {action.id: action for scope in scopes for action in scope.actions if action.id}


def _actions_of(node: type[DOMNode]) -> Iterable[KeyAction]:
    """The actions of a class and of its base classes; those of Textual's own classes can't be rebound."""
    bindings: dict[tuple[str, str], KeyAction] = {}
    for base in node.__mro__:
        if base.__module__.partition(".")[0] == "textual":
            continue
        for binding in Binding.make_bindings(vars(base).get("BINDINGS", ())):
            which = (binding.id or "", binding.action)
            keys = bindings[which].keys if which in bindings else ()
            bindings[which] = KeyAction(binding.id or "", binding.description, (*keys, binding.key))
    return bindings.values()


MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
NAMES = frozenset(key.value for key in Keys if not key.value.startswith("<")) | {"space"}


def is_key(name: str) -> bool:
    """Whether a terminal can send a key of that name: `p`, `?`, `f5`, `ctrl+p`, `question_mark`."""
    *modifiers, key = name.split("+") if len(name) > 1 else [name]
    if len(key) == 1:
        is_known = key.isprintable() and not key.isspace()
    else:
        is_known = key in NAMES or key_to_character(key) is not None
    return is_known and MODIFIERS.issuperset(modifiers)


class Keymap(Struct, frozen=True):
    keys: Mapping[str, str]
    """The keys of each rebound action, separated by commas."""
    config_errors: tuple[ConfigError, ...] = ()

    @classmethod
    def read(cls, table: Mapping[str, object], lines: Mapping[str, int], scopes: Sequence[Scope]) -> Keymap:
        """Validate `table`; `lines` has the line of each setting in the file."""
        known = rebindable(scopes)
        problems = {name: _problem(name, keys, known) for name, keys in table.items()}
        valid = {name: _keys_in(keys) for name, keys in table.items() if not problems[name]}
        # If two actions of a screen want the same key, the one further down in the file loses it.
        while conflict := next(_conflicts(valid, scopes), None):
            name, problem = conflict
            del valid[name]
            problems[name] = f"{name}: {problem}"
        return cls(
            {name: ",".join(keys) for name, keys in valid.items()},
            tuple(
                ConfigError(f"{words} Using the default keys.", lines.get(f"keys.{name}"))
                for name, words in problems.items()
                if words
            ),
        )


def problem_with(name: str, keys: str, table: Mapping[str, object], scopes: Sequence[Scope]) -> str:
    """Why the action can't have these keys while the others have those of `table`; empty if it can."""
    known = rebindable(scopes)
    others = {other: its for other, its in table.items() if other != name and not _problem(other, its, known)}
    if problem := _problem(name, keys, known):
        return problem
    wanted = {other: _keys_in(its) for other, its in others.items()} | {name: _keys_in(keys)}
    conflicts = (problem for loser, problem in _conflicts(wanted, scopes) if loser == name)
    return next(conflicts, "")


def _problem(name: str, keys: object, known: Mapping[str, KeyAction]) -> str:
    if name not in known:
        return f"There is no action {written(name)}.{suggestion(name, sorted(known))}"
    if not isinstance(keys, str) or not keys.strip():
        return f'{name} must be a key such as "p", or several such as "p,f5".'
    unknown = [key for key in keys.split(",") if not is_key(key.strip())]
    return f"{name}: there is no key {written(unknown[0].strip())}." if unknown else ""


def _keys_in(keys: object) -> tuple[str, ...]:
    """The keys by their names in Textual, such as `question_mark` for `?`."""
    names = [key.strip() for key in str(keys).split(",")]
    return tuple(dict.fromkeys(_character_to_key(key) if len(key) == 1 else key for key in names))


def _conflicts(valid: Mapping[str, tuple[str, ...]], scopes: Sequence[Scope]) -> Iterator[tuple[str, str]]:
    """Each rebound action that wants a key of another action of the same scope, and which action that is."""
    everywhere = {action for scope in scopes if scope.name == EVERY_SCREEN for action in scope.actions}
    for name in reversed(list(valid)):
        for scope in scopes:
            usual = {key for action in scope.actions if action.id == name for key in action.keys}
            for other in scope.actions if usual else ():
                # Actions that share a default key, such as start and pause, are never possible together.
                if other.id != name and usual.isdisjoint(other.keys):
                    keys = valid.get(other.id, other.keys)
                    place = "on every screen" if other in everywhere else scope.place
                    words = f"is already the key of {other.name} {place}."
                    yield from ((name, f"{written(key)} {words}") for key in valid[name] if key in keys)
