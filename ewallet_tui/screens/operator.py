"""The operator's accounts: find one, and act on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Label, Static

from ewallet_core.presentation.formatting import (
    credit_amount,
    full_day,
    grouped,
    moment,
    one_line,
    parse_timestamp,
    price,
)
from ewallet_core.presentation.tables import Column
from ewallet_tui.actions import (
    FIND,
    FREEZE,
    GRANT_ROLE,
    OPERATOR_PARTS,
    RESET_PASSWORD,
    SUPPLY_ACCOUNT,
    UNFREEZE,
    Action,
)
from ewallet_tui.availability import NOTHING_LISTED, Possible
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import ListRow
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import ChoiceModal, FactsModal, Modal, confirm, titled
from ewallet_tui.screens.operator_base import SYSTEM, change, current_record, find, show_pages
from ewallet_tui.screens.wallet_forms import supply_form
from ewallet_tui.widgets.form import Answer, FormSpec, Values, no_problems, unchanged
from ewallet_tui.widgets.inputs import FilterBox
from ewallet_tui.widgets.record_list import RecordList

AccountRow = Mapping[str, Any]

ACTIVE, FROZEN, DELETION_PENDING = "active", "frozen", "unlink_pending"
LONGEST_NAME = 20
COLUMNS = (
    Column("Name"),
    Column("Email", fills=True),
    Column("Role", from_width=60),
    Column("State"),
    Column("Since", from_width=66),
)
NOT_ACTIVE = {
    FROZEN: "This account is frozen. Unfreeze it first.",
    DELETION_PENDING: "This account is about to be erased. Only its owner can recover it.",
}
ROLE_STYLES = {"operator": "$text-accent", "auditor": "$text-secondary"}


def account_row(account: AccountRow) -> ListRow:
    cells = (
        plain(account["name"], LONGEST_NAME),
        account["email"],
        Content.styled(account["role"], ROLE_STYLES.get(account["role"], "")),
        state_of(account),
        full_day(parse_timestamp(account["create_date"])),
    )
    return ListRow(str(account["id"]), cells, account)


def state_of(account: AccountRow) -> Content:
    """The state of the account: a sign, a word and a colour."""
    if account["state"] == FROZEN:
        return Content.styled("‖ frozen", "$text-warning")
    if account["state"] == DELETION_PENDING:
        return Content.styled(
            f"○ erased on {full_day(parse_timestamp(account['to_unlink_timestamp']))}", "$foreground-muted"
        )
    return Content.styled("● active", "$text-success")


def facts_of(account: AccountRow) -> list[tuple[str, str]]:
    return [
        ("Name", account["name"]),
        ("Email", account["email"]),
        ("Role", account["role"]),
        ("State", state_of(account).plain),
        ("Since", full_day(parse_timestamp(account["create_date"]))),
        ("Changed", full_day(parse_timestamp(account["write_date"]))),
        ("Number", str(account["id"])),
    ]


def called(account: AccountRow) -> str:
    return one_line(account["name"])


def whole(account: AccountRow) -> str:
    """The account without doubt: `Ada (ada@example.org)`."""
    return f"{called(account)} ({one_line(account['email'])})"


ROLES = {
    "user": "user: has a wallet, a clock and sheets",
    "operator": "operator: can also do everything here",
    "auditor": "auditor: can view everything here, change nothing",
}


def freezing(account: AccountRow, *, is_own: bool) -> str:
    """What freezing means; `is_own` for the operator's own account."""
    if is_own:
        return (
            f"This is your own account, {whole(account)}. You will be locked out at once, here and elsewhere."
        )
    return f"The timers of {whole(account)} stop, and they can't do anything. You can unfreeze the account."


def resetting(account: AccountRow) -> str:
    return (
        f"The current password of {whole(account)} stops working, and all sessions of the account end."
        " You get a password for one login within 24 hours."
    )


def new_role(account: AccountRow, role: str) -> str:
    """What the role means if that needs a confirmation, otherwise nothing."""
    if role == "operator":
        return f"{whole(account)} can then do everything you can do here: freeze, supply, set permissions."
    if account["role"] == "operator":
        return f"{whole(account)}, operator until now, can then do nothing here."
    return ""


def supplying(account: AccountRow) -> FormSpec:
    def preview(values: Values) -> str:
        if "credits" not in values:
            return ""
        whole = {"currency", "cost"} <= set(values)
        paid = f" for {price(values['currency'], values['cost'])}" if whole else ""
        return f"{called(account)} gets {credit_amount(values['credits'])}{paid}."

    return replace(
        supply_form(0),
        title="Supply an account",
        note=f"The credits go to the active wallet of {one_line(account['email'])}.",
        preview=preview,
        validate=no_problems,
        reworded=unchanged,
    )


def supplied(account: AccountRow) -> Callable[[Answer], str]:
    def result(answer: Answer) -> str:
        got = credit_amount(answer["supplied_credits"])
        return f"{called(account)} got {got}. New balance: {grouped(answer['ewallet_credits'])}."

    return result


