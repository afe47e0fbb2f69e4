"""Dates that were stored while the wall clock was ahead: what is compared with now must not wait for them.

Entries, postings and records keep their dates. A step of less than an hour is not worth a correction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ewallet_core.storage import schema
from ewallet_core.storage.payees import RESERVED_MS
from ewallet_core.storage.transaction import Transaction

LEAST_AHEAD_MS = 3_600_000

_NOW: sa.BindParameter[int] = sa.bindparam("now")
_AHEAD: sa.BindParameter[int] = sa.bindparam("ahead")
_clock, _segment = schema.clocks.c, schema.time_segments.c


def _at_most(column: sa.Column[Any], within: str | None = None, **columns: Any) -> sa.Update:
    """Bring dates that are further ahead than `within` milliseconds from now to the latest possible one."""
    offset: Any = 0 if within is None else sa.bindparam(within)
    return (
        sa.update(column.table)
        .where(column > _AHEAD + offset)
        .values({column.name: _NOW + offset, **columns})
    )


# A run moves as a whole, with its segments, so that it has spent what it had spent.
_STARTED_AHEAD = (_clock.runs_out_at > _AHEAD) & (_clock.timer_since > _AHEAD)
_AHEAD_BY = _clock.timer_since - _NOW
_segment_ahead_by = sa.select(_AHEAD_BY).where(_clock.id == _segment.clock_id).scalar_subquery()
_RUNS = (
    schema.time_segments.update()
    .where(
        _segment.time_record_id.is_(None),
        _segment.clock_id.in_(sa.select(_clock.id).where(_STARTED_AHEAD)),
    )
    .values(
        started_at=_segment.started_at - _segment_ahead_by,
        stopped_at=_segment.stopped_at - _segment_ahead_by,
    ),
    schema.clocks.update()
    .where(_STARTED_AHEAD)
    .values(
        timer_started_at=_clock.timer_started_at - _AHEAD_BY,
        runs_out_at=_clock.runs_out_at - _AHEAD_BY,
        timer_since=_NOW,
    ),
)

_CORRECTIONS = (
    _at_most(schema.sessions.c.expires_at, "session_lifetime", last_used_at=_NOW),
    _at_most(schema.client_ids.c.expires_at, "session_lifetime", last_used_at=_NOW),
    _at_most(schema.refused_requests.c.at),
    _at_most(schema.accounts.c.to_unlink_at, "recoverable"),
    _at_most(schema.reserved_emails.c.reserved_until, "reserved"),
    *_RUNS,
)


def correct_future_dates(
    transaction: Transaction, now: int, *, session_lifetime: int, recoverable: int
) -> None:
    """Bring every date that is compared with now to the latest that is possible; spans in milliseconds."""
    for statement in _CORRECTIONS:
        transaction.run(
            statement,
            now=now,
            ahead=now + LEAST_AHEAD_MS,
            session_lifetime=session_lifetime,
            recoverable=recoverable,
            reserved=RESERVED_MS,
        )
