"""The operator's place, which begins with the accounts: finding one, and what can be done with it."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ewallet_tui.operator import account_questions as questions
from ewallet_tui.operator.listed_accounts import (
    ACTIVE,
    COLUMNS,
    FROZEN,
    AccountRow,
    account_row,
    called,
    facts_of,
)
from ewallet_tui.screens.chooser import Chooser
from ewallet_tui.screens.one_time_password import OneTimePassword
from ewallet_tui.screens.operator_part import SYSTEM, OperatorPart
from ewallet_tui.screens.reading_sheet import ReadingSheet
from ewallet_tui.widgets.filter_box import FilterBox
from ewallet_tui.widgets.record_list import RecordList

EMPTY = "No account yet. Whoever registers is listed here."
NOT_FOUND = "No name or email has that. Show all with esc."


class OperatorScreen(OperatorPart):
    """Everybody's accounts, the latest first."""

    PART = "accounts"
    CHANGES = frozenset({"freeze", "unfreeze", "supply", "grant_role", "reset_password"})
    # The one key is what is possible with the account under the cursor, and the footer names it.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "freeze", "Freeze", id="freeze"),
        Binding("f", "unfreeze", "Unfreeze", id="unfreeze"),
        Binding("u", "supply", "Supply", tooltip="Give credits to this account", id="supply"),
        Binding("r", "grant_role", "Role", tooltip="Make it a user, operator or auditor", id="grant_role"),
        Binding(
            "p", "reset_password", "New password", tooltip="Make a password for a login", id="reset_password"
        ),
        Binding("slash", "filter", "Find", key_display="/", id="filter"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def compose_part(self) -> ComposeResult:
        """The accounts, and what narrows them."""
        yield FilterBox("a part of the name or email", "RecordList")
        yield RecordList(COLUMNS)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what can't be done with the account under the cursor."""
        state = self.account["state"] if self.account else ""
        if action == "unfreeze" and state != FROZEN:
            return False
        if action == "freeze" and state == FROZEN:
            return False
        if action in {"freeze", "supply"} and state != ACTIVE:
            return None
        if action in self.CHANGES and not state:
            return None
        return super().check_action(action, parameters)

    @property
    def account(self) -> AccountRow | None:
        """The account under the cursor."""
        rows = self.query(RecordList)
        row = rows.first().row if rows else None
        return row.record if row else None

    @property
    def own_email(self) -> str:
        """The email of who is logged in."""
        picture = self.wallet_app.picture
        return picture.account.email if picture else ""

    async def load(self) -> None:
        """Show the accounts of now."""
        listed = self.query_one(RecordList)
        listed.empty = NOT_FOUND if self._text else EMPTY
        await listed.show_pages(self.pages("accounts", account_row, text=self._text))
        self.refresh_bindings()

    def action_filter(self) -> None:
        """Ask for a part of the name or email."""
        self.query_one(FilterBox).open()

    @work
    async def action_freeze(self) -> None:
        """Let nobody use the account, after a question."""
        account = self.account
        if account is None:
            return
        words = questions.freezing(account, is_own=account["email"] == self.own_email)
        if await self.confirm(f"Freeze {called(account)}", words, "Freeze it"):
            receipt = f"{called(account)} is frozen."
            await self.act(receipt, action="freeze", freeze="account", account=account["email"])

    @work
    async def action_unfreeze(self) -> None:
        """Let the account be used again."""
        if account := self.account:
            receipt = f"{called(account)} is active again."
            await self.act(receipt, action="unfreeze", unfreeze="account", account=account["email"])

    def action_supply(self) -> None:
        """Ask how many credits the account is to have."""
        if account := self.account:
            self.fill_in(
                questions.supplying(account),
                questions.supplied(account),
                controller="system",
                action="supply",
                supply="credits",
                supply_to=account["email"],
            )

    @work
    async def action_grant_role(self) -> None:
        """Choose what the account is here for."""
        account = self.account
        if account is None or self.app.screen is not self:
            return
        title = f"What is {called(account)} here for?"
        role = await self.app.push_screen_wait(Chooser(title, questions.ROLES, account["role"]))
        if role is not None and role != account["role"] and await self._is_meant(account, role):
            receipt = f"{called(account)} is {_a(role)} now."
            await self.act(receipt, action="grant", grant="role", account=account["email"], role=role)

    @work
    async def action_reset_password(self) -> None:
        """Give the account a password for one login, after a question, and show it once."""
        account = self.account
        if account is None:
            return
        words, title = questions.resetting(account), f"New password for {called(account)}"
        if not await self.confirm(title, words, "Make one"):
            return
        reset = {"action": "reset", "reset": "password", "account": account["email"]}
        answer = await self.wallet_app.act(**SYSTEM, **reset)
        if not answer["failed"]:
            self.show_sheet(OneTimePassword(account["name"], answer, self.today()))

    async def _is_meant(self, account: AccountRow, role: str) -> bool:
        words = questions.new_role(account, role)
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
            self.app.push_screen(ReadingSheet("Account", facts_of(event.row.record)))


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
