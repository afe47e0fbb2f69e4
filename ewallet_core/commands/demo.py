"""`ewallet demo`: the main features without a screen; prints each instruction and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
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

_SECRETS = ("client_id", "session_token", "user_pass", "stoken", "ctoken")


@dataclass(frozen=True)
class DemoStep:
    story: str
    instruction: dict[str, Any]
    after_ms: int


class ForwardClock:
    """A clock that stands still until it is advanced, in milliseconds UTC."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


def _step(story: str, selectors: str, after_ms: int = SECOND_MS, **arguments: Any) -> DemoStep:
    """A step whose instruction has these selectors: `view time list` is action=view, view=time, time=list."""
    return DemoStep(story, dict(pairwise(("action", *selectors.split()))) | arguments, after_ms)


PASSWORD = "four unrelated words here"  # noqa: S105 - of an account in memory
_OPENING = (
    _step("A program asks for a client id.", "request client_id"),
    _step("With it, it opens a session.", "request session_token"),
)
STEPS = (
    _step(
        "Ada makes an account.",
        "new account",
        user_name="ada",
        user_email="ada@example.org",
        user_pass=PASSWORD,
    ),
    _step("She logs in.", "login", user_name="ada", user_pass=PASSWORD),
    _step(
        "She supplies 100 credits for 12.50 euro.",
        "supply credits",
        credits=100,
        currency="EUR",
        cost="12.50",
        notes="pocket money",
    ),
    _step("She converts 20 of them to clock time.", "convert credits2clock", credits=20),
    _step("She starts the clock timer.", "start clock_timer"),
    _step("After 4 minutes and 30 seconds she pauses it.", "pause clock_timer", 270 * SECOND_MS),
    _step("A coffee of 10 minutes costs her nothing. She resumes.", "resume clock_timer", 600 * SECOND_MS),
    _step(
        "Another 90 seconds, and she stops: exactly 6 minutes are taken from the clock.",
        "stop clock_timer",
        90 * SECOND_MS,
    ),
    _step("The time record says so.", "view time list"),
    _step("So does the clock.", "view credit clock"),
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
