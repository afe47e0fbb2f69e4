"""Connections to PostgreSQL: a pool of raw ones for the statements, and single ones for the migrations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.postgresql.url import PostgresqlTarget

if TYPE_CHECKING:
    from ewallet_core.storage.postgresql.pipeline import DriverConnection

POOL_SIZE = 16
POOL_SECONDS = 20.0
"""How long a transaction waits for a connection while all of them are in use, or being opened."""

_DEFAULTS: dict[str, str | int] = {
    # For each of the hosts.
    "connect_timeout": 5,
    # A server whose machine is gone sends nothing, not even a refusal: it is given up after about 15 seconds.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    # A name in the URL, in a service file or in PGAPPNAME wins.
    "fallback_application_name": "ewallet",
}
"""Arguments of libpq, unless the URL has them."""


def create_pool(
    target: PostgresqlTarget,
    prepare: Callable[[DriverConnection], None],
    *,
    pool_size: int = POOL_SIZE,
    pool_seconds: float = POOL_SECONDS,
) -> QueuePool:
    """A pool of connections as those of `connect`; each of them is prepared once.

    There are at most `pool_size` of them; none is opened before the first is needed. An engine of SQLAlchemy
    would ask the server four things first that no statement of ours needs to know.
    """
    # SQLAlchemy's own type of connections is wider.
    creator: Any = partial(connect, target)
    pool = QueuePool(
        creator,
        pool_size=pool_size,
        max_overflow=0,
        timeout=pool_seconds,
        # So that those which are not needed at present are idle for long, and the others keep what they know.
        use_lifo=True,
    )
    event.listen(pool, "connect", lambda connection, _record: prepare(connection))
    return pool


def create_dialect() -> Dialect:
    """The dialect of statements that connections as those of `connect` carry out."""
    untyped: Any = PGDialect_psycopg
    dialect: Dialect = untyped(paramstyle="numeric_dollar", use_native_hstore=False)
    return dialect


def require_driver() -> None:
    """Raises `StorageUnavailableError` without psycopg, which most modules beside this one import."""
    _raw_connections()


def connect(target: PostgresqlTarget) -> DriverConnection:
    """A connection for statements that are compiled by the dialect of `create_dialect`.

    It is in autocommit mode, so that BEGIN is sent by its user, and its cursors take `$1` for parameters.
    Raises `psycopg.Error`, or `StorageUnavailableError` without psycopg.
    """
    arguments = {**connect_arguments(target), **_raw_connections(), "client_encoding": "utf8"}
    import psycopg  # noqa: PLC0415

    of_driver: Any = target.url.get_dialect()
    _, of_url = of_driver(dbapi=psycopg).create_connect_args(target.url)
    return psycopg.connect(**{**of_url, **arguments})


def create_migration_engine(target: PostgresqlTarget) -> Engine:
    """An engine for statements that SQLAlchemy itself sends. Each connection is closed after its use.

    Raises `StorageUnavailableError` without psycopg.
    """
    _raw_connections()
    return create_engine(
        target.url,
        use_native_hstore=False,
        client_encoding="utf8",
        poolclass=NullPool,
        connect_args=connect_arguments(target),
    )


def raw_execute(connection: Connection) -> Callable[[str, tuple[object, ...]], Any]:
    """Runs statements with parameters such as `$1` in the transaction of that connection."""
    from psycopg import RawCursor  # noqa: PLC0415

    driver: Any = connection.connection.driver_connection
    return lambda sql, values: RawCursor(driver).execute(sql.encode(), values)


def connect_arguments(target: PostgresqlTarget) -> dict[str, Any]:
    """What is given to libpq beside the URL: our defaults, and the schema as the search path."""
    arguments: dict[str, Any] = {
        name: value for name, value in _DEFAULTS.items() if name not in target.url.query
    }
    theirs = target.url.query.get("options", ())
    options = [theirs] if isinstance(theirs, str) else list(theirs)
    if target.schema is not None:
        # The last one wins.
        quoted = '"{}"'.format(target.schema.replace('"', '""'))
        options.append(f"-csearch_path={_escape(quoted)}")
    return {**arguments, "options": " ".join(options)} if options else arguments


def _escape(value: str) -> str:
    """The value as part of libpq's `options`, where a space would end it."""
    return "".join(f"\\{letter}" if letter.isspace() or letter == "\\" else letter for letter in value)


def _raw_connections() -> dict[str, Any]:
    """Arguments for psycopg: no BEGIN by itself, `$1` for parameters, one type for all integers."""
    # Only a process with a database at PostgreSQL needs the driver, which is an extra.
    try:
        import psycopg  # noqa: PLC0415
        from psycopg.adapt import AdaptersMap  # noqa: PLC0415
        from psycopg.types import numeric  # noqa: PLC0415
    except ImportError as reason:
        raise StorageUnavailableError(
            f"the driver of PostgreSQL can't be loaded ({reason})",
            'Install it with `pip install "ewallet-tui[postgres]"`.',
        ) from reason
    adapters = AdaptersMap(psycopg.adapters)
    # Else the type of a number depends on its size, and each combination of types is another statement.
    adapters.register_dumper(int, numeric.Int8Dumper)
    adapters.register_dumper(int, numeric.Int8BinaryDumper)
    return {"autocommit": True, "cursor_factory": psycopg.RawCursor, "context": adapters}
