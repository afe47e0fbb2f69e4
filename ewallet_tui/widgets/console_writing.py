"""Where an instruction is written: what may come next above it, what it does and needs beneath it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Static

from ewallet_core.instructions.registry import InstructionRegistry
from ewallet_tui.console.completing import candidates, completed
from ewallet_tui.console.helping import HOW_TO_BEGIN, Help, help_with
from ewallet_tui.console.reading import read
from ewallet_tui.text import plain
from ewallet_tui.widgets.clickable_line import ClickableLine, Words
from ewallet_tui.widgets.console_prompt import ConsolePrompt


class ConsoleWriting(Vertical):
    """The prompt and its help. What is written is given away as `ConsoleWriting.Written`."""

    DEFAULT_CSS = """
    ConsoleWriting {
        height: auto; border-top: solid $panel;
        Horizontal { height: 1; }
        #sign { width: 2; color: $text-muted; }
        #prompt {
            width: 1fr; height: 1; border: none; padding: 0; background: $background;
            &:focus { border: none; background: $background; background-tint: transparent; }
        }
        Static { color: $text-muted; }
        #help { height: auto; min-height: 3; }
        #about, #detail { height: auto; max-height: 2; }
        #detail.-problem { color: $text-error; }
        &:focus-within #sign { color: $text-accent; text-style: bold; }
    }
    """

    class Written(Message):
        """An instruction is to be sent."""

        def __init__(self, chain: Mapping[str, Any]) -> None:
            super().__init__()
            self.chain = chain

    def __init__(self) -> None:
        super().__init__()
        self._known: InstructionRegistry | None = None

    def compose(self) -> ComposeResult:
        """What may come next, the line, and a few lines on it."""
        yield ClickableLine(id="candidates")
        with Horizontal():
            yield Label(">", id="sign")
            yield ConsolePrompt(self._completed)
        with Vertical(id="help"):
            yield Static(HOW_TO_BEGIN, id="about", markup=False)
            yield Static(id="detail", markup=False)

    def on_mount(self) -> None:
        """Help wherever the cursor goes."""
        self.watch(self.prompt, "selection", self._cursor_moved, init=False)

    @property
    def prompt(self) -> ConsolePrompt:
        """The line itself."""
        return self.query_one(ConsolePrompt)

    def know(self, known: InstructionRegistry) -> None:
        """Help with these instructions from now on."""
        self._known = known
        self._help()

    def say(self, words: str, *, is_problem: bool) -> None:
        """Say what came of what was written, until something else is begun."""
        if not self.prompt.value:
            self._show(Help(HOW_TO_BEGIN, words, is_problem))

    @on(ClickableLine.Clicked)
    def _choose(self, event: ClickableLine.Clicked) -> None:
        event.stop()
        self.prompt.become(completed(self.prompt.value, event.name))
        self.prompt.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._help()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._known is None or not event.value.strip():
            return
        reading = read(event.value, self._known)
        if reading.problem:
            self._show(Help(self._help_now().about, reading.problem, is_problem=True))
            return
        self.prompt.take()
        self.post_message(self.Written(reading.chain))

    def _completed(self, line: str) -> str | None:
        listed = candidates(line, self._known) if self._known else []
        return completed(line, listed[0]) if listed else None

    def _cursor_moved(self) -> None:
        self._show(self._help_now())

    def _help(self) -> None:
        self._show(self._help_now())
        line = self.prompt.value
        listed = candidates(line, self._known) if self._known and line else []
        words = [
            Words(Content.styled(word, "bold $text-accent" if place == 0 else ""), word)
            for place, word in enumerate(listed)
        ]
        tab = [Words(Content.styled("tab", "$foreground-muted"))] if words else []
        self.query_one("#candidates", ClickableLine).offer([*tab, *words])

    def _help_now(self) -> Help:
        if self._known is None:
            return Help(HOW_TO_BEGIN, "")
        return help_with(self.prompt.value, self.prompt.cursor_position, self._known)

    def _show(self, help: Help) -> None:
        self.query_one("#about", Static).update(plain(help.about))
        detail = self.query_one("#detail", Static)
        detail.update(plain(f"✕ {help.detail}" if help.is_problem else help.detail))
        detail.set_class(help.is_problem, "-problem")
