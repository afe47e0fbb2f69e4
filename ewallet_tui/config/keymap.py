"""The user's own keys for actions: which actions can be rebound, which keys exist, and conflicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key, key_to_character
from textual.screen import Screen

from ewallet_tui import screens, widgets
from ewallet_tui.config.file import ConfigError
from ewallet_tui.config.settings import meant, written

OURS = "ewallet_tui."


@dataclass(frozen=True)
class Action:
    """Something that can be done, and its usual keys."""

    id: str
    """Its name in the file; nothing: its keys are always the same."""
    description: str
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.id or f"“{self.description}”"


@dataclass(frozen=True)
class Scope:
    """A screen, or a widget with keys of its own: no two actions of it can have the same key."""

    name: str
    actions: tuple[Action, ...]

    @cached_property
    def ids(self) -> frozenset[str]:
        """The names of its actions that can have other keys."""
        return frozenset(action.id for action in self.actions if action.id)


@cache
def scopes() -> tuple[Scope, ...]:
    """Every screen and widget of the app; imports them all."""
    from ewallet_tui.app import EWalletApp  # noqa: PLC0415 - it is there before anything asks

    everywhere = tuple(_actions_of(EWalletApp))
    return tuple(
        Scope(node.__name__, (*_actions_of(node), *(everywhere if issubclass(node, Screen) else ())))
        for node in sorted(_classes(), key=lambda node: node.__name__)
    )


def rebindable() -> dict[str, Action]:
    """Each action that can have other keys, by its name."""
    return {action.id: action for scope in scopes() for action in scope.actions if action.id}


def _classes() -> Iterator[type[DOMNode]]:
    seen: set[type[DOMNode]] = set()
    for room in (screens, widgets):
        for module in iter_modules(room.__path__, f"{room.__name__}."):
            for value in vars(import_module(module.name)).values():
                is_node = isinstance(value, type) and issubclass(value, DOMNode)
                if is_node and value.__module__.startswith(OURS) and value not in seen:
                    seen.add(value)
                    yield value


def _actions_of(node: type[DOMNode]) -> Iterator[Action]:
    """The actions of a class, those of the app's own classes that it is made from included."""
    bindings: dict[tuple[str, str], Action] = {}
    for ancestor in node.__mro__:
        if not ancestor.__module__.startswith(OURS):
            continue
        for binding in Binding.make_bindings(vars(ancestor).get("BINDINGS", ())):
            which = (binding.id or "", binding.action)
            keys = bindings[which].keys if which in bindings else ()
            bindings[which] = Action(binding.id or "", binding.description, (*keys, binding.key))
    yield from bindings.values()


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


@dataclass(frozen=True)
class Keymap:
    """What of a `[keys]` table can be taken."""

    keys: Mapping[str, str]
    """The keys of each action that has others than the usual ones, with commas between them."""
    config_errors: tuple[ConfigError, ...] = ()

    @classmethod
    def read(cls, table: Mapping[str, object], lines: Mapping[str, int]) -> Keymap:
        """The keymap that `table` means; `lines` has where each setting stands in the file."""
        known = {action.id for scope in scopes() for action in scope.actions if action.id}
        problems = {name: _problem(name, keys, known) for name, keys in table.items()}
        taken = {name: _keys_in(keys) for name, keys in table.items() if not problems[name]}
        problems |= _without_clashes(taken)
        return cls(
            {name: ",".join(keys) for name, keys in taken.items()},
            tuple(
                ConfigError(f"{words} The usual keys hold.", lines.get(f"keys.{name}"))
                for name, words in problems.items()
                if words
            ),
        )


def _problem(name: str, keys: object, known: set[str]) -> str:
    if name not in known:
        return f"There is no action {written(name)}.{meant(name, sorted(known))}"
    if not isinstance(keys, str) or not keys.strip():
        return f'{name} must be a key such as "p", or several such as "p,f5".'
    unknown = [key for key in keys.split(",") if not is_key(key.strip())]
    return f"{name}: there is no key {written(unknown[0].strip())}." if unknown else ""


def _keys_in(keys: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(long_name(key.strip()) for key in str(keys).split(",")))


def long_name(key: str) -> str:
    """A key's name as Textual has it: `question_mark` for `?`."""
    return _character_to_key(key) if len(key) == 1 else key


def _without_clashes(taken: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Take from `taken` what clashes with another action of the same screen, the later first; and say so."""
    problems: dict[str, str] = {}
    while clash := next(_clashes(taken), None):
        at_fault, other, key = clash
        del taken[at_fault]
        problems[at_fault] = f"{at_fault}: {written(key)} is the key of {other.name} already."
    return problems


def _clashes(taken: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, Action, str]]:
    """Each action of `taken` that has a key which another action has on the same screen."""
    newest_first = list(reversed(taken))
    for at_fault in newest_first:
        for scope in scopes():
            if at_fault in scope.ids:
                yield from _clashes_in(scope, at_fault, taken)


def _clashes_in(
    scope: Scope, at_fault: str, taken: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Action, str]]:
    # What shares a key as it comes is never possible at the same time, such as to start and to pause.
    usual = {key for action in scope.actions if action.id == at_fault for key in action.keys}
    for other in scope.actions:
        if other.id == at_fault or not usual.isdisjoint(other.keys):
            continue
        keys = taken.get(other.id, other.keys)
        yield from ((at_fault, other, key) for key in taken[at_fault] if key in keys)
