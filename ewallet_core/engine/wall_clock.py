"""The engine's time: the machine's wall clock, as long as it agrees with the machine's boot clock.

The boot clock counts the milliseconds since the machine was started, also while it is suspended. Nothing sets
it, so a leap of the wall clock shows as a change of the difference between the two.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from os import environ
from pathlib import Path

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.metrics import Metric, gauge
from ewallet_core.operations.context import ClockDoubt
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wall_clock import (
    RightReading,
    find_right_reading,
    keep_right_reading,
    latest_known,
    newest_date,
)

MINUTE, HOUR = 60_000, 3_600_000
# A minute less than a day, so that a whole day that is set by hand is noticed.
LARGEST_STEP_MS = 24 * HOUR - MINUTE
"""How far the wall clock may step, in an engine or between two of them."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_log = logging.getLogger("ewallet_core")
# A command that only compares the clocks says what it found by itself.
_log.addHandler(logging.NullHandler())

Clock = Callable[[], int]


def system_clock() -> int:
    """The machine's wall clock, in milliseconds UTC."""
    return time.time_ns() // 1_000_000


# On macOS the monotonic clock goes on while the machine is suspended; on Linux only this one does.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def system_boot_clock() -> int:
    """The milliseconds since the machine was started, also those while it was suspended."""
    return time.clock_gettime_ns(_BOOT_CLOCK) // 1_000_000


def system_boot_id() -> str:
    """The name of this boot of the machine, or an empty text if it is unknown."""
    # The service passes it, because it can't read that file.
    given = environ.get("EWALLET_BOOT_ID", "")
    with suppress(OSError):
        given = given or _BOOT_ID.read_text(encoding="ascii")
    return given.strip().replace("-", "")


