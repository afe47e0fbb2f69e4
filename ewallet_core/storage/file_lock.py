"""The lock beside a database file: what uses the file holds it shared, what replaces the file holds it alone.

It is a file of its own, `<database>.lock`, because the database file itself may be replaced. It is never
deleted: two programs could otherwise hold locks, one of the deleted file and the other of the new one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ewallet_core.errors.server import StorageUnavailableError

SHARED_WAIT_SECONDS = 2
_RETRY_SECONDS = 0.02
_LONGEST_NOTE = 80
_LOCKED_BY_SQLITE = 510, 0x4000_0002
"""How many bytes of a database file SQLite locks while it is open, and from which on."""


def lock_file_of(database: Path) -> Path:
    # A link to the database is the same database.
    file = database.resolve()
    return file.with_name(f"{file.name}.lock")


class DatabaseLock:
    """A lock that is held until it is released, or until its process ends.

    `is_first` says whether no other program held it. The lock file also keeps a note for the next program.
    """

    def __init__(self, descriptor: int, *, is_first: bool = True) -> None:
        self._descriptor: int | None = descriptor
        self.is_first = is_first

    @property
    def inode(self) -> int:
        return os.fstat(self._opened).st_ino

    def read_note(self) -> str:
        return os.pread(self._opened, _LONGEST_NOTE, 0).decode("ascii", "replace")

    def write_note(self, note: str) -> None:
        os.pwrite(self._opened, f"{note:<{_LONGEST_NOTE - 1}}\n".encode("ascii"), 0)

    def sync(self) -> None:
        """Wait until the disk has the note."""
        os.fsync(self._opened)

    @property
    def _opened(self) -> int:
        if self._descriptor is None:
            raise ValueError("the lock is released")
        return self._descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_shared(database: Path) -> DatabaseLock:
    """Hold the lock together with all others that use the database.

    Raises `StorageUnavailableError` if another program holds it alone, or the lock can't be used.
    """
    descriptor = _open(database)
    deadline = time.monotonic() + SHARED_WAIT_SECONDS
    while True:
        # If several programs start together, exactly one is the first.
        is_first = _try(descriptor, fcntl.LOCK_EX)
        if _try(descriptor, fcntl.LOCK_SH):
            return DatabaseLock(descriptor, is_first=is_first)
        # Another program that only tries to take the lock alone has it for a moment.
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise StorageUnavailableError(
                "another program is replacing or compacting it",
                "Wait until that has finished, then try again.",
            )
        time.sleep(_RETRY_SECONDS)


def lock_alone(database: Path) -> DatabaseLock:
    """Hold the lock so that no engine can use the database; `database` need not exist, its folder must.

    Raises `StorageUnavailableError` if another program uses the database, or the lock can't be used. This
    process must have no connection to it: SQLite's locks would be lost.
    """
    descriptor = _open(database)
    if not _try(descriptor, fcntl.LOCK_EX) or _is_open(database):
        os.close(descriptor)
        raise StorageUnavailableError(
            "another program uses it", "Close the app and stop the server that use it, then try again."
        )
    return DatabaseLock(descriptor)


def _is_open(database: Path) -> bool:
    """Whether another program has the database open, with or without our lock.

    Engines of earlier releases hold no lock, and neither do programs that only read.
    """
    try:
        descriptor = os.open(database, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, *_LOCKED_BY_SQLITE)
    except (BlockingIOError, PermissionError):
        return True
    finally:
        os.close(descriptor)
    return False


def is_in_use(database: Path) -> bool:
    """Whether a program holds the lock of the database. Raises `OSError` if that can't be told."""
    try:
        descriptor = os.open(lock_file_of(database), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # For this moment, others wait for it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _open(database: Path) -> int:
    file = lock_file_of(database)
    try:
        # Without O_NOFOLLOW, a link in a folder of others could have another file created.
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as reason:
        raise StorageUnavailableError(f"{str(reason.strerror).lower()}, {file}") from reason
    _let_its_users_open(descriptor, database)
    return descriptor


def _let_its_users_open(descriptor: int, database: Path) -> None:
    """Let the same users open the lock as the database, as SQLite does with its own files.

    A database that is missing will belong to the owner of its folder.
    """
    is_there = database.exists()
    owner = (database if is_there else database.resolve().parent).stat()
    lock, user = os.fstat(descriptor), os.geteuid()
    # A group that may use the database may use its lock.
    mode = 0o600 | (owner.st_mode & 0o060 if is_there else 0)
    # Not every file system has owners and modes, and in a container root may change neither.
    with contextlib.suppress(OSError):
        if user == 0 and (lock.st_uid, lock.st_gid) != (owner.st_uid, owner.st_gid):
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        if user in (0, lock.st_uid) and stat.S_IMODE(lock.st_mode) != mode:
            os.fchmod(descriptor, mode)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as reason:
        os.close(descriptor)
        raise StorageUnavailableError(
            f"its file system has no locks, {str(reason.strerror).lower()}", "Move it to a local disk."
        ) from reason
    return True
