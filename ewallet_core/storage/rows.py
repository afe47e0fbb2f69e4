"""Typed rows of one table, and patterns for searching text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from ewallet_core.storage.damage import MissingRowError
from ewallet_core.storage.transaction import Transaction

ESCAPE = "!"
"""The escape character in a LIKE pattern."""


def pattern_containing(text: str) -> str:
    """The LIKE pattern for values that contain `text` literally."""
    for special in (ESCAPE, "%", "_"):
        text = text.replace(special, ESCAPE + special)
    return f"%{text}%"


def is_like(text: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    """Whether the text matches the LIKE pattern that is bound to the parameter."""
    # Something is appended because SQLite plans a statement anew whenever the pattern of a LIKE is bound.
    return text.like(sa.bindparam(parameter, type_=sa.Text) + "", escape=ESCAPE)


def whole_number(parameter: str) -> sa.BindParameter[int]:
    """A parameter whose type PostgreSQL can't find out, because it is compared with no column."""
    return sa.bindparam(parameter, type_=sa.BigInteger)


def constant(word: str) -> sa.ColumnElement[str]:
    """One of our own words, in the text of the statement: to bind it each time takes longer."""
    return sa.literal_column(f"'{word}'", sa.Text)


ABOVE_ALL_IDS = 2**63 - 1
"""The cursor of the first page."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A row; its fields are named after columns of the table."""


class RowId(Row, frozen=True):
    id: int


R = TypeVar("R", bound=Row)


def cut_page(found: list[R], most: int) -> tuple[list[R], int | None]:
    """The first `most` of these rows, and the id of the last if there are more: the next cursor."""
    page = found[:most]
    return page, page[-1].id if len(found) > most else None  # type: ignore[attr-defined]


class Rows(Generic[R]):
    """The rows of a table, read as `R` and changed by column name. Unlinked rows are not found.

    `R` may have fields that are no columns of the table; they are `computed` from others.
    """

    def __init__(self, table: sa.Table, row_type: type[R], **computed: sa.ColumnElement[Any]) -> None:
        self.table = table
        self.row_type = row_type
        names = row_type.__struct_fields__
        self.columns = tuple(computed[name] if name in computed else table.c[name] for name in names)
        self._linked = [table.c.unlinked_at.is_(None)] if "unlinked_at" in table.c else []
        self._select: Callable[..., sa.Select[Any]] = cache(self._build_select)
        self._latest: Callable[..., sa.Select[Any]] = cache(self._build_latest)
        self._insert: Callable[..., sa.Insert] = cache(self._build_insert)
        self._add: Callable[..., sa.Insert] = cache(self._build_add)
        self._update: Callable[..., sa.Update] = cache(self._build_update)
        self._delete: Callable[..., sa.Delete] = cache(self._build_delete)
        self._count: Callable[..., sa.Select[Any]] = cache(self._build_count)

    def find(self, transaction: Transaction, **equal: Any) -> R | None:
        return transaction.one(self._select(*equal), self.row_type, **equal)

    def require(self, transaction: Transaction, **equal: Any) -> R:
        """The row, which must exist; raises `MissingRowError`."""
        row = self.find(transaction, **equal)
        if row is None:
            raise MissingRowError(f"no row in {self.table.name} with {sorted(equal)}")
        return row

    def all(self, transaction: Transaction, **equal: Any) -> list[R]:
        return transaction.all(self._select(*equal), self.row_type, **equal)

    def latest(
        self, transaction: Transaction, before: int | None, most: int, **equal: Any
    ) -> tuple[list[R], int | None]:
        """A page of at most `most` of these rows below id `before`, the latest first, and the next cursor."""
        values = {**equal, "before": before or ABOVE_ALL_IDS, "most": most + 1}
        return cut_page(transaction.all(self._latest(*equal), self.row_type, **values), most)

    def count_ever(self, transaction: Transaction, **equal: Any) -> int:
        """How many of these rows there are, including unlinked ones."""
        return transaction.number(self._count(*equal), **equal) or 0

    def insert(self, transaction: Transaction, **values: Any) -> int:
        """Insert a row; returns its id, if it has one."""
        return transaction.insert(self._insert(*values), values)

    def add(self, transaction: Transaction, **values: Any) -> None:
        """Insert a row whose id is not needed, so that the database need not return it."""
        transaction.run(self._add(*values), **values)

    def insert_many(self, transaction: Transaction, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows, all with values of the same columns."""
        if rows:
            transaction.run_many(self._add(*rows[0]), rows)

    def change(self, transaction: Transaction, key: int, /, **values: Any) -> None:
        transaction.run(self._update(*values), row_key=key, **values)

    def delete(self, transaction: Transaction, **equal: Any) -> None:
        transaction.run(self._delete(*equal), **equal)

    def _build_select(self, *names: str) -> sa.Select[Any]:
        return (
            sa.select(*self.columns)
            .where(*self._equal(names), *self._linked)
            .order_by(*self.table.primary_key)
        )

    def _build_latest(self, *names: str) -> sa.Select[Any]:
        return (
            self._build_select(*names)
            .where(self.table.c.id < sa.bindparam("before"))
            .order_by(None)
            .order_by(self.table.c.id.desc())
            .limit(sa.bindparam("most"))
        )

    def _build_insert(self, *names: str) -> sa.Insert:
        return self.table.insert().values(_parameters(names))

    def _build_add(self, *names: str) -> sa.Insert:
        return self._build_insert(*names).inline()

    def _build_update(self, *names: str) -> sa.Update:
        chosen = self.table.c.id == sa.bindparam("row_key")
        return self.table.update().where(chosen).values(_parameters(names))

    def _build_delete(self, *names: str) -> sa.Delete:
        return self.table.delete().where(*self._equal(names))

    def _build_count(self, *names: str) -> sa.Select[Any]:
        return sa.select(sa.func.count()).where(*self._equal(names))

    def _equal(self, names: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
        return [self.table.c[name] == sa.bindparam(name) for name in names]


class JoinedRows:
    """Rows of several tables, which a statement that selects `columns` finds together."""

    def __init__(self, *parts: Rows[Any]) -> None:
        self.columns = tuple(column for part in parts for column in part.columns)
        ends = list(accumulate(len(part.columns) for part in parts))
        self._places = [
            (end - len(part.columns), slice(end - len(part.columns), end))
            for end, part in zip(ends, parts, strict=True)
        ]
        # One struct of all rows, because a call of `convert` for each of them takes twice as long.
        found = [(str(part.table.name), part.row_type | None) for part in parts]
        self._together = msgspec.defstruct("JoinedRow", found, array_like=True)

    def split(self, found: Sequence[Any]) -> tuple[Any, ...]:
        """The row of each table; None for one that an outer join did not find."""
        rows = [None if found[start] is None else found[place] for start, place in self._places]
        return msgspec.structs.astuple(msgspec.convert(rows, self._together))


def _parameters(names: tuple[str, ...]) -> dict[str, sa.BindParameter[Any]]:
    return {name: sa.bindparam(name) for name in names}
