"""The clock: the countdown as a picture, what can be done with its timer, and what it was used for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from ewallet_core.presentation.formatting import MINUTE, parse_timestamp
from ewallet_core.presentation.periods import Period
from ewallet_tui.actions import CLOCKS, SHOW_DAYS, SHOW_TIMES, TIMER, TO_CREDITS, TO_TIME, Action
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import PAGE, Page, RecordPages
from ewallet_tui.records import TIME
from ewallet_tui.screens import credit_actions
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.owned_items import OwnedItemPicker, functions_of
from ewallet_tui.screens.timer_actions import TIMER_ACTIONS
from ewallet_tui.screens.wallet_forms import ASK_FOR_CREDITS
from ewallet_tui.state import CLOCK, TIME_SHEET, AccountState
from ewallet_tui.widgets.big_digits import TimerFace
from ewallet_tui.widgets.charts import MANY_DAYS, Day, DayBars
from ewallet_tui.widgets.record_list import RecordList

NO_RECENT_ACTIVITY = "Nothing used in the last 30 days."
FIRST_MINUTE = "The first minute of this run isn't over yet."


def nothing_recorded(state: AccountState, now: float) -> str:
    """What to do about a clock that has no time records yet."""
    clock, credits = state.clock, state.wallet.credits
    if clock.runs:
        return "The first time record is written when the timer stops."
    if clock.is_out_of_time(now) and not credits and not state.may_supply:
        return f"No time or credits yet. {ASK_FOR_CREDITS}"
    if clock.is_out_of_time(now) and not credits:
        return "No time or credits yet. Supply some at home: 1, then u."
    if clock.is_out_of_time(now):
        return "No time yet. Convert credits to time with c."
    return "Nothing used yet. Start the timer with space."


class ClockScreen(BaseScreen):
    """Minutes left, burning down, and beneath them what was used before."""

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
        self._picker = OwnedItemPicker(self, lambda: CLOCK, look=self._show_used, empty=self._empty)

    @property
    def shows_both(self) -> bool:
        """Whether there is room for the records and the days at once."""
        return self.has_class("-wide") or self.has_class("-tall")

    def compose_content(self) -> ComposeResult:
        """Which clock, its face, the face's buttons, and what was used: by record and by day."""
        yield self._picker
        yield TimerFace()
        with Horizontal(id="controls"):
            for action in TIMER:
                yield self.button(action, disabled=True)
        with Container(id="used"):
            yield RecordList(TIME.columns)
            yield DayBars()

    def show(self, state: AccountState) -> None:
        """Show the clock as it is now, and its records."""
        now = self.context.now()
        self.show_second(state, now)
        self.show_buttons()
        self.set_class(len(state.owned[CLOCK].names) < 2, "-alone")
        self._picker.show_state()

    def show_second(self, state: AccountState, now: float) -> None:
        """Let the countdown fall by a second."""
        self.query_one(TimerFace).show(state.clock, now, self.today())
        # A second is too short to be seen in a bar.
        begun = state.clock.spent_ms(now) if state.clock.runs else 0
        self.query_one(DayBars).begun = begun // MINUTE * MINUTE
        self._share_room()

    def _empty(self) -> None:
        """Take what was used of another clock away."""
        self.workers.cancel_group(self, "records")
        self.query_one(RecordList).clear()
        bars = self.query_one(DayBars)
        bars.days, bars.empty = (), ""

    def can(self, action: Action) -> bool | None:
        """Offer of records and days those that are not shown yet, and what can be done with the chosen clock."""
        if action in (SHOW_DAYS, SHOW_TIMES):
            return not self.shows_both and self.has_class("-by-day") is (action is SHOW_TIMES)
        return self._picker.can(action, CLOCKS)

    def show_days(self) -> None:
        """Show what was used by day in place of the records."""
        self.add_class("-by-day")
        self.refresh_bindings()

    def show_times(self) -> None:
        """Show the records in place of the days."""
        self.remove_class("-by-day")
        self.refresh_bindings()
        self.query_one(RecordList).focus()

    @on(RecordList.Opened)
    def _opened(self, event: RecordList.Opened) -> None:
        if event.row is not None:
            self.open_record(TIME.name, event.row.record["id"])

    @work(group="records", exclusive=True)
    async def _show_used(self) -> None:
        # Looked up before the engine is asked: the screen may be gone when the answers come.
        listed, bars = self.query_one(RecordList), self.query_one(DayBars)
        days = await self._days()
        await listed.show_pages(RecordPages(self._read_times))
        if days is None or listed.pages.has_failed:
            return
        bars.days = days
        if (state := self.context.state) is not None:
            listed.empty = nothing_recorded(state, self.context.now())
            bars.empty = FIRST_MINUTE if state.clock.runs else NO_RECENT_ACTIVITY
        self._share_room()

    def _share_room(self) -> None:
        """Leave the days no room beside a sentence that says that there is nothing at all."""
        listed, bars = self.query_one(RecordList), self.query_one(DayBars)
        if not listed.empty and not listed.pages.count:
            # Nothing is known of it yet.
            return
        is_unused = bars.is_empty and not listed.pages.count
        self.set_class(is_unused, "-unused")

    async def _read_times(self, start: int, _: Any) -> Page | None:
        answer = await self.context.act(**TIME_SHEET.instruction("view"), limit=PAGE, skip=start)
        if answer["failed"]:
            return None
        sheet, today = answer[TIME.data_key], self.today()
        return Page([TIME.row(record, today) for record in sheet["rows"]], count=sheet["record_count"])

    async def _days(self) -> tuple[Day, ...] | None:
        """What was used on each of the last days by the machine's calendar, if that can be read."""
        today = self.today().astimezone()
        east = today.utcoffset() or timedelta()
        since = Period(today.date() - timedelta(days=MANY_DAYS - 1), None, "").arguments()
        answer = await self.context.act(
            action="view",
            view="summary",
            clock_id=self._picker.chosen,
            utc_offset=east // timedelta(minutes=1),
            **since,
        )
        if answer["failed"]:
            return None
        return tuple(
            ((parse_timestamp(row["start"]) + east).date(), row["minutes_spent_ms"]) for row in answer["rows"]
        )

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        **TIMER_ACTIONS,
        TO_TIME: credit_actions.convert_to_time,
        TO_CREDITS: credit_actions.convert_to_credits,
        SHOW_DAYS: show_days,
        SHOW_TIMES: show_times,
        **functions_of(CLOCKS),
    }
