"""One record in full, with the records linked to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from ewallet_core.presentation.formatting import grouped, one_line
from ewallet_core.presentation.movements import Record
from ewallet_tui.availability import Possible, not_by_auditors
from ewallet_tui.records import RECORD_KINDS, TRANSFER, RecordKind
from ewallet_tui.screens.form_screen import FormScreen, changes
from ewallet_tui.screens.modal import ChoiceModal, Modal, titled
from ewallet_tui.screens.run_forms import note_form, takes_note
from ewallet_tui.widgets.contact_payments import ContactPayments
from ewallet_tui.widgets.record_list import RecordList

if TYPE_CHECKING:
    from textual.app import App

    from ewallet_tui.context import AppContext
    from ewallet_tui.widgets.form import Answer


LABEL_WIDTH = 11
LONGEST_VALUE = 2_000
MOST_LINES = 8
"""How many payments are shown without scrolling."""
ABOVE_PAYMENTS, BESIDE_PAYMENTS = 3, 17
"""The lines of their caption and headings, and of the rest of the modal screen."""
RELATIONS = {
    "invoice": "Invoice",
    "transfer": "Transfer",
    "refund_of": "Refund of",
    "refunded_by": "Refunded by",
}


class RecordDetail(VerticalScroll, can_focus=False):
    DEFAULT_CSS = """
    RecordDetail {
        height: auto; max-height: 1fr;
        .fact-title { text-style: bold; color: $text-accent; margin-bottom: 1; height: 1; }
        .fact { layout: horizontal; height: auto; }
        Static { height: auto; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static("", classes="fact-title", markup=False)
        yield Static("", id="facts", markup=False)

    def show(
        self, kind: RecordKind, answer: Mapping[str, Any], now: datetime, *, with_links: bool = True
    ) -> None:
        record = answer["record_data"]
        self.query_one(".fact-title", Static).update(
            Content(one_line(record.get("name") or record["reference"]))
        )
        linked = _links(answer) if with_links else []
        facts = [*kind.facts(record, now), *_of_the_journal(answer), *linked]
        self.query_one("#facts", Static).update(Content("\n").join(_line(*fact) for fact in facts))
        self.scroll_home(animate=False)

    def clear(self) -> None:
        for static in self.query(Static):
            static.update("")


def _of_the_journal(answer: Mapping[str, Any]) -> list[tuple[str, str | Content]]:
    facts: list[tuple[str, str | Content]] = []
    if answer.get("entry") is not None:
        facts.append(("Journal", f"entry {grouped(answer['entry'])}"))
    if answer.get("left_to_refund"):
        facts.append(("To refund", f"{grouped(answer['left_to_refund'])} left"))
    return facts


def _links(answer: Mapping[str, Any]) -> list[tuple[str, str | Content]]:
    linked = answer.get("linked_records", ())
    return [(RELATIONS.get(each["relation"], each["relation"]), each["reference"]) for each in linked]


def _line(label: str, value: str | Content) -> Content:
    if isinstance(value, str):
        value = (
            Content(one_line(value[:LONGEST_VALUE])) if value else Content.styled("—", "$foreground-muted")
        )
    return Content.assemble((f"{label:<{LABEL_WIDTH}}", "$foreground-muted"), value)


class RecordScreen(Modal[str | None]):
    """A record's facts; a linked record replaces it, and Escape goes back."""

    DEFAULT_CSS = """
    RecordScreen {
        .sheet { width: 72; }
        RecordDetail { max-height: 60vh; }
        #links { height: auto; layout: grid; grid-size: 2; grid-gutter: 0 1; grid-rows: 1; margin-top: 1; }
        #links Button { width: 1fr; }
        .buttons { height: 1; margin-top: 1; align-horizontal: right; }
        .buttons Button { margin-left: 2; }
        &.-contact RecordDetail { max-height: 8; }
        ContactPayments { max-height: 11; display: none; }
        &.-contact ContactPayments { display: block; }
        #pay, #transfer { display: none; }
        &.-contact #pay, &.-contact #transfer { display: block; }
    }
    """
    AUTO_FOCUS = "#back"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="back"),
        Binding("down,j", "scroll(1)", "Down", show=False, id="down"),
        Binding("up,k", "scroll(-1)", "Up", show=False, id="up"),
        Binding("y,Y", "copy_value", "Copy a value", id="copy_value"),
        Binding("e", "edit_note", "Write a note", id="edit_note"),
        Binding("p", "leave_to('pay')", "Pay", id="pay"),
        Binding("t", "leave_to('transfer')", "Transfer", id="transfer"),
    ]

    def __init__(
        self,
        context: AppContext,
        kind: str,
        record_id: int,
        today: Callable[[], datetime],
        *,
        may_send: Possible = None,
        or_removed: bool = False,
    ) -> None:
        """`may_send`: whether credits can be sent to the contact shown; `None` if it is not a contact.
        `or_removed`: whether the record may have been removed from its sheet.

        The result is `pay`, `transfer` or `None`.
        """
        super().__init__()
        self._may_send = may_send
        self._or_removed = or_removed
        self.context = context
        self._path = [(kind, record_id)]
        self.today = today
        self._record: Mapping[str, Any] = {}

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet"):
            yield RecordDetail()
            if self._may_send is not None:
                yield ContactPayments(can_be_moved_in=True)
            yield Horizontal(id="links")
            with Horizontal(classes="buttons"):
                if self._may_send is not None:
                    off = self._may_send is not True
                    yield Button("p Pay", id="pay", action="screen.leave_to('pay')", disabled=off)
                    yield Button(
                        "t Transfer", id="transfer", action="screen.leave_to('transfer')", disabled=off
                    )
                yield Button("e Note", id="note", action="screen.edit_note")
                yield Button("y Copy", id="copy", action="screen.copy_value")
                yield Button("esc Back", id="back", action="screen.back", variant="primary")

    @property
    def _kind(self) -> RecordKind:
        return RECORD_KINDS[self._path[-1][0]]

    @property
    def shows_contact(self) -> bool:
        """Whether the contact that was opened is shown, not a record linked from it."""
        return self._may_send is not None and len(self._path) == 1

    def action_leave_to(self, action: str) -> None:
        """Let the screen below pay the contact, if there are credits."""
        if self.shows_contact and self._may_send is True:
            self.dismiss(action)
        elif self.shows_contact and isinstance(self._may_send, str):
            self.context.notify(self._may_send, severity="warning")

    def on_mount(self) -> None:
        self._show()

    def action_back(self) -> None:
        if len(self._path) == 1:
            self.dismiss()
        else:
            self._path.pop()
            self._show()

    def dismiss(self, result: str | None = None) -> AwaitComplete:
        # What is still being read must not be shown while the widgets are removed.
        self.workers.cancel_node(self)
        return super().dismiss(result)

    def action_copy_value(self) -> None:
        if self._record:
            choose_value(self.app, self.context, self._record)

    @property
    def takes_note(self) -> bool:
        """Whether the user can write on the record that is shown."""
        state = self.context.state
        may_write = state is not None and not_by_auditors(state, self.context.now()) is True
        return may_write and takes_note(self._kind) and bool(self._record) and not self._or_removed

    def action_edit_note(self) -> None:
        if not self.takes_note or self.app.screen is not self:
            return
        spec, edit = note_form(self._kind, self._record), self._kind.instruction("edit", self._path[-1][1])

        async def send(values: dict[str, Any]) -> Answer:
            changed = changes(spec, values)
            return await self.context.send(**edit, **changed) if changed else {"failed": False}

        def show(answer: Answer | None) -> None:
            if answer is not None:
                self._show()

        self.app.push_screen(FormScreen(self.context, spec, send), show)

    def go_to_record(self, kind: str, record_id: int) -> None:
        self._path.append((kind, record_id))
        self._show()

    async def _show_payments(self, contact: Record) -> None:
        """Show the payments of the contact that was opened, not of linked records."""
        self.set_class(self.shows_contact, "-contact")
        if self.shows_contact:
            between = self.query_one(ContactPayments)
            lines = await between.show_with(contact, self.context.send, self.today())
            room = min(MOST_LINES, self.size.height - BESIDE_PAYMENTS)
            between.styles.height = ABOVE_PAYMENTS + max(min(lines, room), 1)

    @on(RecordList.RowOpened)
    def _payment_opened(self, event: RecordList.RowOpened) -> None:
        # The list is hidden as soon as the payment is shown.
        self.query_one("#back", Button).focus()
        self.go_to_record(TRANSFER.name, int(event.row.key))

    @on(Button.Pressed, ".link")
    def _link_pressed(self, event: Button.Pressed) -> None:
        kind, _, number = (event.button.name or "").partition(" ")
        self.go_to_record(kind, int(number))

    @work(exclusive=True)
    async def _show(self) -> None:
        kind, record_id = self._kind, self._path[-1][1]
        answer = await self.context.act(**kind.view(record_id, or_removed=self._or_removed))
        if answer["failed"]:
            self.dismiss()
            return
        self._record = answer["record_data"]
        titled(self.query_one(".sheet"), kind.noun.capitalize())
        note = self.query_one("#note", Button)
        note.label = "e Private note" if kind is TRANSFER else "e Note"
        note.display = self.takes_note
        # The linked records are buttons below.
        self.query_one(RecordDetail).show(kind, answer, self.today(), with_links=False)
        await self._show_links(answer.get("linked_records", ()))
        await self._show_payments(self._record)

    async def _show_links(self, linked: Sequence[Mapping[str, Any]]) -> None:
        links = self.query_one("#links", Horizontal)
        await links.remove_children()
        await links.mount_all(_link(each) for each in linked)
        links.display = bool(links.children)


def _link(linked: Mapping[str, Any]) -> Button:
    relation = RELATIONS.get(linked["relation"], linked["relation"])
    reference = one_line(linked["reference"])
    label = f"→ {reference}" if reference.startswith(relation) else f"→ {relation}: {reference}"
    return Button(Content(label), name=f"{linked['kind']} {linked['record']}", classes="link")


NAME_WIDTH = 16
LONGEST_CHOICE = 200


def choose_value(app: App[Any], context: AppContext, record: Mapping[str, Any]) -> None:
    """Let the user choose a value of `record` to copy."""
    texts = {name: " ".join(value) if isinstance(value, list) else value for name, value in record.items()}
    values = {name: str(value) for name, value in texts.items() if value not in (None, "")}
    shown = {
        name: f"{name.replace('_', ' '):<{NAME_WIDTH}} {one_line(value[:LONGEST_CHOICE])}"
        for name, value in values.items()
    }

    def chosen(name: str | None) -> None:
        if name is not None:
            context.copy(values[name], name.replace("_", " "))

    app.push_screen(ChoiceModal("Copy", shown), chosen)
