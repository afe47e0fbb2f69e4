"""Triggers that make a table append-only: a second line of defence against a faulty engine."""

from __future__ import annotations

import re

from alembic import op

_COLUMN = re.compile(r"\w+")


def make_append_only(table: str, *keys: str) -> None:
    """Allow only inserts into `table`; each of `keys` is unique in it.

    A key of several columns is written `(first, second)`. Migrations after 0007 leave the keys out: since
    then each connection of the engine fires the delete trigger for REPLACE too.
    """
    is_there = " OR ".join(f"{key} = {_COLUMN.sub(_of_new_row, key)}" for key in keys)
    for statement in _STATEMENTS[op.get_bind().dialect.name]:
        op.execute(statement.format(table=table))
    if keys and op.get_bind().dialect.name == "sqlite":
        op.execute(_NO_REPLACE.format(table=table, is_there=is_there))


def _of_new_row(column: re.Match[str]) -> str:
    return f"NEW.{column[0]}"


def drop_append_only(table: str) -> None:
    """Let a migration rewrite rows of `table`; it must call `make_append_only` afterwards."""
    for statement in _DROPPING[op.get_bind().dialect.name]:
        op.execute(statement.format(table=table))


_SQLITE = tuple(
    f"CREATE TRIGGER {{table}}_no_{change.lower()} BEFORE {change} ON {{table}} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for change in ("UPDATE", "DELETE")
)
# Without recursive triggers, REPLACE deletes a row without firing the delete trigger.
_NO_REPLACE = (
    "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
    "WHEN EXISTS (SELECT 1 FROM {table} WHERE {is_there}) "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)

_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME"
    " USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

_STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}

_DROPPING = {
    "sqlite": tuple(
        f"DROP TRIGGER IF EXISTS {{table}}_no_{name}" for name in ("update", "delete", "replace")
    ),
    "postgresql": ("DROP TRIGGER {table}_append_only ON {table}",),
}
