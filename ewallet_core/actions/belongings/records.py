"""Records on sheets and lists: viewing and unlinking one, whatever its kind."""

from __future__ import annotations

from typing import Any, TypedDict

from ewallet_core.actions.belongings.belonging import note
from ewallet_core.actions.belongings.sheet_kinds import (
    CONTACT,
    SHEET_KINDS,
    TRANSFER,
    SheetKind,
    record_data,
)
from ewallet_core.actions.context import Context
from ewallet_core.actions.credits.refunds import left_to_refund
from ewallet_core.actions.data import Data
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Instruction, Request, instruction
from ewallet_core.instructions.envelope import Answer, ok
from ewallet_core.refusals.holdings import NotFound
from ewallet_core.refusals.requests import ArgumentsClash
from ewallet_core.storage.linked_records import linked_to
from ewallet_core.storage.sheets import Record


class OneRecord(Request, frozen=True):
    """One record of the user's own."""

    record_id: fields.RecordId


class OneContact(Request, frozen=True):
    """One contact of the user's own: exactly one of `record` and `record_id`."""

    record: fields.RecordId | None = None
    record_id: fields.RecordId | None = None

    def check(self) -> None:
        """Exactly one of record and record_id says which."""
        if (self.record is None) == (self.record_id is None):
            raise ArgumentsClash("record", "record_id")


def own_record(context: Context, kind: SheetKind, record_id: int, field: str = "record_id") -> Any:
    """The account's record of that kind and id; raises `NotFound`, which names `field`."""
    record = kind.records.own(context.transaction, record_id, context.account.id)
    if record is None:
        raise NotFound(kind.record_key.replace("_", " "), field)
    return record


def record_answer(context: Context, kind: SheetKind, record: Record) -> Answer:
    """What is answered of one record."""
    return ok(
        **{kind.sheet_key: record.sheet_id, kind.record_key: record.id},
        record_data=record_data(context, kind, record),
    )


def record_answers(kind: SheetKind) -> dict[str, Any]:
    """The keys of what is answered of one record."""
    return {kind.sheet_key: int, kind.record_key: int, "record_data": dict[str, Any]}


def the_record(kind: SheetKind, verb: str) -> dict[str, str]:
    """The selectors of a verb for one record."""
    return {"action": verb, verb: str(kind.name), str(kind.name): "record"}


class Linked(TypedDict):
    """A record of the user's own, and what it is to another: invoice, transfer, refund_of or refunded_by."""

    relation: str
    kind: str
    record: int
    reference: str


def _view_record(kind: SheetKind) -> Instruction:
    @instruction(
        OneContact if kind is CONTACT else OneRecord,
        the_record(kind, "view"),
        changes=False,
        answers=_view_answers(kind),
    )
    def view_record(asked: OneRecord | OneContact, context: Context) -> Answer:
        """View one record of the user's own, with its entry in the journal and the records linked to it."""
        if isinstance(asked, OneContact) and asked.record is not None:
            return _viewed(context, kind, own_record(context, kind, asked.record, "record"))
        return _viewed(context, kind, own_record(context, kind, asked.record_id or 0))

    return view_record


def _view_answers(kind: SheetKind) -> dict[str, Any]:
    refundable = {"left_to_refund": int | None} if kind is TRANSFER else {}
    return {**record_answers(kind), "entry": int | None, "linked_records": list[Linked], **refundable}


def _viewed(context: Context, kind: SheetKind, record: Any) -> Answer:
    answer = record_answer(context, kind, record)
    # A contact moves nothing.
    answer["entry"] = None if kind is CONTACT else record.entry_id
    answer["linked_records"] = _linked_records(context, kind, answer["entry"])
    if kind is TRANSFER:
        answer["left_to_refund"] = left_to_refund(context.transaction, record)
    return answer


def _linked_records(context: Context, kind: SheetKind, entry_id: int | None) -> list[Data]:
    return [
        {"relation": relation, "kind": str(other), "record": record_id, "reference": reference}
        for relation, other, record_id, reference in linked_to(
            context.transaction, kind.name, entry_id, context.account.id
        )
    ]


def _unlink_record(kind: SheetKind) -> Instruction:
    @instruction(OneRecord, the_record(kind, "unlink"), answers={kind.sheet_key: int, kind.record_key: int})
    def unlink_record(asked: OneRecord, context: Context) -> Answer:
        """Take a record off its sheet for this user; no balance, journal or other side's record changes."""
        record = own_record(context, kind, asked.record_id)
        kind.records.unlink(context.transaction, record, context.now)
        note(context, f"{kind.name} record", record.id, "unlinked")
        return ok(**{kind.sheet_key: record.sheet_id, kind.record_key: record.id})

    return unlink_record


RECORDS = tuple(verb(kind) for kind in SHEET_KINDS for verb in (_view_record, _unlink_record))
