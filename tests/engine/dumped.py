"""Everything that a wallet file holds, as text, to look for what should not be in it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path


def cells(file: Path) -> Iterator[str]:
    """Every text and every blob of every table, with the table's and the column's name."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            found = connection.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in found.description]
            for row in found:
                for column, value in zip(columns, row, strict=True):
                    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    yield f"{table}.{column}: {text}"


def holding(file: Path, *words: str) -> list[str]:
    """The cells that have one of these words in them, in whatever case."""
    return [cell for cell in cells(file) if any(word.casefold() in cell.casefold() for word in words)]
