"""What `ewallet doctor` finds out about a database at PostgreSQL: its server, its content, its standbys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from sqlalchemy import text

from ewallet_core.commands.diagnostics.machine import examine_versions, judge_clock
from ewallet_core.commands.diagnostics.section import Fact, Section, Target
from ewallet_core.commands.diagnostics.wallet import find_url, judge_schema, verify
from ewallet_core.engine.wall_clock import WallClock, system_boot_clock, system_clock
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.compaction import GROWING_TABLES
from ewallet_core.storage.database_url import is_postgresql, parse_url
from ewallet_core.storage.postgresql.requirements import PostgresqlFacts, require_read_access
from ewallet_core.storage.postgresql.url import read_target
from ewallet_core.storage.read_only import connect_to_postgresql
from ewallet_core.storage.schema_version import SCHEMA_VERSION
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import several
from ewallet_core.storage.verification.tail import LONGEST_UNSEALED_MS, find_tail

PACKAGES = ("psycopg", "psycopg-binary")
LONG_TRANSACTION_SECONDS = 600
OLD_TRANSACTION_IDS = 1_000_000_000
"""Half of the age at which PostgreSQL stops writing."""

_TLS = "SELECT coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), 'none')"
_SETTING = "SELECT coalesce(nullif(current_setting(:name), ''), 'none')"
_IN_RECOVERY = "SELECT pg_is_in_recovery()"
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
_BYTES = "SELECT pg_database_size(current_database())"
# The statistics are the planner's: counting would read all tables.
_ROWS = """
SELECT relname::text, CASE WHEN reltuples >= 0 THEN reltuples::bigint END FROM pg_class
WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('alembic_version'))
AND relkind = 'r' ORDER BY relname
"""
_OLDEST_TRANSACTION = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::bigint FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_AGE_OF_IDS = "SELECT age(datfrozenxid)::bigint FROM pg_database WHERE datname = current_database()"
_AMCHECK = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'amcheck')"
_SEALER = """
SELECT EXISTS (
    SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND datname = current_database() AND objsubid = 1 AND classid = 1702322540
    AND objid = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('entries'))
)
"""
_STANDBYS = """
SELECT coalesce(nullif(application_name, ''), 'standby'), state || ', ' || sync_state
    || coalesce(', ' || extract(epoch FROM replay_lag)::bigint || ' s behind', '')
