"""Scheduled backups: when the next is due, making it, and removing the oldest, on a thread of its own."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from ewallet_core.backup.archive import files_beside
from ewallet_core.backup.copies import BackupError
from ewallet_core.backup.settings import BackupSchedule
from ewallet_core.data_folder import create_private_folder

LONGEST_WAIT_MS = 60_000
"""A suspended machine and a changed clock are noticed after this."""
RETRY_MS = 10 * 60_000
_NAME = re.compile(r"ewallet-scheduled-([0-9]{8}T[0-9]{6}Z)\.tar")
_STAMP = "%Y%m%dT%H%M%SZ"

_log = logging.getLogger("ewallet_core")


WriteBackup = Callable[[Path, Path, Mapping[str, Path], datetime], object]
"""As `write_backup`."""


def write_in_own_process(file: Path, database: Path, others: Mapping[str, Path], now: datetime) -> None:
    """As `write_backup`, without slowing this process down."""
    named = (str(each) for pair in others.items() for each in pair)
    command = [sys.executable, "-P", "-m", "ewallet_core.backup", str(file), str(database), now.isoformat()]
    done = subprocess.run(  # noqa: S603 - this program
        [*command, *named], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2]
        raise BackupError(last or f"The process that makes it was ended ({done.returncode}).")


class BackupMaker:
    """Makes the backup that is due, and keeps the newest ones.

    `clock` returns the time in milliseconds UTC; `config` is the settings file of a server; `failed` is
    called with the reason if a backup could not be made; `write` writes one. One thread calls `turn`.
    """

    def __init__(
        self,
        schedule: BackupSchedule,
        database: Path,
        folder: Path,
        clock: Callable[[], int],
        config: Path | None = None,
        failed: Callable[[str], None] = lambda _: None,
        write: WriteBackup = write_in_own_process,
    ) -> None:
        self._schedule = schedule
        self._database = database
        self._folder = folder
        self._clock = clock
        self._config = config
        self._failed = failed
        self._write = write
        self._not_before = 0

    def turn(self) -> int:
        """Make a backup if one is due; returns the milliseconds until this should be called again.

        What fails is logged in a line, and tried again later.
        """
        wait_ms = self._due_in()
        if wait_ms == 0:
            try:
                self._make()
            except (BackupError, OSError) as reason:
                _log.warning("the scheduled backup was not made: %s", reason)
                self._not_before = self._clock() + min(RETRY_MS, self._schedule.every_ms)
                self._failed(str(reason))
            wait_ms = self._due_in()
        return min(wait_ms, LONGEST_WAIT_MS)

    def _due_in(self) -> int:
        """The milliseconds until the next backup is due: at once if the program did not run when it was."""
        now = self._clock()
        # One from the future was made while the clock was wrong.
        newest = max((at for at in self._made_at().values() if at <= now), default=None)
        due_at = now if newest is None else newest + self._schedule.every_ms
        rests_until = self._not_before if self._not_before <= now + RETRY_MS else 0
        return max(0, due_at - now, rests_until - now)

    def _made_at(self) -> dict[Path, int]:
        """When each of the scheduled backups was made, by its name."""
        try:
            names = sorted(self._schedule.folder.iterdir())
        except OSError:
            return {}
        found = {file: _NAME.fullmatch(file.name) for file in names}
        return {file: _instant(match[1]) for file, match in found.items() if match}

    def _make(self) -> None:
        create_private_folder(self._schedule.folder)
        with _one_at_a_time(self._schedule.folder) as is_alone:
            # Another program with the same folder may have made it meanwhile.
            if is_alone and self._due_in() == 0:
                now = self._clock()
                at = datetime.fromtimestamp(now / 1_000, UTC)
                file = self._schedule.folder / f"ewallet-scheduled-{at:{_STAMP}}.tar"
                self._write(file, self._database, files_beside(self._folder, self._config), at)
                _log.info("backed up as %s", file)
                self._remove_oldest(now)
            elif not is_alone:
                self._not_before = self._clock() + LONGEST_WAIT_MS

    def _remove_oldest(self, now: int) -> None:
        """Keep the newest ones; those from the future go first."""
        made_at = self._made_at()
        newest_first = sorted(made_at, key=lambda file: (made_at[file] <= now, made_at[file]), reverse=True)
        for file in newest_first[self._schedule.keep :]:
            file.unlink(missing_ok=True)


class BackupThread:
    """A daemon thread that makes scheduled backups until it is closed."""

    def __init__(self, maker: BackupMaker) -> None:
        self._maker = maker
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ewallet-backups", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Begin no other backup. One that is being made is not waited for: it has no name yet."""
        self._closed.set()

    def _run(self) -> None:
        wait_ms = 0
        while not self._closed.wait(wait_ms / 1_000):
            try:
                wait_ms = self._maker.turn()
            except Exception:  # noqa: BLE001 - the next backup must still be made
                _log.exception("the scheduled backups failed")
                wait_ms = RETRY_MS


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[bool]:
    """Whether no other program makes a scheduled backup in that folder now."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    is_alone = True
    try:
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            is_alone = False
        except OSError as reason:
            # A network folder may have no locks. Two backups at a time only take more room.
            _log.debug("no lock of %s: %s", folder, reason)
        yield is_alone
    finally:
        os.close(descriptor)


def _instant(stamp: str) -> int:
    try:
        return int(datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp() * 1_000)
    except ValueError:
        # Digits that are no date.
        return 0
