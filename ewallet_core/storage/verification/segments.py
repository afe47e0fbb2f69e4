"""Checks timers and the segments of runs: they add up to the time that was spent, in order, between pauses.

Runs are read one after another with their segments in order, so one run at a time is in memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import and_, case, or_, select, union_all

from ewallet_core.ledger.timer import State
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, RowId
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import (
    Check,
    Findings,
    Violation,
    report_faulty,
    select_faulty,
    several,
)


class _RunLine(Row, frozen=True):
    """A run with one of its segments, or with none; a timer that does not run has no start and no end."""

    id: int
    clock_id: int | None
    spent: int
    pending: int
    pauses: int
    unsegmented: int
    begins_at: int | None
    ends_at: int | None
    segments_clock: int | None
    started_at: int | None
    stopped_at: int | None


_record, _clock, _sheet = schema.time_records.c, schema.clocks.c, schema.sheets.c
_segment = schema.time_segments.c
_SEGMENT = _segment.clock_id, _segment.started_at, _segment.stopped_at
_FINISHED = (
    select(
        _record.id,
        _sheet.owner_id,
        _record.time_spent,
        _record.time_pending,
        _record.pending_count,
        _record.time_unsegmented,
        _record.time_start,
        _record.time_stop,
        *_SEGMENT,
    )
    .outerjoin_from(schema.time_records, schema.sheets, _sheet.id == _record.sheet_id)
    .outerjoin(schema.time_segments, _segment.time_record_id == _record.id)
    .order_by(_record.id, _segment.id)
)
_BEGUN = (
    select(
        _clock.id,
        _clock.id,
        _clock.timer_spent,
        _clock.timer_pending,
        _clock.timer_pauses,
        _clock.timer_unsegmented,
        _clock.timer_started_at,
        _clock.timer_since,
        *_SEGMENT,
    )
    .outerjoin_from(
        schema.clocks,
        schema.time_segments,
        and_(_segment.clock_id == _clock.id, _segment.time_record_id.is_(None)),
    )
    .order_by(_clock.id, _segment.id)
)
_STRAYS = (
    select(_segment.id)
    .outerjoin_from(schema.time_segments, schema.time_records, _record.id == _segment.time_record_id)
    .outerjoin(schema.clocks, _clock.id == _segment.clock_id)
    .where(_clock.id.is_(None) | (_segment.time_record_id.is_not(None) & _record.id.is_(None)))
    .order_by(_segment.id)
)


def check_segments(transaction: Transaction) -> Findings:
    runs = 0
    for what, statement in (("time record", _FINISHED), ("timer of clock", _BEGUN)):
        for number, lines in groupby(transaction.each(statement, _RunLine), lambda line: line.id):
            runs += what == "time record"
            yield from _check_run(f"{what} {number}", lines)
    for stray in transaction.each(_STRAYS, RowId):
        yield Violation(f"The segment {stray.id} belongs to no run.")
    yield Check(f"{several(runs, 'run', 'runs')} and the timers, each spent the time of its segments")


def _check_run(run: str, lines: Iterable[_RunLine]) -> Findings:
    first, *others = lines
    total, end = first.unsegmented, first.begins_at or 0
    # Time without segments was spent before the first one, so what is before that is no pause.
    gaps, may_be_gap = 0, first.unsegmented == 0
    if first.unsegmented < 0:
        yield Violation(f"The {run} has a negative time without segments.")
    for line in (first, *others):
        if line.started_at is None or line.stopped_at is None:
            continue
        if line.segments_clock != line.clock_id:
            yield Violation(f"The {run} has a segment of another clock.")
        if line.started_at < end:
            yield Violation(f"The {run} has a segment that begins too early.")
        total += line.stopped_at - line.started_at
        gaps += may_be_gap and line.started_at > end
        end, may_be_gap = line.stopped_at, True
    if total != first.spent:
        yield Violation(f"The {run} spent {first.spent} milliseconds, its segments sum to {total}.")
    if first.begins_at is not None and first.ends_at is not None:
        yield from _check_ends(run, first, end, gaps + (may_be_gap and end < first.ends_at))


def _check_ends(run: str, of: _RunLine, end: int, gaps: int) -> Findings:
    """Check the span of a run whose last segment ends at `end`, with so many gaps around the segments."""
    begins_at, ends_at = of.begins_at or 0, of.ends_at or 0
    if end > ends_at:
        yield Violation(f"The {run} has a segment that ends after it.")
    if begins_at + of.spent + of.pending != ends_at:
        yield Violation(
            f"The {run} took {ends_at - begins_at} milliseconds, of which it spent {of.spent}"
            f" and was paused for {of.pending}."
        )
    if of.pauses == 0 and of.pending:
        yield Violation(f"The {run} was never paused, and has paused time.")
    # Stretches and pauses of no length leave no trace, so there can be fewer.
    if gaps > of.pauses:
        yield Violation(f"The {run} has more gaps around its segments than it was paused.")


_timer, _balance = schema.clocks.c, schema.balances.c
_is_inactive = _timer.timer_state == State.INACTIVE
_is_active = _timer.timer_state == State.ACTIVE
_left = _balance.amount - _timer.timer_spent

_FAULTY_TIMERS = union_all(
    select_faulty(
        "The timer of clock",
        _timer.id,
        schema.clocks.outerjoin(schema.balances, _balance.id == _timer.balance_id),
        (
            and_(_is_inactive, or_(_timer.timer_started_at.is_not(None), _timer.timer_since.is_not(None))),
            "has not begun, and says when it did",
        ),
        (
            and_(
                _is_inactive,
                or_(
                    *(_timer[name] != 0 for name in ("timer_spent", "timer_pending", "timer_pauses")),
                    _timer.timer_unsegmented != 0,
                ),
            ),
            "has not begun, and has spent time or was paused",
        ),
        (
            and_(~_is_inactive, or_(_timer.timer_started_at.is_(None), _timer.timer_since.is_(None))),
            "has begun, and does not say when",
        ),
        (_timer.timer_since < _timer.timer_started_at, "changed before it began"),
        (and_(_timer.timer_pending > 0, _timer.timer_pauses == 0), "was never paused, and has paused time"),
        (and_(_timer.timer_state == State.PAUSED, _timer.timer_pauses == 0), "is paused, and never was"),
        (
            or_(
                and_(~_is_active, _timer.runs_out_at.is_not(None)),
                and_(_is_active, _timer.runs_out_at.is_(None)),
                # An empty clock has run out, at the latest at the last change.
                case(
                    (_left > 0, _timer.runs_out_at != _timer.timer_since + _left),
                    else_=_timer.runs_out_at > _timer.timer_since,
                ),
            ),
            "is said to run out at another moment than it does",
        ),
    ),
)


def check_timers(transaction: Transaction) -> Findings:
    yield from report_faulty(transaction, _FAULTY_TIMERS)
    yield Check("every timer has what its state needs, and runs out when its clock is empty")
