"""Sheets, contact lists and the records on them."""

from __future__ import annotations

from typing import Any, TypedDict

from ewallet_core.errors.credits import NotRemovedError, SheetRemovedError
from ewallet_core.errors.requests import ArgumentsClashError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Instruction, Request, instruction, with_argument
from ewallet_core.operations.answer_data import Archive, Data, SheetData, archive, dates
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.ownership import record_change
from ewallet_core.operations.provisioning import open_sheet
from ewallet_core.operations.records import (
    Totals,
    left_to_refund,
    own_record,
    own_sheet,
    read_cursor,
    read_order,
    record_answer,
    record_answers,
    the_record,
    totals_answer,
    unlink_sheet,
)
from ewallet_core.operations.requests import NewItem, PageRequest, RenameItem
from ewallet_core.operations.sheet_kinds import CONTACT, SHEET_KINDS, TRANSFER, SheetKind, record_data
from ewallet_core.storage.described_records import DESCRIBED
from ewallet_core.storage.linked_records import find_linked_records
from ewallet_core.storage.record_order import ON_SHEET
from ewallet_core.storage.sheets import Sheet, sheets
from ewallet_core.types import SYSTEM_CORE_ID

_ID_TYPES: dict[str, Any] = {"sheet": fields.SheetId, "list": fields.ListId}


class ViewList(PageRequest, frozen=True):
    """A page of a sheet: from the newest record, from a cursor, or after `skip` of the newest records.

    With `removed`, of the records that were removed from it; their write date is when that was. `sort` puts
    them in another order; `totals` adds up all of them.
    """

    at_most_one_of = ("before", "skip")

    skip: fields.PassedOver | None = None
    removed: fields.Flag = False
    sort: fields.SortColumn | None = None
    totals: fields.Flag = False

    def check(self) -> None:
        """Removed records are read by cursor only."""
        super().check()
        if self.removed and self.skip is not None:
            raise ArgumentsClashError(("removed", "skip"))

    def takes_long(self) -> bool:
        """To sort, add up or pass over records, or to find removed ones, all may be read."""
        reads_all = self.sort is not None or self.skip is not None or self.removed or self.totals
        return reads_all or super().takes_long()


class UnlinkList(Request, frozen=True):
    """One of the account's own lists."""

    list_id: fields.ListId


class UnlinkSheet(Request, frozen=True):
    """One of the account's own sheets: exactly one of `list_id` and `sheet_id`."""

    exactly_one_of = ("list_id", "sheet_id")

    list_id: fields.SheetId | None = None
    sheet_id: fields.SheetId | None = None


# Every kind is removed by `list_id`; sheets also by `sheet_id`, which all other instructions use.
_UNLINK: dict[str, type[Request]] = {"sheet": UnlinkSheet, "list": UnlinkList}


def sheet_data(context: AccountContext, kind: SheetKind, sheet: Sheet, page_request: ViewList) -> Data:
    """A sheet and a page of its records, newest first unless another order is asked for."""
    # The issuer's rows, with their record counts, do not change when it issues credits.
    is_issuers = sheet.account_id == SYSTEM_CORE_ID
    count = kind.records.count(context.transaction, sheet.id) if is_issuers else sheet.record_count
    found = (
        _newest_first(context, kind, sheet, count, page_request)
        if page_request.sort is None
        else _sorted(context, kind, sheet, page_request.sort, page_request)
    )
    page = found[: page_request.limit]
    return {
        "id": sheet.id,
        kind.owner.name: sheet.owner_id,
        "reference": sheet.reference,
        **dates(sheet),
        "record_count": count,
        "records": archive(page),
        "rows": [record_data(context, kind, record) for record in page],
        "next": page[-1].position if len(found) > len(page) else None,
        "totals": _totals(context, kind, sheet, page_request) if page_request.totals else None,
    }


def _newest_first(
    context: AccountContext, kind: SheetKind, sheet: Sheet, count: int, page_request: ViewList
) -> list[Any]:
    before = page_request.before or kind.records.below_newest(
        context.transaction, sheet, count, page_request.skip or 0
    )
    records = DESCRIBED[kind.name]
    read_page = records.removed_page if page_request.removed else records.page
    return read_page(context.transaction, sheet.id, before, page_request.limit + 1)


