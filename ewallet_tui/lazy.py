"""What is imported only after the first paint: every screen but the login, and what screens are made of.

The app calls `screens` in a thread right after the first paint, so no key waits for the imports either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.screen import Screen

    from ewallet_tui.config.keymap import Scope
    from ewallet_tui.connection import Backends
    from ewallet_tui.context import AppContext
    from ewallet_tui.screens.login_forms import LoginForms
    from ewallet_tui.screens.modal import ConfirmModal
    from ewallet_tui.screens.overlays import HelpScreen
    from ewallet_tui.state import AccountState

MakeScreen = Callable[["AppContext"], "Screen[Any]"]


@cache
def screens() -> Mapping[str, MakeScreen]:
    """The screen of each mode, and of each tab of the screens that have several."""
    from ewallet_tui.screens.account import AccountScreen
    from ewallet_tui.screens.account_sessions import SessionsScreen
    from ewallet_tui.screens.clock import ClockScreen
    from ewallet_tui.screens.connection import ConnectionScreen
    from ewallet_tui.screens.console import ConsoleScreen
    from ewallet_tui.screens.contacts import ContactsScreen
    from ewallet_tui.screens.home import HomeScreen
    from ewallet_tui.screens.lock import LockScreen
    from ewallet_tui.screens.operator import OperatorScreen
    from ewallet_tui.screens.operator_issues import IssuesScreen
    from ewallet_tui.screens.operator_permissions import PermissionsScreen, RefusedRequestsScreen
    from ewallet_tui.screens.operator_workers import WorkersScreen
    from ewallet_tui.screens.settings import SettingsKeysScreen, SettingsScreen
    from ewallet_tui.screens.sheets import SheetsScreen
    from ewallet_tui.screens.wallet import WalletScreen

    return {
        "home": HomeScreen,
        "wallet": WalletScreen,
        "clock": ClockScreen,
        "connection": ConnectionScreen,
        "contacts": ContactsScreen,
        "sheets": SheetsScreen,
        "account": AccountScreen,
        "sessions": SessionsScreen,
        "console": ConsoleScreen,
        "operator": OperatorScreen,
        "permissions": PermissionsScreen,
        "refusals": RefusedRequestsScreen,
        "workers": WorkersScreen,
        "issues": IssuesScreen,
        "settings": SettingsScreen,
        "keymap": SettingsKeysScreen,
        "lock": LockScreen,
    }


def style_sheet_of_home() -> Path:
    from ewallet_tui.screens import home

    return Path(home.__file__).with_name(home.HomeScreen.CSS_PATH)


def backends(folder: Path) -> Backends:
    """The engines that a user with that data folder can choose from."""
    from ewallet_tui.connection import Backends

    return Backends.kept_in(folder)


def login_forms(context: AppContext) -> LoginForms:
    from ewallet_tui.screens.login_forms import LoginForms

    return LoginForms(context)


def help_screen(beneath: Screen[Any]) -> HelpScreen:
    from ewallet_tui.screens.overlays import HelpScreen

    return HelpScreen(beneath)


def keys_to_leave(screen: Screen[Any]) -> str:
    from ewallet_tui.widgets.footer import keys_to_leave

    return keys_to_leave(screen)


def key_scopes(app: type[App[Any]]) -> tuple[Scope, ...]:
    """The screens and widgets whose keys the user can change: all of this package."""
    from textual.screen import Screen
    from textual.widget import Widget

    from ewallet_tui.config.keymap import scopes_of

    screens()
    nodes = set(_subclasses_of(Widget))
    return scopes_of(sorted(nodes, key=lambda node: (not issubclass(node, Screen), node.__name__)), app)


def _subclasses_of(node: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for subclass in node.__subclasses__():
        if subclass.__module__.startswith("ewallet_tui."):
            yield subclass
        yield from _subclasses_of(subclass)


def open_palette(app: App[Any], context: AppContext) -> None:
    from ewallet_tui.palette import open_palette

    open_palette(app, context, screens())


def show_connection_screen(app: App[Any], context: AppContext, reason: str) -> None:
    """Open the screen on which another engine is chosen, or show `reason` there if it is open already."""
    from ewallet_tui.screens.connection import ConnectionScreen

    if isinstance(app.screen, ConnectionScreen):
        app.screen.say_out_of_reach(reason)
    else:
        app.push_screen(ConnectionScreen(context, reason))


def certificate_question(server: str, fingerprint: str) -> ConfirmModal:
    from ewallet_tui.screens.connection import first_certificate

    return first_certificate(server, fingerprint)


def timer_question(account: AccountState, now: float, *, may_stop: bool) -> ConfirmModal:
    from ewallet_tui.screens.overlays import timer_confirmation

    return timer_confirmation(account, now, may_stop=may_stop)


def unanswered_question(account: AccountState | None, now: float) -> ConfirmModal:
    from ewallet_tui.screens.overlays import unanswered_confirmation

    return unanswered_confirmation(account, now)
