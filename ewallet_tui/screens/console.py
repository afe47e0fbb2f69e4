"""The console: what the app asks the engine, what it answers, and a line to ask something by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input, Label

from ewallet_core.client import Answer, validation
from ewallet_core.instructions.registry import InstructionRegistry
from ewallet_core.presentation.formatting import count, grouped
from ewallet_tui.actions import (
    BACK,
    COPY_ANSWER,
    COPY_INSTRUCTION,
    FILTER,
    TOGGLE_VIEWS,
    WRITE,
    Action,
)
from ewallet_tui.console.exchange import ExchangeLine
from ewallet_tui.context import AppContext
from ewallet_tui.instruction_log import Exchange, masked
from ewallet_tui.navigation import LOGIN
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.console_exchange import (
    ANSWER_COPIED,
    INSTRUCTION_COPIED,
    NO_ANSWER_YET,
    ConsoleExchange,
    answer_json,
    instruction_json,
)
from ewallet_tui.widgets.console_input import ConsolePrompt, ConsoleWriting
from ewallet_tui.widgets.console_log import ConsoleLog
from ewallet_tui.widgets.footer import ResultLine

NOTHING_YET = "Nothing was asked yet. What the app asks from now on is listed here."
ANSWERED = "→ answered. Escape, then Enter shows the answer."
NOTHING_FITS = "Nothing here fits. Escape shows all again."


class ConsoleScreen(BaseScreen):
    """The log, newest below, and the prompt beneath it."""

    MODE = "console"
    CSS_PATH = "console.tcss"
    AUTO_FOCUS = "ConsoleLog"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._known: InstructionRegistry | None = None
        self._lines: dict[int, ExchangeLine] = {}
        self._is_due = False
        self._hides_views = False

    def compose_content(self) -> ComposeResult:
        """What is shown of it all, the log, and where one is written."""
        yield Label(id="shown", markup=False)
        yield Input(placeholder="find: a word of what was asked, or of its answer", id="filter")
        yield ConsoleLog()
        yield ConsoleWriting()

    def on_mount(self) -> None:
        """Follow what is asked."""
        super().on_mount()
        self._log = self.context.store.log
        self._log.follow(self._log_changed)
        self._learn()

    def on_unmount(self) -> None:
        """Follow it no more."""
        self._log.unfollow(self._log_changed)

    def on_screen_resume(self) -> None:
        """Show what was asked elsewhere."""
        self._show_log()

    def can(self, action: Action) -> bool | None:
        """A letter is a letter while the user types; only from there or a filter is there a way back."""
        is_typing = isinstance(self.focused, Input)
        if action is FILTER:
            return not is_typing
        return is_typing or self._is_filtered if action is BACK else True

    def write(self) -> None:
        """Go to where an instruction is written."""
        self.query_one(ConsolePrompt).focus()

    def toggle_views(self) -> None:
        """Hide what only looks, or show it again."""
        self._hides_views = not self._hides_views
        self._show_log()

    def find(self) -> None:
        """Show only what has some text in it."""
        self.add_class("-filtered")
        self._filter.focus()

    def back(self) -> None:
        """Leave the line that is typed into; then show all again."""
        log = self.query_one(ConsoleLog)
        if self.focused in (log, self._filter):
            self._filter.value = ""
            self.remove_class("-filtered")
            self.refresh_bindings()
        log.focus()

    def copy_instruction(self) -> None:
        """Copy the instruction under the cursor, as JSON."""
        if (line := self.query_one(ConsoleLog).line) is not None:
            self.app.copy_to_clipboard(instruction_json(line.exchange))
            self.query_one(ResultLine).say(INSTRUCTION_COPIED)

    def copy_answer(self) -> None:
        """Copy the answer under the cursor, as JSON."""
        if (line := self.query_one(ConsoleLog).line) is None:
            return
        answer = answer_json(line.exchange)
        if answer is None:
            self.context.notify(NO_ANSWER_YET)
            return
        self.app.copy_to_clipboard(answer)
        self.query_one(ResultLine).say(ANSWER_COPIED)

    def focus_next(self, selector: str | type[Any] = "*") -> Any:
        """Complete what is typed, or go on to the next place where it is whole."""
        if isinstance(self.focused, ConsolePrompt) and self.focused.complete():
            return self.focused
        return super().focus_next(selector)

    @property
    def _is_filtered(self) -> bool:
        return self.has_class("-filtered")

    @property
    def _filter(self) -> Input:
        return self.query_one("#filter", Input)

    @on(ConsoleLog.Opened)
    def _opened(self, event: ConsoleLog.Opened) -> None:
        self.app.push_screen(ConsoleExchange(event.line))

    @on(Input.Changed, "#filter")
    def _filter_typed(self) -> None:
        self._show_log()

    @on(Input.Submitted, "#filter")
    def _filter_entered(self) -> None:
        self.query_one(ConsoleLog).focus()

    @on(ConsoleWriting.Written)
    def _written(self, event: ConsoleWriting.Written) -> None:
        self.query_one(ConsoleLog).go_to_end()
        # Not this screen's worker: it may be left, and removed, by what is asked.
        self.app.run_worker(self._send(event.chain), group="console")

    async def _send(self, chain: Mapping[str, Any]) -> None:
        context = self.context
        answer = await context.send(**chain)
        if context.state is None and context.navigation.mode != LOGIN:
            await context.lifecycle.leave()
        elif self.is_attached:
            self._tell(chain, answer)

    def _tell(self, chain: Mapping[str, Any], answer: Answer) -> None:
        """Say what came of what was written, and stay there, whatever the app asks because of it."""
        self._show_log()
        asked = masked(chain)
        written = (each for each in reversed(self._log.exchanges) if dict(each.instruction) == asked)
        if (exchange := next(written, None)) is not None:
            self.query_one(ConsoleLog).go_to(exchange.number)
        words = f"{answer['error']} {answer.get('warning') or ''}" if answer["failed"] else ANSWERED
        self.query_one(ConsoleWriting).say(words, is_problem=answer["failed"])

    @work(exclusive=True, group="catalogue")
    async def _learn(self) -> None:
        self._known = await asyncio.to_thread(validation.registry)
        self.query_one(ConsoleWriting).know(self._known)
        self._show_log()

    def _log_changed(self) -> None:
        # It is told in the middle of asking, often several times at once.
        if self.is_current and not self._is_due:
            self._is_due = True
            self.call_later(self._show_log)

    def _show_log(self) -> None:
        self._is_due = False
        if self._known is None:
            return
        exchanges = self._log.exchanges
        self._lines = {each.number: self._line(each, self._known) for each in exchanges}
        kept = [line for line in self._lines.values() if not (self._hides_views and line.only_looks)]
        wanted = self._filter.value.casefold().strip()
        shown = [line for line in kept if wanted in line.text]
        log = self.query_one(ConsoleLog)
        log.empty = NOTHING_FITS if kept else NOTHING_YET
        log.show(shown)
        self._say_what_is_shown(len(shown), len(kept))

    def _line(self, exchange: Exchange, known: InstructionRegistry) -> ExchangeLine:
        before = self._lines.get(exchange.number)
        return before if before and before.exchange is exchange else ExchangeLine.of(exchange, known)

    def _say_what_is_shown(self, shown: int, of: int) -> None:
        words = "Only what changes something" if self._hides_views else "Everything that was asked"
        many = count(of, "instruction") if shown == of else f"{grouped(shown)} of {grouped(of)}"
        self.query_one("#shown", Label).update(f"{words}: {many}")

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        WRITE: write,
        TOGGLE_VIEWS: toggle_views,
        FILTER: find,
        COPY_INSTRUCTION: copy_instruction,
        COPY_ANSWER: copy_answer,
        BACK: back,
    }
