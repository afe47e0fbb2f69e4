"""Settles timers: stops those that have run out, and records what a run used."""

from __future__ import annotations

from typing import Any

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.ledger.journal import BalanceId, time_spent
from ewallet_core.ledger.timer import State, Timer, TimeSpent
from ewallet_core.operations.answer_data import minutes, timer_data
from ewallet_core.operations.context import Context
from ewallet_core.operations.events import record_event
from ewallet_core.storage.events import EventKind, Movement
from ewallet_core.storage.journal import post
from ewallet_core.storage.sheets import times
from ewallet_core.storage.time_segments import assign_segments, keep_segment
from ewallet_core.storage.wallets import Clock, clocks, find_run_out_clocks, store_timer


def settle_run_outs(context: Context, account_id: int) -> None:
    """Stop the account's timers whose time has run out, each dated when it did.

    It runs before the handler of every instruction, so that a timer seems to stop by itself.
    """
    for clock in find_run_out_clocks(context.transaction, account_id, context.now):
        context.transaction.must_write()
        run = clock.timer.run_out(context.now, clock.balance_ms)
        if run is not None:
            finish_run(context, clock, run, EventKind.TIMER_RAN_OUT)


def stop_timers(context: Context, account_id: int) -> None:
    settle_run_outs(context, account_id)
    for clock in clocks.all(context.transaction, account_id=account_id):
        if clock.timer.state is not State.INACTIVE:
            finish_run(context, clock, clock.timer.stop(context.now), EventKind.TIMER_STOPPED)


def update_timer(
    context: Context,
    clock: Clock,
    timer: Timer,
    balance: int,
    kind: EventKind,
    movement: Movement | None = None,
    **data: Any,
) -> None:
    store_timer(context.transaction, clock, timer, balance, context.now)
    record_event(
        context,
        clock.account_id,
        kind,
        movement,
        clock=clock.id,
        ewallet=clock.ewallet_id,
        **timer_data(clock, timer, balance, context.now),
        **data,
    )


def finish_run(context: Context, clock: Clock, run: TimeSpent, kind: EventKind) -> int:
    """Take the run's time from the clock, write its time record and event; returns the record's id."""
    balance_id = BalanceId(clock.balance_id)
    entry_id = post(
        context.transaction,
        time_spent(context.issuer, balance_id, run.spent, run.stopped_at),
        context.issuer,
    )
    record_id = times.append(
        context.transaction,
        clock.time_sheet_id,
        run.stopped_at,
        entry_id=entry_id,
        time_start=run.started_at,
        time_stop=run.stopped_at,
        time_spent=run.spent,
        time_pending=run.pending,
        pending_count=run.pauses,
        notes=clock.timer_notes,
        tags=clock.timer_tags,
        time_unsegmented=clock.timer_unsegmented,
    )
    keep_segment(context.transaction, clock, run.stopped_at)
    assign_segments(context.transaction, clock, record_id)
    update_timer(
        context,
        clock,
        Timer(),
        clock.balance_ms - run.spent,
        kind,
        Movement.TIME,
        time_record=record_id,
        time_start=timestamp(run.started_at),
        time_stop=timestamp(run.stopped_at),
        **minutes(time_spent=run.spent, time_pending=run.pending),
    )
    return record_id
