"""The kinds of column that the tables are made of, and the names of what holds between them."""

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
    """A table of `metadata`; its numbers are never given out twice."""
    return Table(name, metadata, *parts, sqlite_autoincrement=name not in _KEYED_OTHERWISE)


_KEYED_OTHERWISE = {"seals", "session_accounts", "login_throttles", "seen_requests", "costs", "permissions"}


def own_id() -> Column[object]:
    """The number by which a row is known."""
    return Column("id", ID, primary_key=True)


def belongs_to(table: str, column: str, *, optional: bool = False) -> Column[object]:
    """The number of the row of `table` that it belongs to."""
    return Column(column, ID, ForeignKey(f"{table}.id"), nullable=optional)


def number(name: str, *, default: int | None = None, optional: bool = False) -> Column[object]:
    """A whole number of 64 bits."""
    server_default = None if default is None else text(str(default))
    return Column(name, BigInteger, nullable=optional, server_default=server_default)


def words(name: str, *, optional: bool = False) -> Column[object]:
    """Text."""
    return Column(name, Text, nullable=optional)


def raw_bytes(name: str, *, optional: bool = False) -> Column[object]:
    """Bytes."""
    return Column(name, LargeBinary, nullable=optional)


def dates() -> tuple[Column[object], Column[object]]:
    """When it was made and last changed, in milliseconds UTC."""
    return number("created_at"), number("written_at")


def one_of(column: str, *values: str) -> CheckConstraint:
    """That the column has one of these values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
