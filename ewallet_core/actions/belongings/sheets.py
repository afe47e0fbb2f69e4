"""Sheets and contact lists: creating, viewing, switching, renaming and unlinking one of any kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ewallet_core.actions.belongings.belonging import note
from ewallet_core.actions.belongings.opening import open_sheet
from ewallet_core.actions.belongings.sheet_kinds import SHEET_KINDS, SheetKind, record_data
from ewallet_core.actions.context import SYSTEM_CORE_ID, Context
from ewallet_core.actions.data import Data, archive, dates
from ewallet_core.actions.shapes import Archive, SheetData
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Instruction, Request, instruction, naming
from ewallet_core.instructions.envelope import Answer, ok
from ewallet_core.refusals.holdings import NotFound
from ewallet_core.refusals.requests import ArgumentsClash
from ewallet_core.storage.sheets import Sheet, sheets

_ID_TYPES: dict[str, Any] = {"sheet": fields.SheetId, "list": fields.ListId}


class NewList(Request, frozen=True):
    """What a new sheet is to be called; absent, it is numbered."""

    reference: fields.Reference | None = None


class ViewList(Request, frozen=True):
    """A page of a sheet: from the newest record on, from a cursor on, or below so many of the newest."""

    limit: fields.PageLength = fields.USUAL_PAGE
    before: fields.Cursor | None = None
    skip: fields.PassedOver | None = None

    def check(self) -> None:
        """At most one of before and skip says where the page begins."""
        if self.before is not None and self.skip is not None:
            raise ArgumentsClash("before", "skip")


class UnlinkList(Request, frozen=True):
    """One of the user's own lists."""

    list_id: fields.ListId


class UnlinkSheet(Request, frozen=True):
    """One of the user's own sheets: exactly one of `list_id` and `sheet_id`."""

    list_id: fields.SheetId | None = None
    sheet_id: fields.SheetId | None = None

    def check(self) -> None:
        """Exactly one of list_id and sheet_id says which."""
        if (self.list_id is None) == (self.sheet_id is None):
            raise ArgumentsClash("list_id", "sheet_id")


class RenameList(Request, frozen=True):
    """What a sheet is to be called from now on."""

    reference: fields.Reference


# Every kind is unlinked by its `list_id`; sheets by the name that they have everywhere else, too.
_UNLINK: dict[str, type[Request]] = {"sheet": UnlinkSheet, "list": UnlinkList}


def sheet_data(context: Context, kind: SheetKind, sheet: Sheet, page_asked: ViewList) -> Data:
    """A sheet and a page of its records, the newest first."""
    count = _record_count(context, kind, sheet)
    before = page_asked.before or kind.records.below_newest(
        context.transaction, sheet, count, page_asked.skip or 0
    )
    found = kind.records.page(context.transaction, sheet.id, before, page_asked.limit + 1)
    page = found[: page_asked.limit]
    return {
        "id": sheet.id,
        kind.owner.name: sheet.owner_id,
        "reference": sheet.reference,
        **dates(sheet),
        "record_count": count,
        "records": archive(page),
        "rows": [record_data(context, kind, record) for record in page],
        "next": page[-1].position if len(found) > len(page) else None,
    }


def own_sheet(context: Context, kind: SheetKind, sheet_id: int | None, field: str) -> Sheet:
    """The account's sheet of that kind and id, or the active one; raises `NotFound`, which names `field`."""
    own = {"account_id": context.account.id, "kind": kind.name}
    found = sheets.find(context.transaction, id=sheet_id or kind.active(context), **own)
    if found is None:
        raise NotFound(kind.title, field)
    return found


def _record_count(context: Context, kind: SheetKind, sheet: Sheet) -> int:
    if sheet.account_id != SYSTEM_CORE_ID:
        return sheet.record_count
    return kind.records.count(context.transaction, sheet.id)


def _naming_one(kind: SheetKind, request: type[Request], *, required: bool = True) -> type[Request]:
    return naming(request, kind.id_name, _ID_TYPES[kind.noun], required=required)


def _the_list(kind: SheetKind, verb: str) -> dict[str, str]:
    return {"action": verb, verb: str(kind.name), str(kind.name): "list"}


def _viewed(context: Context, kind: SheetKind, sheet: Sheet, page_asked: ViewList) -> Answer:
    data = sheet_data(context, kind, sheet, page_asked)
    answer = ok(**{kind.sheet_key: sheet.id, kind.data_key: data})
    if kind.listed_by is not None:
        answer[f"{kind.name}_records"] = {str(row["id"]): row[kind.listed_by] for row in data["rows"]}
    return answer


