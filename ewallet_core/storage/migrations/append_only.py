"""Triggers that refuse to change or remove what the journal holds, whoever asks (the second line)."""

from __future__ import annotations

from alembic import op


def make_append_only(table: str, *keys: str) -> None:
    """Let rows be added to `table`, and nothing else be done with them; each of `keys` is unique in it."""
    is_there = " OR ".join(f"{key} = NEW.{key}" for key in keys)
    for statement in _STATEMENTS[op.get_bind().dialect.name]:
        op.execute(statement.format(table=table, is_there=is_there))


def drop_append_only(table: str) -> None:
    """Let a migration rewrite rows of `table`; it must make it append-only again."""
    for statement in _DROPPING[op.get_bind().dialect.name]:
        op.execute(statement.format(table=table))


# REPLACE removes a row without firing the triggers of a removal, so the row's being there is what is refused.
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
    "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

_STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}

_DROPPING = {
    "sqlite": tuple(f"DROP TRIGGER {{table}}_no_{name}" for name in ("update", "delete", "replace")),
    "postgresql": ("DROP TRIGGER {table}_append_only ON {table}",),
}
