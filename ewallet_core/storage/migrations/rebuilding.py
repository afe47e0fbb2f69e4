"""Rebuilds a table of SQLite, to change what ALTER TABLE can't."""

from __future__ import annotations

from alembic import op

_PARTS = (
    "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
)


def rebuild(table: str, replaced: str, by: str) -> None:
    """Copy `table` into one whose definition is changed, with its indexes and triggers; only in SQLite.

    Foreign keys of other tables keep their rows, because they are not enforced during a migration.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    (definition,) = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).one()
    parts = connection.exec_driver_sql(_PARTS, (table,)).scalars().all()
    changed = definition.replace(f"CREATE TABLE {table} ", "CREATE TABLE rebuilt ", 1).replace(replaced, by)
    for statement in (
        changed,
        f"INSERT INTO rebuilt SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE rebuilt RENAME TO {table}",
        *parts,
    ):
        connection.exec_driver_sql(statement)
