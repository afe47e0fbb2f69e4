"""A question over the dimmed screen: a sentence or two, and an answer a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.widgets import Button, Label

from ewallet_tui.screens.sheet_screen import SheetScreen, titled


@dataclass(frozen=True)
class Choice:
    """One answer: what the question then comes to, its key, and its words, which begin with a verb.

    One with a control key can be taken by that alone, or by the mouse: never by what is being typed for
    something else while the question opens.
    """

    id: str
    key: str
    words: str

    @property
    def is_deliberate(self) -> bool:
        """Whether it is taken only by who means it."""
        return self.key.startswith("ctrl+")

    @property
    def label(self) -> str:
        """The key as people know it, and the words."""
        return f"{self.key.replace('ctrl+', '^')} {self.words}"


class Question(SheetScreen[str | None]):
    """Its result is the id of the chosen answer, or `None` where nothing is to happen."""

    DEFAULT_CSS = """
    Question {
        Horizontal { height: 1; margin-top: 1; align-horizontal: right; }
        Label { width: 1fr; }
        Button { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Stay"),
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, title: str, words: str, choices: Sequence[Choice], stay: str = "Stay") -> None:
        super().__init__()
        self._title = title
        self._words = words
        self._choices = choices
        self._stay = stay

    def compose(self) -> ComposeResult:
        """The words and the answers, the harmless one last and ready to be taken."""
        with Vertical() as sheet:
            titled(sheet, self._title)
            yield Label(self._words, markup=False)
            with Horizontal():
                for choice in self._choices:
                    button = Button(choice.label, id=choice.id)
                    button.can_focus = not choice.is_deliberate
                    yield button
                yield Button(f"esc {self._stay}", id="stay", variant="primary")

    def on_key(self, event: Key) -> None:
        """Take the answer of that key."""
        for choice in self._choices:
            if choice.key in (event.key, event.character):
                event.stop()
                self.dismiss(choice.id)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button's answer."""
        self.dismiss(None if event.button.id == "stay" else event.button.id)