class WallClock:
    """The wall clock, which is in doubt after a leap, or if it is earlier than what is already stored.

    While it is in doubt, `now` stands still or is earlier than any stored instant, so nothing expires. Any
    thread may read it.
    """

    def __init__(self, wall: Clock, boot: Clock, boot_id: str) -> None:
        self._own_wall = wall
        self._own_boot = boot
        self._boot_id = boot_id
        self._ahead_ms: int | None = None
        """How far the database's clock, if that one counts, was ahead of the boot clock when last read."""
        self._offset: int | None = None
        """Wall clock minus boot clock when the wall clock was last right."""
        self._earliest = 0
        self._last = 0
        """The latest instant that has certainly passed."""
        self._doubted_boot_at = 0
        self._judging = threading.Lock()
        self.doubt: ClockDoubt | None = None

    @classmethod
    def of_database(cls, boot: Clock) -> WallClock:
        """The clock of a database's machine, compared with `boot`, the boot clock of this machine."""
        clock = cls(boot, boot, "")
        clock._ahead_ms = 0
        return clock

    def compare(self, transaction: Transaction) -> RightReading | None:
        """Compare the wall clock with what is stored; returns the stored reading."""
        reading = find_right_reading(transaction)
        self._last = latest_known(transaction, reading)
        self._earliest = self._last - LARGEST_STEP_MS
        if reading is not None and reading.boot_id and reading.boot_id == self._boot_id:
            self._offset = reading.wall_at - reading.boot_at
        self._read(*self._clocks(transaction))
        return reading

    def start(self, transaction: Transaction) -> None:
        """Compare the wall clock with what is stored, and store the reading if it is right."""
        reading, (wall, boot) = self.compare(transaction), self._clocks(transaction)
        if self._ahead_ms is not None:
            # What is stored is for the engines of other machines too.
            boot = wall
        if self.doubt is not None or (reading is not None and self._is_recent(reading, wall, boot)):
            return
        is_same_boot = reading is not None and reading.boot_id == self._boot_id
        confirmed_boot_at = reading.confirmed_boot_at if reading is not None and is_same_boot else None
        overruled_at = newest_date(transaction, after=wall)
        keep_right_reading(
            transaction,
            RightReading(wall, boot, self._boot_id, wall, overruled_at, confirmed_boot_at),
        )

    def now(self) -> int:
        """The time in milliseconds UTC."""
        return self._read(self._wall(), self._boot())

    def metrics(self) -> Iterator[Metric]:
        yield gauge("ewallet_clock_in_doubt", "1 while the wall clock is in doubt.", self.doubt is not None)

    def read(self, transaction: Transaction) -> tuple[int, ClockDoubt | None]:
        """The time, and the doubt about the wall clock unless an operator has confirmed it meanwhile."""
        now, doubt = self._read(*self._clocks(transaction)), self.doubt
        if doubt is not None and self._is_confirmed(find_right_reading(transaction)):
            self._accept()
            now, doubt = self.now(), self.doubt
        return now, doubt

    def _wall(self) -> int:
        return self._own_wall() + (self._ahead_ms or 0)

    def _boot(self) -> int:
        return self._own_boot()

    def _clocks(self, transaction: Transaction) -> tuple[int, int]:
        """Wall clock and boot clock; the wall clock is the database's, if it has one."""
        if self._ahead_ms is None or (found := transaction.database_time) is None:
            return self._wall(), self._boot()
        boot = self._boot()
        self._ahead_ms = found - boot
        return found, boot

    def _read(self, wall: int, boot: int) -> int:
        if self.doubt is None and self._is_expected(wall, boot):
            self._offset = wall - boot
            self._earliest = 0
            self._last = wall
            return wall
        return self._judge()

    def _is_expected(self, wall: int, boot: int) -> bool:
        is_after = wall >= self._earliest
        return is_after and (self._offset is None or abs(wall - boot - self._offset) <= LARGEST_STEP_MS)

    def _judge(self) -> int:
        with self._judging:
            # Read again: the thread may have been held up since it read them.
            wall, boot = self._wall(), self._boot()
            if self._is_expected(wall, boot):
                self._end_doubt(wall, boot)
                return wall
            if self.doubt is None:
                self._begin_doubt(wall, boot)
            return min(wall, self._last)

    def _begin_doubt(self, wall: int, boot: int) -> None:
        if self._offset is not None:
            self._last = max(self._last, boot + self._offset)
        self._doubted_boot_at = boot
        self.doubt = ClockDoubt(wall, expected := self._last)
        _log.warning(
            "the wall clock is in doubt: it shows %s, and %s was expected; nothing is settled, changed or"
            " erased until it is right, or confirmed by `ewallet doctor --confirm-clock`",
            timestamp(wall),
            timestamp(expected),
        )

    def _end_doubt(self, wall: int, boot: int) -> None:
        self._offset, self._earliest, self._last = wall - boot, 0, wall
        if self.doubt is not None:
            self.doubt = None
            _log.warning("the wall clock is right again: it shows %s", timestamp(wall))

    def _accept(self) -> None:
        with self._judging:
            self._end_doubt(self._wall(), self._boot())

    def _is_confirmed(self, reading: RightReading | None) -> bool:
        if reading is None or reading.confirmed_boot_at is None:
            return False
        if self._ahead_ms is not None:
            # By the database's clock, which may have leapt again since.
            return self.doubt is not None and self.doubt.shown <= reading.confirmed_boot_at <= self._wall()
        is_other_boot = bool(reading.boot_id and self._boot_id) and reading.boot_id != self._boot_id
        if is_other_boot or reading.confirmed_boot_at < self._doubted_boot_at:
            return False
        leap = self._wall() - self._boot() - (reading.wall_at - reading.boot_at)
        return abs(leap) <= LARGEST_STEP_MS

    def _is_recent(self, reading: RightReading, wall: int, boot: int) -> bool:
        """Whether the stored reading is as good as this one, so that it need not be stored again."""
        leap = wall - boot - (reading.wall_at - reading.boot_at)
        return reading.boot_id == self._boot_id and abs(leap) <= MINUTE and wall <= reading.latest_at + HOUR


def confirm_database_clock(transaction: Transaction) -> int | None:
    """As `confirm_wall_clock` for the database's own clock; returns what it shows, or None without one."""
    if (now := transaction.database_time) is not None:
        confirm_wall_clock(transaction, now, now, "")
    return now


def confirm_wall_clock(transaction: Transaction, wall: int, boot: int, boot_id: str) -> None:
    """Store that an operator says that the wall clock is right, for the engines that doubt it."""
    overruled_at = newest_date(transaction, after=wall)
    keep_right_reading(transaction, RightReading(wall, boot, boot_id, wall, overruled_at, boot))
