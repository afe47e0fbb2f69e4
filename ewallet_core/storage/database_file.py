"""The file of an open SQLite database: locked, whole after an unclean end, and the same while it is open."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ewallet_core.errors.server import (
    StorageDamagedError,
    StorageFailedError,
    StorageReplacedError,
    StorageUnavailableError,
)
from ewallet_core.metrics import Metric, gauge
from ewallet_core.storage.damage import check_after_unclean_end
from ewallet_core.storage.file_lock import lock_shared
from ewallet_core.storage.file_modes import require_private

READERS_CHECK_SECONDS = 0.1


def log_of(file: Path) -> Path:
    """The write-ahead log of the database. A clean end leaves none."""
    # SQLite names it after the file that a link leads to.
    return Path(f"{file.resolve()}-wal")


class DatabaseFile:
    """A database file that this program uses; it is created if it is missing.

    Raises `StorageUnavailableError` if another program is replacing the file or still uses the one that was
    replaced, or `StorageDamagedError` if a log that was left beside it does not belong to it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.absolute()
        self._log = log_of(file)
        self._file_name, self._log_name = str(self._file), str(self._log)
        self._log_inode: int | None = None
        """Known once the database is open; SQLite keeps one log until the last program has closed it."""
        self._lost: str | None = None
        """What happened to the file, if it is no longer the one that was opened."""
        self._checked_at = 0.0
        self._lock = lock_shared(file)
        try:
            # SQLite gives its journal files the same mode.
            require_private(file)
            found = self._file.stat()
            self._identity = found.st_dev, found.st_ino
            self._check_log()
        except BaseException:
            self.release()
            raise

    def note_opened(self) -> None:
        """The database is open, so its log exists: from now on, it must be the same too."""
        self.require_same()
        self._log_inode = self._log.stat().st_ino
        # The first program that holds the lock may only have read, as for a backup.
        self._note(self._log_inode)

    def metrics(self) -> Iterator[Metric]:
        for name, help, file in (
            ("ewallet_database_bytes", "The size of the database file.", self._file),
            ("ewallet_write_ahead_log_bytes", "The size of the log beside the database file.", self._log),
        ):
            with contextlib.suppress(OSError):
                yield gauge(name, help, file.stat().st_size)

    def require_same(self) -> None:
        """Raises `StorageReplacedError`, from then on always, if the path names another file than before."""
        if self._lost is None:
            self._lost = self._find_loss()
            self._checked_at = time.monotonic()
        if self._lost is not None:
            raise StorageReplacedError(self._lost)

    def require_same_for_reader(self) -> None:
        """As `require_same`, but it looks only now and then: readers are many, and store nothing."""
        if self._lost is not None or time.monotonic() - self._checked_at > READERS_CHECK_SECONDS:
            self.require_same()

    def release(self) -> None:
        self._lock.release()

    def _find_loss(self) -> str | None:
        try:
            # By their texts: it is done after each commit, and a `Path` takes longer.
            found = os.stat(self._file_name)  # noqa: PTH116
            if (found.st_dev, found.st_ino) != self._identity:
                return "replaced"
            log = None if self._log_inode is None else os.stat(self._log_name)  # noqa: PTH116
            if log is not None and log.st_ino != self._log_inode:
                return "separated from its log"
        except (FileNotFoundError, NotADirectoryError) as missing:
            return "deleted" if missing.filename == self._file_name else "separated from its log"
        except OSError as reason:
            raise StorageFailedError(str(reason.strerror).lower()) from reason
        return None

    def _check_log(self) -> None:
        """Refuse the file if another one was here when the log was written; see `_note`."""
        inode = self._identity[1]
        noted_inode, noted_log = self._read_note()
        if not self._lock.is_first:
            if noted_inode not in (inode, None):
                raise StorageUnavailableError(
                    "it was replaced while another program used it, which still uses the earlier file",
                    "Close the app and stop the server that use it, then try again.",
                )
            return
        if (log := self._find_log()) is not None:
            if noted_log == log and noted_inode != inode:
                raise StorageDamagedError(
                    f"it was replaced, and {self._log.name} beside it is the log of the earlier file",
                    "Move that log to another folder, or restore a backup with `ewallet restore`.",
                )
            check_after_unclean_end(self._file)
        self._note()
        if noted_inode not in (inode, None):
            # The new log may get the number of the noted one, so that note must not come back if power fails.
            self._lock.sync()

    def _find_log(self) -> int | None:
        """The inode of the log that an unclean end left."""
        try:
            found = self._log.stat()
        except FileNotFoundError:
            return None
        return found.st_ino if found.st_size else None

    def _note(self, log_inode: int = 0) -> None:
        """Note which file and log belong together, and in which lock file: a copy of it says nothing."""
        self._lock.write_note(f"{self._lock.inode} {self._identity[1]} {log_inode}")

    def _read_note(self) -> tuple[int | None, int | None]:
        match self._lock.read_note().split():
            case [lock, file, log] if lock == str(self._lock.inode) and file.isdecimal() and log.isdecimal():
                return int(file), int(log)
        return None, None
