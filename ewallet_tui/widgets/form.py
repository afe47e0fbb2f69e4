"""Forms: their description, and the widget that reads, validates and sends their values."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Button, Input, Label

from ewallet_core.client.connection import NO_ACCOUNT
from ewallet_core.steady_time import steady_time
from ewallet_tui.keyboard import Typing
from ewallet_tui.sanitize import plain
from ewallet_tui.store import ATTEMPTS, Attempts, may_be_done
from ewallet_tui.widgets.form_field import Field, FormField, RetryWait, fill, show_line
from ewallet_tui.work import run_worker

Answer = dict[str, Any]
Values = Mapping[str, Any]


def no_text(_: Values) -> str:
    return ""


def unchanged(error: Answer) -> Answer:
    return error


def no_problems(_: Values) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class FormSpec:
    title: str
    verb: str
    """The label of the button that sends it."""
    fields: tuple[Field, ...]
    note: str = ""
    preview: Callable[[Values], str] = no_text
    """A sentence about the outcome, from the valid values so far; may be empty."""
    validate: Callable[[Values], Mapping[str, str]] = no_problems
    """The problems, by field, of values that are valid one by one."""
    reworded: Callable[[Answer], Answer] = unchanged
    leave: str = "Cancel"
    confirmation: Callable[[Values], str] = no_text
    """The question to confirm before the values are sent; empty: none."""


CONNECTION_GONE = "◌ Connection lost. Will be sent once when you're back online."
NOT_SENT = "Your session had ended, so nothing was done."
AGAIN = "It is not known whether this was done. Send it again unchanged: it is done once."
MAY_BE_LEFT = "Closing this won't cancel it."


Send = Callable[[dict[str, Any]], Awaitable[Answer]]
Tell = Callable[[Answer], None]

SETTLING = "settling"


class Form(VerticalScroll, can_focus=False):
    """The form of a `FormSpec`. It sends its values once, and posts `Form.Done` or `Form.Canceled`."""

    DEFAULT_CSS = """
    Form {
        width: 68; max-width: 100%; height: auto; max-height: 100%;
        padding: 1 2; background: $background; border: round $accent; border-title-color: $accent;
        border-title-style: bold; scrollbar-size-vertical: 1;
        .note { color: $text-muted; margin-bottom: 1; width: 1fr; }
        .preview { color: $text; min-height: 1; width: 1fr; }
        .refusal { color: $text-error; width: 1fr; display: none; }
        &.-refused .refusal { display: block; }
        .buttons { height: 1; margin-top: 1; align-horizontal: right; }
        .buttons Button { margin-left: 2; }
        &.-busy .buttons { text-opacity: 50%; }
        .gone { display: none; color: $text-warning; width: 1fr; }
        &.-awaiting.-offline .gone { display: block; }
    }
    """

    @dataclass
    class Done(Message):
        form: Form
        answer: Answer

    @dataclass
    class ConfirmationNeeded(Message):
        """The values are valid, and the user must confirm them before they are sent."""

        form: Form
        confirmation: str

    class Canceled(Message):
        """The user left the form, by the other button or Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Ahead of the input, so that the focus has moved when the next key comes.
        Binding("enter,ctrl+j", "enter", "Next empty field, or send", show=False, priority=True),
        Binding("down", "app.focus_next", "Next field", show=False, priority=True),
        Binding("up", "app.focus_previous", "Previous field", show=False, priority=True),
    ]

    def __init__(
        self,
        spec: FormSpec,
        send: Send,
        *,
        id: str | None = None,
        now: Callable[[], float] = steady_time,
        tell_late: Callable[[], Tell] | None = None,
    ) -> None:
        """With `tell_late` the form may be left while there is no connection.

        It is called when the values are sent; what it returns is called with an answer that comes too late.
        """
        super().__init__(id=id)
        self._now = now
        self._tell_late = tell_late
        self._is_left = False
        self._attempts = Attempts()
        self._is_sent = False  # and not answered
        self._submitted_at = 0.0
        self.spec = spec
        self._send = send
        self._refused: dict[str, str] = {}
        self._not_pasted: dict[str, str] = {}
        self.border_title = plain(spec.title)

    def compose(self) -> ComposeResult:
        if self.spec.note:
            yield Label(self.spec.note, classes="note", markup=False)
        for field in self.spec.fields:
            yield FormField(field)
        if self.spec.preview is not no_text:
            yield Label("", classes="preview", markup=False)
        yield Label("", classes="refusal", markup=False)
        yield RetryWait(self._now)
        gone = f"{CONNECTION_GONE} {MAY_BE_LEFT}" if self._tell_late else CONNECTION_GONE
        yield Label(gone, classes="gone", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(self.spec.verb, variant="primary", id="do")
            yield Button(self.spec.leave, id="leave")

    def on_mount(self) -> None:
        self._show_preview()

    def show_connected(self, is_connected: bool) -> None:
        """If there is no connection, say so in a form that waits for an answer."""
        self.set_class(not is_connected, "-offline")

    def typing_at(self, moment: float) -> Typing:
        if self._is_sent or moment < self._submitted_at:
            return Typing.DROPPED
        return Typing.HELD if self._is_left else Typing.TAKEN

    @property
    def rows(self) -> list[FormField]:
        return list(self.query(FormField))

    def read(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The valid values, and what is wrong with the other fields."""
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for row in self.rows:
            try:
                value = row.field.read(row.text)
            except ValueError as problem:
                problems[row.field.name] = str(problem)
            else:
                if value is not None:
                    values[row.field.name] = value
        # While another field has a problem, an empty field is none yet.
        relations = {
            name: words
            for name, words in self.spec.validate(values).items()
            if name in values or not problems
        }
        return values, relations | problems

    def forget_secrets(self) -> None:
        for row in self.rows:
            if row.field.is_secret:
                row.forget()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        # Typing cancels a submit that waits for a completion.
        self.workers.cancel_group(self, SETTLING)
        self._refused.pop(event.input.id or "", None)
        self._not_pasted.clear()
        self.remove_class("-refused")
        self._show_problems(begun_only=True)
        self._show_preview()

    @on(Input.Blurred)
    def _blurred(self, event: Input.Blurred) -> None:
        event.stop()
        if isinstance(row := event.input.parent, FormField) and row.text:
            row.left = True
            row.tidy_up()
        self._show_problems(begun_only=True)

    @on(FormField.Learned)
    def _learned(self, event: FormField.Learned) -> None:
        event.stop()
        self._show_problems(begun_only=True)
        self._show_preview()

    @on(FormField.LinesPasted)
    def _pasted(self, event: FormField.LinesPasted) -> None:
        event.stop()
        row, problem = fill(self.rows, event.row, event.lines)
        self._not_pasted = {row.field.name: problem} if problem else {}
        self._focus(row)
        self._show_problems(begun_only=True)

    def action_enter(self) -> None:
        """Press the button, or go to the first required field that is still empty, or submit."""
        focused = self.screen.focused
        empty = [row for row in self.rows if not (row.text or row.field.optional or row.left)]
        if isinstance(focused, Button) and focused.id == "leave":
            self.leave()
        elif isinstance(focused, Input) and focused.value and empty:
            self._focus(empty[0])
        else:
            self.submit()

    @on(Button.Pressed, "#do")
    def submit(self) -> None:
        """Validate the values, then send them or ask for confirmation; or show the problems."""
        if self.busy:
            return
        # What was typed before now follows an Enter that had not been handled yet.
        self._submitted_at = time.monotonic()
        if unsettled := [row for row in self.rows if not row.is_settled]:
            run_worker(self, partial(self._settle, unsettled), SETTLING, exclusive=True)
        else:
            self._submit_as_known()

    def go_on_typing(self) -> None:
        """Take keys again, because the values are not sent, or the form is not closed."""
        self._is_sent = self._is_left = False

    def send(self) -> None:
        if self.busy or (values := self._good_values()) is None:
            return
        self._is_sent = True
        # Together: each change restyles the whole form.
        self.add_class("-busy", "-awaiting")
        # A worker of the form would be cancelled with it.
        run_worker(self.app if self._tell_late else self, partial(self._await_answer, values))

    @on(Button.Pressed, "#leave")
    def leave(self) -> None:
        """Leave the form, unless it waits for an answer that can still come."""
        self.workers.cancel_group(self, SETTLING)
        may_be_late = self._tell_late is not None and self.has_class("-offline")
        if may_be_late or not self.busy or self.query_one(RetryWait).is_waiting:
            self._is_left, self._is_sent = True, False
            self.post_message(self.Canceled())

    async def _settle(self, rows: list[FormField]) -> None:
        """Submit once every completion has looked up what was typed."""
        self.add_class("-awaiting")
        try:
            for row in rows:
                await row.settle()
        finally:
            self.remove_class("-awaiting")
        self._submit_as_known()

    def _submit_as_known(self) -> None:
        for row in self.rows:
            row.left = True
        self._refused.clear()
        values = self._good_values()
        if values is None:
            return
        if confirmation := self.spec.confirmation(values):
            self._is_sent = True
            self.post_message(self.ConfirmationNeeded(self, confirmation))
        else:
            self.send()

    def _good_values(self) -> dict[str, Any] | None:
        """The values if all are valid; otherwise show the problems and focus the first."""
        values, problems = self.read()
        self._show_problems()
        if not problems:
            return values
        self._is_sent = False
        self._focus(next(row for row in self.rows if row.field.name in problems), select=True)
        return None

    async def _await_answer(self, values: dict[str, Any]) -> None:
        tell_late = self._tell_late() if self._tell_late else None
        ATTEMPTS.set(self._attempts)
        answer = await self._send(values)
        if self._is_left or not self.is_attached:
            if tell_late is not None:
                tell_late(answer)
            return
        if not answer["failed"]:
            self.post_message(self.Done(self, answer))
            return
        self.remove_class("-busy", "-awaiting")
        self._is_sent = False
        self._show_error(self.spec.reworded(answer))

    def _show_error(self, answer: Answer) -> None:
        details = answer.get("details") or {}
        wait = details.get("retry_after_ms")
        if answer.get("code") in NO_ACCOUNT:
            self.query_one(".refusal", Label).update(AGAIN if may_be_done(answer) else NOT_SENT)
            self.add_class("-refused")
            return
        # The countdown shows the wait.
        words = answer["error"] if wait else f"{answer['error']} {answer.get('warning') or ''}".rstrip()
        at = [row for row in self.rows if row.field.name == details.get("field")]
        if at:
            self._refused[at[0].field.name] = words
            self._show_problems()
            self._focus(at[0], select=True)
            return
        self.query_one(".refusal", Label).update(plain(words))
        self.add_class("-refused")
        if wait:
            self.add_class("-busy")
            self.query_one(RetryWait).begin(wait)

    @on(RetryWait.Over)
    def _wait_over(self) -> None:
        self.remove_class("-refused", "-busy")

    @property
    def busy(self) -> bool:
        return self.has_class("-busy")

    def _show_problems(self, *, begun_only: bool = False) -> None:
        problems = {**self._refused, **self.read()[1]}
        for row in self.rows:
            hidden = begun_only and not row.left
            shown = self._not_pasted if hidden else problems | self._not_pasted
            row.show_problem(shown.get(row.field.name, ""))

    def _show_preview(self) -> None:
        for preview in self.query(".preview").results(Label):
            values, _ = self.read()
            show_line(preview, self.spec.preview(values))

    def _focus(self, row: FormField, *, select: bool = False) -> None:
        self.screen.set_focus(row.input)
        row.input.call_later(row.input.select_all if select else row.input.action_end)
