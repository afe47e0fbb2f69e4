"""What a database at PostgreSQL must be like, and what the role may do there, before it is used."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy.exc import DBAPIError

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.postgresql.url import PostgresqlTarget
from ewallet_core.storage.schema import entries
from ewallet_core.storage.schema_version import SCHEMA_VERSION, VERSION_TABLE, require_no_newer

Execute = Callable[[str, tuple[object, ...]], Any]
"""Runs a statement with parameters such as `$1`; returns its cursor."""

OLDEST_SERVER = 14
_ENCODING = "UTF8"
_COLLATIONS = ("C", "POSIX")
# The provider `b` came with PostgreSQL 17; all of its collations sort by code points, as C does.
_LIBC, _BUILTIN = "c", "b"
_OURS = re.compile(r"\d{4}")
_QUESTION = re.compile(r"Is the server running .*\?")
GRANT_READING = "Grant it SELECT on all tables and sequences, and USAGE on their schema, or use another role."
_CREATE = "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
_REACHABLE = (
    "Check that it runs, and the host, port, user and database of the URL;"
    " a password is taken from PGPASSWORD, .pgpass or a service file."
)

# The provider and the version are read in ways that work for every release, so that an old one can be named.
_FACTS = f"""
WITH place AS (SELECT coalesce($1::text, current_schema()::text) AS schema)
SELECT
    current_setting('server_version_num')::int / 10000 AS server,
    current_setting('server_version') AS server_version,
    pg_encoding_to_char(base.encoding)::text AS encoding,
    coalesce(to_jsonb(base) ->> 'datlocprovider', '{_LIBC}') AS provider,
    -- The locale of ICU was daticulocale in 15 and 16, and is datlocale since 17.
    coalesce(to_jsonb(base) ->> 'daticulocale', to_jsonb(base) ->> 'datlocale', base.datcollate::text, '')
        AS collation,
    base.datname::text AS database,
    current_user::text AS role,
    pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS is_read_only,
    place.schema,
    own.oid IS NOT NULL AS has_schema,
    coalesce(has_schema_privilege(own.oid, 'USAGE'), false) AS may_look,
    coalesce(
        has_schema_privilege(own.oid, 'CREATE'), has_database_privilege(base.oid, 'CREATE')
    ) AS may_create,
    version.oid IS NOT NULL AS has_version,
    coalesce(has_table_privilege(version.oid, 'SELECT'), false) AS may_read,
    coalesce(has_table_privilege(journal.oid, 'INSERT'), false) AS may_write,
    coalesce(pg_has_role(version.relowner, 'USAGE'), false) AS owns,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
    coalesce(pg_get_userbyid(version.relowner)::text, '') AS owner,
    EXISTS (
        SELECT 1 FROM pg_class AS other WHERE other.relnamespace = own.oid AND other.relkind IN ('r', 'p')
        AND NOT EXISTS (
            SELECT 1 FROM pg_depend
            WHERE classid = 'pg_class'::regclass AND objid = other.oid AND deptype = 'e'
        )
    ) AS has_tables
FROM place
JOIN pg_database AS base ON base.datname = current_database()
LEFT JOIN pg_namespace AS own ON own.nspname = place.schema
LEFT JOIN pg_class AS version
    ON version.relnamespace = own.oid AND version.relname = '{VERSION_TABLE}' AND version.relkind = 'r'
LEFT JOIN pg_class AS journal
    ON journal.relnamespace = own.oid AND journal.relname = '{entries.name}' AND journal.relkind = 'r'
