"""The segments of runs: the stretches in which a timer was active."""

from __future__ import annotations

from sqlalchemy import bindparam

from ewallet_core.storage import schema
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Clock

_segment = schema.time_segments.c
_KEEP = schema.time_segments.insert().values(
    clock_id=bindparam("clock"), started_at=bindparam("started"), stopped_at=bindparam("stopped")
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
