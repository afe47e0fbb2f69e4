"""The operator's accounts: finding one, and what can be done with it."""

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
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import ListRow
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import ChoiceModal, FactsModal, Modal, titled
from ewallet_tui.screens.operator_base import SYSTEM, change, pages, show_as_operator
from ewallet_tui.screens.wallet_forms import supply_plan
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.form import Answer, FormSpec, Values, no_problems, unchanged
from ewallet_tui.widgets.form_field import FilterBox
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
ROLE_STYLES = {"operator": "$text-accent", "auditor": "$text-secondary"}


def account_row(account: AccountRow) -> ListRow:
    """A line of the list."""
    cells = (
        plain(account["name"], LONGEST_NAME),
        account["email"],
        Content.styled(account["role"], ROLE_STYLES.get(account["role"], "")),
        state_of(account),
        full_day(parse_timestamp(account["create_date"])),
    )
    return ListRow(str(account["id"]), cells, account)


def state_of(account: AccountRow) -> Content:
    """How the account stands, by sign, word and colour."""
    if account["state"] == FROZEN:
        return Content.styled("‖ frozen", "$text-warning")
    if account["state"] == DELETION_PENDING:
        return Content.styled(f"○ erased on {_last_day(account)}", "$foreground-muted")
    return Content.styled("● active", "$text-success")


def facts_of(account: AccountRow) -> list[tuple[str, str]]:
    """All that operators see of the account."""
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
    """The name, for a sentence."""
    return one_line(account["name"])


def _last_day(account: AccountRow) -> str:
    return full_day(parse_timestamp(account["to_unlink_timestamp"]))


ROLES = {
    "user": "user: an own wallet, clock and sheets",
    "operator": "operator: also everything here",
    "auditor": "auditor: looks at everything here, changes nothing",
}


def freezing(account: AccountRow, *, is_own: bool) -> str:
    """What freezing it means; `is_own` where it is that of who asks."""
    if is_own:
        return "It is the account that you are logged in with: you can do nothing more, here or anywhere."
    return (
        f"Its timers stop, and whoever is logged in as {called(account)} can do nothing. You can unfreeze it."
    )


def resetting(account: AccountRow) -> str:
    """What a new password for it means."""
    return (
        f"The password of {called(account)} works no more, and all sessions of the account end."
        " You get one that is good for one login within 24 hours."
    )


def new_role(account: AccountRow, role: str) -> str:
    """What that role means, where it should be thought over; nothing where it needn't."""
    if role == "operator":
        return f"{called(account)} can then do all that you can do here: freeze, supply, permit."
    if account["role"] == "operator":
        return f"{called(account)} can then do nothing here any more."
    return ""


def supplying(account: AccountRow) -> FormSpec:
    """The form for credits that go to the account's active wallet."""

    def preview(values: Values) -> str:
        if "credits" not in values:
            return ""
        whole = {"currency", "cost"} <= set(values)
        paid = f" for {price(values['currency'], values['cost'])}" if whole else ""
        return f"{called(account)} gets {credit_amount(values['credits'])}{paid}."

    return replace(
        supply_plan(0),
        title="Supply an account",
        note=f"To {one_line(account['email'])}, into the wallet that is active there.",
        preview=preview,
        validate=no_problems,
        reworded=unchanged,
    )


def supplied(account: AccountRow) -> Callable[[Answer], str]:
    """What tells what came of it."""

    def result(answer: Answer) -> str:
        got = credit_amount(answer["supplied_credits"])
        return f"{called(account)} got {got}. {grouped(answer['ewallet_credits'])} there now."

    return result


