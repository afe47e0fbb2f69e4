"""Searching the records of one sheet, or of all sheets and lists of the account."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Any, TypedDict

from ewallet_core.errors.requests import MissingArgumentError
from ewallet_core.instructions import fields
from ewallet_core.instructions.registry import instruction
from ewallet_core.instructions.validation import PageCursor, description_of
from ewallet_core.operations.answer_data import FoundRow
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.records import Totals, own_sheet, read_cursor, read_order, totals_answer
from ewallet_core.operations.requests import PeriodRequest, check_tag
from ewallet_core.operations.sheet_kinds import KIND_OF, SheetKind, found_row
from ewallet_core.storage.record_order import FOUND_IN_ORDER
from ewallet_core.storage.search import FoundRecord, SearchFilter, newest_first
from ewallet_core.types import RecordType, tags_in


class SearchRecords(PeriodRequest, frozen=True):
    """What to search for, of which kind, sheet and period, and which page; all are optional.

    A sheet or list needs its kind, and so do `sort`, which puts the records in another order, and `totals`,
    which adds up all that are found. With `tag`, only time records that have all of these tags are found.
    """

    text: fields.SearchText = ""
    kind: fields.RecordKind | None = None
    sheet_id: fields.SheetId | None = None
    tag: fields.SearchedTags | None = None
    limit: fields.PageLength = fields.USUAL_PAGE
    before: fields.RecordCursor | None = None
    sort: fields.SortColumn | None = None
    totals: fields.Flag = False

    def check(self) -> None:
        """A sheet, an order and totals need a kind, and a tag none but `time`."""
        super().check()
        check_tag(self.tag, self.kind)
        needs_kind = self.sheet_id is not None or self.sort is not None or self.totals
        if needs_kind and self.kind is None:
            raise MissingArgumentError("kind", description_of(fields.RecordKind))


class _SearchRecordsAnswer(TypedDict):
    rows: list[FoundRow]
    next: str | None
    totals: dict[str, Any] | None


@instruction({"action": "search", "search": "records"})
def search_records(request: SearchRecords, context: AccountContext) -> _SearchRecordsAnswer:
    """Search all records or a sheet's for a text in them, or in the partner's name or email."""
    sheet_id = None
    if request.kind is not None and request.sheet_id is not None:
        sheet_id = own_sheet(context, KIND_OF[request.kind], request.sheet_id, "sheet_id").id
    filters = SearchFilter(
        context.account.id,
        since=request.starts_at or 0,
        text=request.text,
        sheet_id=sheet_id,
        tags=tags_in(request.tag or ()),
    )
    page = (
        _newest_first(request, context, filters)
        if request.kind is None or request.sort is None
        else _sorted(request, context, filters, KIND_OF[request.kind], request.sort)
    )
    shown = page[: request.limit]
    return _SearchRecordsAnswer(
        rows=[found_row(context, found) for found in shown],
        next=str(PageCursor(*shown[-1].position)) if len(page) > len(shown) else None,
        totals=_totals(request, context, filters, request.kind) if request.kind and request.totals else None,
    )


def _newest_first(
    request: SearchRecords, context: AccountContext, filters: SearchFilter
) -> list[FoundRecord]:
    kinds: Collection[str] = KIND_OF if request.kind is None else (request.kind,)
    below = request.starting_below(request.before)
    matches = newest_first(context.transaction, filters, kinds, below, request.limit + 1)
    return list(islice(matches, request.limit + 1))


def _sorted(
    request: SearchRecords, context: AccountContext, filters: SearchFilter, kind: SheetKind, sort: str
) -> list[FoundRecord]:
    order, cursor = read_order(kind, sort), request.before and PageCursor.read(request.before)
    if filters.tags and kind.name != RecordType.TIME:
        return []
    found = FOUND_IN_ORDER[kind.name].page(
        context.transaction,
        order,
        filters.how,
        after=read_cursor(context, kind, id=cursor.id) if cursor else None,
        skip=0,
        most=request.limit + 1,
        until=request.starting_below(None).at,
        **filters.values,
    )
    return [FoundRecord(kind.name, record) for record in found]


def _totals(
    request: SearchRecords, context: AccountContext, filters: SearchFilter, kind: RecordType
) -> Totals:
    until = request.starting_below(None).at
    sums = FOUND_IN_ORDER[kind].totals(context.transaction, filters.how, until=until, **filters.values)
    return totals_answer(sums)
