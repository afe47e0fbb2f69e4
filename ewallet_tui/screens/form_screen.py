"""A form over another screen, and the form that asks for a period."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ewallet_core.instructions import fields
from ewallet_core.presentation.periods import Period, read_period
from ewallet_tui.screens.modal import Choice, ConfirmModal, Modal
from ewallet_tui.widgets.form import Answer, Form, FormSpec, Send, Values
from ewallet_tui.widgets.form_field import Field

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext
    from ewallet_tui.work import Severity

DO, DO_KEY = "do", "y"


NOT_KNOWN = frozenset(
    {"client_unknown", "not_logged_in", "session_expired", "session_unknown", "unreachable"}
)
"""The codes of answers that don't tell whether it had been done before."""


def tell_late(context: AppContext, title: str) -> Callable[[Answer], None]:
    """What tells the user about an answer that came after its form was left, unless the account has changed."""

    def email() -> str | None:
        return context.state.account.email if context.state else None

    asked_by = email()

    def tell(answer: Answer) -> None:
        if answer.get("code") in NOT_KNOWN:
            # If this answer logged the user out, it is shown over the login.
            if email() in (asked_by, None):
                say("Look whether it is among your records.", "Not known whether it was done")
        elif email() != asked_by:
            return
        elif answer["failed"]:
            say(f"{answer['error']} {answer.get('warning') or ''}", "Not done", severity="error")
        else:
            say("It was asked before the connection was gone.", "Done")

    def say(words: str, outcome: str, severity: Severity = "information") -> None:
        context.notify(words, title=f"{outcome}: {title}.", severity=severity)

    return tell


class FormScreen(Modal[Answer | None]):
    """Its result is the good answer, or `None` where the form was left."""

    DEFAULT_CSS = "FormScreen Form { border-subtitle-color: $text-muted; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(self, context: AppContext, plan: FormSpec, send: Send) -> None:
        super().__init__()
        self.context = context
        self._plan = plan
        self._form = Form(plan, send, tell_late=partial(tell_late, context, plan.title))
        self._form.border_subtitle = f"enter {plan.verb.lower()}   esc {plan.leave.lower()}"

    def compose(self) -> ComposeResult:
        """The form alone."""
        yield self._form

    def on_mount(self) -> None:
        """Follow the connection."""
        self.context.connection_changed.subscribe(self, self._show_connection)
        self._show_connection()

    def _show_connection(self, _: object = None) -> None:
        self._form.show_connected(self.context.connection.is_connected)

    def action_leave(self) -> None:
        """Leave as the form's own button does."""
        self._form.leave()

    @on(Form.Asked)
    @work
    async def _ask(self, event: Form.Asked) -> None:
        confirmation = ConfirmModal(
            self._plan.title, event.confirmation, [Choice(DO, DO_KEY, self._plan.verb)]
        )
        # Enter pressed twice asks once: the second is pressed on a screen that is not in front any more.
        if self.app.screen is self and await self.app.push_screen_wait(confirmation) == DO:
            self._form.send()

    @on(Form.Done)
    def _done(self, event: Form.Done) -> None:
        self.dismiss(event.answer)

    @on(Form.Left)
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
    "all the time",
)
NOTE = "Such as today, last month, 2026-11, or 3 Nov to 9 Nov.\nNothing means all the time."


def period_plan(today: date, period: Period | None = None) -> FormSpec:
    """A time as people write it, beginning with the one that is shown now."""

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
        "Time",
        fields.SearchText,
        initial,
        "such as last month",
        optional=True,
        suggestions=SUGGESTIONS,
    )
    return FormSpec("Period", "Show", (field,), note=NOTE, preview=preview, validate=validate)


def chosen_period(values: Values, today: date) -> Period:
    """The time that was typed; raises `ValueError` with words for the person."""
    return read_period(values.get("period", ""), today)
