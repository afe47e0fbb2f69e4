"""One labelled field of a form: what it takes, how it reads what was typed, what it says when it can't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label

from ewallet_core.instructions.limits import accepts, is_secret, meta_of
from ewallet_tui.text import plain
from ewallet_tui.words import formats_in_use


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
    """What becomes of the typed text before it is read (never of a secret's)."""
    rule: str = ""
    """What is said where the value can't be taken, in place of the kind's own words."""

    @property
    def is_secret(self) -> bool:
        """Whether the value is shown as dots and never kept."""
        return is_secret(self.kind)

    def read(self, text: str) -> Any:
        """The value that was typed, `None` for none; raises `ValueError` with the words for the person."""
        typed = text if self.is_secret else self.tidy(text)
        if not typed:
            return self._read_nothing()
        value = _whole_number(typed) if _is_whole(self.kind) else typed
        if not accepts(self.kind, value):
            raise ValueError(self.rule or f"{self.label} must be {meta_of(self.kind).description}.")
        return value

    def _read_nothing(self) -> str | None:
        if not self.optional:
            raise ValueError(f"{self.label} is needed.")
        return "" if self.initial else None


def _is_whole(kind: Any) -> bool:
    return int in get_args(kind)[:1]


def _whole_number(typed: str) -> int | str:
    number = formats_in_use().read_number(typed)
    return typed if number is None else number


class FormField(Vertical):
    """A field on the screen: its label, its input, and beneath it the line for what is wrong."""

    DEFAULT_CSS = """
    FormField {
        height: auto; layout: grid; grid-size: 2; grid-columns: 15 1fr; grid-rows: auto;
        .label { color: $text-muted; width: 1fr; height: 1; text-overflow: ellipsis; text-wrap: nowrap; }
        Input {
            height: 1; border: none; padding: 0 1; background: $panel;
            &:focus { border: none; background: $primary 25%; background-tint: transparent; }
        }
        .problem { column-span: 2; padding-left: 16; color: $text-error; height: auto; min-height: 1; }
        &.-current .label { color: $text-accent; text-style: bold; }
    }
    FormField.-wrong Input { border-left: outer $error; padding-left: 0; }
    """

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.name}")
        self.field = field
        self.left = False
        """Whether the person has been in the field and gone on."""

    def compose(self) -> ComposeResult:
        """The label and the input, and the problem's line."""
        suggestions = self.field.suggestions
        yield Label(self.field.label, classes="label", markup=False)
        yield Input(
            self.field.initial,
            placeholder=self.field.placeholder,
            password=self.field.is_secret,
            suggester=SuggestFromList(suggestions, case_sensitive=False) if suggestions else None,
            id=self.field.name,
        )
        yield Label("", classes="problem", markup=False)

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

    def forget(self) -> None:
        """Empty the field."""
        self.input.value = ""
