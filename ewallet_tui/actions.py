"""The actions of the app after the login: their names, their keys, and when they are possible.

A screen lists the actions that it offers, each with the function that carries it out. Bindings, footer, help,
palette, the printed table of keys and the settings file's `[keys]` all come from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding
from textual.keys import format_key

from ewallet_tui.availability import (
    Enabled,
    always,
    by_operators,
    has_credits,
    has_credits_to_move,
    has_time,
    has_time_to_move,
    may_stop_earlier,
    may_supply,
    not_by_auditors,
    runs,
    timer_takes,
)
from ewallet_tui.navigation import DESTINATIONS, SETTINGS, Destination
from ewallet_tui.records import SHEET_KINDS


@dataclass(frozen=True)
class Action:
    id: str
    label: str
    keys: str
    """Its default keys, separated by commas."""
    help: str = ""
    """A longer name, for the help and the palette."""
    shown: bool = True
    key_display: str | None = None
    """The key as it is shown, if not by its own name."""
    synonyms: tuple[str, ...] = ()
    enabled: Enabled = always
    textual: str = ""
    """The action of Textual or of the app that carries it out; empty: the screen does."""

    @property
    def name(self) -> str:
        return self.textual or f"do('{self.id}')"

    def shown_key(self, changed: Mapping[str, str]) -> str:
        """Its first key as it is shown; `changed` has the keys that the user gave to actions."""
        if keys := changed.get(self.id):
            return format_key(keys.partition(",")[0])
        return self.key_display or format_key(self.keys.partition(",")[0])

    @property
    def binding(self) -> Binding:
        return Binding(
            self.keys,
            self.name,
            self.label,
            show=self.shown,
            key_display=self.key_display,
            tooltip=self.help,
            id=self.id,
        )


def hidden(
    id: str,
    label: str,
    keys: str,
    key_display: str | None = None,
    help: str = "",
    textual: str = "",
    synonyms: tuple[str, ...] = (),
) -> Action:
    return Action(id, label, keys, help, False, key_display, synonyms, textual=textual)


@dataclass(frozen=True)
class Part:
    """One tab of a screen, and the key that opens it."""

    id: str
    title: str
    key: str
    synonyms: tuple[str, ...] = ()

    @property
    def action(self) -> Action:
        return hidden(f"part_{self.id}", self.title, self.key, self.key, synonyms=self.synonyms)


def _go_to(destination: Destination, key: str, key_display: str | None = None, label: str = "") -> Action:
    return Action(
        destination.mode,
        label or f"Go to {destination.title}",
        key,
        shown=False,
        key_display=key_display,
        synonyms=PLACE_SYNONYMS.get(destination.mode, ()),
        enabled=lambda state, _: state.account.role in destination.roles,
    )


PLACE_SYNONYMS = {
    "home": ("Start screen", "Overview"),
    "wallet": ("History", "Statement", "Balance"),
    "clock": ("Timer", "Countdown", "Time used"),
    "contacts": ("People", "Address book", "Payees"),
    "sheets": ("Records", "Transactions", "Receipts"),
    "account": ("Profile", "Security"),
    "console": ("Log", "Instructions", "Terminal"),
    "operator": ("Administration", "Users"),
    "settings": ("Preferences", "Options", "Configuration"),
}
GO_TO = {
    destination.mode: _go_to(destination, str(number))
    for number, destination in enumerate(DESTINATIONS, start=1)
} | {SETTINGS.mode: _go_to(SETTINGS, "comma", ",", "Settings")}
CHOOSE_SCREEN = hidden("go_to", "Go to a screen", "g")
JUMP = hidden("jump", "Jump to what you see", "semicolon", ";")
SHOW_WHAT_WAS_DONE = hidden(
    "show_what_was_done",
    "Show or undo what was done",
    "z",
    help="Show the record of what was just done, or undo a removal",
    synonyms=("Undo", "Take back", "Last record"),
)


def _timer_command(id: str, key: str, *synonyms: str) -> Action:
    name = id.capitalize()
    return Action(id, name, key, f"{name} the timer", synonyms=synonyms, enabled=timer_takes(id))


START = _timer_command("start", "space", "Run the clock", "Begin", "Track time")
PAUSE = _timer_command("pause", "space", "Hold", "Break")
RESUME = _timer_command("resume", "space", "Continue", "Go on")
STOP = _timer_command("stop", "x", "End", "Finish")
TIMER = (START, PAUSE, RESUME, STOP)
LOCK_NOW = hidden(
    "lock", "Lock now", "L", "L", textual="app.lock", synonyms=("Lock", "Lock the screen", "Hide everything")
)
HELP = Action(
    "help",
    "Help",
    "question_mark",
    key_display="?",
    textual="app.help",
    synonyms=("Keys that work here", "Shortcuts"),
)
QUIT = Action("quit", "Quit", "q", textual="app.quit", synonyms=("Exit", "Close the app", "Leave"))
NEXT = hidden("next", "Next", "j,l", textual="app.focus_next")
PREVIOUS = hidden("previous", "Previous", "k,h", textual="app.focus_previous")
PALETTE = hidden("palette", "All commands", "colon", ":", textual="app.command_palette")
EVERYWHERE = (
    *GO_TO.values(),
    CHOOSE_SCREEN,
    NEXT,
    PREVIOUS,
    JUMP,
    PALETTE,
    SHOW_WHAT_WAS_DONE,
    # Shown only where a screen lists them among its own.
    *(replace(action, shown=False) for action in TIMER),
    LOCK_NOW,
    HELP,
    QUIT,
)
"""The actions of every screen after the login."""
DONE_EVERYWHERE = frozenset(action.name for action in EVERYWHERE)
NOT_IN_PALETTE = frozenset(
    action.name for action in (*GO_TO.values(), CHOOSE_SCREEN, NEXT, PREVIOUS, PALETTE, QUIT)
)
"""Actions that move about, and those that the palette names in its own way."""


SUPPLY = Action(
    "supply",
    "Supply",
    "u",
    "Supply credits",
    synonyms=("Buy credits", "Top up", "Deposit"),
    enabled=may_supply,
)
PAY = Action(
    "pay",
    "Pay",
    "p",
    "Pay someone, with an invoice",
    synonyms=("Send money", "Buy", "Spend"),
    enabled=has_credits,
)
TRANSFER = Action(
    "transfer",
    "Transfer",
    "t",
    "Transfer credits, without an invoice",
    synonyms=("Send credits",),
    enabled=has_credits,
)
MOVE_CREDITS = Action(
    "move_credits",
    "Move",
    "v",
    "Move credits to another of your wallets",
    synonyms=("Between my wallets", "Send to my own wallet"),
    enabled=has_credits_to_move,
)
MOVE_TIME = Action(
    "move_time",
    "Move",
    "v",
    "Move unused time to another of your clocks",
    synonyms=("Between my clocks",),
    enabled=has_time_to_move,
)
TO_TIME = Action(
    "convert_to_time",
    "Credits → time",
    "c",
    "Convert credits to time",
    synonyms=("Buy time",),
    enabled=has_credits,
)
TO_CREDITS = Action(
    "convert_to_credits",
    "Time → credits",
    "b",
    "Convert time to credits",
    synonyms=("Sell time", "Convert back"),
    enabled=has_time,
)


EDIT_RUN = Action(
    "edit_run",
    "Note",
    "e",
    "Edit the note and tags of this run",
    synonyms=("What the run is for", "Tags"),
    enabled=runs,
)
STOP_AT = Action(
    "stop_at",
    "Stop at …",
    "X",
    "Stop the timer at an earlier time",
    key_display="X",
    synonyms=("Forgot to stop", "Stop earlier"),
    enabled=may_stop_earlier,
)
LEAVE_TOUR = hidden("leave_tour", "Skip the tour", "escape")

SHOW_DAYS = Action("show_days", "By day", "m", "Show time used by day")
SHOW_TIMES = Action("show_times", "Records", "m", "Show time records")
CHOOSE_PERIOD = Action("choose_period", "Filter by date", "f")
SHOW_ALL = hidden("show_all", "Show all", "escape")

FILTER = Action("filter", "Find", "slash", "Find text", key_display="/", synonyms=("Search", "Filter"))
EXPORTS = ("Export", "Print", "Download", "Save as a file", "CSV", "Spreadsheet", "Excel", "JSON")
EXPORT = Action("export_shown", "Export", "E", "Save what is shown", key_display="E", synonyms=EXPORTS)
UNLINK_RECORD = Action(
    "unlink_record", "Remove", "d", "Remove from this list or sheet", synonyms=("Delete", "Unlink")
)
SHOW_REMOVED = Action("show_removed", "Removed", "v", "Show removed records", synonyms=("Trash", "Undelete"))
RESTORE_RECORD = Action(
    "restore_record", "Restore", "u", "Put a removed record back", synonyms=("Undo a removal", "Recover")
)
SORT = hidden("sort", "Sort", "s", help="Sort by the next column", synonyms=("Sort", "Order by"))
TURN_ORDER = hidden("turn_order", "Turn the order round", "S", "S", synonyms=("Reverse", "Descending"))
COPY_ROW = hidden("copy_row", "Copy the row", "y")
COPY_VALUE = hidden("copy_value", "Copy a value", "Y", "Y")
REFUND = Action(
    "refund", "Refund", "r", "Refund a payment that you received", synonyms=("Give back", "Return")
)
EDIT_TIME = Action(
    "edit_time", "Note", "e", "Edit the note and tags", synonyms=("Tags",), enabled=not_by_auditors
)
PRIVATE_NOTE = Action(
    "private_note", "Private note", "e", "Write a note that only you see", enabled=not_by_auditors
)
NEW_CONTACT = Action("new_contact", "New", "n", "Add a contact", synonyms=("Save",))
IMPORT_CONTACTS = Action(
    "import_contacts", "Import", "i", "Import contacts from a CSV or vCard file", synonyms=("Load", "vCard")
)
EDIT_CONTACT = Action("edit_contact", "Edit", "e")


@dataclass(frozen=True)
class OwnedItemActions:
    previous: Action
    next: Action
    choose: Action
    make_active: Action
    new: Action
    rename: Action
    unlink: Action


def owned_item_actions(noun: str) -> OwnedItemActions:
    """The actions of a screen that shows one of several wallets, clocks, sheets or lists at a time."""
    return OwnedItemActions(
        hidden("previous_one", f"Previous {noun}", "left_square_bracket", "["),
        hidden("next_one", f"Next {noun}", "right_square_bracket", "]"),
        hidden("choose_one", f"Choose a {noun}", "O", "O"),
        hidden("make_active", f"Make this {noun} the active one", "A", "A"),
        hidden("new_one", f"New {noun}", "N", "N"),
        hidden("rename_one", f"Rename this {noun}", "R", "R"),
        hidden("unlink_one", f"Remove this {noun}", "D", "D"),
    )


SHOW_KIND = tuple(hidden(f"show_{kind.name}", kind.title, kind.key, kind.key) for kind in SHEET_KINDS)
WALLETS, CLOCKS, SHEETS, LISTS = map(owned_item_actions, ("wallet", "clock", "sheet", "list"))


def _operators(id: str, label: str, key: str, help: str = "") -> Action:
    return Action(id, label, key, help, enabled=by_operators)


ACCOUNT_PARTS = (Part("account", "Account", "A"), Part("sessions", "Sessions and logins", "S", ("Devices",)))
EDIT_ACCOUNT = Action(
    "edit", "Edit", "e", synonyms=("Edit account", "Change my name", "Change my email", "Change my phone")
)
CHANGE_PASSWORD = Action("change_password", "Change password", "p", synonyms=("New password",))
EDIT_LIMIT = Action("edit_limit", "Set limit", "m", "Set the daily limit", enabled=not_by_auditors)
LOG_OUT = Action("log_out", "Log out", "o", synonyms=("Sign out", "Log off"))
LOG_IN_ANOTHER = Action(
    "log_in_another", "Log in to another", "n", synonyms=("Switch account", "Add an account", "Sign in")
)
REPORT_ISSUE = hidden(
    "report_issue", "Report an issue", "i", synonyms=("Bug", "Problem", "Feedback", "Contact the operators")
)
DELETE_ACCOUNT = replace(hidden("delete", "Delete this account", "D", "D"), enabled=not_by_auditors)
END_SESSION = Action("end_session", "End session", "d")

REBIND = ("Rebind a key", "Change keys", "Shortcuts", "Keyboard", "Key bindings")
SETTINGS_PARTS = (Part("choices", "Settings", "S"), Part("keymap", "Keys", "K", REBIND))
COPY_SETTING = Action("copy_setting", "Copy", "y")
READ_SETTINGS_AGAIN = Action("read_settings_again", "Reload", "r", "Reload the settings file")
RESET_KEY = Action("reset_key", "Default key", "d", "Give the action its default key", synonyms=("Reset",))
BACK_UP = Action(
    "back_up", "Back up", "b", "Back up the wallet", synonyms=("Backup", "Save a copy", "Save the wallet")
)
RESTORE_BACKUP = hidden(
    "restore_backup",
    "Restore a backup",
    "B",
    "B",
    synonyms=("Get back an earlier wallet", "Move to another computer"),
)
COPY_DATA_FOLDER = hidden("copy_data_folder", "Copy data folder", "Y", "Y")

WRITE = Action("write", "Write", "s", "Write an instruction and send it")
TOGGLE_VIEWS = Action("toggle_views", "Hide views", "v", "Hide or show views")
COPY_INSTRUCTION = Action("copy_instruction", "Copy", "y", "Copy the instruction")
COPY_ANSWER = Action("copy_answer", "Copy answer", "Y", key_display="Y")
BACK = Action("back", "Back", "escape")

OPERATOR_PARTS = (
    Part("accounts", "Accounts", "A"),
    Part("permissions", "Permissions", "P"),
    Part("workers", "Workers", "W"),
    Part("issues", "Issues", "I"),
)
BACK_TO_FIRST_PART = hidden("back_to_first_part", "Back", "escape")
FIND = replace(FILTER, help="")
FREEZE, UNFREEZE = _operators("freeze", "Freeze", "f"), _operators("unfreeze", "Unfreeze", "f")
SUPPLY_ACCOUNT = _operators("supply", "Supply", "u", "Supply credits to this account")
GRANT_ROLE = _operators("grant_role", "Set role", "r", "Make it a user, operator or auditor")
RESET_PASSWORD = _operators("reset_password", "New password", "p", "Create a one-time password")
ALLOW, FORBID = _operators("allow", "Allow", "space"), _operators("forbid", "Forbid", "space")
REFUSED_REQUESTS = Action("refusals", "Refused requests", "r")
BACK_TO_PERMISSIONS = Action("back_to_permissions", "Back to the sheet", "escape")
LOOK_UP_SESSION = Action("look_up", "Show session", "s", "Show a session by its number")
START_CLEANER = _operators("start_cleaner", "Start", "space")
STOP_CLEANER = _operators("stop_cleaner", "Stop", "space")
CLEAN_NOW = _operators("clean_now", "Clean now", "c")
NEW_WORKER = _operators("new_worker", "New worker", "n")
REMOVE_WORKER = _operators("remove_worker", "Remove worker", "d")
COPY_CONTACT = Action("copy_contact", "Copy contact", "y")
