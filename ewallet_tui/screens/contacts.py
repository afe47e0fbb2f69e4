"""The contacts of a list, one contact in full, and the payments with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult

from ewallet_core.instructions import fields
from ewallet_core.presentation.movements import Record
from ewallet_tui import actions
from ewallet_tui.actions import CHOOSE_PERIOD, EDIT_CONTACT, IMPORT_CONTACTS, LISTS, NEW_CONTACT, PAY, Action
from ewallet_tui.availability import REMOVED, Possible
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import ListRow
from ewallet_tui.records import CONTACT
from ewallet_tui.screens import credit_actions
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.contact_import import import_contacts
from ewallet_tui.screens.owned_items import functions_of
from ewallet_tui.screens.record import RecordDetail, RecordScreen
from ewallet_tui.screens.records import RECORD_ACTIONS, RESTORE_FIRST, RecordsPanel
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.contact_payments import ContactPayments
from ewallet_tui.widgets.form import FormSpec
from ewallet_tui.widgets.form_field import Field

NO_CONTACT = "There is no contact here. Add one first."


def contact_fields(contact: Record | None = None) -> tuple[Field, ...]:
    known = contact or {}
    return (
        Field("user_name", "Name", fields.ContactName, initial=known.get("name", "")),
        Field("user_email", "Email", fields.Email, initial=known.get("email", "")),
        Field("user_phone", "Phone", fields.Phone, initial=known.get("phone", ""), optional=True),
        Field("notes", "Notes", fields.Notes, initial=known.get("notes", ""), optional=True),
    )


def the_contact(verb: str) -> dict[str, Any]:
    """The selectors of an instruction about one contact."""
    return {"action": verb, verb: "contact", "contact": "record"}


class ContactsPanel(RecordsPanel):
    """The contacts of a list by name, with the one under the cursor and its payments."""

    DEFAULT_CSS = """
    ContactsPanel #aside RecordDetail { max-height: 60%; }
    """

    def __init__(self, owner: BaseScreen) -> None:
        super().__init__(owner, CONTACT, makes_active=True)

    def compose_aside(self) -> ComposeResult:
        yield RecordDetail()
        yield ContactPayments(can_be_moved_in=False)

    @work(group="detail", exclusive=True)
    async def show_aside(self, row: ListRow | None) -> None:
        detail, between = self.query_one(RecordDetail), self.query_one(ContactPayments)
        if row is None:
            detail.clear()
            between.clear()
            return
        detail.show(self.kind, {"record_data": row.record}, self.owner.today())
        await between.show_with(row.record, self.owner.context.send, self.owner.today())


class ContactsScreen(BaseScreen):
    MODE = "contacts"
    AUTO_FOCUS = "#list"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.panel = ContactsPanel(self)

    def compose_content(self) -> ComposeResult:
        yield self.panel

    def show(self, state: AccountState) -> None:  # noqa: ARG002 - the panel knows it
        self.panel.picker.show_state()

    def can(self, action: Action) -> Possible:
        if action is CHOOSE_PERIOD:
            return False
        if action in (EDIT_CONTACT, PAY, actions.TRANSFER) and self.panel.row is None:
            return NO_CONTACT
        if action in (EDIT_CONTACT, PAY, actions.TRANSFER) and self.panel.shown.shows_removed:
            return REMOVED
        can = self.panel.can(action)
        return self.panel.picker.can(action, LISTS) if can is True else can

    def pay(self) -> None:
        credit_actions.pay(self, self._partner)

    def transfer(self) -> None:
        credit_actions.transfer(self, self._partner)

    def new_contact(self) -> None:
        spec = FormSpec("New contact", "Save", contact_fields())
        self.fill_in(spec, lambda answer: f"{answer['new_contact']} is saved.", **the_contact("new"))

    def import_contacts(self) -> None:
        if (chosen := self.panel.picker.chosen) is not None:
            import_contacts(self, chosen)

    def edit_contact(self) -> None:
        if (row := self.panel.row) is None:
            return
        spec = FormSpec("Edit contact", "Save", contact_fields(row.record))
        instruction = the_contact("edit") | {"record_id": row.record["id"]}
        self.fill_in(spec, lambda _: "Saved.", only_changed=True, **instruction)

    def open_record(self, kind: str, record_id: int, *, or_removed: bool = False) -> None:
        if kind != CONTACT.name or or_removed:
            super().open_record(kind, record_id, or_removed=or_removed)
        elif self.app.screen is self:
            may_pay = self.is_enabled(PAY)
            modal = RecordScreen(self.context, kind, record_id, self.today, may_send=may_pay)
            self.app.push_screen(modal, self._handle_modal)

    @property
    def _partner(self) -> str:
        return str(self.panel.row.record["email"]) if self.panel.row else ""

    def _handle_modal(self, chosen: str | None) -> None:
        if chosen is not None:
            self.call_later(self.pay if chosen == PAY.id else self.transfer)

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        **RESTORE_FIRST,
        PAY: pay,
        actions.TRANSFER: transfer,
        NEW_CONTACT: new_contact,
        EDIT_CONTACT: edit_contact,
        IMPORT_CONTACTS: import_contacts,
        **RECORD_ACTIONS,
        **functions_of(LISTS),
    }
