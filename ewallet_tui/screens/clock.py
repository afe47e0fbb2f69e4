"""The clock: the countdown as a picture, what can be done with its timer, and what it was used for."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Button

from ewallet_tui.picture import Clock, Picture, TimerState
from ewallet_tui.screens.converting import CONVERSIONS, ConvertingScreen, Record
from ewallet_tui.screens.wallet_forms import ASK_FOR_CREDITS
from ewallet_tui.widgets.columns import Column
from ewallet_tui.widgets.receipt import Receipt
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.record_pages import Row
from ewallet_tui.widgets.timer_face import TimerFace
from ewallet_tui.words import countdown, duration, moment, parse_timestamp

MOST_RECORDS = 100
COLUMNS = (
    Column("When", fills=True),
    Column("Used", align="right"),
    Column("Paused", align="right"),
    Column("Pauses", align="right"),
)
DOES = {
    TimerState.INACTIVE: frozenset({"start"}),
    TimerState.ACTIVE: frozenset({"pause", "stop"}),
    TimerState.PAUSED: frozenset({"resume", "stop"}),
}


def possible(clock: Clock, now: float) -> frozenset[str]:
    """What the timer of `clock` can be told at `now`."""
    return DOES[clock.state] if clock.runs or not clock.is_out_of_time(now) else frozenset()


def nothing_recorded(picture: Picture, now: float) -> str:
    """What to do about a clock that has no time records yet."""
    clock, credits = picture.clock, picture.wallet.credits
    if clock.runs:
        return "The first time record is written when the timer stops."
    if clock.is_out_of_time(now) and not credits and not picture.may_supply:
        return f"No time and no credits yet. {ASK_FOR_CREDITS}"
    if clock.is_out_of_time(now) and not credits:
        return "No time and no credits yet. Supply some at home: 1, then u."
    if clock.is_out_of_time(now):
        return "No time yet. Convert credits to time with c."
    return "Nothing used yet. Start the timer with space."


class ClockScreen(ConvertingScreen):
    """Minutes left, burning down."""

    PLACE = "clock"
    CSS_PATH = "clock.tcss"
    AUTO_FOCUS = "RecordList"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high"), (34, "-tall")]  # noqa: RUF012 - as Screen declares it
    # Space means the one of the three that is possible, and the footer names it.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "start", "Start", id="start"),
        Binding("space", "pause", "Pause", id="pause"),
        Binding("space", "resume", "Resume", id="resume"),
        Binding("x", "stop", "Stop", id="stop"),
        *CONVERSIONS,
        Binding("s", "start", "Start", show=False),
        Binding("p", "pause", "Pause", show=False),
        Binding("r", "resume", "Resume", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._telling = False
        """Whether the timer has been told something that isn't answered yet."""

    def compose_content(self) -> ComposeResult:
        """The face, its buttons, and the records."""
        yield TimerFace()
        with Horizontal(id="controls"):
            for action in ("start", "pause", "resume", "stop"):
                yield Button(action.capitalize(), id=action, action=f"screen.{action}", disabled=True)
        with Container(id="records"):
            yield RecordList(COLUMNS)

    def show(self, picture: Picture) -> None:
        """Show the clock as it is now, and its records."""
        now = self.wallet_app.now()
        self.show_second(picture, now)
        self.query_one(RecordList).empty = nothing_recorded(picture, now)
        self._show_records()

    def show_second(self, picture: Picture, now: float) -> None:
        """Let the countdown fall by a second."""
        self.query_one(TimerFace).show(picture.clock, now, self.today())
        doable = possible(picture.clock, now)
        for button in self.query("#controls Button").results(Button):
            button.disabled = button.id not in doable

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let space be the one thing that is possible; grey the other keys that can't be used now."""
        picture = self.wallet_app.picture
        if action not in {"start", "pause", "resume", "stop"}:
            return super().check_action(action, parameters)
        if picture is None:
            return None
        if action in possible(picture.clock, self.wallet_app.now()):
            return True
        return None if action == "stop" or (action == "start" and not picture.clock.runs) else False

    def action_start(self) -> None:
        """Start the timer."""
        self._tell("start")

    def action_pause(self) -> None:
        """Pause the timer."""
        self._tell("pause")

    def action_resume(self) -> None:
        """Let the paused timer go on."""
        self._tell("resume")

    def action_stop(self) -> None:
        """Stop the timer."""
        self._tell("stop")

    def _tell(self, action: str) -> None:
        if not self._telling:
            self._telling = True
            self._await_timer(action)

    @work
    async def _await_timer(self, action: str) -> None:
        receipt = self.query_one(Receipt)
        receipt.clear()
        try:
            answer = await self.wallet_app.act(action=action, **{action: "clock_timer"})
        finally:
            self._telling = False
        if action == "stop" and not answer["failed"]:
            used = duration(answer["minutes_spent_ms"])
            receipt.say(f"Used {used}. {countdown(self.left_ms())} left.")

    @work(group="records", exclusive=True)
    async def _show_records(self) -> None:
        # Looked up before the engine is asked: the screen may be gone when the answer comes.
        listed = self.query_one(RecordList)
        listed.show([self._row(record) for record in await self.newest("time", MOST_RECORDS)])

    def _row(self, record: Record) -> Row:
        when = moment(parse_timestamp(record["time_start"]), self.today())
        used, paused = duration(record["time_spent_ms"]), duration(record["time_pending_ms"])
        return Row(str(record["id"]), (when, used, paused, f"{record['pending_count']:,}"))
