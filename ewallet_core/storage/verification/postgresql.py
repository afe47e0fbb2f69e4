"""Checks the tables as PostgreSQL keeps them: definitions, pages, indexes, foreign keys and sequences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ForeignKey, Select, Table, literal, select, text

from ewallet_core.storage import schema
from ewallet_core.storage.described_schema import POSTGRESQL_SCHEMA, read_description
from ewallet_core.storage.rows import Row, RowId
from ewallet_core.storage.schema_version import VERSION_TABLE
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import FOLLOWED_TABLES, Check, Findings, Violation

# The schema is the one whose tables the statements find. What is as usual is left out of a definition.
_OBJECTS = """
    WITH tables AS (
        SELECT oid, relname::text AS name, relkind, relpersistence, relrowsecurity, relforcerowsecurity
        FROM pg_class
        WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('alembic_version'))
        AND relkind NOT IN ('i', 'I', 'S', 't', 'c')
    )
    SELECT 'table', name, name, concat_ws(', ',
        CASE relkind WHEN 'r' THEN 'table' ELSE 'of kind ' || relkind::text END,
        CASE relpersistence WHEN 'p' THEN NULL ELSE 'of persistence ' || relpersistence::text END,
        CASE WHEN relrowsecurity OR relforcerowsecurity THEN 'with row security' END,
        CASE WHEN EXISTS (SELECT FROM pg_inherits WHERE tables.oid IN (inhrelid, inhparent))
            THEN 'with inheritance' END)
    FROM tables
    UNION ALL
    SELECT 'column', name, attname::text, concat_ws(' ',
        format_type(atttypid, atttypmod),
        CASE WHEN attcollation <> typcollation THEN 'COLLATE ' || attcollation::regcollation::text END,
        CASE WHEN attnotnull THEN 'NOT NULL' END,
        'DEFAULT ' || pg_get_expr(adbin, adrelid),
        CASE WHEN attidentity <> '' OR attgenerated <> '' THEN 'GENERATED' END)
    FROM tables
    JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
    JOIN pg_type ON pg_type.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    SELECT 'constraint', name, conname::text, concat_ws(', ',
        pg_get_constraintdef(pg_constraint.oid, true),
        CASE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgconstraint = pg_constraint.oid AND tgenabled <> 'O')
            THEN 'disabled' END)
    FROM tables JOIN pg_constraint ON conrelid = tables.oid AND contype <> 'n'
    UNION ALL
    SELECT 'index', name, indexrelid::regclass::text, concat_ws(', ',
        pg_get_indexdef(indexrelid, 0, true),
        CASE WHEN NOT (indisvalid AND indisready AND indislive) THEN 'invalid' END)
    FROM tables JOIN pg_index ON indrelid = tables.oid
    UNION ALL
    SELECT 'trigger', name, tgname::text, concat_ws(', ',
        pg_get_triggerdef(pg_trigger.oid, true),
        CASE tgenabled WHEN 'O' THEN NULL WHEN 'D' THEN 'disabled' ELSE 'enabled ' || tgenabled::text END)
    FROM tables JOIN pg_trigger ON tgrelid = tables.oid AND NOT tgisinternal
    UNION ALL
    SELECT DISTINCT 'function', name, proname::text, concat_ws(' ',
        lanname, CASE WHEN prosecdef THEN 'as its owner' END, proconfig::text, prosrc)
    FROM tables JOIN pg_trigger ON tgrelid = tables.oid AND NOT tgisinternal
    JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_language ON pg_language.oid = prolang
    UNION ALL
    SELECT 'sequence', name, seqrelid::regclass::text, concat_ws(' ',
        seqtypid::regtype::text, 'from', seqmin, 'to', seqmax, 'by', seqincrement,
        CASE WHEN seqcycle THEN 'again and again' END)
    FROM tables
    JOIN pg_depend ON refclassid = 'pg_class'::regclass AND refobjid = tables.oid AND deptype IN ('a', 'i')
    JOIN pg_sequence ON classid = 'pg_class'::regclass AND objid = seqrelid
    UNION ALL
    SELECT 'rule', name, rulename::text, pg_get_ruledef(pg_rewrite.oid, true)
    FROM tables JOIN pg_rewrite ON ev_class = tables.oid
    UNION ALL
    SELECT 'policy', name, polname::text, coalesce(pg_get_expr(polqual, polrelid), '')
    FROM tables JOIN pg_policy ON polrelid = tables.oid
