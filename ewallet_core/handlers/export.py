"""Exporting a whole sheet, or a month of invoices, as pages of a file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from json.encoder import encode_basestring_ascii
from typing import TypedDict

from ewallet_core.errors.requests import ArgumentsClashError
from ewallet_core.instructions import fields, timestamps
from ewallet_core.instructions.registry import instruction
from ewallet_core.instructions.validation import PageCursor
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.file_formats import JSON, JSON_LINES, SEPARATORS, FileFormat, csv_format
from ewallet_core.operations.people_export import TABLES, PeopleExport
from ewallet_core.operations.records import own_sheet
from ewallet_core.operations.requests import PeriodRequest, check_tag
from ewallet_core.operations.sheet_kinds import INVOICE, KIND_OF, SheetKind, record_data
from ewallet_core.storage.search import FoundRecord, SearchFilter, newest_first
from ewallet_core.storage.sheets import sheets
from ewallet_core.types import tags_in

LARGEST_PAGE = 32 * 1_024
"""The most bytes that a page's text takes up in an answer; a larger record is a page of its own."""
_READ_AT_ONCE = 33


def size_of(text: str) -> int:
    """The largest size in bytes that the text has in an answer as JSON."""
    return len(encode_basestring_ascii(text)) - len('""')


class ExportSheet(PeriodRequest, frozen=True, kw_only=True):
    """Which records to export, in what format, and from which cursor on.

    Without a sheet, the active one is exported; for a month of invoices, all invoice sheets of the account
    are. With a `text` or a `tag`, only the records that a search for it finds are exported. The style
    `people` has titles, dates in the time zone, signed amounts and names; `raw` has the keys of the record's
    data. A csv file is separated by commas and begins with no byte order mark, unless asked for.
    """

    kind: fields.RecordKind
    sheet_id: fields.SheetId | None = None
    format: fields.FileFormat = "csv"
    month: fields.Month | None = None
    text: fields.SearchText = ""
    tag: fields.SearchedTags | None = None
    style: fields.ExportStyle = "raw"
    separator: fields.Separator | None = None
    bom: fields.Flag | None = None
    limit: fields.PageLength = fields.LONGEST_PAGE
    before: fields.RecordCursor | None = None

    def check(self) -> None:
        """A month can't be combined with since or until, and a tag with no kind but `time`.

        Only a csv file has a separator and a byte order mark.
        """
        super().check()
        check_tag(self.tag, self.kind)
        for name, value in (("separator", self.separator), ("bom", self.bom)):
            if value is not None and self.format != "csv":
                raise ArgumentsClashError(("format", name))
        for name, bound in (("since", self.since), ("until", self.until)):
            if self.month is not None and bound is not None:
                raise ArgumentsClashError(("month", name))

    @property
    def starts_at(self) -> int | None:
        """The first millisecond of the period, in UTC."""
        return super().starts_at if self.month is None else timestamps.month_bounds(self.month, self.zone)[0]

    @property
    def ends_at(self) -> int | None:
        """The first millisecond after the period, in UTC."""
        return super().ends_at if self.month is None else timestamps.month_bounds(self.month, self.zone)[1]

    @property
    def file_format(self) -> FileFormat:
        """How the file is written."""
        match self.format:
            case "csv":
                separator = SEPARATORS[self.separator or "comma"]
                return csv_format(separator, with_byte_order_mark=bool(self.bom))
            case "json":
                return JSON
            case _:
                return JSON_LINES


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
        file_name=_file_name(request, context, kind, sheet_id),
        content=content,
        records=records,
        next=following,
    )


def _page(
    request: ExportSheet, context: AccountContext, kind: SheetKind, found: Iterator[FoundRecord]
) -> tuple[str, int, str | None]:
    """The page's text, the number of its records, and the cursor of the next page."""
    file, is_first = request.file_format, request.before is None
    if request.style == "people":
        people = PeopleExport(context, request.zone)
        columns, values = TABLES[kind.name].titles, people.values
    else:
        columns = ("id", kind.sheet_key, "reference", "create_date", "write_date", *kind.columns)
        values = partial(record_data, context)
    parts = [file.begin(columns)] if is_first else []
    size, last, records = 0, None, 0
    for each in found:
        part = file.add(columns, values(kind, each.record), is_first and last is None)
        size += size_of(part)
        if last is not None and (records == request.limit or size > LARGEST_PAGE):
            return "".join(parts), records, str(PageCursor(*last.position))
        parts.append(part)
        last, records = each, records + 1
    return "".join([*parts, file.end]), records, None


def _file_name(request: ExportSheet, context: AccountContext, kind: SheetKind, sheet_id: int | None) -> str:
    if request.style == "people":
        reference = sheets.require(context.transaction, id=sheet_id).reference if sheet_id else "Invoices"
        month = "" if request.month is None else f" {request.month}"
        return f"{reference}{month}.{request.format}"
    name = f"{kind.name}s" if sheet_id is None else f"{kind.name}-{kind.noun}-{sheet_id}"
    month = "" if request.month is None else f"-{request.month}"
    return f"{name}{month}.{request.format}"
