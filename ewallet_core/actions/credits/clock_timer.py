"""The clock timer: start, pause, resume, stop, and the stop that nobody asks for."""

from __future__ import annotations

from typing import Any

from ewallet_core.actions.belongings.sheet_kinds import TIME, record_data
from ewallet_core.actions.context import Context
from ewallet_core.actions.data import minutes
from ewallet_core.actions.shapes import Minutes, Timestamp
from ewallet_core.instructions.catalogue import NoArguments, instruction
from ewallet_core.instructions.envelope import Answer, ok, timestamp
from ewallet_core.ledger.journal import BalanceId, time_spent
from ewallet_core.ledger.timer import State, Timer, TimeSpent
from ewallet_core.storage.events import EventKind, happened
from ewallet_core.storage.journal import amount_of, post
from ewallet_core.storage.sheets import times
from ewallet_core.storage.wallets import Clock, clocks, clocks_run_out, keep_timer

_PENDING = {"pending_time": Minutes, "pending_time_ms": int, "pending_count": int}


@instruction(
    NoArguments,
    {"action": "start", "start": "clock_timer"},
    answers={"clock": int, "start_timestamp": Timestamp},
)
def start_timer(_asked: NoArguments, context: Context) -> Answer:
    """Start the active clock's timer."""
    clock = context.clock
    balance = amount_of(context.transaction, clock.balance_id)
    timer = clock.timer.start(context.now, balance)
    _change(context, clock, timer, balance, EventKind.TIMER_STARTED)
    return ok(clock=clock.id, start_timestamp=timestamp(timer.started_at))


@instruction(
    NoArguments,
    {"action": "pause", "pause": "clock_timer"},
    answers={"clock": int, **_PENDING, "start_timestamp": Timestamp, "pause_timestamp": Timestamp},
)
def pause_timer(_asked: NoArguments, context: Context) -> Answer:
    """Pause the active clock's timer: no time is taken until it is resumed."""
    clock = context.clock
    timer = clock.timer.pause(context.now)
    balance = amount_of(context.transaction, clock.balance_id)
    _change(context, clock, timer, balance, EventKind.TIMER_PAUSED)
    return ok(
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
def resume_timer(_asked: NoArguments, context: Context) -> Answer:
    """Resume the active clock's timer."""
    clock = context.clock
    balance = amount_of(context.transaction, clock.balance_id)
    timer = clock.timer.resume(context.now, balance)
    _change(context, clock, timer, balance, EventKind.TIMER_RESUMED)
    return ok(
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
def stop_timer(_asked: NoArguments, context: Context) -> Answer:
    """Stop the active clock's timer, take the used time from the clock and write the time record."""
    clock = context.clock
    run = clock.timer.stop(context.now)
    record_id = _finish(context, clock, run, EventKind.TIMER_STOPPED)
    record = times.require(context.transaction, id=record_id)
    return ok(
        clock=clock.id,
        **minutes(minutes_spent=run.spent, pending_time=run.pending),
        pending_count=run.pauses,
        start_timestamp=timestamp(run.started_at),
        stop_timestamp=timestamp(run.stopped_at),
        time_record=record_id,
        record_data=record_data(context, TIME, record),
    )


def settle_run_outs(context: Context, account_id: int) -> None:
    """Stop the account's timers whose minutes have run out, each dated when they did.

    It comes before anything else that an instruction does, so it is as if a timer stopped by itself.
    """
    for clock in clocks_run_out(context.transaction, account_id, context.now):
        context.transaction.must_write()
        balance = amount_of(context.transaction, clock.balance_id)
        run = clock.timer.run_out(context.now, balance)
        if run is not None:
            _finish(context, clock, run, EventKind.TIMER_RAN_OUT)


def stop_timers(context: Context, account_id: int) -> None:
    """Stop every timer of the account that is under way: it is about to be used no more."""
    settle_run_outs(context, account_id)
    for clock in clocks.all(context.transaction, account_id=account_id):
        if clock.timer.state is not State.INACTIVE:
            _finish(context, clock, clock.timer.stop(context.now), EventKind.TIMER_STOPPED)


def _change(context: Context, clock: Clock, timer: Timer, balance: int, kind: EventKind) -> None:
    keep_timer(context.transaction, clock, timer, balance, context.now)
    left = timer.left_at(context.now, balance)
    happened(
        context.transaction,
        clock.account_id,
        kind,
        context.now,
        clock=clock.id,
        **minutes(credit_clock=left),
    )


def _finish(context: Context, clock: Clock, run: TimeSpent, kind: EventKind) -> int:
    entry = time_spent(context.issuer, BalanceId(clock.balance_id), run.spent, run.stopped_at)
    record_id = times.append(
        context.transaction,
        clock.time_sheet_id,
        run.stopped_at,
        entry_id=post(context.transaction, entry, context.issuer),
        time_start=run.started_at,
        time_stop=run.stopped_at,
        time_spent=run.spent,
        time_pending=run.pending,
        pending_count=run.pauses,
    )
    _change(context, clock, Timer(), amount_of(context.transaction, clock.balance_id), kind)
    return record_id
