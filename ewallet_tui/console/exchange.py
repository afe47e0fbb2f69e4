"""An instruction and its answer as one line: time, command chain, result and duration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from textual.content import Content

from ewallet_core.client.requests import changes_something
from ewallet_core.instructions.registry import InstructionRegistry, Selectors
from ewallet_core.presentation.formatting import grouped, local, one_line
from ewallet_tui.instruction_log import Exchange
from ewallet_tui.sanitize import plain

CLIENT_ACTION = ("controller", "ctype")
MAX_ARGUMENT = 200


@dataclass(frozen=True)
class Chain:
    """The values of the selectors, and the arguments as they are typed: `credits=10`."""

    selectors: tuple[str, ...]
    arguments: tuple[str, ...]

    @classmethod
    def of(cls, instruction: Mapping[str, Any], known: InstructionRegistry) -> Self:
        """The chain of an instruction; an unknown one has no selectors but the first."""
        form = form_of(instruction, known) or dict.fromkeys((*CLIENT_ACTION, "action"))
        selectors = tuple(one_line(instruction.get(key)) for key in form)
        arguments = tuple(
            f"{one_line(name)}={_value(value)[:MAX_ARGUMENT]}"
            for name, value in instruction.items()
            if name not in form
        )
        return cls(selectors, arguments)

    def __str__(self) -> str:
        return " ".join((*self.selectors, *self.arguments))


def form_of(instruction: Mapping[str, Any], known: InstructionRegistry) -> Selectors | None:
    found = known.picked_by(instruction)
    if found is None:
        return None
    return max((form for form in found.forms if form.items() <= instruction.items()), key=len)


def _value(value: Any) -> str:
    if not isinstance(value, str):
        return one_line(json.dumps(value, ensure_ascii=False, default=str))
    text = one_line(value)
    return text if text and not set(text) & set(" \"'\\") else json.dumps(text, ensure_ascii=False)


MUTED = "$foreground-muted"
GAP = "  "
MIN_FULL_WIDTH = 96
"""The width from which the selectors that nearly all instructions share are shown too."""
MIN_OUTCOME_WIDTH, TOOK_WIDTH = 13, 8
WAITING, NOT_AWAITED = "… waiting", "∅ not awaited"
DONE = {
    "alive": "kept alive",
    "cleanup": "cleaned up",
    "close": "closed",
    "convert": "converted",
    "edit": "changed",
    "end": "ended",
    "export": "exported",
    "freeze": "frozen",
    "grant": "granted",
    "login": "logged in",
    "logout": "logged out",
    "new": "created",
    "open": "opened",
    "pause": "paused",
    "pay": "paid",
    "recover": "recovered",
    "refund": "refunded",
    "report": "reported",
    "request": "given",
    "reset": "reset",
    "resume": "resumed",
    "start": "started",
    "stop": "stopped",
    "supply": "supplied",
    "switch": "switched",
    "transfer": "transferred",
    "unfreeze": "unfrozen",
    "unlink": "unlinked",
    "verify": "verified",
}


@dataclass(frozen=True)
class ExchangeLine:
    exchange: Exchange
    chain: Chain

    @classmethod
    def of(cls, exchange: Exchange, known: InstructionRegistry) -> ExchangeLine:
        return cls(exchange, Chain.of(exchange.instruction, known))

    @property
    def time_of_day(self) -> str:
        return f"{local(self.exchange.sent):%H:%M:%S}"

    @cached_property
    def only_looks(self) -> bool:
        return not changes_something(self.exchange.instruction)

    @cached_property
    def text(self) -> str:
        return f"{self.time_of_day} {self.chain} {outcome_of(self.exchange).plain}".casefold()

    def in_width(self, width: int) -> Content:
        """The line in `width` cells; the chain is cut first."""
        outcome = outcome_of(self.exchange)
        room = max(width - len(self.time_of_day) - len(GAP) - TOOK_WIDTH - 1, 0)
        wide = max(MIN_OUTCOME_WIDTH, min(outcome.cell_length, room * 2 // 5))
        return Content.assemble(
            (self.time_of_day, MUTED),
            GAP,
            self._chain(short=width < MIN_FULL_WIDTH).truncate(
                max(room - wide - 1, 0), ellipsis=True, pad=True
            ),
            " ",
            outcome.truncate(wide, ellipsis=True, pad=True),
            Content.styled(took(self.exchange), MUTED).right(TOOK_WIDTH),
        )

    def _chain(self, *, short: bool) -> Content:
        """The selectors and the arguments; if `short`, without the selectors that nearly all share."""
        prefix, path = self.chain.selectors[:2], self.chain.selectors[2:]
        words = [] if short and prefix == ("client", "action") else [(f"{' '.join(prefix)} ", MUTED)]
        arguments = plain(" ".join(self.chain.arguments))
        return Content.assemble(*words, (" ".join(path), "bold $text-accent"), GAP, arguments)


def outcome_of(exchange: Exchange) -> Content:
    outcome = exchange.outcome
    if outcome is None:
        return Content.styled(WAITING, "$text-warning")
    if outcome.failed:
        return Content.styled(f"✕ {one_line(outcome.error)}", "$text-error")
    if not outcome.answer:
        return Content.styled(NOT_AWAITED, MUTED)
    words = DONE.get(str(exchange.instruction.get("action")))
    return Content.styled(f"→ {words}", "$text-success") if words else Content.styled("→ answered", MUTED)


def took(exchange: Exchange) -> str:
    """The duration of the exchange; empty while there is no answer."""
    return f"{grouped(exchange.outcome.took_ms)} ms" if exchange.outcome else ""
