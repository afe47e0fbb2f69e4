"""The machine's wall clock as far as it is stored: a reading that was right, and the latest known instant.

And what was dated in the future, because the wall clock was ahead, is corrected here."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from ewallet_core.storage import schema
from ewallet_core.storage.payees import RESERVED_MS
from ewallet_core.storage.rows import Row, Rows, whole_number
from ewallet_core.storage.transaction import Transaction

ONLY_ROW = 1


class RightReading(Row, frozen=True):
    """A reading of the wall clock that was right, and of the boot clock at the same moment.

    `boot_id` names the boot of the machine; it is empty if that is unknown. `latest_at` is the latest instant
    known by then. Stored dates up to `overruled_at` are wrong if they lie after it. `confirmed_boot_at` is
    when an operator confirmed the wall clock, by the boot clock. A database with a clock of its own has that
    one in place of the boot clock.
    """

    wall_at: int
    boot_at: int
    boot_id: str
    latest_at: int
    overruled_at: int
    confirmed_boot_at: int | None


right_readings = Rows(schema.wall_clock, RightReading)

_DATED_IN_ORDER = (schema.entries, schema.events, schema.login_records)
_NEWEST = sa.union_all(
    *(
        sa.select(sa.select(table.c.at).order_by(table.c.id.desc()).limit(1).scalar_subquery())
        for table in _DATED_IN_ORDER
    )
)


def find_right_reading(transaction: Transaction) -> RightReading | None:
    return right_readings.find(transaction, id=ONLY_ROW)


def newest_date(transaction: Transaction, after: int = 0) -> int:
    """The latest date of the newest entry, event and login after that instant, or 0."""
    found = msgspec.convert(transaction.run(_NEWEST).fetchall(), list[tuple[int | None]])
    return max((at for (at,) in found if at is not None and at > after), default=0)


def latest_known(transaction: Transaction, reading: RightReading | None) -> int:
    """The latest instant that has certainly passed, in milliseconds UTC."""
    if reading is None:
        return newest_date(transaction)
    return max(reading.latest_at, newest_date(transaction, after=reading.overruled_at))


def keep_right_reading(transaction: Transaction, reading: RightReading) -> None:
    right_readings.delete(transaction, id=ONLY_ROW)
    right_readings.add(
        transaction,
        id=ONLY_ROW,
        wall_at=reading.wall_at,
        boot_at=reading.boot_at,
        boot_id=reading.boot_id,
        latest_at=reading.latest_at,
        overruled_at=reading.overruled_at,
        confirmed_boot_at=reading.confirmed_boot_at,
    )


LEAST_AHEAD_MS = 24 * 60 * 60_000
"""A date that is less far ahead may be right: so far the clock may be behind without being in doubt."""

_NOW, _AHEAD, _USUAL = whole_number("now"), whole_number("ahead"), whole_number("session_lifetime")
_clock, _segment = schema.clocks.c, schema.time_segments.c


def _at_most(column: sa.Column[Any], within: str | None = None) -> sa.Update:
    """Bring dates that are further ahead than `within` milliseconds from now to the latest possible one."""
    offset: Any = 0 if within is None else whole_number(within)
    return sa.update(column.table).where(column > _AHEAD + offset).values({column.name: _NOW + offset})


_session, _client = schema.sessions.c, schema.client_ids.c
_lifetime_of_client = sa.select(_session.lifetime_ms).where(_session.client_id == _client.id)


def _used_at_most(column: sa.Column[Any], lifetime: Any) -> sa.Update:
    """As `_at_most` for the end of a session or client id, which has its own lifetime or the usual one."""
    lifetime = sa.func.coalesce(lifetime, _USUAL)
    return (
        sa.update(column.table)
        # The first comparison can use the index.
        .where(column > _AHEAD + _USUAL, column > _AHEAD + lifetime)
        .values({column.name: _NOW + lifetime, "last_used_at": _NOW})
    )


# A run moves as a whole, with its segments, so that it has spent what it had spent.
_STARTED_AHEAD = (_clock.runs_out_at > _AHEAD) & (_clock.timer_since > _AHEAD)
_RUNNING_AHEAD = sa.select(_clock.account_id).where(_STARTED_AHEAD)
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
    _used_at_most(_client.expires_at, _lifetime_of_client.scalar_subquery()),
    _used_at_most(_session.expires_at, _session.lifetime_ms),
    _at_most(schema.refused_requests.c.at),
    _at_most(schema.login_origins.c.last_login_at),
    _at_most(schema.accounts.c.to_unlink_at, "recoverable"),
    _at_most(schema.reserved_emails.c.reserved_until, "reserved"),
    *_RUNS,
)


def correct_future_dates(
    transaction: Transaction, now: int, *, session_lifetime: int, recoverable: int
) -> None:
    """Bring every date that is compared with now to the latest that is possible; spans in milliseconds.

    Entries, postings and records keep their dates.
    """
    if transaction.locks_rows:
        running = transaction.run(_RUNNING_AHEAD, ahead=now + LEAST_AHEAD_MS).fetchall()
        transaction.require_locks({account_id for (account_id,) in running})
    for statement in _CORRECTIONS:
        transaction.run(
            statement,
            now=now,
            ahead=now + LEAST_AHEAD_MS,
            session_lifetime=session_lifetime,
            recoverable=recoverable,
            reserved=RESERVED_MS,
        )
