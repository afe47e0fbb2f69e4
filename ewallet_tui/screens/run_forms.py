"""Commands to the timer, and forms about its runs and records: what a run is for, an earlier stop, a note."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from textual import work

from ewallet_core.instructions import fields
from ewallet_core.presentation.clock_state import ClockState, TimerState
from ewallet_core.presentation.formatting import SECOND, countdown, duration, moment, parse_timestamp
from ewallet_core.presentation.movements import Record
from ewallet_core.presentation.past_times import read_moment
from ewallet_core.types import tags_in
from ewallet_tui.actions import START, TIMER, Action
from ewallet_tui.records import TIME, TRANSFER, RecordKind
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import FollowUp, ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec, Values
from ewallet_tui.widgets.form_field import Field

if TYPE_CHECKING:
    from textual.screen import Screen

    from ewallet_tui.context import AppContext

TAGS_RULE = "At most 10 words of 32 characters each."
JUST_START = "What is it for? Leave it empty to just start."
ONLY_YOU = "Only you see it. The other side never does."
NOT_YET = "That time has not come yet."
A_MINUTE = timedelta(minutes=1)


def start_form(state: AccountState) -> FormSpec:
    """The form that asks what a run is for before it starts; it suggests what the last runs were for."""
    runs = [each["record_data"] for each in state.activity if each["kind"] == TIME.name]
    notes = dict.fromkeys(run["notes"] for run in runs if run["notes"])
    tags = dict.fromkeys(" ".join(run["tags"]) for run in runs if run["tags"])
    return FormSpec("Start the timer", "Start", _run_fields("", "", tuple(notes), tuple(tags)), JUST_START)


def run_form(clock: ClockState) -> FormSpec:
    return FormSpec("This run", "Save", _run_fields(clock.notes, " ".join(clock.tags)))


def note_form(kind: RecordKind, record: Record) -> FormSpec:
    """The form for what the user can write on a record: of a run what it was for, of a transfer a note."""
    if kind is TIME:
        return FormSpec("Time record", "Save", _run_fields(record["notes"], " ".join(record["tags"])))
    private = Field("private_notes", "Note", fields.Notes, initial=record["private_notes"], optional=True)
    return FormSpec("Private note", "Save", (private,), note=ONLY_YOU)


def takes_note(kind: RecordKind) -> bool:
    return kind in (TIME, TRANSFER)


def _run_fields(
    notes: str, tags: str, past_notes: tuple[str, ...] = (), past_tags: tuple[str, ...] = ()
) -> tuple[Field, ...]:
    return (
        Field(
            "notes",
            "Note",
            fields.Notes,
            initial=notes,
            placeholder="such as invoices of May",
            optional=True,
            suggestions=past_notes,
        ),
        Field(
            "tags",
            "Tags",
            fields.Tags,
            initial=tags,
            placeholder="such as acme urgent",
            optional=True,
            suggestions=past_tags,
            tidy=lambda typed: " ".join(tags_in(typed)),
            rule=TAGS_RULE,
        ),
    )


class EarlierStop:
    """What the typed time of an earlier stop comes to, for a clock whose timer has begun."""

    def __init__(
        self,
        clock: Callable[[], ClockState | None],
        now: Callable[[], float],
        today: Callable[[], datetime],
    ) -> None:
        self._clock = clock
        self._now = now
        self._today = today

    @property
    def form(self) -> FormSpec:
        return FormSpec(
            "Stop at …",
            "Stop",
            (Field("stopped_at", "Time", fields.SearchText, placeholder="such as 14:30 or 20 minutes ago"),),
            note=self._note(),
            preview=self._preview,
            validate=self._problems,
            reworded=self._reworded,
        )

    def argument(self, values: Values) -> dict[str, Any]:
        """The values with the typed time as the engine reads it."""
        at = self._read(values).astimezone(UTC).isoformat(timespec="milliseconds")
        return {**values, "stopped_at": at.replace("+00:00", "Z")}

    def _read(self, values: Values) -> datetime:
        """Raises `ValueError` with a sentence for the user."""
        now, clock = self._today(), self._clock()
        at = read_moment(values.get("stopped_at", ""), now)
        if at > now:
            raise ValueError(NOT_YET)
        since = clock.since if clock else None
        if since is None or at >= since:
            return at
        if since - at < A_MINUTE:
            # Typed without its seconds.
            return since
        raise ValueError(f"The timer was {_change(clock)} {moment(since, now)}. Type a later time.")

    def _note(self) -> str:
        clock, rest = self._clock(), "What comes after the time you type is not taken."
        if clock is None or clock.since is None:
            return rest
        return f"The timer was {_change(clock)} {moment(clock.since, self._today())}. {rest}"

    def _preview(self, values: Values) -> str:
        clock = self._clock()
        if clock is None or not clock.runs or self._problems(values):
            return ""
        at, now, today = self._read(values), self._now(), self._today()
        after = (today - at) // timedelta(milliseconds=1)
        # Nothing is taken while the timer is paused.
        kept = 0 if clock.state is TimerState.PAUSED else min(after, clock.spent_ms(now))
        taken, left = clock.spent_ms(now) - kept, clock.left_ms(now) + kept
        keeps = f", keeps {duration(kept)}" if kept >= SECOND else ""
        return f"Ends {moment(at, today)}. Takes {duration(taken)}{keeps}: {countdown(left)} left."

    def _problems(self, values: Values) -> Mapping[str, str]:
        try:
            self._read(values)
        except ValueError as problem:
            return {"stopped_at": str(problem)}
        return {}

    def _reworded(self, error: Answer) -> Answer:
        """The same error with times as people write them."""
        details = error.get("details") or {}

        def local(name: str) -> str:
            return moment(parse_timestamp(details[name]), self._today())

        if error.get("code") == "run_ended":
            return {**error, "error": f"This run has already ended, {local('ended_at')}."}
        if error.get("code") == "moment_out_of_range":
            return {**error, "warning": f"Type a time from {local('earliest')} to {local('latest')}."}
        return error


def _change(clock: ClockState | None) -> str:
    """What the timer did last."""
    if clock is not None and clock.state is TimerState.PAUSED:
        return "paused"
    return "resumed" if clock is not None and clock.pending_count else "started"


def command_timer(
    screen: Screen[None], context: AppContext, command: str, showing: Callable[[str, int], FollowUp]
) -> None:
    """Start, pause, resume or stop the timer, unless an earlier command is not answered yet."""
    if context.state is not None:
        _send_command(screen, context, command, context.state.clock, showing)


@work
async def _send_command(
    screen: Screen[None],
    context: AppContext,
    command: str,
    clock: ClockState,
    showing: Callable[[str, int], FollowUp],
) -> None:
    """Send a command that was chosen for the clock in that state."""
    result = screen.query_one(ResultLine)
    # The next command is possible once the timer's state has changed.
    if not context.timers.begin_command(clock):
        return
    result.clear()
    try:
        answer = await context.act(action=command, **{command: "clock_timer"})
    finally:
        context.timers.end_command(clock)
    if command == "stop" and not answer["failed"]:
        show_stopped(context, result, answer, showing)


def show_stopped(
    context: AppContext, result: ResultLine, answer: Answer, showing: Callable[[str, int], FollowUp]
) -> None:
    left = context.state.clock.left_ms(context.now()) if context.state else 0
    used = duration(answer["minutes_spent_ms"])
    result.say(f"Used {used}. {countdown(left)} left.", showing("time", answer["time_record"]))


def _command(action: Action) -> Callable[[Any], object]:
    return lambda screen: command_timer(screen, screen.context, action.id, screen.showing)


def _start(screen: Any) -> None:
    """Start the timer, and ask what the run is for if the user wants that."""
    context: AppContext = screen.context
    state = context.state
    if state is None or not context.preferences.note_at_start:
        command_timer(screen, context, START.id, screen.showing)
        return

    async def send(values: dict[str, Any]) -> Answer:
        return await context.send(action="start", start="clock_timer", **values)

    screen.query_one(ResultLine).clear()
    screen.ask_with(start_form(state), send)


TIMER_ACTIONS: Mapping[Action, Callable[[Any], object]] = {
    START: _start,
    **{action: _command(action) for action in TIMER if action is not START},
}
