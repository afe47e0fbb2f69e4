"""The console: the instructions and answers of this session, and a prompt to send one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label, Static

from ewallet_core.client import Answer, validation
from ewallet_core.instructions.registry import InstructionRegistry
from ewallet_core.presentation.formatting import count, grouped
from ewallet_tui.actions import BACK, COPY_ANSWER, COPY_INSTRUCTION, FILTER, TOGGLE_VIEWS, WRITE, Action
from ewallet_tui.availability import NOTHING_LISTED, Possible
from ewallet_tui.console.exchange import ExchangeLine, took
from ewallet_tui.context import AppContext
from ewallet_tui.instruction_log import Exchange, masked
from ewallet_tui.navigation import LOGIN
from ewallet_tui.payees import with_payee
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import SCROLL_KEYS, Modal, titled
from ewallet_tui.widgets.console_input import ConsolePrompt, ConsoleWriting
from ewallet_tui.widgets.console_log import ConsoleLog

NO_ANSWER_YET = "No answer yet."
INSTRUCTION, ANSWER = "the instruction", "the answer"


def instruction_json(exchange: Exchange) -> str:
    """The instruction as ASCII-only JSON."""
    return json.dumps(dict(exchange.instruction), indent=2, default=str)


def answer_json(exchange: Exchange) -> str | None:
    """The answer as ASCII-only JSON, or `None`."""
    answer = _answer(exchange)
    return None if answer is None else json.dumps(answer, indent=2)


def _answer(exchange: Exchange) -> Any:
    outcome = exchange.outcome
    return json.loads(outcome.answer) if outcome and outcome.answer else None


class ConsoleExchange(Modal[None]):
    DEFAULT_CSS = """
    ConsoleExchange {
        .sheet { width: 90; max-height: 90%; }
        VerticalScroll { height: auto; max-height: 100%; }
        Horizontal { height: 2; padding-top: 1; dock: bottom; align-horizontal: right; }
        Button { margin-left: 1; }
        Label { color: $text-muted; text-style: bold; }
        Static { height: auto; }
        #instruction { margin-bottom: 1; }
    }
    """
    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back"),
        Binding("y", "copy_instruction", "Copy the instruction", id="copy_instruction"),
        Binding("Y", "copy_answer", "Copy the answer", key_display="Y", id="copy_answer"),
        *SCROLL_KEYS,
    ]

    def __init__(self, context: AppContext, line: ExchangeLine) -> None:
        super().__init__()
        self._app_context = context
        self._line = line
        self._exchange = line.exchange

    def compose(self) -> ComposeResult:
        with Vertical() as sheet:
            titled(sheet, f"{self._line.time_of_day}  {took(self._exchange)}".rstrip())
            with VerticalScroll():
                yield Label("Instruction")
                yield Static(_shown(dict(self._exchange.instruction)), id="instruction")
                yield Label("Answer")
                answer = _answer(self._exchange)
                yield Static(plain(NO_ANSWER_YET) if answer is None else _shown(answer), id="answer")
            with Horizontal():
                yield Button("y Copy instruction", id="copy-instruction", action="screen.copy_instruction")
                yield Button(
                    "Y Copy answer", id="copy-answer", action="screen.copy_answer", disabled=answer is None
                )
                yield Button("esc Back", action="screen.dismiss", variant="primary")

    def action_copy_instruction(self) -> None:
        self._app_context.copy(instruction_json(self._exchange), INSTRUCTION)

    def action_copy_answer(self) -> None:
        if answer := answer_json(self._exchange):
            self._app_context.copy(answer, ANSWER)
        else:
            self.notify(NO_ANSWER_YET, markup=False)


def _shown(value: Any) -> Content:
    """JSON with coloured names, without control characters."""
    lines = json.dumps(value, indent=2, ensure_ascii=False, default=str).split("\n")
    return Content("\n").join(_line(line) for line in lines)


def _line(line: str) -> Content:
    name, colon, value = line.partition('": ')
    if not colon or not name.lstrip().startswith('"'):
        return plain(line)
    return Content.assemble(plain(f'{name}": ', style="$text-accent"), plain(value))


NOTHING_YET = "No instructions yet. What the app sends from now on is listed here."
ANSWERED = "→ answered. Press Escape, then Enter to see the answer."
NOTHING_FITS = "Nothing found. Escape shows everything again."


class ConsoleScreen(BaseScreen):
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
        yield Label(id="shown", markup=False)
        yield Input(placeholder="find a word in instructions and answers", id="filter")
        yield ConsoleLog()
        yield ConsoleWriting()

    def on_mount(self) -> None:
        super().on_mount()
        self._log = self.context.store.log
        self._log.follow(self._log_changed)
        self._learn()

    def on_unmount(self) -> None:
        self._log.unfollow(self._log_changed)

    def on_screen_resume(self) -> None:
        self._show_log()

    def can(self, action: Action) -> Possible:
        """Filter only while no text is typed; Back only in an input or a filtered list."""
        is_typing = isinstance(self.focused, Input)
        if action is FILTER:
            return not is_typing
        if action in (COPY_INSTRUCTION, COPY_ANSWER) and any(
            log.line is None for log in self.query(ConsoleLog)
        ):
            return NOTHING_LISTED
        return is_typing or self._is_filtered if action is BACK else True

    def write(self) -> None:
        self.query_one(ConsolePrompt).focus()

    def toggle_views(self) -> None:
        self._hides_views = not self._hides_views
        self._show_log()

    def find(self) -> None:
        self.add_class("-filtered")
        self._filter.focus()

    def back(self) -> None:
        log = self.query_one(ConsoleLog)
        if self.focused in (log, self._filter):
            self._filter.value = ""
            self.remove_class("-filtered")
            self.refresh_bindings()
        log.focus()

    def copy_instruction(self) -> None:
        if (line := self.query_one(ConsoleLog).line) is not None:
            self.context.copy(instruction_json(line.exchange), INSTRUCTION)

    def copy_answer(self) -> None:
        if (line := self.query_one(ConsoleLog).line) is None:
            return
        answer = answer_json(line.exchange)
        if answer is None:
            self.context.notify(NO_ANSWER_YET)
            return
        self.context.copy(answer, ANSWER)

    def focus_next(self, selector: str | type[Any] = "*") -> Any:
        """Complete the typed word, or move the focus if it is complete."""
        if isinstance(self.focused, ConsolePrompt) and self.focused.complete():
            return self.focused
        return super().focus_next(selector)

    @property
    def _is_filtered(self) -> bool:
        return self.has_class("-filtered")

    @property
    def _filter(self) -> Input:
        return self.query_one("#filter", Input)

    @on(ConsoleLog.LineOpened)
    def _opened(self, event: ConsoleLog.LineOpened) -> None:
        self.app.push_screen(ConsoleExchange(self.context, event.line))

    @on(Input.Changed, "#filter")
    def _filter_typed(self) -> None:
        self._show_log()

    @on(Input.Submitted, "#filter")
    def _filter_entered(self) -> None:
        self.query_one(ConsoleLog).focus()

    @on(ConsoleWriting.Written)
    def _written(self, event: ConsoleWriting.Written) -> None:
        self.query_one(ConsoleLog).go_to_end()
        # A worker of the app: the instruction may remove this screen.
        self.context.workers.run(partial(self._send, event.chain), "console")

    async def _send(self, chain: Mapping[str, Any]) -> None:
        context = self.context
        # A contact's payment goes to the account that the contact was saved with.
        chain = await with_payee(context.send, chain)
        answer = await context.send(**chain)
        if context.state is None and context.navigation.mode != LOGIN:
            await context.lifecycle.leave()
        elif self.is_attached:
            self._tell(chain, answer)

    def _tell(self, chain: Mapping[str, Any], answer: Answer) -> None:
        """Show the answer to a sent instruction and keep the cursor on it, even if others follow."""
        self._show_log()
        instruction = masked(chain)
        written = (each for each in reversed(self._log.exchanges) if dict(each.instruction) == instruction)
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
        # Called while sending, often several times in a row.
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
        self.refresh_bindings()
        self._say_what_is_shown(len(shown), len(kept))

    def _line(self, exchange: Exchange, known: InstructionRegistry) -> ExchangeLine:
        before = self._lines.get(exchange.number)
        return before if before and before.exchange is exchange else ExchangeLine.of(exchange, known)

    def _say_what_is_shown(self, shown: int, of: int) -> None:
        words = "Only changes" if self._hides_views else "All instructions"
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
