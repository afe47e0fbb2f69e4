"""One labelled field of a form: its input, its completion, and what is wrong with its value."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from rich.highlighter import Highlighter
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester, SuggestFromList, SuggestionReady
from textual.widgets import Input, Label

from ewallet_core.instructions.validation import accepts, is_secret, meta_of
from ewallet_core.presentation.formatting import formats_in_use
from ewallet_core.presentation.text import one_line
from ewallet_tui.sanitize import plain


class _Plain(Highlighter):
    def highlight(self, text: Text) -> None:
        """Show each character as one that can only be read."""
        text.plain = one_line(text.plain)


class PlainInput(Input):
    """An input that shows control characters, and those that turn text around, as a sign for them."""

    DEFAULT_CSS = """
    PlainInput {
        height: 1; border: none; padding: 0 1; background: $panel;
        &:focus { border: none; background: $primary 25%; background-tint: transparent; }
    }
    """

    def __init__(self, value: str | None = None, **how: Any) -> None:
        super().__init__(value, highlighter=_Plain(), **how)


class Completion(Protocol):
    """Knows what may be typed into a field, and learns more of it as it is typed."""

    def knows(self, typed: str) -> bool:
        """Whether nothing more is to be learned of what `typed` may be the beginning of."""

    async def learn(self, typed: str) -> None:
        """Get to know what `typed` may be the beginning of, unless that is known."""

    def continued(self, typed: str) -> str:
        """The first text that begins with what is typed, as far as is known; or nothing."""

    def hint(self, typed: str) -> str:
        """What the typed text means, or could go on to, in one line; or nothing."""


class Continuing(Suggester):
    """Lets an input go on with the first text that is known; the right arrow takes it."""

    def __init__(self, completion: Completion) -> None:
        # What is known grows, and what is typed is shown as it was typed.
        super().__init__(use_cache=False, case_sensitive=True)
        self._completion = completion

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text as far as is known, `None` for none."""
        return self._completion.continued(value) or None


TYPING_SECONDS = 0.15
"""How long nothing more must be typed until it is looked up."""


@dataclass(frozen=True)
class Field:
    """A field of a form, named like the argument of the instruction that its value becomes."""

    name: str
    label: str
    kind: Any
    """One of `ewallet_core.instructions.fields`: its limits, its words, and whether it is secret."""
    initial: str = ""
    placeholder: str = ""
    optional: bool = False
    """Whether it may be left empty; where it then began empty, it has no value at all."""
    suggestions: tuple[str, ...] = ()
    tidy: Callable[[str], str] = str.strip
    """What becomes of the typed text before it is read, and when one goes on (never of a secret's)."""
    rule: str = ""
    """What is said where the value can't be taken, in place of the kind's own words."""
    completion: Completion | None = None
    """Who knows what may be typed here."""

    @property
    def is_secret(self) -> bool:
        """Whether the value is shown as dots and never kept."""
        return is_secret(self.kind)

    def read(self, text: str) -> Any:
        """The value that was typed, `None` for none; raises `ValueError` with the words for the person."""
        typed = text if self.is_secret else self.tidy(text)
        if not typed:
            return self._read_nothing()
        if _may_be_fraction(self.kind) and formats_in_use().is_unclear(typed):
            raise ValueError(f"{self.label} can be read in two ways. Write its thousands without a mark.")
        value = _value_of(self.kind, typed)
        if not accepts(self.kind, value):
            raise ValueError(self.rule or f"{self.label} must be {_described(self.kind)}.")
        return value

    @property
    def shown_placeholder(self) -> str:
        """An example of what may be typed, as it is written here."""
        return _with_point_in_use(self.placeholder) if _may_be_fraction(self.kind) else self.placeholder

    def tidied(self, text: str) -> str:
        """The typed text as it is shown when one goes on; one that can't be told stays as it is."""
        try:
            return text if self.is_secret else self.tidy(text)
        except ValueError:
            return text

    @property
    def suggester(self) -> Suggester | None:
        """Who says how a text goes on while it is typed."""
        if self.completion is not None:
            return Continuing(self.completion)
        return SuggestFromList(self.suggestions, case_sensitive=False) if self.suggestions else None

    def _read_nothing(self) -> str | None:
        if not self.optional:
            raise ValueError(f"{self.label} can't be left empty.")
        return "" if self.initial else None


def _is_whole(kind: Any) -> bool:
    return int in get_args(kind)[:1]


def _may_be_fraction(kind: Any) -> bool:
    return any(float in get_args(part) for part in get_args(kind))


def _value_of(kind: Any, typed: str) -> Any:
    formats = formats_in_use()
    if _may_be_fraction(kind):
        return formats.read_decimal(typed)
    return formats.read_number(typed) if _is_whole(kind) else typed


def _described(kind: Any) -> str:
    """The kind's own words, with the examples in them as they are written here."""
    description = meta_of(kind).description or ""
    return _with_point_in_use(description) if _may_be_fraction(kind) else description


def _with_point_in_use(words: str) -> str:
    return re.sub(r"(?<=[0-9])\.(?=[0-9])", formats_in_use().point, words)


class FormField(Vertical):
    """A field on the screen: its label, its input, and beneath it the line for what is wrong."""

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
        """More is known now of what is typed here."""

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.name}")
        self.field = field
        self.left = False
        """Whether the person has been in the field and gone on."""

    def compose(self) -> ComposeResult:
        """The label and the input, and the problem's line."""
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
        """Learn what may be typed here."""
        self._learn(self.field.initial)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Learn what the typed text may mean, once nothing more is typed."""
        self._learn(event.value, after=TYPING_SECONDS)

    def on_descendant_focus(self) -> None:
        """Mark the field that is typed into."""
        self.add_class("-current")

    def on_descendant_blur(self) -> None:
        """It is another one now."""
        self.remove_class("-current")

    @property
    def input(self) -> Input:
        """Where it is typed."""
        return self.query_one(Input)

    @property
    def text(self) -> str:
        """What is typed now."""
        return self.input.value

    def show_problem(self, problem: str) -> None:
        """Say beneath the field what is wrong with it, or nothing."""
        self.query_one(".problem", Label).update(plain(problem))
        self.set_class(bool(problem), "-wrong")

    def tidy_up(self) -> None:
        """Show what was typed as it will be read."""
        tidied = self.field.tidied(self.text)
        if tidied != self.text:
            self.input.value = tidied

    def forget(self) -> None:
        """Empty the field."""
        self.input.value = ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing that is still to be learned can change what the typed text means."""
        return self.field.completion is None or self.field.completion.knows(self.text)

    async def settle(self) -> None:
        """Learn now what the typed text means."""
        if self.field.completion is not None:
            await self.field.completion.learn(self.text)

    def _learn(self, typed: str, after: float = 0) -> None:
        if self.field.completion is not None:
            learning = self._learn_from(self.field.completion, typed, after)
            self.run_worker(learning, group="learn", exclusive=True)

    async def _learn_from(self, completion: Completion, typed: str, after: float) -> None:
        if not completion.knows(typed):
            # The next key, if it comes before then, begins this anew.
            await asyncio.sleep(after)
            await completion.learn(typed)
            if continued := completion.continued(typed):
                self.input.post_message(SuggestionReady(typed, continued))
        self._show_hint()
        self.post_message(self.Learned())

    def _show_hint(self) -> None:
        completion = self.field.completion
        hint = completion.hint(self.text) if completion else ""
        self.query_one(".hint", Label).update(plain(hint))
        self.set_class(bool(hint), "-hinted")
