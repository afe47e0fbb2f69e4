"""Creating and upgrading the tables at PostgreSQL, and what a role that serves may do with them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage import migrations
from ewallet_core.storage.postgresql.engine import connect, create_migration_engine, raw_execute
from ewallet_core.storage.postgresql.new_tables import create_tables
from ewallet_core.storage.postgresql.requirements import (
    PostgresqlFacts,
    connecting,
    read_facts,
    require_granted,
    require_upgradable,
    require_usable,
)
from ewallet_core.storage.postgresql.url import PostgresqlTarget
from ewallet_core.storage.schema import APPEND_ONLY, entries, metadata
from ewallet_core.storage.schema_version import SCHEMA_VERSION, VERSION_TABLE

if TYPE_CHECKING:
    from ewallet_core.storage.postgresql.pipeline import DriverConnection

_MIGRATION_LOCK = 0x65_77_61_6C_6C_65_74
"""The advisory lock of the one process that creates or upgrades tables in a database: "ewallet" in ASCII."""

_GRANTED = text(
    "SELECT DISTINCT pg_get_userbyid(granted.grantee)::text"
    " FROM pg_class AS journal, LATERAL aclexplode(journal.relacl) AS granted"
    " WHERE journal.oid = to_regclass(:table) AND granted.privilege_type = 'INSERT'"
    " AND granted.grantee NOT IN (0, journal.relowner)"
)
"""The roles that may already post, so that they serve. Others may only read, for backups or reports."""
_HAS_ROLE = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
_SEQUENCES = text(
    "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = to_regnamespace(:schema)"
    " ORDER BY relname"
)


def connect_prepared(target: PostgresqlTarget) -> tuple[DriverConnection, PostgresqlFacts]:
    """Create or upgrade the tables if that is needed and the role may do it.

    Returns the connection on which it has asked the server, for further use, and what is there now. Several
    processes and threads may do this at once. Raises `StorageUnavailableError`.
    """
    with connecting(target):
        connection = connect(target)
    try:
        facts = _read_facts(connection, target)
        require_usable(facts)
        if not facts.is_current:
            require_upgradable(facts)
            migrate(target)
            facts = _read_facts(connection, target)
        require_granted(facts)
    except BaseException:
        connection.close()
        raise
    return connection, facts


def look_up(target: PostgresqlTarget) -> PostgresqlFacts:
    """Ask the server about the database, on a connection of its own. Raises `StorageUnavailableError`."""
    with connecting(target), closing(connect(target)) as connection:
        return _read_facts(connection, target)


def _read_facts(connection: DriverConnection, target: PostgresqlTarget) -> PostgresqlFacts:
    with connecting(target):
        return read_facts(connection.execute, target)


def migrate(target: PostgresqlTarget, grant_to: str | None = None) -> tuple[str | None, tuple[str, ...]]:
    """Create or upgrade the tables, all or nothing, and let the role `grant_to` use them.

    Roles that could use them before can use them afterwards. Returns the version before, None without
    tables, and the roles that may use them now beside the owner. Raises `StorageUnavailableError`.
    """
    engine = create_migration_engine(target)
    with connecting(target), engine.connect() as connection, connection.begin():
        result = migrate_within(connection, target, grant_to)
    engine.dispose()
    return result


def migrate_within(
    connection: Connection, target: PostgresqlTarget, grant_to: str | None = None
) -> tuple[str | None, tuple[str, ...]]:
    """As `migrate`, in the transaction of that connection, which from then on finds only our schema."""
    # Until the end of the transaction: of several processes, the others find that the first has done it.
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    facts = read_facts(raw_execute(connection), target)
    require_usable(facts)
    require_upgradable(facts)
    schema = str(facts.schema)
    if not facts.has_schema:
        connection.execute(text(f"CREATE SCHEMA {_quote(connection, schema)}"))
    # So that what another schema of the search path has is taken for nothing of ours.
    connection.execute(text(f"SET LOCAL search_path TO {_quote(connection, schema)}"))
    roles = _served_roles(connection, schema)
    if not facts.has_version:
        create_tables(connection)
    elif not facts.is_current:
        migrations.upgrade(connection, SCHEMA_VERSION)
    elif not facts.owns:
        raise StorageUnavailableError(
            f"the role {facts.role} does not own its tables",
            f"Run this as the role {facts.owner}, which owns them.",
        )
    if grant_to is not None and grant_to not in roles:
        roles.append(grant_to)
    for role in roles:
        _grant(connection, schema, role)
    return facts.version, tuple(roles)


def _served_roles(connection: Connection, schema: str) -> list[str]:
    table = f"{_quote(connection, schema)}.{entries.name}"
    return list(connection.execute(_GRANTED, {"table": table}).scalars())


def _grant(connection: Connection, schema: str, role: str) -> None:
    """Let the role read and write the rows, but change nothing that is append-only, and no table."""
    if connection.execute(_HAS_ROLE, {"role": role}).scalar() is None:
        raise StorageUnavailableError(
            f"there is no role {role} at its server", f'Create it: CREATE ROLE "{role}" LOGIN.'
        )
    to, within = _quote(connection, role), _quote(connection, schema)
    statements = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {within} FROM {to}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {within} FROM {to}",
        f"GRANT USAGE ON SCHEMA {within} TO {to}",
        f"GRANT SELECT ON {VERSION_TABLE} TO {to}",
        *(f"GRANT {_rights(table)} ON {table} TO {to}" for table in sorted(metadata.tables)),
        *(
            f"GRANT USAGE, SELECT ON SEQUENCE {_quote(connection, sequence)} TO {to}"
            for sequence in connection.execute(_SEQUENCES, {"schema": within}).scalars()
        ),
    ]
    for statement in statements:
        connection.execute(text(statement))


def _rights(table: str) -> str:
    return "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"


def _quote(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
