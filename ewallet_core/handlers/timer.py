"""The clock timer: start, pause, resume and stop."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import NoArguments, instruction
from ewallet_core.operations.answer_data import Minutes, Timestamp, in_minutes
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.settlement import finish_run, update_timer
from ewallet_core.operations.sheet_kinds import TIME, record_data
from ewallet_core.storage.events import EventKind
from ewallet_core.storage.journal import read_amount
from ewallet_core.storage.sheets import times
from ewallet_core.storage.time_segments import keep_segment
from ewallet_core.storage.wallets import Clock


class _PendingAnswer(TypedDict):
    clock: int
    pending_time: Minutes
    pending_time_ms: int
    pending_count: int


class _StartTimerAnswer(TypedDict):
    clock: int
    start_timestamp: Timestamp


@instruction({"action": "start", "start": "clock_timer"})
def start_timer(_request: NoArguments, context: AccountContext) -> _StartTimerAnswer:
    """Start the active clock's timer."""
    clock = context.clock
    balance = read_amount(context.transaction, clock.balance_id)
    timer = clock.timer.start(context.now, balance)
    update_timer(context, clock, timer, balance, EventKind.TIMER_STARTED)
    return _StartTimerAnswer(clock=clock.id, start_timestamp=timestamp(cast("int", timer.started_at)))


class _PauseTimerAnswer(_PendingAnswer):
    start_timestamp: Timestamp
    pause_timestamp: Timestamp


@instruction({"action": "pause", "pause": "clock_timer"})
def pause_timer(_request: NoArguments, context: AccountContext) -> _PauseTimerAnswer:
    """Pause the active clock's timer: no time is used until it is resumed."""
    clock = context.clock
    timer = clock.timer.pause(context.now)
    keep_segment(context.transaction, clock, context.now)
    balance = read_amount(context.transaction, clock.balance_id)
    update_timer(context, clock, timer, balance, EventKind.TIMER_PAUSED)
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
    balance = read_amount(context.transaction, clock.balance_id)
    timer = clock.timer.resume(context.now, balance)
    update_timer(context, clock, timer, balance, EventKind.TIMER_RESUMED)
    return _ResumeTimerAnswer(
        **_pending(clock, timer.pending, timer.pauses),
        pause_timestamp=timestamp(cast("int", clock.timer.since)),
        resume_timestamp=timestamp(cast("int", timer.since)),
    )


class _StopTimerAnswer(_PendingAnswer):
    minutes_spent: Minutes
    minutes_spent_ms: int
    start_timestamp: Timestamp
    stop_timestamp: Timestamp
    time_record: int
    record_data: dict[str, Any]


@instruction({"action": "stop", "stop": "clock_timer"}, {"action": "stop", "pause": "clock_timer"})
def stop_timer(_request: NoArguments, context: AccountContext) -> _StopTimerAnswer:
    """Stop the active clock's timer, take the used time from the clock and write the time record."""
    clock = context.clock
    run = clock.timer.stop(context.now)
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


def _pending(clock: Clock, span: int, pauses: int) -> _PendingAnswer:
    return _PendingAnswer(
        clock=clock.id, pending_time=in_minutes(span), pending_time_ms=span, pending_count=pauses
    )
