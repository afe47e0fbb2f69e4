"""The first three steps with a new wallet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Label


@dataclass(frozen=True)
class TourStep:
    action: str
    words: str
    about: str
    """What the step is for, and where its effect is shown."""


class Tour(Vertical, can_focus=False):
    """The steps in order, the next one focused; hidden when all are done."""

    DEFAULT_CSS = """
    Tour {
        height: auto; display: none;
        &.-under-way { display: block; }
        Label { color: $text-muted; width: 1fr; }
        Button { width: 44; text-align: left; content-align: left middle; }
        #about { color: $text; margin-top: 1; }
    }
    """

    def __init__(self, words: str, steps: Sequence[TourStep]) -> None:
        super().__init__()
        self._words = words
        # Not queried: the buttons may be removed from the screen before a result arrives.
        self._buttons = {
            step: Button(step.words, id=f"step-{step.action}", action=f"screen.do('{step.action}')")
            for step in steps
        }
        self._about = Label("", id="about", markup=False)
        self._next: TourStep | None = None

    def compose(self) -> ComposeResult:
        yield Label(self._words, id="sentence", markup=False)
        yield from self._buttons.values()
        yield self._about

    @property
    def is_under_way(self) -> bool:
        return self._next is not None

    def show(self, done: Sequence[bool], awaited: TourStep | None = None) -> None:
        """Mark the steps that are done, and focus the next one.

        `awaited` is shown in place of the next step if the user can't take it, and can't be pressed.
        """
        upcoming = done.index(False) if False in done else None
        self.set_class(upcoming is not None, "-under-way")
        for number, (step, button) in enumerate(self._buttons.items()):
            shown = awaited if awaited is not None and number == upcoming else step
            sign = "✓" if number < len(done) and done[number] else str(number + 1)
            button.label = f" {sign}  {shown.words}"
            button.disabled = number != upcoming or shown is awaited
            if number == upcoming and shown != self._next:
                self._next = shown
                self._about.update(shown.about)
                if shown is step:
                    button.focus()
        if upcoming is None:
            self._next = None
