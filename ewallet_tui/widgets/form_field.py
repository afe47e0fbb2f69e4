"""The labelled fields of forms, with completion and problems, and the wait before the next try."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester, SuggestFromList, SuggestionReady
from textual.timer import Timer
from textual.widgets import Input, Label

from ewallet_core.instructions import fields
from ewallet_core.instructions.validation import accepts, is_secret, meta_of
from ewallet_core.presentation.formatting import SECOND, count, countdown, formats_in_use
from ewallet_tui.sanitize import plain
from ewallet_tui.widgets.inputs import CallbackSuggester, PlainInput
from ewallet_tui.work import run_worker

if TYPE_CHECKING:
    from ewallet_tui.contact_book import ContactBook


TYPING_SECONDS = 0.15
"""The pause in typing after which the text is looked up."""


@dataclass(frozen=True)
class Field:
    """A field, named like the argument of the instruction that gets its value."""

    name: str
    label: str
    kind: Any
    """A type of `ewallet_core.instructions.fields`: its limits, its description, and whether it is secret."""
    initial: str = ""
    placeholder: str = ""
    optional: bool = False
    """Whether it may be left empty; if it also began empty, it has no value at all."""
    suggestions: tuple[str, ...] = ()
    tidy: Callable[[str], str] = str.strip
    """Normalises the typed text before it is read and when the field is left; not for secrets."""
    rule: str = ""
    """The sentence for an invalid value, in place of the type's own description."""
    completion: ContactBook | None = None

    @property
    def is_secret(self) -> bool:
        """Whether the value is shown as dots and never kept."""
        return is_secret(self.kind)

    def read(self, text: str) -> Any:
        """The value of a typed text, `None` for none; raises `ValueError` with a sentence for the user."""
        typed = text if self.is_secret else self.tidy(text)
        if not typed:
            if not self.optional:
                raise ValueError(f"{self.label} can't be left empty.")
            return "" if self.initial else None
        if _may_be_fraction(self.kind) and formats_in_use().is_unclear(typed):
            whole, fraction = formats_in_use().meanings(typed)
            raise ValueError(f"{self.label} is ambiguous. Write {whole} or {fraction}.")
        value = _value_of(self.kind, typed)
        if not accepts(self.kind, value):
            raise ValueError(self.rule or f"{self.label} must be {_described(self.kind)}.")
        return value

    @property
    def joins_lines(self) -> bool:
        """Whether it takes all lines of a pasted text, joined by spaces."""
        return self.kind in (fields.Notes, fields.IssueDetails)

    @property
    def shown_placeholder(self) -> str:
        return _with_decimal_mark(self.placeholder) if _may_be_fraction(self.kind) else self.placeholder

    def tidied(self, text: str) -> str:
        """The typed text in its standard form, shown when the field is left; unchanged if it is not valid."""
        try:
            return text if self.is_secret else self.tidy(text)
        except ValueError:
            return text

    @property
    def suggester(self) -> Suggester | None:
        if self.completion is not None:
            return CallbackSuggester(self.completion.continued)
        return SuggestFromList(self.suggestions, case_sensitive=False) if self.suggestions else None


def _may_be_fraction(kind: Any) -> bool:
    return any(float in get_args(part) for part in get_args(kind))


def _value_of(kind: Any, typed: str) -> Any:
    formats = formats_in_use()
    if _may_be_fraction(kind):
        return formats.read_decimal(typed)
    return formats.read_number(typed) if int in get_args(kind)[:1] else typed


def _described(kind: Any) -> str:
    """The type's own description, with its examples in the user's number format."""
    description = meta_of(kind).description or ""
    return _with_decimal_mark(description) if _may_be_fraction(kind) else description


def _with_decimal_mark(words: str) -> str:
    return re.sub(r"(?<=[0-9])\.(?=[0-9])", formats_in_use().point, words)


class FieldInput(PlainInput):
    """The input of a `FormField`."""

    def paste(self, lines: Sequence[str]) -> None:
        if len(lines) == 1:
            self.replace(lines[0], *self.selection)
        elif isinstance(row := self.parent, FormField):
            row.post_message(FormField.LinesPasted(row, tuple(lines)))