class OneTimePasswordModal(Modal[None]):
    """The password large enough to be read out, and what is to be done with it."""

    DEFAULT_CSS = """
    OneTimePassword {
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

    def __init__(self, name: str, answer: Answer, now: datetime) -> None:
        """The answer to what made the password."""
        super().__init__()
        self._name = one_line(name)
        self._password = answer["user_pass"]
        self._until = moment(parse_timestamp(answer["valid_to"]), now)

    def compose(self) -> ComposeResult:
        """For whom it is, the password, and how long it is good."""
        with Vertical() as sheet:
            titled(sheet, f"New password for {self._name}")
            yield Static("It is shown here once. Hand it over now.", classes="words")
            yield Static(Content(self._password), id="password")
            yield Label(self._rule, classes="words", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("y Copy", id="copy", action="screen.copy")
                yield Button("esc Done", id="done", action="screen.dismiss")

    @property
    def _rule(self) -> str:
        return (
            f"{self._name} can log in with it once, until {self._until}, and chooses an own password there."
            " The old one works no more, and all sessions have ended."
        )

    def action_copy(self) -> None:
        """Put it where the terminal pastes from."""
        self.app.copy_to_clipboard(self._password)
        self.notify("Copied.", markup=False)


EMPTY = "No account yet. Whoever registers is listed here."
NOT_FOUND = "No name or email has that. Show all with esc."


class OperatorScreen(BaseScreen):
    """Everybody's accounts, the latest first."""

    MODE = "operator"
    PARTS = OPERATOR_PARTS
    PART = "accounts"
    AUTO_FOCUS = "RecordList"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._text = ""

    def compose_content(self) -> ComposeResult:
        """The accounts, and what narrows them."""
        yield FilterBox("a part of the name or email", "RecordList")
        yield RecordList(COLUMNS)

    def can(self, action: Action) -> bool | None:
        """Grey what can't be done with the account under the cursor; one key freezes or unfreezes it."""
        state = self.account["state"] if self.account else ""
        if action in (FREEZE, UNFREEZE) and (state == FROZEN) is not (action is UNFREEZE):
            return False
        if action in (FREEZE, SUPPLY_ACCOUNT) and state != ACTIVE:
            return None
        return None if action in (GRANT_ROLE, RESET_PASSWORD) and not state else True

    @property
    def account(self) -> AccountRow | None:
        """The account under the cursor."""
        rows = self.query(RecordList)
        row = rows.first().row if rows else None
        return row.record if row else None

    @property
    def own_email(self) -> str:
        """The email of who is logged in."""
        state = self.context.state
        return state.account.email if state else ""

    def show(self, state: AccountState) -> None:
        """Read what there is now."""
        show_as_operator(self, state)

    def on_screen_resume(self) -> None:
        """Read what there is by now."""
        if self.context.state is not None:
            self.reload()

    async def load(self) -> None:
        """Show the accounts of now."""
        listed = self.query_one(RecordList)
        listed.empty = NOT_FOUND if self._text else EMPTY
        await listed.show_pages(pages(self, "accounts", account_row, text=self._text))
        self.refresh_bindings()

    def find(self) -> None:
        """Ask for a part of the name or email."""
        self.query_one(FilterBox).open()

    @work
    async def freeze(self) -> None:
        """Let nobody use the account, after a question."""
        account = self.account
        if account is None:
            return
        words = freezing(account, is_own=account["email"] == self.own_email)
        if await self.confirm(f"Freeze {called(account)}", words, "Freeze it"):
            result = f"{called(account)} is frozen."
            await change(self, result, action="freeze", freeze="account", account=account["email"])

    @work
    async def unfreeze(self) -> None:
        """Let the account be used again."""
        if account := self.account:
            result = f"{called(account)} is active again."
            await change(self, result, action="unfreeze", unfreeze="account", account=account["email"])

    def supply(self) -> None:
        """Ask how many credits the account is to have."""
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
        """Choose what the account is here for."""
        account = self.account
        if account is None or self.app.screen is not self:
            return
        title = f"What is {called(account)} here for?"
        role = await self.app.push_screen_wait(ChoiceModal(title, ROLES, account["role"]))
        if role is not None and role != account["role"] and await self._is_meant(account, role):
            result = f"{called(account)} is {_a(role)} now."
            await change(self, result, action="grant", grant="role", account=account["email"], role=role)

    @work
    async def reset_password(self) -> None:
        """Give the account a password for one login, after a question, and show it once."""
        account = self.account
        if account is None:
            return
        words, title = resetting(account), f"New password for {called(account)}"
        if not await self.confirm(title, words, "Make one"):
            return
        reset = {"action": "reset", "reset": "password", "account": account["email"]}
        answer = await self.context.act(**SYSTEM, **reset)
        if not answer["failed"]:
            self.show_modal(OneTimePasswordModal(account["name"], answer, self.today()))

    async def _is_meant(self, account: AccountRow, role: str) -> bool:
        words = new_role(account, role)
        return not words or await self.confirm("Change the role", words, f"Make {_a(role)}")

    @on(FilterBox.Narrowed)
    def _narrow(self, event: FilterBox.Narrowed) -> None:
        self._text = event.text
        self.reload()

    @on(RecordList.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(RecordList.Opened)
    def _open(self, event: RecordList.Opened) -> None:
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
