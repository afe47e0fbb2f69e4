"""Triggers that refuse to change or remove what the journal holds, whoever asks (the second line)."""

from __future__ import annotations

from alembic import op


def make_append_only(table: str) -> None:
    """Let rows be added to `table`, and nothing else be done with them."""
    statements = _STATEMENTS[op.get_bind().dialect.name]
    for statement in statements:
        op.execute(statement.format(table=table))


_SQLITE = tuple(
    f"CREATE TRIGGER {{table}}_no_{change.lower()} BEFORE {change} ON {{table}} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for change in ("UPDATE", "DELETE")
)

_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

_STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
