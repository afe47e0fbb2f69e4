"""The wallets, actions on the active one, and its statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Label

from ewallet_core.presentation.formatting import grouped
from ewallet_core.presentation.periods import ALL_THE_TIME, Period
from ewallet_core.presentation.tables import Column
from ewallet_tui.actions import (
    CHOOSE_PERIOD,
    MOVE_CREDITS,
    PAY,
    SHOW_ALL,
    SUPPLY,
    TO_CREDITS,
    TO_TIME,
    TRANSFER,
    WALLETS,
    Action,
)
from ewallet_tui.activity import COLUMNS, record_of, statement_row
from ewallet_tui.availability import NO_CREDITS_YET, Possible
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import PAGE, ListRow, Page, RecordPages
from ewallet_tui.sanitize import plain
from ewallet_tui.screens import credit_actions
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.moves import move_credits
from ewallet_tui.screens.owned_items import OwnedItemPicker, functions_of
from ewallet_tui.screens.wallet_forms import WALLET_ACTIONS
from ewallet_tui.state import WALLET, AccountState
from ewallet_tui.widgets.big_digits import BigDigits
from ewallet_tui.widgets.record_list import RecordList

WALLET_COLUMNS = (Column("Wallet", fills=True), Column("Credits", align="right"))
NOTHING_THEN = "No movements on those dates. Escape shows all dates."


class WalletScreen(BaseScreen):
    MODE = "wallet"
    CSS_PATH = "wallet.tcss"
    AUTO_FOCUS = "#statement"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._period = ALL_THE_TIME
        self._picker = OwnedItemPicker(self, lambda: WALLET, look=self._show_records, empty=self._empty)

    def compose_content(self) -> ComposeResult:
        with Vertical(id="wallet"):
            yield self._picker
            with Container(id="amounts"):
                yield BigDigits(id="credits")
                yield RecordList(WALLET_COLUMNS, id="wallets")
            with Container(id="controls"):
                yield from map(self.button, WALLET_ACTIONS)
        with Vertical(id="movements"):
            yield Label("", id="balances", markup=False)
            yield RecordList(COLUMNS, id="statement")

    def show(self, state: AccountState) -> None:
        self.query_one("#credits", BigDigits).value = grouped(state.wallet.credits)
        self.show_buttons()
        self.set_class(len(state.owned[WALLET].names) > 1, "-several")
        self._picker.show_state()

    def _empty(self) -> None:
        self.workers.cancel_group(self, "records")
        self.query_one("#statement", RecordList).clear()
        self.query_one("#balances", Label).update("")

    def can(self, action: Action) -> Possible:
        if action is SHOW_ALL:
            return self._period != ALL_THE_TIME or None
        return self._picker.can(action, WALLETS)

    def choose_period(self) -> None:
        self.ask_period(None if self._period == ALL_THE_TIME else self._period, self._choose_period)

    def show_all(self) -> None:
        self._choose_period(ALL_THE_TIME)

    def _choose_period(self, period: Period) -> None:
        self._period = period
        self.refresh_bindings()
        self._show_records()

    @on(RecordList.RowOpened, "#wallets")
    def _wallet_opened(self, event: RecordList.RowOpened) -> None:
        self._picker.choose(int(event.row.key))

    @on(RecordList.RowOpened, "#statement")
    def _movement_opened(self, event: RecordList.RowOpened) -> None:
        movement = event.row.record
        if record := record_of(movement):
            self.open_record(*record)
        else:
            words = f"Entry {grouped(movement['entry'])} of the journal keeps what it said."
            self.context.notify(words, title="The record was removed.")

    @work(group="records", exclusive=True)
    async def _show_records(self) -> None:
        # Query first: the screen may be removed before the answers arrive.
        listed, wallets = self.query_one("#statement", RecordList), self.query_one("#wallets", RecordList)
        await listed.show_pages(RecordPages(self._read_statement, in_order=True))
        listed.empty = self._nothing_moved()
        wallets.show(await self._wallets())

    def _nothing_moved(self) -> str:
        if self._period != ALL_THE_TIME:
            return NOTHING_THEN
        state = self.context.state
        if state is None or state.may_supply:
            return f"No movements yet. Supply credits with {SUPPLY.shown_key(self.context.settings.keys)}."
        return NO_CREDITS_YET

    async def _read_statement(self, _: int, cursor: Any) -> Page | None:
        further = {} if cursor is None else {"before": cursor}
        period = self._period
        answer = await self.context.act(
            action="view",
            view="statement",
            ewallet_id=self._picker.chosen,
            limit=PAGE,
            **period.arguments(),
            **further,
        )
        if answer["failed"]:
            return None
        self.query_one("#balances", Label).update(_balances(period, answer["opening"], answer["closing"]))
        now = self.today()
        return Page([statement_row(movement, now) for movement in answer["rows"]], answer["next"])

    async def _wallets(self) -> list[ListRow]:
        answer = await self.context.act(action="view", view="credit", credit="ewallets")
        return [] if answer["failed"] else [self._wallet_row(wallet) for wallet in answer["ewallets"]]

    def _wallet_row(self, wallet: dict[str, Any]) -> ListRow:
        is_active = wallet["id"] == self._picker.chosen
        name = Content.assemble(("● " if is_active else "  ", "$text-success"), plain(wallet["reference"]))
        return ListRow(str(wallet["id"]), (name, grouped(wallet["credits"])), wallet)

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        SUPPLY: credit_actions.supply,
        PAY: credit_actions.pay,
        TRANSFER: credit_actions.transfer,
        TO_TIME: credit_actions.convert_to_time,
        CHOOSE_PERIOD: choose_period,
        TO_CREDITS: credit_actions.convert_to_credits,
        MOVE_CREDITS: move_credits,
        **functions_of(WALLETS),
        SHOW_ALL: show_all,
    }


def _balances(period: Period, opening: int, closing: int) -> Content:
    """The dates shown, with the balance before and after."""
    return Content.assemble(
        ("Statement  ", "$foreground-muted"),
        period.words,
        (f"   opening {grouped(opening)}   closing {grouped(closing)}", "$foreground-muted"),
    )
