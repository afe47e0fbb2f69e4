"""`ewallet demo`: the main features without a screen; prints each instruction and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click
from rich.console import Console
from rich.highlighter import ReprHighlighter
from rich.pretty import pretty_repr
from rich.text import Text

from ewallet_core.instructions.envelope import Answer
from ewallet_core.manager import EWalletSessionManager

DAY_ZERO_MS = 1_790_000_000_000
SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS

_SECRETS = ("client_id", "session_token", "user_pass", "stoken", "ctoken")


@dataclass(frozen=True)
class DemoStep:
    story: str
    instruction: dict[str, Any]
    after_ms: int = field(default=SECOND_MS)


class ForwardClock:
    """A clock that stands still until it is advanced, in milliseconds UTC."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


_OPENING = (
    DemoStep("A program asks for a client id.", {"action": "request", "request": "client_id"}),
    DemoStep("With it, it opens a session.", {"action": "request", "request": "session_token"}),
)
STEPS = (
    DemoStep(
        "Ada makes an account.",
        {
            "action": "new",
            "new": "account",
            "user_name": "ada",
            "user_email": "ada@example.org",
            "user_pass": "four unrelated words here",
        },
    ),
    DemoStep(
        "She logs in.", {"action": "login", "user_name": "ada", "user_pass": "four unrelated words here"}
    ),
    DemoStep(
        "She supplies 100 credits for 12.50 euro.",
        {
            "action": "supply",
            "supply": "credits",
            "credits": 100,
            "currency": "EUR",
            "cost": "12.50",
            "notes": "pocket money",
        },
    ),
    DemoStep(
        "She converts 20 of them to clock time.",
        {"action": "convert", "convert": "credits2clock", "credits": 20},
    ),
    DemoStep("She starts the clock timer.", {"action": "start", "start": "clock_timer"}),
    DemoStep(
        "After 4 minutes and 30 seconds she pauses it.",
        {"action": "pause", "pause": "clock_timer"},
        after_ms=4 * MINUTE_MS + 30 * SECOND_MS,
    ),
    DemoStep(
        "A coffee of 10 minutes costs her nothing. She resumes.",
        {"action": "resume", "resume": "clock_timer"},
        after_ms=10 * MINUTE_MS,
    ),
    DemoStep(
        "Another 90 seconds, and she stops: exactly 6 minutes are taken from the clock.",
        {"action": "stop", "stop": "clock_timer"},
        after_ms=90 * SECOND_MS,
    ),
    DemoStep("The time record says so.", {"action": "view", "view": "time", "time": "list"}),
    DemoStep("So does the clock.", {"action": "view", "view": "credit", "credit": "clock"}),
)


def run() -> None:
    console = Console()
    console.print(Text("EWallet, instruction by instruction", style="bold"))
    if not all(_show(console, *performed) for performed in perform(ForwardClock(DAY_ZERO_MS))):
        raise click.ClickException("The demo stopped at an instruction that failed.")


def perform(clock: ForwardClock) -> Iterator[tuple[DemoStep, dict[str, Any], Answer]]:
    """Send the steps to an engine in memory, and advance the clock between them."""
    credentials: dict[str, str] = {}
    with EWalletSessionManager("sqlite://", clock=clock) as engine:
        for step in (*_OPENING, *STEPS):
            clock.advance(step.after_ms)
            sent = {"controller": "client", "ctype": "action", **step.instruction, **credentials}
            answer = engine.session_manager_controller(**sent)
            credentials |= {key: answer[key] for key in ("client_id", "session_token") if key in answer}
            yield step, sent, answer


def _show(console: Console, step: DemoStep, sent: dict[str, Any], answer: Answer) -> bool:
    console.print()
    console.print(Text(step.story, style="bold cyan"))
    for sign, shown in (("→", sent), ("←", answer)):
        masked = {key: "••••" if key in _SECRETS else value for key, value in shown.items()}
        lines = pretty_repr(masked, max_width=console.width - 2).replace("\n", "\n  ")
        console.print(ReprHighlighter()(Text(f"{sign} {lines}")))
    return not answer["failed"]
