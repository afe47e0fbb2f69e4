"""The home screen: balance, clock, recent activity, and what you can do now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label, Static

from ewallet_core.presentation.formatting import countdown, grouped
from ewallet_tui.actions import (
    HELP,
    LEAVE_TOUR,
    PAUSE,
    PAY,
    RESUME,
    START,
    STOP,
    SUPPLY,
    TO_CREDITS,
    TO_TIME,
    TRANSFER,
    Action,
)
from ewallet_tui.activity import ACTIVITY_COLUMNS, activity_rows, in_words
from ewallet_tui.availability import ASK_FOR_CREDITS, NO_CREDITS_YET, Possible
from ewallet_tui.context import AppContext
from ewallet_tui.screens import account_actions, credit_actions
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.run_forms import TIMER_ACTIONS
from ewallet_tui.screens.wallet_forms import WALLET_ACTIONS
from ewallet_tui.state import AccountState
from ewallet_tui.status import clock_status, other_timers_text
from ewallet_tui.widgets.big_digits import BigDigits, state_line
from ewallet_tui.widgets.charts import BalanceCurve
from ewallet_tui.widgets.footer import SteadyLine
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.status_bar import BurningBar
from ewallet_tui.widgets.tour import Tour, TourStep

TURNS = (START, PAUSE, RESUME)
"""The space bar does the one that is possible."""


def be_supplied(email: str) -> TourStep:
    """The first step where the operator has to take it."""
    return TourStep(SUPPLY.id, "Get credits", f"{ASK_FOR_CREDITS} They need your email: {email}")


def steps(keys: Mapping[str, str]) -> tuple[TourStep, ...]:
    """The steps to a running clock; `keys` are the ones that the user has changed."""
    return (
        TourStep(
            SUPPLY.id,
            "Supply credits",
            "You pay with credits. Your balance is at the top left of every screen.",
        ),
        TourStep(
            TO_TIME.id,
            "Convert some to time",
            "The clock runs on time. The time left is at the top right; "
            f"{TO_CREDITS.shown_key(keys)} converts it back to credits.",
        ),
        TourStep(
            START.id,
            "Start the clock",
            f"The time left counts down at the top of every screen. {PAUSE.shown_key(keys)} pauses it, "
            f"{STOP.shown_key(keys)} stops it, {HELP.shown_key(keys)} lists all keys.",
        ),
    )


class HomeScreen(BaseScreen):
    MODE = "home"
    CSS_PATH = "home.tcss"
    AUTO_FOCUS = "RecordList"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high"), (34, "-tall")]  # noqa: RUF012 - as Screen declares it

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._may_tour: bool | None = None
        """Whether there are first steps to show; `None`: nothing is known yet of what was done before."""
        self._has_asked_for_email = False
        if context.state is not None:
            # Before it is mounted: a class that changes later restyles the whole screen.
            self._show_whether_lived(context.state)

    def compose_content(self) -> ComposeResult:
        with Horizontal(id="amounts"):
            with Vertical(id="balance-face"):
                yield Label("Balance, in credits", classes="caption")
                yield BigDigits(id="credits")
                yield BalanceCurve()
                yield Static(id="history", classes="caption detail", markup=False)
            with Vertical(id="clock-face"):
                yield Label("Clock", classes="caption")
                yield BigDigits(id="left")
                yield BurningBar()
                yield SteadyLine(id="state", classes="detail")
        with Horizontal(id="controls"):
            yield from map(self.button, WALLET_ACTIONS)
            yield Button("Start", id="turn")
            yield self.button(STOP)
        keys = self.context.settings.keys
        skip = f"{LEAVE_TOUR.shown_key(keys)} skips them."
        yield Tour(f"Three steps to a running clock. {skip}", steps(keys))
        yield Label("Recent activity", classes="caption", id="recent-activity")
        yield RecordList(ACTIVITY_COLUMNS)

    def show(self, state: AccountState) -> None:
        if self._may_tour is None:
            # A used account needs no tour.
            self._may_tour = not state.wallet.credits and state.clock.is_new and not state.activity
        self.query_one("#credits", BigDigits).value = grouped(state.wallet.credits)
        self.show_second(state, self.context.now())
        self._show_buttons()
        self._show_past(state)
        if state.account.must_change_email and not self._has_asked_for_email:
            self._has_asked_for_email = True
            self.call_later(account_actions.edit, self)

    def show_second(self, state: AccountState, now: float) -> None:
        clock, tint = state.clock, clock_status(state.clock, now).style
        left, bar = self.query_one("#left", BigDigits), self.query_one(BurningBar)
        left.value, left.tint = countdown(clock.left_ms(now)), tint
        bar.share, bar.tint = (clock.left_ms(now), clock.total_ms(now)), tint
        bar.visible = clock.total_ms(now) > 0
        self.query_one("#state", SteadyLine).say(
            state_line(clock, now, self.today(), others=other_timers_text(state, now))
        )

    def can(self, action: Action) -> Possible:
        return (self.has_class("-touring") or None) if action is LEAVE_TOUR else True

    def leave_tour(self) -> None:
        self._may_tour = False
        self._show_steps(self.query_one(Tour), self.query_one(RecordList), ())

    @on(Button.Pressed, "#turn")
    def _turn_pressed(self) -> None:
        if turn := self._turn():
            TIMER_ACTIONS[turn](self)

    @on(RecordList.RowOpened)
    def _opened(self, event: RecordList.RowOpened) -> None:
        self.open_record(*event.row.record)

    def _turn(self) -> Action | None:
        return next((turn for turn in TURNS if self.is_enabled(turn) is True), None)

    def _show_buttons(self) -> None:
        turn = self._turn()
        button = self.query_one("#turn", Button)
        button.label, button.disabled = (turn or START).label, turn is None
        self.show_buttons()

    def _show_past(self, state: AccountState) -> None:
        tour, listed = self.query_one(Tour), self.query_one(RecordList)
        history = state.balance_history
        self.query_one(BalanceCurve).balances = history
        self.query_one("#history", Static).update(in_words(history) if any(history) else "")
        rows = activity_rows(state, self.today())
        nothing_yet = f"No activity yet. Supply credits with {SUPPLY.shown_key(self.context.settings.keys)}."
        listed.empty = nothing_yet if state.may_supply else NO_CREDITS_YET
        listed.show(rows)
        self._show_whether_lived(state)
        kinds = {each["kind"] for each in state.activity}
        done = ("transfer" in kinds, "conversion" in kinds, "time" in kinds or state.clock.runs)
        if all(done):
            # Another wallet or clock starts no second tour.
            self._may_tour = False
        awaited = None if done[0] or state.may_supply else be_supplied(state.account.email)
        self._show_steps(tour, listed, done if self._may_tour else (), awaited)

    def _show_whether_lived(self, state: AccountState) -> None:
        self.set_class(any(each["kind"] != "time" for each in state.activity), "-lived")

    def _show_steps(
        self, tour: Tour, listed: RecordList, done: Sequence[bool], awaited: TourStep | None = None
    ) -> None:
        # A disabled button loses the focus at once.
        had_focus = tour.has_focus_within
        tour.show(done, awaited)
        self.set_class(tour.is_under_way, "-touring")
        if had_focus and not tour.is_under_way:
            self.call_after_refresh(listed.focus)

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        SUPPLY: credit_actions.supply,
        PAY: credit_actions.pay,
        TRANSFER: credit_actions.transfer,
        TO_TIME: credit_actions.convert_to_time,
        **TIMER_ACTIONS,
        TO_CREDITS: credit_actions.convert_to_credits,
        LEAVE_TOUR: leave_tour,
    }
