"""Inputs: one that filters a list, and the labelled fields of forms with completion and problems."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from rich.highlighter import Highlighter
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester, SuggestFromList, SuggestionReady
from textual.widgets import Input, Label

from ewallet_core.instructions.validation import accepts, is_secret, meta_of
from ewallet_core.presentation.formatting import formats_in_use, one_line
from ewallet_tui.sanitize import plain

if TYPE_CHECKING:
    from ewallet_tui.contact_book import ContactBook


class _Plain(Highlighter):
    def highlight(self, text: Text) -> None:
        text.plain = one_line(text.plain)


class PlainInput(Input):
    """An input that shows control and bidirectional characters as a replacement sign."""

    DEFAULT_CSS = """
    PlainInput {
        height: 1; border: none; padding: 0 1; background: $panel;
        &:focus { border: none; background: $primary 25%; background-tint: transparent; }
    }
    """

    def __init__(self, value: str | None = None, **how: Any) -> None:
        super().__init__(value, highlighter=_Plain(), **how)


class FilterBox(PlainInput):
    """One line above a list. Enter goes to the filtered list, Escape removes the filter."""

    DEFAULT_CSS = """
    FilterBox { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "settle", "To the list", id="settle_filter"),
        Binding("down", "settle", "To the list", show=False),
        Binding("escape", "give_up", "Show all", id="give_up_filter"),
    ]

    @dataclass
    class Narrowed(Message):
        """Only rows that contain this text are to be shown."""

        text: str

    def __init__(self, placeholder: str, listed: str) -> None:
        super().__init__(placeholder=placeholder)
        self._listed = listed

    def open(self) -> None:
        self.display = True
        self.focus()

    def action_settle(self) -> None:
        """Focus the list; the input stays visible while it has text."""
        self.screen.query(self._listed).first().focus()
        self.display = bool(self.value)

    def action_give_up(self) -> None:
        self.value = ""
        self.action_settle()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Narrowed(self.value.strip()))


class CallbackSuggester(Suggester):
    """Suggests what a function makes of the typed text; the right arrow accepts it."""

    def __init__(self, suggest: Callable[[str], str | None]) -> None:
        # No cache: the function may know more later. The suggestion keeps the case of what was typed.
        super().__init__(use_cache=False, case_sensitive=True)
        self._suggest = suggest

    async def get_suggestion(self, value: str) -> str | None:
        return self._suggest(value) or None


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
            raise ValueError(f"{self.label} is ambiguous. Write it without thousands separators.")
        value = _value_of(self.kind, typed)
        if not accepts(self.kind, value):
            raise ValueError(self.rule or f"{self.label} must be {_described(self.kind)}.")
        return value

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


class FormField(Vertical):
    """A field on the screen: label, input, and a line for its problem or hint."""

    DEFAULT_CSS = """
    FormField {
        height: auto; layout: grid; grid-size: 2; grid-columns: 15 1fr; grid-rows: auto;
        .label { color: $text-muted; width: 1fr; height: 1; text-overflow: ellipsis; text-wrap: nowrap; }
        .problem { column-span: 2; padding-left: 16; color: $text-error; height: auto; min-height: 1; }
        &.-current .label { color: $text-accent; text-style: bold; }
        .hint { column-span: 2; padding-left: 16; color: $text-muted; height: 1; display: none;
            text-overflow: ellipsis; text-wrap: nowrap; width: 1fr; }
        &.-hinted.-current .hint { display: block; }
        &.-hinted.-current .problem { display: none; }
        &.-wrong.-current .problem { display: block; }
    }
    FormField.-wrong Input { border-left: outer $error; padding-left: 0; }
    """

    class Learned(Message):
        """The completion has looked up more."""

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.name}")
        self.field = field
        self.left = False

    def compose(self) -> ComposeResult:
        yield Label(self.field.label, classes="label", markup=False)
        yield PlainInput(
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
        self.query_one(".problem", Label).update(plain(problem))
        self.set_class(bool(problem), "-wrong")

    def tidy_up(self) -> None:
        tidied = self.field.tidied(self.text)
        if tidied != self.text:
            self.input.value = tidied

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
            learning = self._learn_from(self.field.completion, typed, after)
            self.run_worker(learning, group="learn", exclusive=True)

    async def _learn_from(self, completion: ContactBook, typed: str, after: float) -> None:
        if not completion.knows(typed):
            # The next key cancels this worker.
            await asyncio.sleep(after)
            await completion.learn(typed)
            if continued := completion.continued(typed):
                self.input.post_message(SuggestionReady(typed, continued))
        hint = completion.hint(self.text)
        self.query_one(".hint", Label).update(plain(hint))
        self.set_class(bool(hint), "-hinted")
        self.post_message(self.Learned())
