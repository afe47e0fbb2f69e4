"""Creating and editing contacts."""

from __future__ import annotations

from typing import Any, TypedDict

from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Request, instruction
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.ownership import record_change
from ewallet_core.operations.records import edit_record, own_record, own_sheet, record_answers, the_record
from ewallet_core.operations.sheet_kinds import CONTACT
from ewallet_core.spelling import email_key
from ewallet_core.storage.payees import find_payee
from ewallet_core.storage.sheets import contacts


def _payee_columns(context: AccountContext, email: str) -> dict[str, Any]:
    payee = find_payee(context.transaction, email)
    return {"email_key": email_key(email), "payee_account_id": payee.id if payee else None}


class NewContact(Request, frozen=True):
    """The contact, and its list: without one, the active list."""

    at_most_one_of = ("contact_sheet", "contact_list")

    user_name: fields.ContactName
    user_email: fields.Email
    user_phone: fields.Phone = ""
    user_reference: fields.Reference | None = None
    notes: fields.Notes = ""
    contact_sheet: fields.ListId | None = None
    contact_list: fields.ListId | None = None


class EditContact(Request, frozen=True):
    """The contact, and what to change."""

    record_id: fields.RecordId
    user_name: fields.ContactName | None = None
    user_email: fields.Email | None = None
    user_phone: fields.Phone | None = None
    user_reference: fields.Reference | None = None
    notes: fields.Notes | None = None


class _NewContactAnswer(TypedDict):
    new_contact: str
    contact_record: int
    contact_sheet: int
    contact_list: int


@instruction(the_record(CONTACT, "new"))
def new_contact(request: NewContact, context: AccountContext) -> _NewContactAnswer:
    """Save a contact."""
    field = "contact_list" if request.contact_sheet is None else "contact_sheet"
    chosen = own_sheet(context, CONTACT, request.contact_list or request.contact_sheet, field)
    named: dict[str, Any] = {} if request.user_reference is None else {"reference": request.user_reference}
    record_id = contacts.append(
        context.transaction,
        chosen.id,
        context.now,
        name=request.user_name,
        email=request.user_email,
        phone=request.user_phone,
        notes=request.notes,
        **_payee_columns(context, request.user_email),
        **named,
    )
    record_change(context, "contact record", record_id, "made")
    return _NewContactAnswer(
        new_contact=request.user_name,
        contact_record=record_id,
        contact_sheet=chosen.id,
        contact_list=chosen.id,
    )


@instruction(the_record(CONTACT, "edit"), answers=record_answers(CONTACT))
def edit_contact(request: EditContact, context: AccountContext) -> Answer:
    """Edit a contact; with an email, also the same one, it is of the account that has that email now."""
    record = own_record(context, CONTACT, request.record_id)
    payee = {} if request.user_email is None else _payee_columns(context, request.user_email)
    return edit_record(
        context,
        CONTACT,
        record,
        payee,
        name=request.user_name,
        email=request.user_email,
        phone=request.user_phone,
        reference=request.user_reference,
        notes=request.notes,
    )
