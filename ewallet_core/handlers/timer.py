"""The clock timer: start, pause, resume and stop."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from msgspec.structs import replace

from ewallet_core.errors.accounts import NotPermittedError
from ewallet_core.errors.credits import MomentOutOfRangeError, RunEndedError, WrongTimerStateError
from ewallet_core.instructions import fields, timestamps
from ewallet_core.instructions.envelope import Answer, timestamp
from ewallet_core.instructions.registry import NoArguments, Request, instruction
from ewallet_core.ledger.timer import State, TimeSpent
from ewallet_core.operations.answer_data import Minutes, Timestamp, in_minutes
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.ownership import record_change
from ewallet_core.operations.records import edit_record, own_record, record_answers, the_record
from ewallet_core.operations.settlement import finish_run, update_timer
from ewallet_core.operations.sheet_kinds import TIME, record_data
from ewallet_core.storage.events import EventKind
from ewallet_core.storage.rows import ABOVE_ALL_IDS
from ewallet_core.storage.sheets import times
from ewallet_core.storage.time_segments import keep_segment
from ewallet_core.storage.wallets import Clock, clocks
from ewallet_core.types import stored_tags


class _PendingAnswer(TypedDict):
    clock: int
    pending_time: Minutes
    pending_time_ms: int
    pending_count: int


class _StartTimerAnswer(TypedDict):
    clock: int
    start_timestamp: Timestamp
    notes: str
    tags: list[str]


class StartTimer(Request, frozen=True):
    """What the run is for: a note and tags, both optional."""

    added = frozenset({"notes", "tags"})

    notes: fields.Notes | None = None
    tags: fields.Tags | None = None


class EditTimer(Request, frozen=True):
    """The run's note and tags; an absent one stays as it is."""

    notes: fields.Notes | None = None
    tags: fields.Tags | None = None


@instruction({"action": "start", "start": "clock_timer"})
def start_timer(request: StartTimer, context: AccountContext) -> _StartTimerAnswer:
    """Start the active clock's timer, with a note and tags if they are given."""
    clock = replace(
        context.clock, timer_notes=request.notes or "", timer_tags=stored_tags(request.tags or ())
    )
    timer = clock.timer.start(context.now, clock.balance_ms)
    update_timer(context, clock, timer, clock.balance_ms, EventKind.TIMER_STARTED)
    return _begun(clock, timer.started_at)


@instruction({"action": "edit", "edit": "clock_timer"})
def edit_timer(request: EditTimer, context: AccountContext) -> _StartTimerAnswer:
    """Change the note and the tags of the active clock's run, while it runs or is paused."""
    clock = context.clock
    if not clock.timer.has_started:
        raise WrongTimerStateError(
            "The timer does not run.",
            "Start it first, or edit the time record of an earlier run.",
            State.INACTIVE,
        )
    edited = {
        "timer_notes": clock.timer_notes if request.notes is None else request.notes,
        "timer_tags": clock.timer_tags if request.tags is None else stored_tags(request.tags),
    }
    changed = replace(clock, **edited)
    if changed != clock:
        clocks.change(context.transaction, clock.id, **edited, written_at=context.now)
        record_change(context, "timer", clock.id, "edited")
    return _begun(changed, clock.timer_started_at)


def _begun(clock: Clock, started_at: int | None) -> _StartTimerAnswer:
    return _StartTimerAnswer(
        clock=clock.id,
        start_timestamp=timestamp(cast("int", started_at)),
        notes=clock.timer_notes,
        tags=clock.timer_tags.split(),
    )


class _PauseTimerAnswer(_PendingAnswer):
    start_timestamp: Timestamp
    pause_timestamp: Timestamp


@instruction({"action": "pause", "pause": "clock_timer"})
def pause_timer(_request: NoArguments, context: AccountContext) -> _PauseTimerAnswer:
    """Pause the active clock's timer: no time is used until it is resumed."""
    clock = context.clock
    timer = clock.timer.pause(context.now)
    keep_segment(context.transaction, clock, context.now)
    update_timer(context, clock, timer, clock.balance_ms, EventKind.TIMER_PAUSED)
    return _PauseTimerAnswer(
        **_pending(clock, timer.pending, timer.pauses),
        start_timestamp=timestamp(cast("int", timer.started_at)),
        pause_timestamp=timestamp(cast("int", timer.since)),
    )