def _view_answers(kind: SheetKind) -> dict[str, Any]:
    names = {} if kind.listed_by is None else {f"{kind.name}_records": Archive}
    return {kind.sheet_key: int, **names, kind.data_key: SheetData}


def _new_list(kind: SheetKind) -> Instruction:
    @instruction(NewList, _the_list(kind, "new"), answers={kind.sheet_key: int, kind.data_key: SheetData})
    def new_list(asked: NewList, context: Context) -> Answer:
        """Create another sheet; the active one stays active."""
        owner = kind.owner.active(context)
        sheet_id = open_sheet(
            context.transaction, context.now, context.account.id, kind, owner.id, asked.reference
        )
        sheet = sheets.require(context.transaction, id=sheet_id)
        kind.belonging(sheet, kind.id_name).change_owner(context)
        note(context, kind.title, sheet_id, "made")
        return ok(**{kind.sheet_key: sheet_id, kind.data_key: sheet_data(context, kind, sheet, ViewList())})

    return new_list


def _view_list(kind: SheetKind) -> Instruction:
    @instruction(
        _naming_one(kind, ViewList, required=False),
        _the_list(kind, "view"),
        changes=False,
        answers=_view_answers(kind),
    )
    def view_list(asked: Any, context: Context) -> Answer:
        """View a sheet, the active one unless another is named, a page of records at a time, newest first."""
        sheet = own_sheet(context, kind, getattr(asked, kind.id_name), kind.id_name)
        return _viewed(context, kind, sheet, asked)

    return view_list


def _switch_list(kind: SheetKind) -> Instruction:
    @instruction(
        _naming_one(kind, Request),
        {"action": "switch", "switch": kind.sheet_key},
        _the_list(kind, "switch"),
        answers={kind.sheet_key: int, kind.data_key: SheetData},
    )
    def switch_list(asked: Any, context: Context) -> Answer:
        """Make another sheet the active one, on which new records go."""
        sheet = own_sheet(context, kind, getattr(asked, kind.id_name), kind.id_name)
        kind.belonging(sheet, kind.id_name).make_active(context)
        return ok(**{kind.sheet_key: sheet.id, kind.data_key: sheet_data(context, kind, sheet, ViewList())})

    return switch_list


def _rename_list(kind: SheetKind) -> Instruction:
    @instruction(_naming_one(kind, RenameList), _the_list(kind, "edit"), answers=_view_answers(kind))
    def rename_list(asked: Any, context: Context) -> Answer:
        """Call a sheet something else."""
        sheet = own_sheet(context, kind, getattr(asked, kind.id_name), kind.id_name)
        if asked.reference != sheet.reference:
            sheets.change(context.transaction, sheet.id, reference=asked.reference, written_at=context.now)
            kind.belonging(sheet, kind.id_name).change_owner(context)
            note(context, kind.title, sheet.id, "renamed")
        renamed = sheets.require(context.transaction, id=sheet.id)
        return _viewed(context, kind, renamed, ViewList())

    return rename_list


def _unlink_list(kind: SheetKind) -> Instruction:
    @instruction(_UNLINK[kind.noun], _the_list(kind, "unlink"), answers={kind.sheet_key: int})
    def unlink_list(asked: Any, context: Context) -> Answer:
        """Unlink a sheet that is not the active one, with its records; the journal keeps what they say."""
        field = "list_id" if asked.list_id is not None else kind.id_name
        sheet = own_sheet(context, kind, getattr(asked, field), field)
        belonging = kind.belonging(sheet, field)
        belonging.must_be_spare(context, kind.all_of(context, sheet.owner_id))
        unlink_sheet(context, kind, sheet)
        belonging.change_owner(context)
        note(context, kind.title, sheet.id, "unlinked")
        return ok(**{kind.sheet_key: sheet.id})

    return unlink_list


def unlink_sheet(context: Context, kind: SheetKind, sheet: Sheet) -> None:
    """Take a sheet away with all its records."""
    kind.records.unlink_all(context.transaction, sheet.id, context.now)
    sheets.change(
        context.transaction, sheet.id, unlinked_at=context.now, record_count=0, written_at=context.now
    )


_VERBS: tuple[Callable[[SheetKind], Instruction], ...] = (
    _new_list,
    _view_list,
    _switch_list,
    _rename_list,
    _unlink_list,
)

LISTS = tuple(verb(kind) for kind in SHEET_KINDS for verb in _VERBS)
