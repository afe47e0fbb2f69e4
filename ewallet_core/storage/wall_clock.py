"""What is stored about the machine's wall clock: a reading that was right, and the latest known instant."""

from __future__ import annotations

import msgspec
from sqlalchemy import select, union_all

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction

ONLY_ROW = 1


class RightReading(Row, frozen=True):
    """A reading of the wall clock that was right, and of the boot clock at the same moment.

    `boot_id` names the boot of the machine; it is empty if that is unknown. `latest_at` is the latest instant
    known by then. Stored dates up to `overruled_at` are wrong if they lie after it. `confirmed_boot_at` is
    when an operator confirmed the wall clock, by the boot clock.
    """

    wall_at: int
    boot_at: int
    boot_id: str
    latest_at: int
    overruled_at: int
    confirmed_boot_at: int | None


right_readings = Rows(schema.wall_clock, RightReading)

_DATED_IN_ORDER = (schema.entries, schema.events, schema.login_records)
_NEWEST = union_all(
    *(
        select(select(table.c.at).order_by(table.c.id.desc()).limit(1).scalar_subquery())
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
    right_readings.insert(
        transaction,
        id=ONLY_ROW,
        wall_at=reading.wall_at,
        boot_at=reading.boot_at,
        boot_id=reading.boot_id,
        latest_at=reading.latest_at,
        overruled_at=reading.overruled_at,
        confirmed_boot_at=reading.confirmed_boot_at,
    )
