"""Patterns for finding a text anywhere in a column."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import BindParameter, Delete, Insert, Select, Table, Update, bindparam, select

from ewallet_core.storage.transaction import Transaction

ESCAPE = "!"
"""What stands in a pattern before a character that is to mean no more than itself."""


def containing(text: str) -> str:
    """The pattern of what holds `text`, in which nothing but that means more than itself."""
    for special in (ESCAPE, "%", "_"):
        text = text.replace(special, ESCAPE + special)
    return f"%{text}%"


ABOVE_ALL_IDS = 2**63 - 1
"""Where a page begins that has no cursor."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A row as it was read: its fields are columns of the table, by name."""


R = TypeVar("R", bound=Row)


class Rows(Generic[R]):
    """A table's rows, read as `R` and changed by column name; one that is unlinked is not found any more."""

    def __init__(self, table: Table, row_type: type[R]) -> None:
        self.table = table
        self.row_type = row_type
        self.columns = tuple(table.c[name] for name in row_type.__struct_fields__)
        self._linked = [table.c.unlinked_at.is_(None)] if "unlinked_at" in table.c else []
        self._select: Callable[..., Select[Any]] = cache(self._write_select)
        self._latest: Callable[..., Select[Any]] = cache(self._write_latest)
        self._insert: Callable[..., Insert] = cache(self._write_insert)
        self._update: Callable[..., Update] = cache(self._write_update)
        self._delete: Callable[..., Delete] = cache(self._write_delete)

    def find(self, transaction: Transaction, **equal: Any) -> R | None:
        """The first row whose columns are equal to these values."""
        return transaction.one(self._select(*equal), self.row_type, **equal)

    def require(self, transaction: Transaction, **equal: Any) -> R:
        """The row that the tables' own rules say is there."""
        row = self.find(transaction, **equal)
        if row is None:
            raise LookupError(f"no row in {self.table.name} with {sorted(equal)}")
        return row

    def all(self, transaction: Transaction, **equal: Any) -> list[R]:
        """The rows whose columns are equal to these values, oldest first."""
        return transaction.all(self._select(*equal), self.row_type, **equal)

    def latest(
        self, transaction: Transaction, before: int | None, most: int, **equal: Any
    ) -> tuple[list[R], int | None]:
        """At most that many of those rows below id `before`, the latest first; and the cursor after them."""
        values = {**equal, "before": before or ABOVE_ALL_IDS, "most": most + 1}
        found = transaction.all(self._latest(*equal), self.row_type, **values)
        page = found[:most]
        return page, page[-1].id if len(found) > most else None  # type: ignore[attr-defined]

    def insert(self, transaction: Transaction, **values: Any) -> int:
        """Add a row; its first key column comes back."""
        key: int = transaction.run(self._insert(*values), **values).fetchone()[0]
        return key

    def change(self, transaction: Transaction, key: int, /, **values: Any) -> None:
        """Set these columns of the row with that id."""
        transaction.run(self._update(*values), row_key=key, **values)

    def delete(self, transaction: Transaction, **equal: Any) -> None:
        """Remove the rows whose columns are equal to these values."""
        transaction.run(self._delete(*equal), **equal)

    def _write_select(self, *names: str) -> Select[Any]:
        conditions = [self.table.c[name] == bindparam(name) for name in names]
        return select(*self.columns).where(*conditions, *self._linked).order_by(*self.table.primary_key)

    def _write_latest(self, *names: str) -> Select[Any]:
        return (
            self._write_select(*names)
            .where(self.table.c.id < bindparam("before"))
            .order_by(None)
            .order_by(self.table.c.id.desc())
            .limit(bindparam("most"))
        )

    def _write_insert(self, *names: str) -> Insert:
        key = next(iter(self.table.primary_key))
        return self.table.insert().values(_placeholders(names)).returning(key)

    def _write_update(self, *names: str) -> Update:
        chosen = self.table.c.id == bindparam("row_key")
        return self.table.update().where(chosen).values(_placeholders(names))

    def _write_delete(self, *names: str) -> Delete:
        return self.table.delete().where(*(self.table.c[name] == bindparam(name) for name in names))


def _placeholders(names: tuple[str, ...]) -> dict[str, BindParameter[Any]]:
    return {name: bindparam(name) for name in names}