FROM pg_stat_replication ORDER BY 1
"""
_BEHIND = """
SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::bigint
"""
_STATUS_OF_STREAM = "SELECT coalesce((SELECT status FROM pg_stat_wal_receiver), 'none')"
_SAVEPOINT, _ROLL_BACK = "SAVEPOINT question", "ROLLBACK TO SAVEPOINT question"


@dataclass(frozen=True, slots=True)
class _Questions:
    """Asks the server, and adds what it answers to the section."""

    section: Section
    transaction: Transaction

    def rows(self, sql: str, **values: Any) -> list[Any]:
        # After an error, a transaction there refuses everything but the return to a savepoint.
        self.transaction.run(text(_SAVEPOINT))
        try:
            return list(self.transaction.run(text(sql), **values).fetchall())
        except Exception:
            self.transaction.run(text(_ROLL_BACK))
            raise

    def fact(self, title: str, sql: str, **values: Any) -> Fact:
        return self.section.find(title, lambda: self.rows(sql, **values)[0][0])


def is_at_postgresql(target: Target) -> bool:
    try:
        url = find_url(target)
        return url is not None and is_postgresql(url)
    except StorageUnavailableError:
        # The section of the files says so.
        return False


def examine_versions_with_driver(section: Section, target: Target) -> None:
    examine_versions(section, target)
    for package in PACKAGES:
        section.find(package, lambda package=package: metadata.version(package))  # type: ignore[misc]


@contextmanager
def _connected(section: Section, target: Target) -> Iterator[tuple[PostgresqlFacts, _Questions]]:
    """Raises `StorageUnavailableError`, which the section of the server reports."""
    with connect_to_postgresql(str(find_url(target))) as (facts, transaction):
        yield facts, _Questions(section, transaction)


def examine_server(section: Section, target: Target) -> None:
    """The connection, and what the database is like for this role."""
    section.add("place", str(read_target(parse_url(str(find_url(target))))))
    try:
        with _connected(section, target) as (facts, questions):
            _describe_server(section, facts, questions)
            require_read_access(facts)
    except StorageUnavailableError as error:
        section.warn(str(error.error), str(error.warning))
        return
    if facts.has_version and facts.guards_nothing:
        section.warn(
            f"The role {facts.role} may change the tables themselves, also what is append-only.",
            "Let the servers use a role that does not own the tables: `ewallet migrate --grant-to` makes it.",
        )


def _describe_server(section: Section, facts: PostgresqlFacts, questions: _Questions) -> None:
    section.add("server", facts.server_version)
    section.add("encoding", facts.encoding)
    section.add("collation", facts.collation)
    section.add("schema", facts.schema)
    section.add("role", facts.role)
    section.add("owner_of_tables", facts.owner or None)
    questions.fact("tls", _TLS)
    questions.fact("is_standby", _IN_RECOVERY)
    for name in ("synchronous_commit", "fsync", "full_page_writes", "max_connections"):
        questions.fact(name, _SETTING, name=name)
    questions.fact("connections", _CONNECTIONS)
    section.add("this_clock_ahead_ms", system_clock() - (questions.transaction.database_time or 0))
    for name in ("fsync", "full_page_writes"):
        if section.facts[name] == "off":
            section.warn(
                f"The server has {name} off: after a crash of its machine, the database may be damaged.",
                f"Set {name} to on.",
            )


def examine_database(section: Section, target: Target) -> None:
    """The schema, the sizes, and what is open; with `--full` also all that `ewallet verify` checks."""
    try:
        with _connected(section, target) as (facts, questions):
            section.add("schema", {"found": facts.version, "of_this_release": SCHEMA_VERSION})
            with suppress(StorageUnavailableError):  # The section of the server says so.
                require_read_access(facts)
                judge_schema(section, "Name another database or schema, or run `ewallet migrate`.")
            _measure(section, questions)
            if facts.is_current and facts.may_read:
                _examine_seals(section, questions)
                clock = WallClock.of_database(system_boot_clock)
                clock.compare(questions.transaction)
                judge_clock(section, clock)
    except StorageUnavailableError:
        section.add("schema", None)
        return
    if target.is_full and facts.is_current:
        verify(section, str(find_url(target)))


def _measure(section: Section, questions: _Questions) -> None:
    questions.fact("bytes", _BYTES)
    section.find(
        "rows_about",
        lambda: {name: count for name, count in questions.rows(_ROWS) if name in GROWING_TABLES},
    )
    oldest = questions.fact("oldest_transaction_seconds", _OLDEST_TRANSACTION)
    if isinstance(oldest, int) and oldest > LONG_TRANSACTION_SECONDS:
        section.warn(
            f"A transaction has been open for {oldest:,} seconds, and holds up vacuum, or even seals.",
            "Find it in pg_stat_activity, and end its program unless it is a backup or a check.",
        )
    age = questions.fact("age_of_transaction_ids", _AGE_OF_IDS)
    if isinstance(age, int) and age > OLD_TRANSACTION_IDS:
        section.warn(
            f"The oldest transaction id is {age:,} old, and the server stops before 2,147,483,647.",
            "Let autovacuum run, or run VACUUM FREEZE.",
        )
    questions.fact("amcheck", _AMCHECK)


def _examine_seals(section: Section, questions: _Questions) -> None:
    sealer = questions.fact("a_server_seals", _SEALER)
    tail, now = find_tail(questions.transaction), questions.transaction.database_time or 0
    seconds = 0 if tail.since is None else max(0, now - tail.since) // 1_000
    section.add("unsealed", {"entries": tail.count, "seconds": seconds})
    if seconds * 1_000 >= LONGEST_UNSEALED_MS:
        entries = several(tail.count, "entry has", "entries have")
        section.warn(
            f"{entries} no seal, the oldest for {seconds:,} seconds.",
            "Look into the log of the servers."
            if sealer
            else "Start a server with `ewallet serve`: one of them seals what all have written.",
        )


def examine_replication(section: Section, target: Target) -> None:
    """The standbys of a primary, or how far a standby is behind."""
    try:
        with _connected(section, target) as (_, questions):
            if questions.rows(_IN_RECOVERY)[0][0]:
                questions.fact("stream", _STATUS_OF_STREAM)
                questions.fact("seconds_behind", _BEHIND)
                return
            waited_for = questions.fact("synchronous_standbys", _SETTING, name="synchronous_standby_names")
            standbys = section.find("standbys", lambda: dict(questions.rows(_STANDBYS)) or "none")
    except StorageUnavailableError:
        # The section of the server says so.
        section.add("standbys", None)
        return
    is_synchronous = isinstance(standbys, dict) and any(
        "sync" in str(state).split(", ") or "quorum" in str(state) for state in standbys.values()
    )
    if waited_for not in {None, "none"} and standbys is not None and not is_synchronous:
        section.warn(
            "The server waits for a synchronous standby at each COMMIT, and none is connected.",
            "Start the standby, or empty synchronous_standby_names and reload.",
        )
