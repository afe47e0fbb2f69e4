"""A form over another screen, and the form that asks for dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ewallet_core.client.connection import NO_ACCOUNT
from ewallet_core.instructions import fields
from ewallet_core.presentation.periods import Period, read_period
from ewallet_tui.keyboard import Typing
from ewallet_tui.screens.modal import Modal, confirm
from ewallet_tui.store import may_be_done
from ewallet_tui.widgets.form import NOT_SENT, Answer, Form, FormSpec, Send, Values
from ewallet_tui.widgets.form_field import Field

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext
    from ewallet_tui.work import Severity


def tell_late(context: AppContext, title: str) -> Callable[[Answer], None]:
    """Makes the callback for an answer that comes after its form was closed: it notifies the same account."""

    def email() -> str | None:
        return context.state.account.email if context.state else None

    asked_by = email()

    def tell(answer: Answer) -> None:
        if may_be_done(answer):
            # Shown also if this answer logged the user out.
            if email() in (asked_by, None):
                say("Check whether it is in your records.", "Maybe done")
        elif answer.get("code") in NO_ACCOUNT:
            say(NOT_SENT, "Not done", severity="warning")
        elif email() != asked_by:
            return
        elif answer["failed"]:
            say(f"{answer['error']} {answer.get('warning') or ''}", "Not done", severity="error")
        else:
            say("It was sent before the connection was lost.", "Done")

    def say(words: str, outcome: str, severity: Severity = "information") -> None:
        context.notify(words, title=f"{outcome}: {title}.", severity=severity)

    return tell


def changes(spec: FormSpec, values: dict[str, Any]) -> dict[str, Any]:
    """Values that differ from the form's initial values."""
    before = {field.name: field.initial for field in spec.fields}
    return {name: value for name, value in values.items() if value != before[name]}


class FormScreen(Modal[Answer | None]):
    """A form as a modal screen; its result is the successful answer, or `None` if it was closed."""

    DEFAULT_CSS = "FormScreen Form { border-subtitle-color: $text-muted; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(self, context: AppContext, spec: FormSpec, send: Send) -> None:
        super().__init__()
        self.context = context
        self._spec = spec
        self._form = Form(spec, send, now=context.now, tell_late=partial(tell_late, context, spec.title))
        self._form.border_subtitle = f"enter {spec.verb.lower()}   esc {spec.leave.lower()}"

    def typing_at(self, moment: float) -> Typing:
        return self._form.typing_at(moment)

    def compose(self) -> ComposeResult:
        yield self._form

    def on_mount(self) -> None:
        self.context.connection_changed.subscribe(self, self._show_connection)
        self._show_connection()

    def _show_connection(self, _: object = None) -> None:
        self._form.show_connected(self.context.connection.is_connected)

    def action_leave(self) -> None:
        self._form.leave()

    @on(Form.ConfirmationNeeded)
    @work
    async def _ask(self, event: Form.ConfirmationNeeded) -> None:
        # Enter pressed twice must ask once only.
        if self.app.screen is not self:
            return
        if await confirm(self, self._spec.title, event.confirmation, self._spec.verb):
            self._form.send()
        else:
            self._form.go_on_typing()

    @on(Form.Done)
    def _done(self, event: Form.Done) -> None:
        self.dismiss(event.answer)

    @on(Form.Canceled)
    def _left(self) -> None:
        self.dismiss(None)


SUGGESTIONS = (
    "today",
    "this week",
    "this month",
    "this year",
    "yesterday",
    "last week",
    "last month",
    "last year",
    "last 30 days",
    "all dates",
)
NOTE = "Such as today, last month, 2026-11, or 3 Nov to 9 Nov.\nLeave empty for all dates."


def period_form(today: date, period: Period | None = None) -> FormSpec:
    """The form for dates, initially those of `period`."""

    def preview(values: Values) -> str:
        return "" if validate(values) else f"Shows {chosen_period(values, today).words}."

    def validate(values: Values) -> Mapping[str, str]:
        try:
            chosen_period(values, today)
        except ValueError as problem:
            return {"period": str(problem)}
        return {}

    initial = period.words if period else ""
    field = Field(
        "period",
        "Dates",
        fields.SearchText,
        initial,
        "such as last month",
        optional=True,
        suggestions=SUGGESTIONS,
    )
    return FormSpec("Filter by date", "Show", (field,), note=NOTE, preview=preview, validate=validate)


def chosen_period(values: Values, today: date) -> Period:
    """The period that was typed; raises `ValueError` with a sentence for the user."""
    return read_period(values.get("period", ""), today)
