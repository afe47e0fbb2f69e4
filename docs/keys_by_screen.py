"""Writes the tables of each screen's keys in docs/keys.md, from the bindings in the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import format_key

from ewallet_tui.screens import (
    account,
    account_sessions,
    base,
    clock,
    console,
    contacts,
    form_screen,
    home,
    login,
    operator,
    operator_issues,
    operator_permissions,
    operator_workers,
    record,
    settings,
    sheets,
    wallet,
)
from ewallet_tui.widgets.console_input import ConsolePrompt
from ewallet_tui.widgets.form import Form
from ewallet_tui.widgets.inputs import FilterBox
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.setting_lists import SettingList

FILE = Path(__file__).with_name("keys.md")
BEGINNING = "## By screen\n"
OURS = "ewallet_tui."
HEAD = ("| key | what it does | its name in the settings file |", "| --- | --- | --- |")
NODES: dict[str, tuple[type[DOMNode], ...]] = {
    "Everywhere after login": (base.BaseScreen,),
    "Login": (login.LoginScreen,),
    "Home": (home.HomeScreen,),
    "Wallet": (wallet.WalletScreen,),
    "Clock": (clock.ClockScreen,),
    "Contacts": (contacts.ContactsScreen,),
    "Sheets": (sheets.SheetsScreen,),
    "Account": (account.AccountScreen, account_sessions.SessionsScreen),
    "Console": (console.ConsoleScreen,),
    "Console, in the input line": (ConsolePrompt,),
    "Settings": (settings.SettingsScreen, settings.SettingsKeysScreen, SettingList),
    "Operator: accounts": (operator.OperatorScreen,),
    "Operator: permissions": (operator_permissions.PermissionsScreen,),
    "Operator: workers": (operator_workers.WorkersScreen,),
    "Operator: issues": (operator_issues.IssuesScreen,),
    "In a list": (RecordList,),
    "In a list's filter": (FilterBox,),
    "A record in full": (record.RecordScreen,),
    "In a form": (Form, form_screen.FormScreen),
}
"""The title of each table, and the classes whose bindings it shows."""

ListRow = tuple[str, str]
"""What a key does, and its name in the settings file."""


def sections() -> Iterator[str]:
    """The tables with their headings."""
    for title, nodes in NODES.items():
        yield "\n".join((f"### {title}", "", *HEAD, *map(_line, *zip(*keys_of(nodes).items(), strict=True))))


def keys_of(nodes: tuple[type[DOMNode], ...]) -> dict[ListRow, list[str]]:
    """The keys of these classes by what they do, as they are shown."""
    keys: dict[ListRow, dict[str, None]] = {}
    for node in nodes:
        for binding in _own_bindings(node):
            row = (_words(binding), binding.id or "")
            keys.setdefault(row, {})[_shown(binding)] = None
    return {row: list(shown) for row, shown in keys.items()}


def _own_bindings(node: type[DOMNode]) -> Iterator[Binding]:
    """The bindings of a class and of its bases in the app, without those that every screen has."""
    for ancestor in node.__mro__:
        is_everywhere = ancestor is base.BaseScreen and node is not ancestor
        if ancestor.__module__.startswith(OURS) and not is_everywhere:
            yield from Binding.make_bindings(vars(ancestor).get("BINDINGS", ()))


def _words(binding: Binding) -> str:
    if not binding.tooltip or binding.tooltip.startswith(binding.description):
        return binding.tooltip or binding.description
    return f"{binding.description}: {binding.tooltip[0].lower()}{binding.tooltip[1:]}"


def _shown(binding: Binding) -> str:
    if binding.key == "enter":
        return binding.key
    return binding.key_display or format_key(binding.key)


def _line(row: ListRow, keys: list[str]) -> str:
    words, name = row
    return f"| {' '.join(f'`{key}`' for key in keys)} | {words} | {f'`{name}`' if name else ''} |"


def build_page() -> str:
    """The whole file: the handwritten part, and the current tables."""
    by_hand = FILE.read_text(encoding="utf-8").partition(BEGINNING)[0]
    return "\n\n".join((by_hand + BEGINNING.rstrip(), *sections())) + "\n"


if __name__ == "__main__":
    FILE.write_text(build_page(), encoding="utf-8")
