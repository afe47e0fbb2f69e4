"""Exporting a whole sheet, or a month of invoices, as pages of a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec

from ewallet_core.errors.requests import ArgumentsClashError
from ewallet_core.instructions import fields, timestamps
from ewallet_core.instructions.registry import instruction
from ewallet_core.instructions.validation import PageCursor
from ewallet_core.operations.answer_data import Data
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.records import own_sheet
from ewallet_core.operations.requests import PeriodRequest, check_tag
from ewallet_core.operations.sheet_kinds import INVOICE, KIND_OF, SheetKind, record_data
from ewallet_core.storage.search import FoundRecord, SearchFilter, newest_first
from ewallet_core.types import tags_in

Columns = Sequence[str]

LARGEST_PAGE = 32 * 1_024
"""The most bytes that a page's text takes up in an answer; a larger record is a page of its own."""
_READ_AT_ONCE = 100

# A spreadsheet takes text that begins so for a formula; negative and phone numbers are exempt.
_BEGINS_A_FORMULA = tuple(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}"
    "\N{FULLWIDTH HYPHEN-MINUS}"
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?|\+[0-9][0-9 ()]*")


@dataclass(frozen=True, slots=True)
class FileFormat:
    """`begin` takes the column names; `add` takes them, a record, and whether it is the first in the file."""

    begin: Callable[[Columns], str]
    add: Callable[[Columns, Data, bool], str]
    end: str = ""


def size_of(text: str) -> int:
    """The largest size in bytes that the text has in an answer as JSON."""
    return len(json.dumps(text)) - len('""')


def _csv_line(values: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_inert(value) for value in values])
    return line.getvalue()


def _inert(value: Any) -> Any:
    """The value in one cell, in a form that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        value = " ".join(value)
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
        begin=lambda _columns: "", add=lambda _columns, record, _is_first: _json_of(record) + "\n"
    ),
}


class ExportSheet(PeriodRequest, frozen=True, kw_only=True):
    """Which records to export, in what format, and from which cursor on.

    Without a sheet, the active one is exported; for a month of invoices, all invoice sheets of the account
    are. With a `text` or a `tag`, only the records that a search for it finds are exported.
    """

    kind: fields.RecordKind
    sheet_id: fields.SheetId | None = None
    format: fields.FileFormat = "csv"
    month: fields.Month | None = None
    text: fields.SearchText = ""
    tag: fields.SearchedTags | None = None
    limit: fields.PageLength = fields.LONGEST_PAGE
    before: fields.RecordCursor | None = None

    def check(self) -> None:
        """A month can't be combined with since or until, and a tag with no kind but `time`."""
        super().check()
        check_tag(self.tag, self.kind)
        for name, bound in (("since", self.since), ("until", self.until)):
            if self.month is not None and bound is not None:
                raise ArgumentsClashError(("month", name))

    @property
    def starts_at(self) -> int | None:
        """The first millisecond of the period, in UTC."""
        return super().starts_at if self.month is None else timestamps.month_bounds(self.month)[0]

    @property
    def ends_at(self) -> int | None:
        """The first millisecond after the period, in UTC."""
        return super().ends_at if self.month is None else timestamps.month_bounds(self.month)[1]


class _ExportSheetAnswer(TypedDict):
    sheet: int | None
    kind: str
    format: str
    file_name: str
    content: str
    records: int
    next: str | None


@instruction({"action": "export", "export": "sheet"})
def export_sheet(request: ExportSheet, context: AccountContext) -> _ExportSheetAnswer:
    """Export a sheet as csv, json or jsonl, newest record first; the pages' joined contents are the file."""
    kind = KIND_OF[request.kind]
    sheet_id = None
    if request.sheet_id is not None or request.month is None or kind is not INVOICE:
        sheet_id = own_sheet(context, kind, request.sheet_id, "sheet_id").id
    filters = SearchFilter(
        context.account.id,
        since=request.starts_at or 0,
        text=request.text,
        sheet_id=sheet_id,
        tags=tags_in(request.tag or ()),
    )
    found = newest_first(
        context.transaction,
        filters,
        (kind.name,),
        request.starting_below(request.before),
        min(request.limit + 1, _READ_AT_ONCE),
    )
    content, records, following = _page(request, context, kind, found)
    return _ExportSheetAnswer(
        sheet=sheet_id,
        kind=str(request.kind),
        format=request.format,
        file_name=_file_name(request, kind, sheet_id),
        content=content,
        records=records,
        next=following,
    )


def _page(
    request: ExportSheet, context: AccountContext, kind: SheetKind, found: Iterator[FoundRecord]
) -> tuple[str, int, str | None]:
    """The page's text, the number of its records, and the cursor of the next page."""
    file, is_first = FILE_FORMATS[request.format], request.before is None
    columns = ("id", kind.sheet_key, "reference", "create_date", "write_date", *kind.columns)
    parts = [file.begin(columns)] if is_first else []
    size, last, records = 0, None, 0
    for each in found:
        part = file.add(columns, record_data(context, kind, each.record), is_first and last is None)
        size += size_of(part)
        if last is not None and (records == request.limit or size > LARGEST_PAGE):
            return "".join(parts), records, str(PageCursor(*last.position))
        parts.append(part)
        last, records = each, records + 1
    return "".join([*parts, file.end]), records, None


def _file_name(request: ExportSheet, kind: SheetKind, sheet_id: int | None) -> str:
    name = f"{kind.name}s" if sheet_id is None else f"{kind.name}-{kind.noun}-{sheet_id}"
    month = "" if request.month is None else f"-{request.month}"
    return f"{name}{month}.{request.format}"
