"""The formats of exported files: CSV in which no spreadsheet finds a formula, JSON, and JSON lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

Columns = Sequence[str]
Values = Mapping[str, Any]

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
BYTE_ORDER_MARK = "\ufeff"

# A spreadsheet takes text that begins so for a formula. It may split a line at another separator than the
# file's, so text behind any separator counts as a beginning too. Negative and phone numbers are exempt.
_SEPARATORS = ",;|\\t\\r\\n"
_BEGINS_A_FORMULA = (
    "=+\\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}"
    "\N{FULLWIDTH HYPHEN-MINUS}"
)
_NUMBER = r"(?:-[0-9]+(?:\.[0-9]+)?|\+[0-9][0-9 ()]*)"
# Apostrophes that the user wrote there are kept, one more tells them from ours. What follows all quotes,
# spaces and apostrophes decides; with `*+`, fewer are not tried, which takes long behind many line breaks.
_FORMULA = re.compile(
    rf"""(^|[{_SEPARATORS}])(["\s]*+)('*+)(?!{_NUMBER} *(?:[{_SEPARATORS}]|$))(?=[{_BEGINS_A_FORMULA}])"""
)
# Most text has none of what a formula needs, and is found sooner to have none.
_MAY_BEGIN_SO = re.compile(rf"""["'\s{_BEGINS_A_FORMULA}]""")
_SEPARATOR = re.compile(f"[{_SEPARATORS}]")
_BREAK_AT_BEGIN = re.compile(r"\A('*)(?=[\t\r\n])")


@dataclass(frozen=True, slots=True)
class FileFormat:
    """`begin` takes the column names; `add` takes them, a record, and whether it is the first in the file."""

    begin: Callable[[Columns], str]
    add: Callable[[Columns, Values, bool], str]
    end: str = ""


def csv_format(separator: str, *, with_byte_order_mark: bool) -> FileFormat:
    """CSV with text in quotes; with a semicolon, decimals have a comma, as its readers expect."""
    writer = csv.writer(_Returned(), delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)

    def line(values: Iterable[Any]) -> str:
        written: str = writer.writerow([_cell(separator, value) for value in values])
        return written

    mark = BYTE_ORDER_MARK if with_byte_order_mark else ""
    return FileFormat(
        begin=lambda columns: mark + line(columns),
        add=lambda columns, record, _is_first: line(map(record.get, columns)),
    )


class _Returned:
    """A file that is kept nowhere: the writer answers each line that it writes."""

    def write(self, line: str) -> str:
        return line


JSON = FileFormat(
    begin=lambda _columns: "[\n",
    add=lambda _columns, record, is_first: ("" if is_first else ",\n") + _json_of(record),
    end="\n]\n",
)
JSON_LINES = FileFormat(
    begin=lambda _columns: "", add=lambda _columns, record, _is_first: _json_of(record) + "\n"
)


def without_formulas(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would take for a formula."""
    if _MAY_BEGIN_SO.match(text) is None and _SEPARATOR.search(text) is None:
        return text
    return _FORMULA.sub(r"\1\2'\3", _BREAK_AT_BEGIN.sub(r"'\1", text))


def with_formulas(text: str) -> str:
    """The text of which `without_formulas` made this one."""
    return _BREAK_AT_BEGIN.sub(_one_less, _FORMULA.sub(_one_less, text))


def _one_less(found: re.Match[str]) -> str:
    return found[0].removesuffix("'")


def _cell(separator: str, value: Any) -> Any:
    match value:
        case str():
            return without_formulas(value)
        case Decimal():
            return f"{value:f}".replace(".", ",") if separator == ";" else value
        case list() | tuple():
            return without_formulas(" ".join(value))
        case _:
            return value


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _json_of(record: Values) -> str:
    return _ENCODER.encode(record).decode()