class _ResumeTimerAnswer(_PendingAnswer):
    pause_timestamp: Timestamp
    resume_timestamp: Timestamp


@instruction({"action": "resume", "resume": "clock_timer"}, {"action": "resume", "pause": "clock_timer"})
def resume_timer(_request: NoArguments, context: AccountContext) -> _ResumeTimerAnswer:
    """Resume the active clock's timer."""
    clock = context.clock
    timer = clock.timer.resume(context.now, clock.balance_ms)
    update_timer(context, clock, timer, clock.balance_ms, EventKind.TIMER_RESUMED)
    return _ResumeTimerAnswer(
        **_pending(clock, timer.pending, timer.pauses),
        pause_timestamp=timestamp(cast("int", clock.timer.since)),
        resume_timestamp=timestamp(cast("int", timer.since)),
    )


class EditTime(Request, frozen=True):
    """The record of a finished run, and its note and tags; an absent one stays as it is."""

    record_id: fields.RecordId
    notes: fields.Notes | None = None
    tags: fields.Tags | None = None


@instruction(the_record(TIME, "edit"), answers=record_answers(TIME))
def edit_time(request: EditTime, context: AccountContext) -> Answer:
    """Change the note and the tags of a finished run."""
    record = own_record(context, TIME, request.record_id)
    tags = None if request.tags is None else stored_tags(request.tags)
    return edit_record(context, TIME, record, notes=request.notes, tags=tags)


class StopTimer(Request, frozen=True):
    """The moment to stop at, since the last start, resume or pause; without one, now."""

    added = frozenset({"stopped_at"})

    stopped_at: fields.Instant | None = None


class _StopTimerAnswer(_PendingAnswer):
    minutes_spent: Minutes
    minutes_spent_ms: int
    start_timestamp: Timestamp
    stop_timestamp: Timestamp
    time_record: int
    record_data: dict[str, Any]


@instruction({"action": "stop", "stop": "clock_timer"}, {"action": "stop", "pause": "clock_timer"})
def stop_timer(request: StopTimer, context: AccountContext) -> _StopTimerAnswer:
    """Stop the active clock's timer, take the used time from the clock and write the time record.

    With `stopped_at` it stops at that moment, and the time after it is not taken.
    """
    clock = context.clock
    if request.stopped_at is None:
        run = clock.timer.stop(context.now)
    else:
        run = _stop_earlier(context, clock, timestamps.instant(request.stopped_at))
    record_id = finish_run(context, clock, run, EventKind.TIMER_STOPPED)
    record = times.require(context.transaction, id=record_id)
    return _StopTimerAnswer(
        **_pending(clock, run.pending, run.pauses),
        minutes_spent=in_minutes(run.spent),
        minutes_spent_ms=run.spent,
        start_timestamp=timestamp(run.started_at),
        stop_timestamp=timestamp(run.stopped_at),
        time_record=record_id,
        record_data=record_data(context, TIME, record),
    )


def _stop_earlier(context: AccountContext, clock: Clock, at: int) -> TimeSpent:
    """The run stopped at that moment; raises the error that says why it can't be."""
    if not context.may_stop_in_the_past:
        raise NotPermittedError(
            "On this server a timer can't be stopped at an earlier moment.",
            "Stop it now, or ask the operator.",
        )
    if not clock.timer.has_started:
        _require_not_ended(context, clock, at)
    earliest, latest = clock.timer.stoppable_between(context.now)
    if not earliest <= at <= latest:
        began = {State.ACTIVE: "resumed" if clock.timer.pauses else "started", State.PAUSED: "paused"}
        problem = (
            "That moment has not come yet."
            if at > latest
            else f"The timer was {began[clock.timer.state]} after that moment."
        )
        raise MomentOutOfRangeError(problem, timestamp(earliest), timestamp(latest))
    return clock.timer.stop(at)


def _require_not_ended(context: AccountContext, clock: Clock, at: int) -> None:
    """Raise `RunEndedError` if the moment is in the clock's last run, which ended in the meantime."""
    for record in times.page(context.transaction, clock.time_sheet_id, ABOVE_ALL_IDS, 1):
        if record.time_start <= at <= record.time_stop:
            raise RunEndedError(timestamp(record.time_stop), record.id)


def _pending(clock: Clock, span: int, pauses: int) -> _PendingAnswer:
    return _PendingAnswer(
        clock=clock.id, pending_time=in_minutes(span), pending_time_ms=span, pending_count=pauses
    )
