"""Copies of a database file that no engine uses: making, upgrading and checking one, and logging all out.

What is not finished is in a folder of its own, beside the place where it goes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from ewallet_core.data_folder import url_of
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageDamagedError
from ewallet_core.storage.damage import check_after_unclean_end
from ewallet_core.storage.database_file import DatabaseFile
from ewallet_core.storage.read_only import connect_read_only, open_read_only
from ewallet_core.storage.sqlite import upgrade_file
from ewallet_core.storage.verification import Violation, run_checks

PAGES_AT_ONCE = 1_000
SKIPPED_EVENTS = 1_000_000
"""How far the event sequences go on at a restore: further than what happened since the backup was made."""
_UNFINISHED = ".ewallet-unfinished-"
_FORGOTTEN = ("seen_requests", "session_accounts", "renewed_tokens", "sessions", "client_ids", "workers")


class BackupError(Exception):
    """A backup can't be made, read or restored; the message is for the user."""


class BrokenWalletError(BackupError):
    """The copy is damaged, or its ledger is not as it must be."""


def cannot_write(file: Path, reason: OSError) -> BackupError:
    why = (reason.strerror or str(reason)).lower()
    place = str(reason.filename or file)
    if _UNFINISHED in place:
        place = str(file.absolute().parent)
    return BackupError(f"{place} can't be used: {why}. Check the folder, its permissions and its free space.")


@contextmanager
def unfinished_folder(parent: Path) -> Iterator[Path]:
    """A folder for what is not finished; those that killed programs left in `parent` are removed."""
    for left in parent.glob(f"{_UNFINISHED}*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=parent))
    try:
        with contextlib.ExitStack() as stack:
            # A network folder or a USB stick may have no locks.
            with contextlib.suppress(OSError):
                stack.enter_context(_locked(folder))
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock that says that a program still uses the folder; raises `OSError` if another has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Wait until the disk has the file, or the names in the folder."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as reason:
        # Some file systems can't do this for a folder.
        if reason.errno != errno.EINVAL or not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def give_name(partial: Path, file: Path, *, replace: bool = False) -> None:
    """Put the finished file in its place. Raises `BackupError` if there is one, unless it `replace`s that."""
    if replace:
        partial.replace(file)
    else:
        try:
            # Unlike a renaming, it replaces nothing that another program has made meanwhile.
            file.hardlink_to(partial)
        except FileExistsError:
            raise BackupError(f"{file} exists already. Choose another name.") from None
        except OSError:
            # A file system without hard links, such as that of most USB sticks.
            partial.rename(file)
    sync(file.absolute().parent)


def create_private(file: Path) -> BinaryIO:
    """Create a file that only its owner can read, on a file system that has modes."""
    return cast("BinaryIO", open(file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)))


def copy_database(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    """Copy the database at `source`, which may be in use, as it is at one moment, into one file.

    Programs that write to it do not wait meanwhile. `progress` gets the number of copied pages and of all.
    """
    with (
        _explained(f"{source} can't be copied"),
        used(source),
        connect_read_only(url_of(source)) as reading,
        closing(_connect(target, "rwc")) as writing,
    ):
        # The copy is of this moment: if nothing was read yet, each change of another process restarts it.
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        writing.execute("PRAGMA synchronous = OFF")
        reading.backup(
            writing, pages=PAGES_AT_ONCE, progress=lambda _, left, total: progress(total - left, total)
        )
        leave_write_ahead_log(writing)


@contextmanager
def used(database: Path) -> Iterator[None]:
    """Let nothing be put in the place of the database meanwhile."""
    if not os.access(database.resolve().parent, os.W_OK):
        # On a read-only medium it can't be replaced, nor locked.
        yield
        return
    file = DatabaseFile(database)
    try:
        yield
    finally:
        file.release()


def schema_of(copy: Path) -> str:
    with _explained(f"{copy.name} can't be read"), closing(_connect(copy, "ro")) as connection:
        table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if table else None
    if row is None:
        raise BackupError(f"{copy.name} holds no wallet. Choose another file.")
    return str(row[0])


def upgrade_copy(copy: Path) -> None:
    """Migrate the copy to this release's schema. Raises `BackupError` if a newer release wrote it."""
    # A file without wallets is refused, and not upgraded to a new wallet.
    schema_of(copy)
    with _explained(f"{copy.name} can't be read"):
        upgrade_file(copy)
        with closing(_connect(copy, "rw")) as connection:
            leave_write_ahead_log(connection)


def check_copy(copy: Path) -> list[str]:
    """Check the ledger of a copy with this release's schema; returns what was checked.

    Raises `BrokenWalletError` at the first violation.
    """
    lines = []
    with _explained(f"{copy.name} can't be read"), open_read_only(url_of(copy)) as transaction:
        for finding in run_checks(transaction):
            if isinstance(finding, Violation):
                raise BrokenWalletError(f"The wallet is not as it must be: {finding.sentence}")
            lines.append(finding.line)
    return lines


def log_out_all(copy: Path) -> None:
    """Drop all sessions and what they were answered, and let the event sequences go on much later.

    A client that knows more than the copy does, because it was made earlier, must not take new events for
    those that it has read.
    """
    with _explained(f"{copy.name} can't be written"), closing(_connect(copy, "rw")) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        for table in _FORGOTTEN:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        connection.execute("UPDATE accounts SET event_sequence = event_sequence + ?", (SKIPPED_EVENTS,))
        connection.execute("COMMIT")


def fold_in_log(database: Path) -> bool:
    """Write what the log beside the file has into the file; returns whether they belong together.

    No engine may use the database.
    """
    try:
        check_after_unclean_end(database)
        with closing(_connect(database, "rw")) as connection:
            leave_write_ahead_log(connection)
    except (sqlite3.Error, StorageDamagedError):
        return False
    return True


def leave_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Let all be in one file; the engine uses a log again when it opens it."""
    (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    if mode != "delete":
        raise sqlite3.OperationalError("its log can't be removed")


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as reason:
        raise BackupError(f"{what}: {reason}. Check the file and its permissions.") from reason
    except StorageDamagedError as error:
        raise BrokenWalletError(error.error) from error
    except WalletError as error:
        raise BackupError(f"{error.error} {error.warning}") from error


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    uri = f"{file.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)