"""  # noqa: S608 - constants


class PostgresqlFacts(msgspec.Struct, frozen=True):
    """What a database at PostgreSQL is like for the role that asks."""

    server: int
    server_version: str
    encoding: str
    provider: str
    collation: str
    database: str
    role: str
    is_read_only: bool
    schema: str | None
    """The one of the URL, else the first one of the search path that exists; None without any."""
    has_schema: bool
    may_look: bool
    may_create: bool
    """Tables in the schema or, if it is missing, the schema."""
    has_version: bool
    may_read: bool
    may_write: bool
    owns: bool
    """Whether the role owns the tables, or is a member of the one that does."""
    is_superuser: bool
    owner: str
    has_tables: bool
    version: str | None = None
    """Of the schema; None if there are no tables of ours, or if the role may not read it."""

    @property
    def is_current(self) -> bool:
        return self.version == SCHEMA_VERSION

    @property
    def guards_nothing(self) -> bool:
        """Whether the role could change what is append-only, because it may change the tables themselves."""
        return self.owns or self.is_superuser


def read_facts(execute: Execute, target: PostgresqlTarget) -> PostgresqlFacts:
    """Ask the server."""
    row = execute(_FACTS, (target.schema,)).fetchone()
    facts = msgspec.convert(dict(zip(PostgresqlFacts.__struct_fields__, row, strict=False)), PostgresqlFacts)
    if not (facts.has_version and facts.may_look and facts.may_read):
        return facts
    table = ".".join('"{}"'.format(str(name).replace('"', '""')) for name in (facts.schema, VERSION_TABLE))
    found = execute(f"SELECT version_num::text FROM {table}", ()).fetchone()  # noqa: S608 - quoted
    return msgspec.structs.replace(facts, version=None if found is None else found[0])


def require_usable(facts: PostgresqlFacts) -> None:
    """Raises `StorageUnavailableError` unless it is such a database, with nothing else in the schema.

    The tables may be missing or old.
    """
    if facts.server < OLDEST_SERVER:
        raise StorageUnavailableError(
            f"its server is PostgreSQL {facts.server_version}",
            f"Use PostgreSQL {OLDEST_SERVER} or newer.",
        )
    remedy = f"Create another one: {create_statement(f'{facts.database}_c')}."
    if facts.encoding != _ENCODING:
        raise StorageUnavailableError(f"its encoding is {facts.encoding}, and must be {_ENCODING}", remedy)
    if facts.provider != _BUILTIN and (facts.provider != _LIBC or facts.collation not in _COLLATIONS):
        named = facts.collation if facts.provider == _LIBC else f"{facts.collation} of ICU"
        raise StorageUnavailableError(f"it sorts by the collation {named}, and must sort by C", remedy)
    if facts.schema is None:
        raise StorageUnavailableError(
            f"no schema on the search path of {facts.role} exists", "Name one in the URL, as ?schema=ewallet."
        )
    if facts.version is not None and not _OURS.fullmatch(facts.version):
        _refuse_schema(facts)
    if not facts.has_version and facts.has_tables:
        _refuse_schema(facts)
    require_no_newer(facts.version)


def require_read_access(facts: PostgresqlFacts) -> None:
    """Raises as `require_usable`, and if the role may not read the tables that are there."""
    require_usable(facts)
    if facts.has_version and not (facts.may_look and facts.may_read):
        raise StorageUnavailableError(f"the role {facts.role} may not read its tables", GRANT_READING)


def require_upgradable(facts: PostgresqlFacts) -> None:
    """Raises `StorageUnavailableError` if the tables are missing or old, and the role may not change that."""
    if facts.is_current:
        return
    if facts.has_version and not facts.owns:
        require_granted(facts)
        raise StorageUnavailableError(
            f"its schema is {facts.version}, this release's is {SCHEMA_VERSION}, and the role {facts.role}"
            " does not own the tables",
            _run_as(f"the role {facts.owner}, which owns them"),
        )
    if not facts.may_create:
        what = f"there are no tables in the schema {facts.schema}, and the role {facts.role} may create none"
        if not facts.has_schema:
            what = f"there is no schema {facts.schema}, and the role {facts.role} may not create it"
        raise StorageUnavailableError(what, _run_as("the role that is to own the tables"))
    if facts.is_read_only:
        raise StorageUnavailableError(
            "its tables are missing or old, and its server is a standby that can't change them",
            "Open it at the primary first.",
        )


def require_granted(facts: PostgresqlFacts) -> None:
    """Raises `StorageUnavailableError` if the role may not read and write the tables that are there."""
    if not (facts.may_look and facts.may_read and facts.may_write):
        raise StorageUnavailableError(
            f"the role {facts.role} may not use its tables",
            f"Run `ewallet migrate --database URL --grant-to {shlex.quote(facts.role)}`"
            f" as the role {facts.owner}, which owns them.",
        )


def role_warning(facts: PostgresqlFacts) -> str | None:
    """What is wrong with serving as that role, and what to do; None if nothing is."""
    if not facts.guards_nothing:
        return None
    what = "is a superuser" if facts.is_superuser else "owns the tables"
    return (
        f"The role {facts.role} {what}, so nothing at the server keeps what was posted from being changed."
        " Run `ewallet migrate --database URL --grant-to ROLE` once, and serve as that other role."
    )


def create_statement(database: str) -> str:
    """The statement that creates such a database."""
    return _CREATE.format(name=database if re.fullmatch(r"[a-z_][a-z0-9_]*", database) else f'"{database}"')


@contextmanager
def connecting(target: PostgresqlTarget) -> Iterator[None]:
    """Turn the errors of opening a database into `StorageUnavailableError`, which has no password."""
    try:
        yield
    except Exception as reason:
        if not isinstance(reason, DBAPIError) and not _is_of_driver(reason):
            raise
        raise as_unavailable(reason, target) from reason


def as_unavailable(reason: BaseException, target: PostgresqlTarget) -> StorageUnavailableError:
    """The error to raise if the database could not be opened for that reason."""
    original: Any = reason.orig if isinstance(reason, DBAPIError) else reason
    words = _in_one_line(str(original))
    remedy = _REACHABLE
    if re.search(r'FATAL: +database ".*" does not exist', words):
        remedy = f"Create it: {create_statement(str(target.url.database))}."
    return StorageUnavailableError(f"{target} can't be used, {words}", remedy)


def _in_one_line(message: str) -> str:
    """What libpq says about each of its attempts, once."""
    _, several, attempts = message.partition("All failures were:\n")
    lines = attempts.split("\n- ") if several else [message]
    said = [
        " ".join(
            _QUESTION.sub(
                "", line.rpartition("connection failed: ")[2].removeprefix("connection is bad: ")
            ).split()
        )
        for line in lines
    ]
    return "; ".join(dict.fromkeys(each.rstrip(".") for each in said))


def _is_of_driver(reason: Exception) -> bool:
    """Whether psycopg raised it, which may not be installed."""
    return any(each.__module__.startswith("psycopg") for each in type(reason).__mro__)


def _refuse_schema(facts: PostgresqlFacts) -> None:
    raise StorageUnavailableError(
        f"its schema {facts.schema} holds the tables of something else",
        "Name a schema of its own in the URL, as ?schema=ewallet.",
    )


def _run_as(role: str) -> str:
    return f"Run `ewallet migrate --database URL` as {role}."