"""


class _Object(Row, frozen=True):
    kind: str
    table: str
    name: str
    definition: str


def read_schema(transaction: Transaction) -> dict[str, str]:
    """The definition of each table of ours and of what belongs to one, by kind, table and name, sorted."""
    ours = schema.metadata.tables.keys() | {VERSION_TABLE}
    definitions = {
        f"{found.kind} {found.table}" + (f".{found.name}" if found.kind != "table" else ""): found.definition
        for found in transaction.all(text(_OBJECTS), _Object)
        if found.table in ours
    }
    return dict(sorted(definitions.items()))


def check_schema(transaction: Transaction) -> Findings:
    expected, found = read_description(POSTGRESQL_SCHEMA), read_schema(transaction)
    lacking = [name for name in sorted(expected.keys() - found.keys()) if _has_its_table(name, found)]
    for name in lacking:
        yield Violation(f"The database lacks the {name}, which this release has made.")
    for name in sorted(found.keys() - expected.keys()):
        yield Violation(f"The database has the {name}, which no release has made.")
    for name in sorted(found.keys() & expected.keys()):
        if found[name] != expected[name]:
            yield Violation(f"The definition of the {name} is not that of this release.")
    yield Check("the tables, indexes, constraints and triggers are those of this release")


def _has_its_table(name: str, found: dict[str, str]) -> bool:
    """Whether it is a table, or belongs to one that is there."""
    kind, _, path = name.partition(" ")
    return kind == "table" or f"table {path.partition('.')[0]}" in found


# Pages and indexes

_AMCHECK = """
    SELECT pg_extension.oid::bigint, quote_ident(nspname), EXISTS (
        SELECT FROM pg_proc WHERE proname = 'verify_heapam' AND pronamespace = pg_namespace.oid
    )::int
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'amcheck'
"""
_RELATIONS = """
    SELECT pg_class.oid::bigint, relname::text, relkind::text FROM pg_class
    LEFT JOIN pg_index ON indexrelid = pg_class.oid
    WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('alembic_version'))
    AND (relkind = 'r' AND relname = ANY (string_to_array(:ours, ' '))
        OR relkind = 'i' AND indisvalid AND indrelid::regclass::text = ANY (string_to_array(:ours, ' '))
        AND relam = (SELECT oid FROM pg_am WHERE amname = 'btree'))
    ORDER BY relkind DESC, relname
"""
_INDEX = "i"
_DAMAGE = "XX"
_NOT_ALLOWED = "42501"
_TOO_NEW = "40001"
"""An index that was made while rows changed can't be compared with what this snapshot sees."""
_SAVEPOINT, _ROLL_BACK = "SAVEPOINT amcheck", "ROLLBACK TO SAVEPOINT amcheck"


class _Extension(Row, frozen=True):
    id: int
    schema: str
    checks_tables: int


class _Relation(Row, frozen=True):
    id: int
    name: str
    kind: str


class _Message(Row, frozen=True):
    text: str


class _NotAllowedError(Exception):
    """The role may not call the functions of amcheck."""


def check_integrity(transaction: Transaction) -> Findings:
    """The other checks trust the indexes, so this is the first."""
    extension = transaction.one(text(_AMCHECK), _Extension)
    unchecked = "the extension amcheck is not installed" if extension is None else None
    if extension is not None:
        try:
            yield from _check_relations(transaction, extension)
        except _NotAllowedError:
            unchecked = "this role may not use the extension amcheck"
    for table, keys in _FOREIGN_KEYS:
        for parent, statement in keys:
            for stray in transaction.each(statement, RowId):
                row = f"Row {stray.id}" if stray.id else "A row"
                yield Violation(
                    f"{row} of the table {table} belongs to a row of {parent} that doesn't exist."
                )
    yield from _check_sequences(transaction)
    if unchecked is None:
        yield Check("the pages, indexes, foreign keys and sequences are as PostgreSQL needs them")
    else:
        yield Check(f"the foreign keys and sequences are as PostgreSQL needs them; {unchecked}")


