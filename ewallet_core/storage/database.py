"""Access to a database of any kind: `read` and `write` transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.metrics import Metric
from ewallet_core.storage.database_url import POSTGRESQL, parse_url
from ewallet_core.storage.events import SettledEvents
from ewallet_core.storage.schema_version import SCHEMA_VERSION
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import Durability

LEAST_CONNECTIONS, USUAL_CONNECTIONS = 4, 16
"""How many connections to another machine's database a process has at most."""

T = TypeVar("T")

Work = Callable[[Transaction], Any]


@dataclass(slots=True, eq=False)
class Finished:
    """A piece of work that is over: its `result` is durable, unless it has an `error`."""

    work: Work
    result: Any = None
    error: BaseException | None = None


Deliver = Callable[[list[Finished]], None]
"""Gets the pieces of work that were finished together."""


class Database(Protocol):
    """An open database with this release's schema."""

    @property
    def is_remote(self) -> bool:
        """Whether a read may have to wait for another machine, so that no event loop may run it."""

    @property
    def is_in_charge(self) -> bool:
        """Whether this process does what one process does for all that share the database: cleaning up.

        It can change at any time, and for a moment two processes may be in charge, so nothing may depend on
        it but who does the work.
        """

    @property
    def settled_events(self) -> SettledEvents | None:
        """Which events a later read certainly finds; None if ids are committed in order."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """The result of `work`, which reads one consistent snapshot."""
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction, and return its result once it is durable.

        Raises what `work` raised, `StorageFailedError` if nothing was stored, or `OutcomeUnknownError` if the
        commit failed. `work` may run more than once, so it must have no effect outside its transaction.
        """
        ...

    def submit(self, work: Work, deliver: Deliver) -> None:
        """As `write`, without waiting: once `work` is durable or has failed, `deliver` gets it.

        Pieces of work that finish together and have equal `deliver`s are delivered in one call, in the order
        in which they were submitted. It is called from the thread that writes, so it must be quick; an
        exception from it is logged. Raises `EngineClosedError` once the database is closed.
        """
        ...

    def on_foreign_change(self, changed: Callable[[], None]) -> None:
        """Call only `changed` soon after another process has written events, in a thread of the database.

        It must be quick. A database that can't tell calls nothing, and in any case a call may be missing.
        """

    def metrics(self) -> Iterable[Metric]:
        """What this process knows about it; it is not read for that."""
        ...

    def prepare_close(self) -> None:
        """It will be closed soon: from now on, nothing waits long for a database that does not answer."""

    def close(self) -> None:
        """Finish the work that has begun, and close the database."""
        ...


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """What was done to the tables of a database."""

    before: str | None
    """The version of its schema, or None if it was new."""
    version: str
    granted_to: tuple[str, ...] = ()
    """The roles that may serve with the tables, beside the owner."""


def migrate_database(url: str, *, grant_to: str | None = None) -> MigrationResult:
    """Create or upgrade the tables of the database at that URL; a file is copied first.

    At PostgreSQL, the role `grant_to` may serve with them then. Raises `StorageUnavailableError`.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == POSTGRESQL:
        from ewallet_core.storage.postgresql.migration import migrate  # noqa: PLC0415
        from ewallet_core.storage.postgresql.url import read_target  # noqa: PLC0415

        before, granted_to = migrate(read_target(parsed), grant_to)
        return MigrationResult(before, SCHEMA_VERSION, granted_to)
    if grant_to is not None:
        raise StorageUnavailableError(
            "it is in SQLite, which has no roles", "Leave the role out: the file's permissions decide."
        )
    from ewallet_core.storage.sqlite import SqliteDatabase  # noqa: PLC0415

    database = SqliteDatabase(parsed, Durability.FULL)
    database.close()
    return MigrationResult(database.version_before, SCHEMA_VERSION)


def open_database(
    url: str, durability: Durability = Durability.FULL, connections: int = USUAL_CONNECTIONS
) -> Database:
    """Open the database at that SQLAlchemy URL; create or migrate it if needed.

    Raises `StorageUnavailableError`.
    """
    # Imported here, because a process needs only the backend of its own database.
    parsed = parse_url(url)
    if parsed.get_backend_name() == POSTGRESQL:
        from ewallet_core.storage.postgresql.migration import connect_prepared  # noqa: PLC0415
        from ewallet_core.storage.postgresql.url import read_target  # noqa: PLC0415

        target = read_target(parsed)
        connection, _ = connect_prepared(target)
        # Only now, because it needs the driver, and `connect_prepared` says what to do without it.
        from ewallet_core.storage.postgresql.database import PostgresqlDatabase  # noqa: PLC0415

        return PostgresqlDatabase(target, durability, connections, connection)
    from ewallet_core.storage.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqliteDatabase(parsed, durability)
