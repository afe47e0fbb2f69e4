"""Searching the records of one sheet, or of all sheets and lists of the account."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import TypedDict

from ewallet_core.errors.requests import MissingArgumentError
from ewallet_core.instructions import fields
from ewallet_core.instructions.registry import instruction
from ewallet_core.instructions.validation import PageCursor, description_of
from ewallet_core.operations.answer_data import FoundRow
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.records import own_sheet
from ewallet_core.operations.requests import PeriodRequest, check_tag
from ewallet_core.operations.sheet_kinds import KIND_OF, found_row
from ewallet_core.storage.search import SearchFilter, newest_first
from ewallet_core.types import tags_in


class SearchRecords(PeriodRequest, frozen=True):
    """What to search for, of which kind, sheet and period, and which page; all are optional.

    A sheet or list needs its kind. With `tag`, only time records that have all of these tags are found.
    """

    text: fields.SearchText = ""
    kind: fields.RecordKind | None = None
    sheet_id: fields.SheetId | None = None
    tag: fields.SearchedTags | None = None
    limit: fields.PageLength = fields.USUAL_PAGE
    before: fields.RecordCursor | None = None

    def check(self) -> None:
        """A sheet needs its kind, and a tag none but `time`."""
        super().check()
        check_tag(self.tag, self.kind)
        if self.sheet_id is not None and self.kind is None:
            raise MissingArgumentError("kind", description_of(fields.RecordKind))


class _SearchRecordsAnswer(TypedDict):
    rows: list[FoundRow]
    next: str | None


@instruction({"action": "search", "search": "records"})
def search_records(request: SearchRecords, context: AccountContext) -> _SearchRecordsAnswer:
    """Search all records or a sheet's for a text in them or in the partner's name or email, newest first."""
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
    kinds: Collection[str] = KIND_OF if request.kind is None else (request.kind,)
    matches = newest_first(
        context.transaction, filters, kinds, request.starting_below(request.before), request.limit + 1
    )
    page = list(islice(matches, request.limit + 1))
    shown = page[: request.limit]
    return _SearchRecordsAnswer(
        rows=[found_row(context, found) for found in shown],
        next=str(PageCursor(*shown[-1].position)) if len(page) > len(shown) else None,
    )
