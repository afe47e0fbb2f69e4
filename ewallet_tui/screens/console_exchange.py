"""One instruction and its answer in full, as JSON that can be copied."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Label, Static

from ewallet_tui.console.exchange import ExchangeLine, took
from ewallet_tui.instruction_log import Exchange
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.modal import SCROLL_KEYS, Modal, titled

NO_ANSWER_YET = "No answer yet."
INSTRUCTION_COPIED, ANSWER_COPIED = "Instruction copied.", "Answer copied."


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

    def __init__(self, line: ExchangeLine) -> None:
        super().__init__()
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
        self.app.copy_to_clipboard(instruction_json(self._exchange))
        self.notify(INSTRUCTION_COPIED, markup=False)

    def action_copy_answer(self) -> None:
        answer = answer_json(self._exchange)
        self.app.copy_to_clipboard(answer or "")
        self.notify(ANSWER_COPIED if answer else NO_ANSWER_YET, markup=False)


def _shown(value: Any) -> Content:
    """JSON with coloured names, without control characters."""
    lines = json.dumps(value, indent=2, ensure_ascii=False, default=str).split("\n")
    return Content("\n").join(_line(line) for line in lines)


def _line(line: str) -> Content:
    name, colon, value = line.partition('": ')
    if not colon or not name.lstrip().startswith('"'):
        return plain(line)
    return Content.assemble(plain(f'{name}": ', style="$text-accent"), plain(value))
