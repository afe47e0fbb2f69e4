"""The wallets, what can be done with the active one, and its statement."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Button, Label

from ewallet_core.presentation.formatting import grouped
from ewallet_core.presentation.periods import ALL_THE_TIME, Period
from ewallet_core.presentation.tables import Column
from ewallet_tui.activity import COLUMNS, record_of, statement_row
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import PAGE, ListRow, Page, RecordPages
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.belonging_screen import OwnedItemScreen, owned_item_keys
from ewallet_tui.screens.converting import SUPPLY, TO_CREDITS, TO_TIME, ConvertingScreen
from ewallet_tui.screens.form_screen import chosen_period, period_plan
from ewallet_tui.screens.paying import PAYMENTS, PayingScreen
from ewallet_tui.screens.wallet_forms import ASK_FOR_CREDITS, WALLET_ACTIONS
from ewallet_tui.state import WALLET, AccountState, OwnedItemKind
from ewallet_tui.widgets.big_digits import BigDigits
from ewallet_tui.widgets.form import Answer
from ewallet_tui.widgets.owned_item_line import OwnedItemLine
from ewallet_tui.widgets.record_list import RecordList

WALLET_COLUMNS = (Column("Wallet", fills=True), Column("Credits", align="right"))
NOTHING_MOVED = "Nothing has moved here yet. Supply credits with u."
NOTHING_THEN = "Nothing moved here then. Escape shows all the time."


class WalletScreen(OwnedItemScreen, PayingScreen, ConvertingScreen):
    """The wallets beside the statement of the active one, or above it where there is less room."""

    MODE = "wallet"
    CSS_PATH = "wallet.tcss"
    AUTO_FOCUS = "#statement"
    BINDINGS: ClassVar[list[BindingType]] = [
        SUPPLY,
        *PAYMENTS,
        TO_TIME,
        Binding("f", "choose_period", "Period", tooltip="Show the movements of a time", id="choose_period"),
        TO_CREDITS,
        *owned_item_keys("wallet"),
        Binding("escape", "show_all", "Show all", show=False, id="show_all"),
    ]

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._period = ALL_THE_TIME

    @property
    def kind_of_item(self) -> OwnedItemKind:
        """The wallets of the account."""
        return WALLET

    def compose_content(self) -> ComposeResult:
        """Which wallet, what is in it and what can be done; all wallets; and what moved it."""
        with Vertical(id="wallet"):
            yield OwnedItemLine()
            with Container(id="holdings"):
                yield BigDigits(id="credits")
                yield RecordList(WALLET_COLUMNS, id="wallets")
            with Container(id="controls"):
                for action, label in WALLET_ACTIONS.items():
                    yield Button(label, id=action, action=f"screen.{action}")
        with Vertical(id="movements"):
            yield Label("", id="balances", markup=False)
            yield RecordList(COLUMNS, id="statement")

    def show(self, state: AccountState) -> None:
        """Show what the active wallet holds, what can be done with it, and how it came to that."""
        self.query_one("#credits", BigDigits).value = grouped(state.wallet.credits)
        for button in self.query("#controls Button").results(Button):
            button.disabled = self.check_action(button.id or "", ()) is not True
        self.set_class(len(state.owned[WALLET].names) > 1, "-several")
        super().show(state)

    def look(self) -> None:
        """Show the wallets, and the statement of the one that is looked at."""
        self._show_records()

    def empty(self) -> None:
        """Take the statement of another wallet away."""
        self.workers.cancel_group(self, "records")
        self.query_one("#statement", RecordList).clear()
        self.query_one("#balances", Label).update("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Everything is shown already where no time was chosen."""
        if action == "show_all":
            return self._period != ALL_THE_TIME or None
        return super().check_action(action, parameters)

    def action_choose_period(self) -> None:
        """Ask for a time, and show only what moved the wallet then."""
        today = self.today().astimezone().date()

        async def choose(values: dict[str, Any]) -> Answer:
            self._choose_period(chosen_period(values, today))
            return {"failed": False}

        chosen = None if self._period == ALL_THE_TIME else self._period
        self.ask_with(period_plan(today, chosen), choose)

    def action_show_all(self) -> None:
        """Show what moved the wallet at any time."""
        self._choose_period(ALL_THE_TIME)

    def _choose_period(self, period: Period) -> None:
        self._period = period
        self.refresh_bindings()
        self.look()

    @on(RecordList.Opened, "#wallets")
    def _wallet_opened(self, event: RecordList.Opened) -> None:
        self.look_at(int(event.row.key))

    @on(RecordList.Opened, "#statement")
    def _movement_opened(self, event: RecordList.Opened) -> None:
        movement = event.row.record
        if record := record_of(movement):
            self.open_record(*record)
        else:
            words = f"Entry {grouped(movement['entry'])} of the journal has what it said."
            self.context.notify(words, title="Its record was unlinked.")

    @work(group="records", exclusive=True)
    async def _show_records(self) -> None:
        # Looked up before the engine is asked: the screen may be gone when the answers come.
        listed, wallets = self.query_one("#statement", RecordList), self.query_one("#wallets", RecordList)
        await listed.show_pages(RecordPages(self._read_statement, in_order=True))
        listed.empty = self._nothing_moved()
        wallets.show(await self._wallets())

    def _nothing_moved(self) -> str:
        if self._period != ALL_THE_TIME:
            return NOTHING_THEN
        return NOTHING_MOVED if self.may_supply() else f"No credits yet. {ASK_FOR_CREDITS}"

    async def _read_statement(self, _: int, cursor: Any) -> Page | None:
        further = {} if cursor is None else {"before": cursor}
        period = self._period
        answer = await self.context.act(
            action="view",
            view="statement",
            ewallet_id=self.looked_at,
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
        is_active = wallet["id"] == self.looked_at
        name = Content.assemble(("● " if is_active else "  ", "$text-success"), plain(wallet["reference"]))
        return ListRow(str(wallet["id"]), (name, grouped(wallet["credits"])), wallet)


def _balances(period: Period, opening: int, closing: int) -> Content:
    """Which time is shown, and the balance before and after it."""
    return Content.assemble(
        ("Statement  ", "$foreground-muted"),
        period.words,
        (f"   opening {grouped(opening)}   closing {grouped(closing)}", "$foreground-muted"),
    )
