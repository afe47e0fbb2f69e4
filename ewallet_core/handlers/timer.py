"""The clock timer: start, pause, resume and stop."""

from __future__ import annotations

from typing import Any

from ewallet_core.instructions.envelope import Answer, success, timestamp
from ewallet_core.instructions.registry import NoArguments, instruction
from ewallet_core.operations.answer_data import Minutes, Timestamp, minutes
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.settlement import finish_run, update_timer
from ewallet_core.operations.sheet_kinds import TIME, record_data
from ewallet_core.storage.events import EventKind
from ewallet_core.storage.journal import read_amount
from ewallet_core.storage.sheets import times

_PENDING = {"pending_time": Minutes, "pending_time_ms": int, "pending_count": int}


@instruction(
    NoArguments,
    {"action": "start", "start": "clock_timer"},
    answers={"clock": int, "start_timestamp": Timestamp},
)
def start_timer(_asked: NoArguments, context: AccountContext) -> Answer:
    """Start the active clock's timer."""
    clock = context.clock
    balance = read_amount(context.transaction, clock.balance_id)
    timer = clock.timer.start(context.now, balance)
    update_timer(context, clock, timer, balance, EventKind.TIMER_STARTED)
    return success(clock=clock.id, start_timestamp=timestamp(timer.started_at))


@instruction(
    NoArguments,
    {"action": "pause", "pause": "clock_timer"},
    answers={"clock": int, **_PENDING, "start_timestamp": Timestamp, "pause_timestamp": Timestamp},
)
def pause_timer(_asked: NoArguments, context: AccountContext) -> Answer:
    """Pause the active clock's timer: no time is taken until it is resumed."""
    clock = context.clock
    timer = clock.timer.pause(context.now)
    balance = read_amount(context.transaction, clock.balance_id)
    update_timer(context, clock, timer, balance, EventKind.TIMER_PAUSED)
    return success(
        clock=clock.id,
        pending_count=timer.pauses,
        **minutes(pending_time=timer.pending),
        start_timestamp=timestamp(timer.started_at),
        pause_timestamp=timestamp(timer.since),
    )


@instruction(
    NoArguments,
    {"action": "resume", "resume": "clock_timer"},
    {"action": "resume", "pause": "clock_timer"},
    answers={"clock": int, **_PENDING, "pause_timestamp": Timestamp, "resume_timestamp": Timestamp},
)
def resume_timer(_asked: NoArguments, context: AccountContext) -> Answer:
    """Resume the active clock's timer."""
    clock = context.clock
    balance = read_amount(context.transaction, clock.balance_id)
    timer = clock.timer.resume(context.now, balance)
    update_timer(context, clock, timer, balance, EventKind.TIMER_RESUMED)
    return success(
        clock=clock.id,
        **minutes(pending_time=timer.pending),
        pending_count=timer.pauses,
        pause_timestamp=timestamp(clock.timer.since),
        resume_timestamp=timestamp(timer.since),
    )


@instruction(
    NoArguments,
    {"action": "stop", "stop": "clock_timer"},
    {"action": "stop", "pause": "clock_timer"},
    answers={
        "clock": int,
        "minutes_spent": Minutes,
        "minutes_spent_ms": int,
        **_PENDING,
        "start_timestamp": Timestamp,
        "stop_timestamp": Timestamp,
        "time_record": int,
        "record_data": dict[str, Any],
    },
)
def stop_timer(_asked: NoArguments, context: AccountContext) -> Answer:
    """Stop the active clock's timer, take the used time from the clock and write the time record."""
    clock = context.clock
    run = clock.timer.stop(context.now)
    record_id = finish_run(context, clock, run, EventKind.TIMER_STOPPED)
    record = times.require(context.transaction, id=record_id)
    return success(
        clock=clock.id,
        **minutes(minutes_spent=run.spent, pending_time=run.pending),
        pending_count=run.pauses,
        start_timestamp=timestamp(run.started_at),
        stop_timestamp=timestamp(run.stopped_at),
        time_record=record_id,
        record_data=record_data(context, TIME, record),
    )
