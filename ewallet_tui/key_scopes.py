"""The screens and widgets whose keys the user can change."""

from __future__ import annotations

from typing import Any

from textual.app import App

from ewallet_tui.config.keymap import Scope, scopes_of
from ewallet_tui.screens.account import AccountScreen
from ewallet_tui.screens.account_sessions import SessionsScreen
from ewallet_tui.screens.clock import ClockScreen
from ewallet_tui.screens.connection import ConnectionScreen
from ewallet_tui.screens.console import ConsoleScreen
from ewallet_tui.screens.console_exchange import ConsoleExchange
from ewallet_tui.screens.contacts import ContactsScreen
from ewallet_tui.screens.export import ExportWait
from ewallet_tui.screens.form_screen import FormScreen
from ewallet_tui.screens.home import HomeScreen
from ewallet_tui.screens.lock import LockScreen
from ewallet_tui.screens.login import LoginScreen
from ewallet_tui.screens.modal import ChoiceModal, ConfirmModal, FactsModal
from ewallet_tui.screens.operator import OneTimePasswordModal, OperatorScreen
from ewallet_tui.screens.operator_issues import IssuesScreen
from ewallet_tui.screens.operator_permissions import PermissionsScreen, RefusedRequestsScreen
from ewallet_tui.screens.operator_workers import WorkersScreen
from ewallet_tui.screens.overlays import GoTo, HelpScreen, Jump
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.screens.settings import SettingsKeysScreen, SettingsScreen
from ewallet_tui.screens.sheets import SheetsScreen
from ewallet_tui.screens.wallet import WalletScreen
from ewallet_tui.widgets.console_input import ConsolePrompt
from ewallet_tui.widgets.console_log import ConsoleLog
from ewallet_tui.widgets.filter_box import FilterBox
from ewallet_tui.widgets.form import Form
from ewallet_tui.widgets.option_list import PlainOptionList
from ewallet_tui.widgets.permission_grid import PermissionGrid
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.server_list import ServerList
from ewallet_tui.widgets.setting_lists import ChoiceList, SettingList

SCREENS = (
    AccountScreen, ChoiceModal, ClockScreen, ConfirmModal, ConnectionScreen, ConsoleExchange, ConsoleScreen,
    ContactsScreen, ExportWait, FactsModal, FormScreen, GoTo, HelpScreen, HomeScreen, IssuesScreen, Jump,
    LockScreen, LoginScreen, OneTimePasswordModal, OperatorScreen, PermissionsScreen, RecordScreen,
    RefusedRequestsScreen, SessionsScreen, SettingsKeysScreen, SettingsScreen, SheetsScreen,
    WalletScreen, WorkersScreen,
)  # fmt: skip
WIDGETS = (
    ChoiceList, ConsoleLog, ConsolePrompt, FilterBox, Form, PermissionGrid, PlainOptionList, RecordList, ServerList,
    SettingList,
)  # fmt: skip


def key_scopes(app: type[App[Any]]) -> tuple[Scope, ...]:
    """The scopes of all screens and widgets."""
    return scopes_of((*SCREENS, *WIDGETS), app)
