"""Triggers that make a table append-only: a second line of defence against a faulty engine."""

from __future__ import annotations

import re

from alembic import op

_COLUMN = re.compile(r"\w+")


def make_append_only(table: str, *keys: str) -> None:
    """Allow only inserts into `table`; each of `keys` is unique in it.

    A key of several columns is written `(first, second)`.
    """
    is_there = " OR ".join(f"{key} = {_COLUMN.sub(_of_new_row, key)}" for key in keys)
    for statement in _STATEMENTS[op.get_bind().dialect.name]:
        op.execute(statement.format(table=table, is_there=is_there))


def _of_new_row(column: re.Match[str]) -> str:
    return f"NEW.{column[0]}"


def drop_append_only(table: str) -> None:
    """Let a migration rewrite rows of `table`; it must call `make_append_only` afterwards."""
    for statement in _DROPPING[op.get_bind().dialect.name]:
        op.execute(statement.format(table=table))


# REPLACE deletes a row without firing the delete trigger, so inserting an existing key is refused.
_SQLITE = tuple(
    f"CREATE TRIGGER {{table}}_no_{name} BEFORE {change} ON {{table}} {when}"
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for name, change, when in (
        ("update", "UPDATE", ""),
        ("delete", "DELETE", ""),
        ("replace", "INSERT", "WHEN EXISTS (SELECT 1 FROM {table} WHERE {is_there}) "),
    )
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
    "sqlite": tuple(f"DROP TRIGGER {{table}}_no_{name}" for name in ("update", "delete", "replace")),
    "postgresql": ("DROP TRIGGER {table}_append_only ON {table}",),
}
