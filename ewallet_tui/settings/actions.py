"""Every action that has a key which can be changed, by the screens and widgets on which it has one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from ewallet_tui import screens, widgets

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