def _check_relations(transaction: Transaction, extension: _Extension) -> Iterator[Violation]:
    index_check = text(f"SELECT {extension.schema}.bt_index_check(CAST(:id AS oid)::regclass, true)")
    table_check = text(f"SELECT msg FROM {extension.schema}.verify_heapam(CAST(:id AS oid)::regclass)")  # noqa: S608
    ours = " ".join(schema.metadata.tables)
    for relation in transaction.all(text(_RELATIONS), _Relation, ours=ours):
        if relation.kind != _INDEX:
            if extension.checks_tables:
                for found in _messages(transaction, table_check, relation):
                    yield Violation(f"The table {relation.name} is damaged, PostgreSQL says: {found}.")
            continue
        for found in _messages(transaction, index_check, relation):
            yield Violation(f"The index {relation.name} is damaged, PostgreSQL says: {found}.")


def _messages(transaction: Transaction, statement: Any, relation: _Relation) -> list[str]:
    """What the function of amcheck returns, or raises because of damage."""
    transaction.run(text(_SAVEPOINT))
    try:
        rows = transaction.run(statement, id=relation.id).fetchall()
    except Exception as reason:
        # The errors of the driver, which need not be installed.
        state = getattr(reason, "sqlstate", None) or ""
        if not (state.startswith(_DAMAGE) or state in {_NOT_ALLOWED, _TOO_NEW}):
            raise
        transaction.run(text(_ROLL_BACK))
        if state == _NOT_ALLOWED:
            raise _NotAllowedError from reason
        return [str(reason).partition("\n")[0]] if state.startswith(_DAMAGE) else []
    return [message for (message,) in rows if message]


# Foreign keys and sequences


def _strays(table: Table, column: Column[Any], key: ForeignKey) -> Select[Any]:
    parent = key.column.table.alias("parent")
    shown = table.c.id if "id" in table.c else literal(0)
    return (
        select(shown)
        .outerjoin_from(table, parent, parent.c[key.column.name] == column)
        .where(column.is_not(None), parent.c[key.column.name].is_(None))
    )


_FOREIGN_KEYS = tuple(
    (
        table.name,
        tuple(
            (key.column.table.name, _strays(table, column, key))
            for column in table.columns
            for key in column.foreign_keys
        ),
    )
    for table in schema.metadata.sorted_tables
    if table.name not in FOLLOWED_TABLES
)
_SEQUENCES = """
    SELECT tables.relname::text, sequences.oid::regclass::text FROM pg_class AS sequences
    JOIN pg_depend ON objid = sequences.oid AND deptype IN ('a', 'i')
        AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
    JOIN pg_class AS tables ON tables.oid = refobjid AND pg_table_is_visible(tables.oid)
    WHERE CASE sequences.relkind WHEN 'S' THEN has_sequence_privilege(sequences.oid, 'SELECT') END
    ORDER BY tables.relname
"""


# The one row of the wall clock has always the same id.
_NUMBERED = schema.metadata.tables.keys() - {schema.wall_clock.name}


class _Sequence(Row, frozen=True):
    table: str
    name: str


class _Next(Row, frozen=True):
    next_id: int
    highest_id: int


def _check_sequences(transaction: Transaction) -> Iterator[Violation]:
    """The next row of each table gets an id above all others."""
    for sequence in transaction.all(text(_SEQUENCES), _Sequence):
        if sequence.table not in _NUMBERED:
            continue
        statement = text(
            "SELECT last_value + is_called::int,"  # noqa: S608 - names of ours
            f" (SELECT coalesce(max(id), 0) FROM {sequence.table}) FROM {sequence.name}"
        )
        found = transaction.one(statement, _Next)
        if found is not None and found.next_id <= found.highest_id:
            yield Violation(
                f"The next row of the table {sequence.table} would get the id {found.next_id},"
                f" and there is already the id {found.highest_id}."
            )
