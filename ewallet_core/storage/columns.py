"""The kinds of columns in the tables, and the naming of constraints."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

ID = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def new_table(name: str, *parts: Column[object] | CheckConstraint | UniqueConstraint | Index) -> Table:
    """A table of `metadata`. Its ids are never reused."""
    return Table(name, metadata, *parts, sqlite_autoincrement=name not in _WITHOUT_OWN_ID)


_WITHOUT_OWN_ID = {"seals", "session_accounts", "login_throttles", "seen_requests", "costs", "permissions"}


def own_id() -> Column[object]:
    return Column("id", ID, primary_key=True)


def foreign_id(table: str, column: str, *, optional: bool = False) -> Column[object]:
    """The id of the row of `table` that the row belongs to."""
    return Column(column, ID, ForeignKey(f"{table}.id"), nullable=optional)


def number(name: str, *, default: int | None = None, optional: bool = False) -> Column[object]:
    server_default = None if default is None else text(str(default))
    return Column(name, BigInteger, nullable=optional, server_default=server_default)


def text_column(name: str, *, optional: bool = False) -> Column[object]:
    return Column(name, Text, nullable=optional)


def bytes_column(name: str, *, optional: bool = False) -> Column[object]:
    return Column(name, LargeBinary, nullable=optional)


def dates() -> tuple[Column[object], Column[object]]:
    """When the row was created and last changed, in milliseconds UTC."""
    return number("created_at"), number("written_at")


def one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