def _sorted(
    context: AccountContext, kind: SheetKind, sheet: Sheet, sort: str, page_request: ViewList
) -> list[Any]:
    position, after = page_request.before, None
    order = read_order(kind, sort)
    if position is not None:
        after = read_cursor(context, kind, sheet_id=sheet.id, position=position)
    return ON_SHEET[kind.name].page(
        context.transaction,
        order,
        (page_request.removed,),
        after=after,
        skip=page_request.skip or 0,
        most=page_request.limit + 1,
        sheet_id=sheet.id,
    )


def _totals(context: AccountContext, kind: SheetKind, sheet: Sheet, page_request: ViewList) -> Totals:
    sums = ON_SHEET[kind.name].totals(context.transaction, (page_request.removed,), sheet_id=sheet.id)
    return totals_answer(sums)


def _with_id(kind: SheetKind, request: type[Request], *, required: bool = True) -> type[Request]:
    return with_argument(request, kind.id_name, _ID_TYPES[kind.noun], required=required)


def _the_list(kind: SheetKind, verb: str) -> dict[str, str]:
    return {"action": verb, verb: str(kind.name), str(kind.name): "list"}


def _viewed(context: AccountContext, kind: SheetKind, sheet: Sheet, page_request: ViewList) -> Answer:
    data = sheet_data(context, kind, sheet, page_request)
    answer: Answer = {kind.sheet_key: sheet.id, kind.data_key: data}
    if kind.listed_by is not None:
        answer[f"{kind.name}_records"] = {str(row["id"]): row[kind.listed_by] for row in data["rows"]}
    return answer


def _view_answers(kind: SheetKind) -> dict[str, Any]:
    names = {} if kind.listed_by is None else {f"{kind.name}_records": Archive}
    return {kind.sheet_key: int, **names, kind.data_key: SheetData}


def _new_list(kind: SheetKind) -> Instruction:
    @instruction(_the_list(kind, "new"), answers={kind.sheet_key: int, kind.data_key: SheetData})
    def new_list(request: NewItem, context: AccountContext) -> Answer:
        """Create another sheet; the active one stays active."""
        owner = kind.owner.active(context)
        sheet_id = open_sheet(
            context.transaction, context.now, context.account.id, kind, owner.id, request.reference
        )
        sheet = sheets.require(context.transaction, id=sheet_id)
        kind.owned_item(sheet, kind.id_name).change_owner(context)
        record_change(context, kind.title, sheet_id, "made")
        return {kind.sheet_key: sheet_id, kind.data_key: sheet_data(context, kind, sheet, ViewList())}

    return new_list


def _view_list(kind: SheetKind) -> Instruction:
    @instruction(
        _the_list(kind, "view"), request=_with_id(kind, ViewList, required=False), answers=_view_answers(kind)
    )
    def view_list(request: Any, context: AccountContext) -> Answer:
        """View a sheet, by default the active one, and a page of its records, newest first or sorted."""
        sheet = own_sheet(context, kind, getattr(request, kind.id_name), kind.id_name)
        return _viewed(context, kind, sheet, request)

    return view_list


def _switch_list(kind: SheetKind) -> Instruction:
    @instruction(
        {"action": "switch", "switch": kind.sheet_key},
        _the_list(kind, "switch"),
        request=_with_id(kind, Request),
        answers={kind.sheet_key: int, kind.data_key: SheetData},
    )
    def switch_list(request: Any, context: AccountContext) -> Answer:
        """Make another sheet the active one, which gets new records."""
        sheet = own_sheet(context, kind, getattr(request, kind.id_name), kind.id_name)
        kind.owned_item(sheet, kind.id_name).make_active(context)
        return {kind.sheet_key: sheet.id, kind.data_key: sheet_data(context, kind, sheet, ViewList())}

    return switch_list


def _rename_list(kind: SheetKind) -> Instruction:
    @instruction(_the_list(kind, "edit"), request=_with_id(kind, RenameItem), answers=_view_answers(kind))
    def rename_list(request: Any, context: AccountContext) -> Answer:
        """Rename a sheet."""
        sheet = own_sheet(context, kind, getattr(request, kind.id_name), kind.id_name)
        if request.reference != sheet.reference:
            sheets.change(context.transaction, sheet.id, reference=request.reference, written_at=context.now)
            kind.owned_item(sheet, kind.id_name).change_owner(context)
            record_change(context, kind.title, sheet.id, "renamed")
        renamed = sheets.require(context.transaction, id=sheet.id)
        return _viewed(context, kind, renamed, ViewList())

    return rename_list


