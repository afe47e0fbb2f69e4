"""SQLite: one writer with group commit, concurrent readers, and migration."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import EngineClosedError, StorageFailedError, StorageUnavailableError
from ewallet_core.metrics import Histogram, Labels, Metric, MetricKind, gauge
from ewallet_core.storage import migrations
from ewallet_core.storage.damage import as_storage_error, lacks_temporary_files
from ewallet_core.storage.database import Deliver, Work
from ewallet_core.storage.database_file import DatabaseFile
from ewallet_core.storage.described_schema import SQLITE_SCHEMA, read_description
from ewallet_core.storage.group_commit import GroupCommitWriter
from ewallet_core.storage.journal import Sealer
from ewallet_core.storage.schema_version import SCHEMA_VERSION, VERSION, VERSION_TABLE, require_no_newer
from ewallet_core.storage.transaction import Statements, Transaction
from ewallet_core.types import Durability

BUSY_SECONDS = 10
WRITER_CACHE_KIB = 32 * 1024
CHECKPOINT_PAGES = 4_000
MOST_IDLE_READERS = 5

T = TypeVar("T")


class ReaderConnections:
    """Connections for read transactions, as many as read at once. Some stay open for the next ones."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    def take(self) -> sqlite3.Connection:
        try:
            # The last one: its cache is the newest.
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def give_back(self, connection: sqlite3.Connection) -> None:
        # One whose transaction could not be ended would show the next reader old data.
        if connection.in_transaction or len(self._idle) >= MOST_IDLE_READERS:
            connection.close()
        else:
            self._idle.append(connection)
        if self._closed:
            self._close_idle()

    def close(self) -> None:
        """Close all connections; those that are in use are closed when they are given back."""
        self._closed = True
        self._close_idle()

    def _close_idle(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()


class SqliteDatabase:
    """A SQLite file, or a database in memory if the URL names no file."""

    def __init__(self, url: URL, durability: Durability) -> None:
        path = None if url.database in (None, "", ":memory:") else Path(str(url.database))
        self._engine = _engine(url, durability, in_memory=path is None)
        self._statements = Statements(self._engine.dialect)
        self._readers = ReaderConnections(self._connect_reader)
        self._sealer = Sealer()
        self._file: DatabaseFile | None = None
        try:
            if path is not None:
                self._file = DatabaseFile(path)
            self.version_before = migrate(self._engine, None if path is None else str(path))
            """Of the schema; None if there were no tables."""
            if self._file is not None:
                self._file.note_opened()
            self._writer = GroupCommitWriter(
                self._connect_writer,
                partial(Transaction, statements=self._statements, writes=True),
                self._sealer.seal,
                self._after_commit,
            )
        except BaseException as reason:
            self._release()
            if (error := _as_unavailable(reason)) is None:
                raise
            raise error from reason

    @property
    def is_remote(self) -> bool:
        return False

    @property
    def is_in_charge(self) -> bool:
        """The processes that share a file clean up together: whichever is first."""
        return True

    @property
    def settled_events(self) -> None:
        """Only one transaction writes at a time."""
        return None

    def on_foreign_change(self, changed: Callable[[], None]) -> None:
        """Other processes can't tell it."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """As `Database.read`. A database in memory has one connection, so the writer runs it."""
        if self._file is None:
            return self.write(work)
        if self._writer.is_closed:
            raise EngineClosedError
        try:
            self._file.require_same_for_reader()
            connection = self._readers.take()
            try:
                return self._read_on(connection, work)
            except sqlite3.OperationalError as reason:
                if not lacks_temporary_files(reason):
                    raise
                connection.execute("PRAGMA temp_store = MEMORY")
                return self._read_on(connection, work)
            finally:
                self._readers.give_back(connection)
        except Exception as reason:
            if (error := as_storage_error(reason)) is None:
                raise
            raise error from reason

    def _read_on(self, connection: sqlite3.Connection, work: Callable[[Transaction], T]) -> T:
        connection.execute("BEGIN")
        try:
            return work(Transaction(connection, self._statements, writes=False))
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def write(self, work: Callable[[Transaction], T]) -> T:
        result: T = self._writer.write(work)
        return result

    def submit(self, work: Work, deliver: Deliver) -> None:
        self._writer.submit(work, deliver)

    def metrics(self) -> Iterator[Metric]:
        yield gauge("ewallet_writer_queue", "Changes that wait for the writer.", self._writer.waiting_count)
        sizes: list[tuple[Labels, float | Histogram]] = [({}, self._writer.group_sizes)]
        yield Metric(
            "ewallet_commit_changes", MetricKind.HISTOGRAM, "Changes that were committed together.", sizes
        )
        if self._file is not None:
            yield from self._file.metrics()

    def _after_commit(self) -> None:
        """Raises `StorageReplacedError` if what was committed may be lost."""
        self._sealer.keep()
        if self._file is not None:
            self._file.require_same()

    def prepare_close(self) -> None:
        """Nothing here waits for another machine."""

    def close(self) -> None:
        self._writer.close()
        self._readers.close()
        self._release()

    def _release(self) -> None:
        self._engine.dispose()
        if self._file is not None:
            self._file.release()

    def _connect_reader(self) -> sqlite3.Connection:
        connection = self._engine.raw_connection()
        driver = _driver(connection)
        # It never returns to the engine's pool, which is slower.
        connection.detach()
        # It may sort all records of an account.
        driver.execute("PRAGMA temp_store = FILE")
        if self._file is not None:
            try:
                self._file.require_same()
            except WalletError:
                # It may be of the file that is there now.
                driver.close()
                raise
        return driver

    def _connect_writer(self) -> sqlite3.Connection:
        connection = self._engine.raw_connection()
        driver = _driver(connection)
        if self._file is not None:
            connection.detach()
        # A large group changes many pages; without room for them, SQLite writes some of them twice.
        driver.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
        # Pages that change often are copied from the log to the database only once for many changes.
        driver.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        return driver


def _as_unavailable(reason: BaseException) -> WalletError | None:
    """The error to raise if the database could not be opened; None for one that says it by itself."""
    if isinstance(reason, OSError):
        return StorageUnavailableError(str(reason.strerror).lower())
    error = as_storage_error(reason)
    return StorageUnavailableError(error.reason) if isinstance(error, StorageFailedError) else error


def _driver(connection: Any) -> sqlite3.Connection:
    driver: sqlite3.Connection = connection.driver_connection
    return driver


def _engine(url: URL, durability: Durability, *, in_memory: bool) -> Engine:
    engine = create_engine(
        url,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": BUSY_SECONDS},
        # A server's event loop reads too, and must not wait until another connection is returned.
        **({"poolclass": StaticPool} if in_memory else {"max_overflow": -1}),
    )
    event.listen(engine, "connect", lambda connection, _record: _set_up(connection, durability))
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, durability: Durability) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    if pages == 0:
        # On an existing file it has no effect, but waits for the writer and writes.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _enable_write_ahead_log(connection)
    connection.execute(f"PRAGMA synchronous = {durability}")
    # The pages that a savepoint copies are too few to be worth a file, and there may be no folder for one.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA foreign_keys = ON")
    # REPLACE fires the triggers that refuse to delete entries, postings and seals.
    connection.execute("PRAGMA recursive_triggers = ON")
    # Erased data is overwritten in the file; not every build of SQLite does that by default.
    connection.execute("PRAGMA secure_delete = ON")


def _enable_write_ahead_log(connection: sqlite3.Connection) -> None:
    # This pragma ignores the timeout and fails at once while another process opens the new file.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(BUSY_SECONDS / 1_000)
        else:
            return


def _begin(connection: Any) -> None:
    # After a plain BEGIN, the first write ignores the timeout and fails at once if another process writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


_HAS_VERSION = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"


def migrate(engine: Engine, path: str | None) -> str | None:
    """Create or upgrade the tables. The existing file at `path` is copied first.

    Returns the version that they had before, None if there were none.
    Raises `StorageUnavailableError` if a newer release or another program wrote the database.
    """
    # Most files are current. They need no lock, and no connection of SQLAlchemy, which takes longer to make.
    with closing(engine.raw_connection()) as current:
        version = _version(_driver(current))
    if version == SCHEMA_VERSION:
        return version
    with engine.connect() as connection, without_foreign_keys(connection), connection.begin():
        # The transaction has the lock: if two processes open an old file, the second finds it migrated.
        version = _version(_driver(connection.connection))
        if version == SCHEMA_VERSION:
            return version
        require_no_newer(version)
        tables = inspect(connection).get_table_names()
        if version is None and tables and VERSION_TABLE not in tables:
            raise StorageUnavailableError("it holds the tables of something else", "Name a file of its own.")
        if not tables:
            _create_tables(connection)
            return version
        if version is not None and path is not None:
            back_up(path, version)
        migrations.upgrade(connection, SCHEMA_VERSION)
        return version


def _create_tables(connection: Connection) -> None:
    """Create all that the migrations would create, in a thirtieth of their time."""
    for statement in read_description(SQLITE_SCHEMA).values():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (SCHEMA_VERSION,))  # noqa: S608


def upgrade_file(file: Path) -> None:
    """Migrate a file that nothing else uses, without copying it first. Raises `StorageUnavailableError`."""
    engine = _engine(URL.create("sqlite", database=str(file)), Durability.FULL, in_memory=False)
    try:
        migrate(engine, None)
    except (DBAPIError, sqlite3.Error) as reason:
        raise _as_unavailable(reason) or reason from reason
    finally:
        engine.dispose()


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Don't enforce foreign keys meanwhile: a migration rebuilds tables that others refer to."""
    driver = _driver(connection.connection)
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def back_up(path: str, version: str) -> Path:
    """Copy the database file to a new file beside it, named after its version; returns the copy."""
    name = f"{path}.before-migration-from-{version}"
    numbered = (Path(name if number == 1 else f"{name}-{number}") for number in count(1))
    copy = next(path for path in numbered if not path.exists())
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _version(driver: sqlite3.Connection) -> str | None:
    # Without SQLAlchemy's inspection and statements, which take longer than the rest of opening a file.
    if driver.execute(_HAS_VERSION, (VERSION_TABLE,)).fetchone() is None:
        return None
    found = driver.execute(VERSION).fetchone()
    return None if found is None else str(found[0])
