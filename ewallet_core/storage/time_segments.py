"""The segments of runs: the stretches in which a timer was active, and what was used of them in a period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import Select, bindparam, case, func, literal, select

from ewallet_core.ledger.timer import State
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, whole_number
from ewallet_core.storage.statements import SumFilter
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Clock

_segment, _clock = schema.time_segments.c, schema.clocks.c
_record, _sheet = schema.time_records.c, schema.sheets.c
_NOW = whole_number("now")

_KEEP = (
    schema.time_segments.insert()
    .inline()
    .values(clock_id=bindparam("clock"), started_at=bindparam("started"), stopped_at=bindparam("stopped"))
)
_ASSIGN = (
    schema.time_segments.update()
    .where(_segment.clock_id == bindparam("clock"), _segment.time_record_id.is_(None))
    .values(time_record_id=bindparam("record"))
)


def keep_segment(transaction: Transaction, clock: Clock, stopped_at: int) -> None:
    """Keep the stretch in which the clock's timer, as it is stored, was active until `stopped_at`."""
    segment = clock.timer.segment_until(stopped_at)
    if segment is not None:
        started, stopped = segment
        transaction.run(_KEEP, clock=clock.id, started=started, stopped=stopped)


def assign_segments(transaction: Transaction, clock: Clock, record_id: int) -> None:
    """Give the segments of the clock's finished run to its time record."""
    transaction.run(_ASSIGN, clock=clock.id, record=record_id)


class UsedTime(Row, frozen=True):
    """Time that a run used evenly from `started_at` to `stopped_at`, and whether it has not stopped yet.

    It is a segment, or time that has none because it was used before segments were kept.
    """

    started_at: int
    stopped_at: int
    spent: int
    tags: str
    is_begun: int

    def within(self, since: int, until: int) -> int:
        """The milliseconds used in that period; those of consecutive periods add up to `spent`."""
        if since <= self.started_at and self.stopped_at <= until:
            return self.spent
        return self._before(until) - self._before(since)

    def _before(self, instant: int) -> int:
        length = max(self.stopped_at - self.started_at, 1)
        return self.spent * min(max(instant - self.started_at, 0), length) // length


def _of_clock(statement: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    return statement.where(_clock.id == bindparam("clock_id"))


_SEGMENTS = (
    select(
        _segment.started_at,
        _segment.stopped_at,
        _segment.stopped_at - _segment.started_at,
        func.coalesce(_record.tags, _clock.timer_tags),
        case((_segment.time_record_id.is_(None), 1), else_=0),
    )
    .join_from(schema.clocks, schema.time_segments, _segment.clock_id == _clock.id)
    .outerjoin(schema.time_records, _record.id == _segment.time_record_id)
    .where(
        _clock.account_id == bindparam("account_id"),
        _segment.stopped_at > bindparam("since"),
        _segment.started_at < bindparam("until"),
    )
)
# Time without segments was spent before the first segment of its run.
_first_segment = select(func.min(_segment.started_at))
_OLDER = (
    select(
        _record.time_start,
        func.coalesce(
            _first_segment.where(_segment.time_record_id == _record.id).scalar_subquery(), _record.time_stop
        ),
        _record.time_unsegmented,
        _record.tags,
        literal(0),
    )
    .join_from(schema.time_records, schema.sheets, _sheet.id == _record.sheet_id)
    .join(schema.clocks, _clock.id == _sheet.owner_id)
    .where(
        _record.account_id == bindparam("account_id"),
        # A record is created when its run stops; this column has an index.
        _record.created_at > bindparam("since"),
        _record.time_start < bindparam("until"),
        _record.time_unsegmented > 0,
    )
)
_OLDER_OF_BEGUN = select(
    _clock.timer_started_at,
    func.coalesce(
        _first_segment.where(
            _segment.clock_id == _clock.id, _segment.time_record_id.is_(None)
        ).scalar_subquery(),
        _clock.timer_since,
    ),
    _clock.timer_unsegmented,
    _clock.timer_tags,
    literal(1),
).where(_clock.account_id == bindparam("account_id"), _clock.timer_unsegmented > 0)
# The stretch of an active timer that goes on.
_CURRENT = select(_clock.timer_since, _NOW, _NOW - _clock.timer_since, _clock.timer_tags, literal(1)).where(
    _clock.account_id == bindparam("account_id"),
    _clock.timer_state == State.ACTIVE,
    _clock.timer_since < _NOW,
)
_USED = (_SEGMENTS, _OLDER, _OLDER_OF_BEGUN, _CURRENT)
_USED_BY_CLOCK = tuple(map(_of_clock, _USED))


def read_used_time(
    transaction: Transaction, of: SumFilter, since: int, until: int, now: int
) -> Iterator[UsedTime]:
    """The used time of which some can be in that period, up to `now` of runs that have not stopped yet."""
    values = {**asdict(of), "since": since, "until": until, "now": now}
    for statement in _USED if of.clock_id is None else _USED_BY_CLOCK:
        yield from transaction.each(statement, UsedTime, **values)
