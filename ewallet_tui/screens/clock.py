"""The clock screen: the countdown, the timer's controls, and the time used before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from ewallet_core.presentation.formatting import MINUTE, local, parse_timestamp
from ewallet_tui.actions import (
    CLOCKS,
    EDIT_RUN,
    GO_TO,
    MOVE_TIME,
    SHOW_DAYS,
    SHOW_TIMES,
    START,
    STOP_AT,
    SUPPLY,
    TIMER,
    TO_CREDITS,
    TO_TIME,
    Action,
)
from ewallet_tui.availability import ASK_FOR_CREDITS, Possible
from ewallet_tui.context import AppContext
from ewallet_tui.record_query import RecordQuery
from ewallet_tui.records import TIME
from ewallet_tui.screens import credit_actions
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.moves import move_time
from ewallet_tui.screens.owned_items import OwnedItemPicker, functions_of
from ewallet_tui.screens.run_forms import TIMER_ACTIONS, EarlierStop, run_form, show_stopped
from ewallet_tui.state import CLOCK, AccountState
from ewallet_tui.status import other_timers_text
from ewallet_tui.widgets.big_digits import TimerFace
from ewallet_tui.widgets.charts import MANY_DAYS, Day, DayBars
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer
from ewallet_tui.widgets.record_list import RecordList

NO_RECENT_ACTIVITY = "No time used in the last 30 days."
FIRST_MINUTE = "The first minute of this run isn't over yet."


def nothing_recorded(state: AccountState, now: float, keys: Mapping[str, str]) -> str:
    """What to do next if the clock has no time records; `keys` are the ones that the user has changed."""
    clock, credits = state.clock, state.wallet.credits
    if clock.runs:
        return "The first time record is written when the timer stops."
    if others := other_timers_text(state, now, with_time=False):
        return f"Nothing used on this clock yet. {others}."
    if clock.is_out_of_time(now) and not credits and not state.may_supply:
        return f"No time or credits yet. {ASK_FOR_CREDITS}"
    if clock.is_out_of_time(now) and not credits:
        home, supply = GO_TO["home"].shown_key(keys), SUPPLY.shown_key(keys)
        return f"No time or credits yet. Supply credits on Home: press {home}, then {supply}."
    if clock.is_out_of_time(now):
        return f"No time yet. Convert credits to time with {TO_TIME.shown_key(keys)}."
    return f"Nothing used yet. Start the timer with {START.shown_key(keys)}."


def _day_of(row: Mapping[str, Any]) -> date:
    """The day of a row of the summary."""
    # Noon is on that day even if the system's time zone has no name and days begin an hour off.
    return local(parse_timestamp(row["start"]) + timedelta(hours=12)).date()


def edit_run(screen: BaseScreen) -> None:
    if state := screen.context.state:
        instruction: dict[str, Any] = {"action": "edit", "edit": "clock_timer"}
        screen.fill_in(run_form(state.clock), lambda _: "Saved.", only_changed=True, **instruction)


def stop_at(screen: BaseScreen) -> None:
    """Stop the timer at an earlier moment that the user types."""
    context, result = screen.context, screen.query_one(ResultLine)
    stop = EarlierStop(lambda: context.state.clock if context.state else None, context.now, screen.today)

    async def send(values: dict[str, Any]) -> Answer:
        return await context.send(action="stop", stop="clock_timer", **stop.argument(values))

    def show(answer: Answer | None) -> None:
        if answer is not None:
            show_stopped(context, result, answer, screen.showing)

    screen.ask_with(stop.form, send, show)


class ClockScreen(BaseScreen):
    MODE = "clock"
    CSS_PATH = "clock.tcss"
    AUTO_FOCUS = "RecordList"
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - as Screen declares it
        (0, "-lowest"),
        (14, "-low"),
        (20, "-short"),
        (24, "-high"),
        (34, "-tall"),
    ]

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._used_before_today = 0
        """The milliseconds that the current run used before today."""
        self._times = RecordQuery(TIME, context.act, lambda: None, self.today)
        self._picker = OwnedItemPicker(self, lambda: CLOCK, look=self._show_used, empty=self._empty)

    @property
    def shows_both(self) -> bool:
        """Whether both the records and the days fit."""
        return self.has_class("-wide") or self.has_class("-tall")

    def compose_content(self) -> ComposeResult:
        yield self._picker
        yield TimerFace()
        with Horizontal(id="controls"):
            for action in TIMER:
                yield self.button(action, disabled=True)
        with Container(id="used"):
            yield RecordList(TIME.columns)
            yield DayBars()

    def show(self, state: AccountState) -> None:
        now = self.context.now()
        self.show_second(state, now)
        self.show_buttons()
        self.set_class(len(state.owned[CLOCK].names) < 2, "-alone")
        self._picker.show_state()

    def show_second(self, state: AccountState, now: float) -> None:
        self.query_one(TimerFace).show(state.clock, now, self.today(), other_timers_text(state, now))
        self._show_begun(state, now)
        self._share_room()

    def _show_begun(self, state: AccountState, now: float) -> None:
        """Show what the current run has used today."""
        begun = state.clock.spent_ms(now) - self._used_before_today if state.clock.runs else 0
        # A bar can't show a second: round down to minutes.
        self.query_one(DayBars).begun = max(begun, 0) // MINUTE * MINUTE

    def _empty(self) -> None:
        self.workers.cancel_group(self, "records")
        self.query_one(RecordList).clear()
        bars = self.query_one(DayBars)
        bars.days, bars.empty = (), ""

    def can(self, action: Action) -> Possible:
        if action in (SHOW_DAYS, SHOW_TIMES):
            return not self.shows_both and self.has_class("-by-day") is (action is SHOW_TIMES)
        return self._picker.can(action, CLOCKS)

    def show_days(self) -> None:
        self.add_class("-by-day")
        self.refresh_bindings()

    def show_times(self) -> None:
        self.remove_class("-by-day")
        self.refresh_bindings()
        self.query_one(RecordList).focus()

    @on(RecordList.RowOpened)
    def _opened(self, event: RecordList.RowOpened) -> None:
        if event.row is not None:
            self.open_record(TIME.name, event.row.record["id"])

    @on(RecordList.HeadingClicked)
    def _sort(self, event: RecordList.HeadingClicked) -> None:
        self._times.order.click(event.column, TIME.usual_order)
        event.listed.cursor = 0
        self._show_used()

    @work(group="records", exclusive=True)
    async def _show_used(self) -> None:
        # Query first: the screen may be removed before the answers arrive.
        listed, bars = self.query_one(RecordList), self.query_one(DayBars)
        days = await self._days()
        listed.show_order(self._times.sort, TIME.usual_order)
        await listed.show_pages(self._times.pages())
        if days is None or listed.pages.has_failed or not (listed.is_attached and bars.is_attached):
            return
        bars.days = days
        if (state := self.context.state) is not None:
            self._show_begun(state, self.context.now())
            listed.empty = nothing_recorded(state, self.context.now(), self.context.settings.keys)
            bars.empty = FIRST_MINUTE if state.clock.runs else NO_RECENT_ACTIVITY
        self._share_room()

    def _share_room(self) -> None:
        """Hide the days if nothing was ever used, for the sentence that says so."""
        listed, bars = self.query_one(RecordList), self.query_one(DayBars)
        if not listed.empty and not listed.pages.count:
            # Not loaded yet.
            return
        is_unused = bars.is_empty and not listed.pages.count
        self.set_class(is_unused, "-unused")

    async def _days(self) -> tuple[Day, ...] | None:
        """The time used on each of the last days, except by the current run today, if it can be read."""
        since = local(self.today()).date() - timedelta(days=MANY_DAYS - 1)
        answer = await self.context.act(
            action="view",
            view="summary",
            clock_id=self._picker.chosen,
            time_zone=self.context.time_zone,
            since=since.isoformat(),
        )
        if answer["failed"]:
            return None
        *before, today = answer["rows"]
        self._used_before_today = sum(row["minutes_begun_ms"] for row in before)
        used = [row["minutes_spent_ms"] + row["minutes_begun_ms"] for row in before]
        return tuple(zip(map(_day_of, answer["rows"]), [*used, today["minutes_spent_ms"]], strict=True))

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        **TIMER_ACTIONS,
        TO_TIME: credit_actions.convert_to_time,
        STOP_AT: stop_at,
        EDIT_RUN: edit_run,
        TO_CREDITS: credit_actions.convert_to_credits,
        MOVE_TIME: move_time,
        SHOW_DAYS: show_days,
        SHOW_TIMES: show_times,
        **functions_of(CLOCKS),
    }
