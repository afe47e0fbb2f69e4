"""Home: what there is, what runs, what happened lately, and what can be done now."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label, Static

from ewallet_tui.lately import COLUMNS, latest_rows
from ewallet_tui.picture import Picture
from ewallet_tui.screens.converting import CONVERSIONS, SUPPLY, ConvertingScreen
from ewallet_tui.screens.paying import PAYMENTS, PayingScreen
from ewallet_tui.screens.wallet_forms import ASK_FOR_CREDITS
from ewallet_tui.standing import standing_of
from ewallet_tui.widgets.figures import Figures
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.timer_face import state_line
from ewallet_tui.widgets.tour import Step, Tour
from ewallet_tui.words import countdown, grouped

MOST_RECORDS = 100
ACTIONS = {
    "supply": "Supply",
    "convert_to_time": "Convert to time",
    "convert_to_credits": "Convert to credits",
}
STEPS = (
    Step("supply", "Supply credits"),
    Step("convert_to_time", "Convert some to time"),
    Step("start", "Start the clock"),
)


class HomeScreen(PayingScreen, ConvertingScreen):
    """Balance, clock in short, actions, and the latest movements; a tour while there are none."""

    PLACE = "home"
    CSS_PATH = "home.tcss"
    AUTO_FOCUS = "RecordList"
    BINDINGS: ClassVar[list[BindingType]] = [
        SUPPLY,
        *PAYMENTS,
        *CONVERSIONS,
    ]

    def compose_content(self) -> ComposeResult:
        """What there is, what can be done, what happened."""
        with Horizontal(id="holdings"):
            with Vertical(id="balance-face"):
                yield Label("Balance", classes="caption")
                yield Figures(id="credits")
                yield Label("credits", classes="caption")
            with Vertical(id="clock-face"):
                yield Label("Clock", classes="caption")
                yield Figures(id="left")
                yield Static(id="state", markup=False)
        with Horizontal(id="controls"):
            for action, label in ACTIONS.items():
                yield Button(label, id=action, action=f"screen.{action}")
        yield Tour("Three steps to a running clock:", STEPS)
        yield Label("Lately", classes="caption", id="lately")
        yield RecordList(COLUMNS)

    def show(self, picture: Picture) -> None:
        """Show what the wallet and its clock hold now, and how that came about."""
        self.query_one("#credits", Figures).value = grouped(picture.wallet.credits)
        for button in self.query("#controls Button").results(Button):
            button.disabled = not self.can(button.id or "")
        self.show_second(picture, self.wallet_app.now())
        self._show_records()

    def show_second(self, picture: Picture, now: float) -> None:
        """Let the countdown fall by a second."""
        left = self.query_one("#left", Figures)
        left.value, left.tint = countdown(picture.clock.left_ms(now)), standing_of(picture.clock, now).style
        self.query_one("#state", Static).update(state_line(picture.clock, now, self.today()))

    @work
    async def action_start(self) -> None:
        """Start the timer, and go where it is seen."""
        answer = await self.wallet_app.act(action="start", start="clock_timer")
        if not answer["failed"]:
            self.action_go("clock")

    @work(group="records", exclusive=True)
    async def _show_records(self) -> None:
        # Looked up before the engine is asked: the screen may be gone when the answers come.
        tour, lately, listed = self.query_one(Tour), self.query_one("#lately"), self.query_one(RecordList)
        transfers = await self.newest("transfer", MOST_RECORDS)
        conversions = await self.newest("conversion", MOST_RECORDS)
        times = await self.newest("time", 1)
        picture = self.wallet_app.picture
        used = bool(times) or bool(picture and picture.clock.runs)
        rows = latest_rows(transfers, conversions, self.today(), MOST_RECORDS)
        listed.empty = "" if self.may_supply() else f"No credits yet. {ASK_FOR_CREDITS}"
        listed.show(rows)
        lately.display = bool(rows)
        # Its first step must not lead to where it goes no further.
        leads_on = bool(transfers) or self.may_supply()
        tour.show((bool(transfers), bool(conversions), used) if leads_on else ())
