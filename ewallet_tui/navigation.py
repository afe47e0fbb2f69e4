"""The numbered screens of the app, and going from one to another."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.screen import Screen

OPERATOR, AUDITOR = "operator", "auditor"
ALL_ROLES = frozenset({"user", OPERATOR, AUDITOR})


class Destination(Struct, frozen=True):
    mode: str
    title: str
    letter: str
    roles: frozenset[str] = ALL_ROLES
    short: str = ""
    """A shorter title for where there is little room; empty: it has none."""


DESTINATIONS = (
    Destination("home", "Home", "h"),
    Destination("wallet", "Wallet", "w"),
    Destination("clock", "Clock", "c"),
    Destination("contacts", "Contacts", "p", short="People"),
    Destination("sheets", "Sheets", "s"),
    Destination("account", "Account", "a", short="Acct"),
    Destination("console", "Console", "k", short="Cons"),
    Destination("operator", "Operator", "o", frozenset({OPERATOR, AUDITOR}), "Oper"),
)
"""The screens with a tab, in the order of their numbers."""

SETTINGS = Destination("settings", "Settings", "comma")
ALL_DESTINATIONS = (*DESTINATIONS, SETTINGS)


def destinations_for(role: str) -> tuple[Destination, ...]:
    return tuple(destination for destination in ALL_DESTINATIONS if role in destination.roles)


LOGIN, LOCK = "login", "lock"
SCREEN_MODES = tuple(destination.mode for destination in ALL_DESTINATIONS)
BETWEEN = "between"
"""An empty mode, shown for an instant while the current one is removed."""

MakeScreen = Callable[[], Screen[Any]]


@runtime_checkable
class KeepsSecrets(Protocol):
    """A widget in which passwords may have been typed."""

    def forget_secrets(self) -> None:
        """Empty the fields for secrets."""


class Navigation:
    """Textual's modes: one for each destination, one for the login and one for the lock."""

    def __init__(self, app: App[Any], screens: Mapping[str, MakeScreen]) -> None:
        """`screens` has a factory for each mode; `app` is used for its modes, screen stacks and workers."""
        self._app = app
        self._screens = screens
        self.mode_to_return_to = SCREEN_MODES[0]
        """The mode that is shown again when the lock is opened."""
        for mode, make_screen in screens.items():
            app.add_mode(mode, make_screen)

    @property
    def mode(self) -> str:
        return self._app.current_mode

    async def go_to(self, mode: str) -> None:
        await self._app.switch_mode(mode)

    async def lock(self) -> None:
        self.mode_to_return_to = self.mode
        await self._app.switch_mode(LOCK)

    async def go_back_to_login(self) -> None:
        await self._app.switch_mode(LOGIN)
        while len(self._app.screen_stack) > 1:
            await self._app.pop_screen()
        await self.remove_hidden()

    async def set_aside(self) -> str:
        """Go to the login and keep every other screen; returns the mode that was in front."""
        kept = self.mode_to_return_to if self.mode in (LOCK, LOGIN) else self.mode
        await self._app.switch_mode(LOGIN)
        await self._app.remove_mode(LOCK)
        self._app.add_mode(LOCK, self._screens[LOCK])
        return kept

    def forget_secrets(self) -> None:
        """Empty every field for a secret on every screen."""
        for stack in self._app._screen_stacks.values():  # noqa: SLF001 - hidden screens too
            for screen in stack:
                for node in screen.query("Form, ConsoleWriting"):
                    if isinstance(node, KeepsSecrets):
                        node.forget_secrets()

    async def remove_hidden(self) -> None:
        """Remove every hidden screen; each is made again when it is next shown."""
        await gather(*self._remove_hidden())

    async def replace_screens(self, role: str) -> None:
        """Replace every screen by a new one; the current mode stays if an account of `role` may use it."""
        app = self._app
        allowed = {LOCK, *(destination.mode for destination in destinations_for(role))}
        stays_at = self.mode if self.mode in allowed else SCREEN_MODES[0]
        self.mode_to_return_to = SCREEN_MODES[0]
        # No await in between: a key must not lead to a screen that is about to be removed.
        app.add_mode(BETWEEN, Screen)
        app.switch_mode(BETWEEN)
        removed = self._remove_hidden()
        shown = app.switch_mode(stays_at)
        removed.append(app.remove_mode(BETWEEN))
        await shown
        await gather(*removed)

    def _remove_hidden(self) -> list[AwaitComplete]:
        app = self._app
        # A worker must not go on for a screen whose widgets are being removed.
        for worker in list(app.workers):
            nodes = worker.node.ancestors_with_self
            if worker.node is not app and not any(node in app.screen_stack for node in nodes):
                worker.cancel()
        hidden = {LOCK, *SCREEN_MODES} - {self.mode}
        removed = [app.remove_mode(mode) for mode in hidden]
        for mode in hidden:
            app.add_mode(mode, self._screens[mode])
        return removed
