"""What a finished run was for, and a note on a transfer that only its own side sees."""

from __future__ import annotations

from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Request, instruction
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.records import edit_record, own_record, record_answers, the_record
from ewallet_core.operations.sheet_kinds import TIME, TRANSFER
from ewallet_core.types import stored_tags


class EditTime(Request, frozen=True):
    """The record of the run, and its note and tags; an absent one stays as it is."""

    record_id: fields.RecordId
    notes: fields.Notes | None = None
    tags: fields.Tags | None = None


class EditTransfer(Request, frozen=True):
    """The record of the transfer, and the note on it; an empty one removes it."""

    record_id: fields.RecordId
    private_notes: fields.Notes


@instruction(the_record(TIME, "edit"), answers=record_answers(TIME))
def edit_time(request: EditTime, context: AccountContext) -> Answer:
    """Change the note and the tags of a finished run."""
    record = own_record(context, TIME, request.record_id)
    tags = None if request.tags is None else stored_tags(request.tags)
    return edit_record(context, TIME, record, notes=request.notes, tags=tags)


@instruction(the_record(TRANSFER, "edit"), answers=record_answers(TRANSFER))
def edit_transfer(request: EditTransfer, context: AccountContext) -> Answer:
    """Write a private note on a transfer; the other side has its own and never sees this one."""
    record = own_record(context, TRANSFER, request.record_id)
    return edit_record(context, TRANSFER, record, private_notes=request.private_notes)