class OneTimePasswordModal(Modal[None]):
    """The one-time password in large type, shown once."""

    DEFAULT_CSS = """
    OneTimePasswordModal {
        .sheet { width: 62; }
        #password {
            width: 1fr; height: 3; margin: 1 0; content-align: center middle; background: $panel;
            text-style: bold;
        }
        .words { width: 1fr; height: auto; }
        .buttons { height: 1; margin-top: 1; align-horizontal: right; }
        Button { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#copy"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Done"),
        Binding("y", "copy", "Copy", id="copy_password"),
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, context: AppContext, name: str, answer: Answer, now: datetime) -> None:
        super().__init__()
        self._app_context = context
        self._name = one_line(name)
        self._password = answer["user_pass"]
        self._until = moment(parse_timestamp(answer["valid_to"]), now)

    def compose(self) -> ComposeResult:
        with Vertical() as sheet:
            titled(sheet, f"New password for {self._name}")
            yield Static("It is shown only once. Pass it on now.", classes="words")
            yield Static(Content(self._password), id="password")
            yield Label(self._rule, classes="words", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("y Copy", id="copy", action="screen.copy")
                yield Button("esc Done", id="done", action="screen.dismiss")

    @property
    def _rule(self) -> str:
        return (
            f"{self._name} can log in with it once, until {self._until}, and must then choose a new password."
            " The old password no longer works, and all sessions have ended."
        )

    def action_copy(self) -> None:
        self._app_context.copy(self._password, "the password")


EMPTY = "No accounts yet. New accounts are listed here."
NOT_FOUND = "No account found. Escape shows all again."


class OperatorScreen(BaseScreen):
    """All accounts, newest first."""

    MODE = "operator"
    PARTS = OPERATOR_PARTS
    PART = "accounts"
    AUTO_FOCUS = "RecordList"
    RELOADS = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._text = ""

    def compose_content(self) -> ComposeResult:
        yield FilterBox("find a name or email", "RecordList")
        yield RecordList(COLUMNS)

    @property
    def account(self) -> AccountRow | None:
        return current_record(self)

    def can(self, action: Action) -> Possible:
        """Grey what is not possible for the account under the cursor; one key freezes or unfreezes."""
        state = self.account["state"] if self.account else ""
        if action in (FREEZE, UNFREEZE) and (state == FROZEN) is not (action is UNFREEZE):
            return False
        if action in (FREEZE, SUPPLY_ACCOUNT, GRANT_ROLE, RESET_PASSWORD) and not state:
            return NOTHING_LISTED
        if action in (FREEZE, SUPPLY_ACCOUNT) and state != ACTIVE:
            return NOT_ACTIVE[state]
        return True

    async def load(self) -> None:
        empty = NOT_FOUND if self._text else EMPTY
        await show_pages(self, "accounts", account_row, empty, text=self._text)

    @work
    async def freeze(self) -> None:
        account = self.account
        if account is None:
            return
        state = self.context.state
        is_own = state is not None and account["email"] == state.account.email
        words = freezing(account, is_own=is_own)
        if await confirm(self, f"Freeze {called(account)}", words, "Freeze it"):
            result = f"{called(account)} is frozen."
            await change(self, result, action="freeze", freeze="account", account=account["email"])

    @work
    async def unfreeze(self) -> None:
        if account := self.account:
            result = f"{called(account)} is active again."
            await change(self, result, action="unfreeze", unfreeze="account", account=account["email"])

    def supply(self) -> None:
        if account := self.account:
            self.fill_in(
                supplying(account),
                supplied(account),
                controller="system",
                action="supply",
                supply="credits",
                supply_to=account["email"],
            )

    @work
    async def grant_role(self) -> None:
        account = self.account
        if account is None or self.app.screen is not self:
            return
        title = f"Role of {called(account)}"
        role = await self.app.push_screen_wait(ChoiceModal(title, ROLES, account["role"]))
        if role is None or role == account["role"]:
            return
        words = new_role(account, role)
        if not words or await confirm(self, "Change the role", words, f"Make {_a(role)}"):
            result = f"{called(account)} is now {_a(role)}."
            await change(self, result, action="grant", grant="role", account=account["email"], role=role)

    @work
    async def reset_password(self) -> None:
        account = self.account
        if account is None:
            return
        words, title = resetting(account), f"New password for {called(account)}"
        if not await confirm(self, title, words, "Create"):
            return
        reset = {"action": "reset", "reset": "password", "account": account["email"]}
        answer = await self.context.act(**SYSTEM, **reset)
        if not answer["failed"]:
            self.show_modal(OneTimePasswordModal(self.context, account["name"], answer, self.today()))

    @on(FilterBox.Narrowed)
    def _narrow(self, event: FilterBox.Narrowed) -> None:
        self._text = event.text
        self.reload()

    @on(RecordList.RowOpened)
    def _open(self, event: RecordList.RowOpened) -> None:
        if event.row is not None:
            self.app.push_screen(FactsModal("Account", facts_of(event.row.record)))

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        FREEZE: freeze,
        UNFREEZE: unfreeze,
        SUPPLY_ACCOUNT: supply,
        GRANT_ROLE: grant_role,
        RESET_PASSWORD: reset_password,
        FIND: find,
    }


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
