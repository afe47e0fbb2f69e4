"""The console's prompt: completion above it, help below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Paste
from textual.message import Message
from textual.widgets import Input, Label, Static

from ewallet_core.instructions.registry import InstructionRegistry
from ewallet_tui.console.completion import HOW_TO_BEGIN, Help, candidates, completed, help_with
from ewallet_tui.console.line import History, hidden, is_json, words_of
from ewallet_tui.console.parser import read
from ewallet_tui.sanitize import plain
from ewallet_tui.widgets.footer import ClickableLine, Words
from ewallet_tui.widgets.inputs import CallbackSuggester

Complete = Callable[[str], str | None]


class _PartHighlighter(Highlighter):
    """Highlights selectors, dims argument names, and shows dots for secrets."""

    def highlight(self, text: Text) -> None:
        line = text.plain
        text.plain = hidden(line)
        if is_json(line):
            return
        for word in words_of(line):
            name = word.name
            style = "bold" if name is None else "dim"
            text.stylize(style, word.start, word.end if name is None else word.start + len(name) + 1)


class ConsolePrompt(Input):
    """One line; up and down recall earlier lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send", id="send_written"),
        Binding("up", "recall(-1)", "Typed before", show=False, id="recall_previous"),
        Binding("down", "recall(1)", "Typed after", show=False, id="recall_next"),
    ]

    def __init__(self, complete: Complete) -> None:
        super().__init__(
            placeholder="pay pay=bob@example.org credits=10",
            highlighter=_PartHighlighter(),
            suggester=CallbackSuggester(complete),
            select_on_focus=False,
            id="prompt",
        )
        self.history = History()
        self._complete = complete

    @property
    def selected_text(self) -> str:
        """The selection with dots for secrets; Textual copies this."""
        start, end = sorted(self.selection)
        return hidden(self.value)[start:end]

    def paste(self, lines: Sequence[str]) -> None:
        """Insert all lines as one: an instruction may be written in several, as JSON is."""
        self.replace(" ".join(line.strip() for line in lines if line.strip()), *self.selection)

    def action_paste(self) -> None:
        self.app.post_message(Paste(self.app.clipboard))

    def complete(self) -> bool:
        """Complete the last word, if the cursor is at its end; returns whether it could be completed."""
        completed = self._complete(self.value) if self.value and self.cursor_at_end else None
        if completed is not None:
            self.become(completed)
        return completed is not None

    def take(self) -> str:
        line = self.value
        self.history.add(line)
        self.value = ""
        return line

    def action_recall(self, steps: int) -> None:
        self.become(self.history.step(steps, self.value))

    def become(self, line: str) -> None:
        self.value = line
        self.cursor_position = len(line)


class ConsoleWriting(Vertical):
    """The prompt with completion and help; posts `Written` for a valid instruction."""

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
        def __init__(self, chain: Mapping[str, Any]) -> None:
            super().__init__()
            self.chain = chain

    def __init__(self) -> None:
        super().__init__()
        self._known: InstructionRegistry | None = None

    def forget_secrets(self) -> None:
        """Empty the prompt if it may contain a password or a token."""
        if re.search("pass|token", self.prompt.value):
            self.prompt.value = ""

    def compose(self) -> ComposeResult:
        yield ClickableLine(id="candidates")
        with Horizontal():
            yield Label(">", id="sign")
            yield ConsolePrompt(self._completed)
        with Vertical(id="help"):
            yield Static(HOW_TO_BEGIN, id="about", markup=False)
            yield Static(id="detail", markup=False)

    def on_mount(self) -> None:
        self.watch(self.prompt, "selection", lambda: self._show(self._help_now()), init=False)

    @property
    def prompt(self) -> ConsolePrompt:
        return self.query_one(ConsolePrompt)

    def know(self, known: InstructionRegistry) -> None:
        self._known = known
        self._help()

    def say(self, words: str, *, is_problem: bool) -> None:
        """Show the result of the last instruction until the next one is begun."""
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

    def _help(self) -> None:
        self._show(self._help_now())
        line = self.prompt.value
        listed = candidates(line, self._known) if self._known and line else []
        words = [
            Words(Content.styled(word, "" if index else "bold $text-accent"), word)
            for index, word in enumerate(listed)
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
