"""A form over the dimmed screen, and the question that may come before it is sent."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ewallet_tui.screens.question import Choice, Question
from ewallet_tui.screens.sheet_screen import SheetScreen
from ewallet_tui.widgets.form import Answer, Form, FormPlan, Send

DO, DO_KEY = "do", "y"


class FormScreen(SheetScreen[Answer | None]):
    """Its result is the good answer, or `None` where the form was left."""

    DEFAULT_CSS = "FormScreen Form { border-subtitle-color: $text-muted; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(self, plan: FormPlan, send: Send) -> None:
        super().__init__()
        self._plan = plan
        self._form = Form(plan, send, may_be_left_waiting=True)
        self._form.border_subtitle = f"enter {plan.verb.lower()}   esc {plan.leave.lower()}"

    def compose(self) -> ComposeResult:
        """The form alone."""
        yield self._form

    def action_leave(self) -> None:
        """Leave as the form's own button does."""
        self._form.leave()

    @on(Form.Asked)
    @work
    async def _ask(self, event: Form.Asked) -> None:
        question = Question(self._plan.title, event.question, [Choice(DO, DO_KEY, self._plan.verb)])
        # Enter pressed twice asks once: the second is pressed on a screen that is not in front any more.
        if self.app.screen is self and await self.app.push_screen_wait(question) == DO:
            self._form.send()

    @on(Form.Done)
    def _done(self, event: Form.Done) -> None:
        self.dismiss(event.answer)

    @on(Form.Left)
    def _left(self) -> None:
        self.dismiss(None)