def _unlink_list(kind: SheetKind) -> Instruction:
    @instruction(_the_list(kind, "unlink"), request=_UNLINK[kind.noun], answers={kind.sheet_key: int})
    def unlink_list(request: Any, context: AccountContext) -> Answer:
        """Remove a sheet that is not the active one, with its records; the journal keeps their entries."""
        field = "list_id" if request.list_id is not None else kind.id_name
        sheet = own_sheet(context, kind, getattr(request, field), field)
        owned_item = kind.owned_item(sheet, field)
        owned_item.require_removable(context, kind.all_of(context, sheet.owner_id))
        unlink_sheet(context, kind, sheet)
        owned_item.change_owner(context)
        record_change(context, kind.title, sheet.id, "unlinked")
        return {kind.sheet_key: sheet.id}

    return unlink_list


LISTS = tuple(
    verb(kind)
    for kind in SHEET_KINDS
    for verb in (_new_list, _view_list, _switch_list, _rename_list, _unlink_list)
)


class OneRecord(Request, frozen=True):
    """One of the account's own records."""

    record_id: fields.RecordId


class ViewRecord(OneRecord, frozen=True):
    """One of the account's own records; with `removed`, also if it was removed."""

    removed: fields.Flag = False


class ViewContact(Request, frozen=True):
    """One of the account's own contacts: exactly one of `record` and `record_id`.

    With `removed`, also if it was removed.
    """

    exactly_one_of = ("record", "record_id")

    record: fields.RecordId | None = None
    record_id: fields.RecordId | None = None
    removed: fields.Flag = False


class Linked(TypedDict):
    """A linked record of the account's own; `relation` is invoice, transfer, refund_of or refunded_by."""

    relation: str
    kind: str
    record: int
    reference: str


def _view_record(kind: SheetKind) -> Instruction:
    refundable = {"left_to_refund": int | None} if kind is TRANSFER else {}

    @instruction(
        the_record(kind, "view"),
        request=ViewContact if kind is CONTACT else ViewRecord,
        answers={**record_answers(kind), "entry": int | None, "linked_records": list[Linked], **refundable},
    )
    def view_record(request: ViewRecord | ViewContact, context: AccountContext) -> Answer:
        """View one of the account's own records, with its journal entry and the records linked to it."""
        record_id, field = request.record_id, "record_id"
        if isinstance(request, ViewContact) and request.record is not None:
            record_id, field = request.record, "record"
        record = own_record(context, kind, record_id or 0, field, or_removed=request.removed)
        return _viewed_record(context, kind, record)

    return view_record


def _viewed_record(context: AccountContext, kind: SheetKind, record: Any) -> Answer:
    answer = record_answer(context, kind, record)
    # A contact has no journal entry.
    answer["entry"] = None if kind is CONTACT else record.entry_id
    linked = find_linked_records(context.transaction, kind.name, answer["entry"], context.account.id)
    answer["linked_records"] = [
        {"relation": relation, "kind": str(other), "record": record_id, "reference": reference}
        for relation, other, record_id, reference in linked
    ]
    if kind is TRANSFER:
        answer["left_to_refund"] = left_to_refund(context.transaction, record)
    return answer


def _unlink_record(kind: SheetKind) -> Instruction:
    @instruction(the_record(kind, "unlink"), answers={kind.sheet_key: int, kind.record_key: int})
    def unlink_record(request: OneRecord, context: AccountContext) -> Answer:
        """Remove a record from its sheet; balances, the journal and the other side's record stay."""
        record = own_record(context, kind, request.record_id)
        kind.records.unlink(context.transaction, record, context.now)
        record_change(context, f"{kind.name} record", record.id, "unlinked")
        return {kind.sheet_key: record.sheet_id, kind.record_key: record.id}

    return unlink_record


def _restore_record(kind: SheetKind) -> Instruction:
    @instruction(the_record(kind, "recover"), answers={kind.sheet_key: int, kind.record_key: int})
    def restore_record(request: OneRecord, context: AccountContext) -> Answer:
        """Restore a removed record; it keeps its id and its position on the sheet."""
        record = own_record(context, kind, request.record_id, or_removed=True)
        if sheets.find(context.transaction, id=record.sheet_id) is None:
            raise SheetRemovedError(kind.title)
        if kind.records.find(context.transaction, id=record.id) is not None:
            raise NotRemovedError
        kind.records.restore(context.transaction, record, context.now)
        record_change(context, f"{kind.name} record", record.id, "restored")
        return {kind.sheet_key: record.sheet_id, kind.record_key: record.id}

    return restore_record


RECORDS = tuple(
    verb(kind) for kind in SHEET_KINDS for verb in (_view_record, _unlink_record, _restore_record)
)