class FormField(Vertical):
    """A field on the screen: label, input, and a line for its problem or hint."""

    DEFAULT_CSS = """
    FormField {
        height: auto; layout: grid; grid-size: 2; grid-columns: 17 1fr; grid-rows: auto;
        .label { color: $text-muted; width: 1fr; height: 1; text-overflow: ellipsis; text-wrap: nowrap; }
        .problem { column-span: 2; padding-left: 18; color: $text-error; height: auto; min-height: 1; }
        &.-current .label { color: $text-accent; text-style: bold; }
        .hint { column-span: 2; padding-left: 18; color: $text-muted; height: 1; display: none;
            text-overflow: ellipsis; text-wrap: nowrap; width: 1fr; }
        &.-hinted.-current .hint { display: block; }
        &.-hinted.-current .problem { display: none; }
        &.-wrong.-current .problem { display: block; }
    }
    FormField.-wrong Input { border-left: outer $error; padding-left: 0; }
    """

    class Learned(Message):
        """The completion has looked up more."""

    @dataclass
    class LinesPasted(Message):
        """Several lines were pasted into the field."""

        row: FormField
        lines: tuple[str, ...]

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.name}")
        self.field = field
        self.left = False

    def compose(self) -> ComposeResult:
        yield Label(self.field.label, classes="label", markup=False)
        yield FieldInput(
            self.field.initial,
            placeholder=self.field.shown_placeholder,
            password=self.field.is_secret,
            suggester=self.field.suggester,
            id=self.field.name,
        )
        yield Label("", classes="problem", markup=False)
        yield Label("", classes="hint", markup=False)

    def on_mount(self) -> None:
        self._learn(self.field.initial)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._learn(event.value, after=TYPING_SECONDS)

    def on_descendant_focus(self) -> None:
        self.add_class("-current")

    def on_descendant_blur(self) -> None:
        self.remove_class("-current")

    @property
    def input(self) -> Input:
        return self.query_one(Input)

    @property
    def text(self) -> str:
        return self.input.value

    def show_problem(self, problem: str) -> None:
        show_line(self.query_one(".problem", Label), problem)
        self.set_class(bool(problem), "-wrong")

    def tidy_up(self) -> None:
        tidied = self.field.tidied(self.text)
        if tidied != self.text:
            self.input.value = tidied

    def with_pasted(self, line: str) -> str:
        """The text with `line` in place of the selection."""
        start, end = sorted(self.input.selection)
        return f"{self.text[:start]}{line}{self.text[end:]}"

    def problem_with(self, text: str) -> str:
        """What is wrong with that text; empty also if a look-up is needed to know it."""
        try:
            if self.field.completion is None or self.field.completion.knows(text):
                self.field.read(text)
        except ValueError as problem:
            return str(problem)
        return ""

    def become(self, text: str) -> None:
        self.input.value = text

    def forget(self) -> None:
        self.input.value = ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing left to look up can change the meaning of the typed text."""
        return self.field.completion is None or self.field.completion.knows(self.text)

    async def settle(self) -> None:
        if self.field.completion is not None:
            await self.field.completion.learn(self.text)

    def _learn(self, typed: str, after: float = 0) -> None:
        if self.field.completion is not None:
            learn = partial(self._learn_from, self.field.completion, typed, after)
            run_worker(self, learn, "learn", exclusive=True)

    async def _learn_from(self, completion: ContactBook, typed: str, after: float) -> None:
        if not completion.knows(typed):
            # The next key cancels this worker.
            await asyncio.sleep(after)
            await completion.learn(typed)
            if continued := completion.continued(typed):
                self.input.post_message(SuggestionReady(typed, continued))
        hint = completion.hint(self.text)
        # The form may be closed meanwhile.
        for label in self.query(".hint").results(Label):
            show_line(label, hint)
        self.set_class(bool(hint), "-hinted")
        self.post_message(self.Learned())


def show_line(label: Label, text: str) -> None:
    """Show a text unless it is shown already, because an update does the layout of the whole screen again."""
    shown = plain(text)
    if str(label.content) != shown.plain:
        label.update(shown)


NOT_INSERTED = "Nothing was inserted."


def too_many_lines(pasted: int, fields: int) -> str:
    left = f"only {count(fields, 'field')}" if fields > 1 else "only one field"
    return f"{count(pasted, 'line')} pasted, but {left} from here on. {NOT_INSERTED}"


def fill(rows: Sequence[FormField], first: FormField, pasted: Sequence[str]) -> tuple[FormField, str]:
    """Fill one row with each pasted line, from `first` on; or none, if one does not fit.

    Returns the last row that was filled, or the one that a line does not fit, and why it does not.
    """
    lines = list(pasted)
    rows = [first] if first.field.joins_lines else rows[rows.index(first) :]
    if len(lines) > len(rows) and rows[-1].field.joins_lines:
        lines[len(rows) - 1 :] = [" ".join(filter(None, map(str.strip, lines[len(rows) - 1 :])))]
    if len(lines) > len(rows):
        return first, too_many_lines(len(lines), len(rows))
    texts = [first.with_pasted(lines[0]), *lines[1:]]
    for row, text in zip(rows, texts, strict=False):
        if problem := row.problem_with(text):
            return row, f"{problem} {NOT_INSERTED}"
    for row, text in zip(rows, texts, strict=False):
        row.become(text)
    return rows[len(texts) - 1], ""


class RetryWait(Label):
    """A countdown, shown if the server asks to wait before the next try."""

    DEFAULT_CSS = """
    RetryWait { display: none; color: $text-warning; width: 1fr; }
    RetryWait.-waiting { display: block; }
    """

    class Over(Message):
        """Another try is allowed."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__("", markup=False)
        self._now = now
        self._over_at = 0.0
        self._ticks: Timer | None = None

    @property
    def is_waiting(self) -> bool:
        return self._ticks is not None

    def begin(self, wait_ms: int) -> None:
        self._over_at = self._now() + wait_ms / SECOND
        self._tick()
        self.add_class("-waiting")
        if self._ticks is None:
            self._ticks = self.set_interval(1, self._tick)

    def _tick(self) -> None:
        left_ms = max(round((self._over_at - self._now()) * SECOND), 0)
        self.update(f"◷ Try again in {countdown(left_ms)}.")
        if left_ms == 0 and self._ticks is not None:
            self._ticks.stop()
            self._ticks = None
            self.remove_class("-waiting")
            self.post_message(self.Over())
