"""The formats that records are exported in: how a file begins, what each record adds to it, how it ends.

A file is made of the pages' text, one after another, so nothing here looks at more than one record.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ewallet_core.actions.data import Data

Columns = Sequence[str]

# What makes a spreadsheet take a text for a formula; a number below zero is only a number.
_BEGINS_A_FORMULA = tuple(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}"
    "\N{FULLWIDTH HYPHEN-MINUS}"
)
# Nor is a phone number one.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?|\+[0-9][0-9 ()]*")


@dataclass(frozen=True, slots=True)
class FileFormat:
    """`begin` takes the columns' names; `add` these, a record, and whether it is the file's first."""

    begin: Callable[[Columns], str]
    add: Callable[[Columns, Data, bool], str]
    end: str = ""


def size_of(text: str) -> int:
    """The most bytes that the text takes up in an answer, however that is written as JSON."""
    return len(json.dumps(text)) - len('""')


def _csv_line(values: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_inert(value) for value in values])
    return line.getvalue()


def _inert(value: Any) -> Any:
    """The value, in a form that no spreadsheet carries out."""
    if isinstance(value, str) and value.startswith(_BEGINS_A_FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def _json_of(record: Data) -> str:
    return msgspec.json.encode(record).decode()


FILE_FORMATS = {
    "csv": FileFormat(
        begin=_csv_line,
        add=lambda columns, record, _is_first: _csv_line(record.get(name) for name in columns),
    ),
    "json": FileFormat(
        begin=lambda _columns: "[\n",
        add=lambda _columns, record, is_first: ("" if is_first else ",\n") + _json_of(record),
        end="\n]\n",
    ),
    "jsonl": FileFormat(
        begin=lambda _columns: "",
        add=lambda _columns, record, _is_first: _json_of(record) + "\n",
    ),
}
