"""An example of an instruction: how far its client has come, what it asks, what it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from answer_shapes import (
    Shape,
)
from engine_client import SELECTORS, EngineClient
from fakes import SECOND, Wallclock
from instructions import (
    PAUSE,
    REQUEST_CLIENT_ID,
    REQUEST_SESSION_TOKEN,
    START,
    STOP,
    Instruction,
    login,
    new_account,
    supply,
    to_clock,
)

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.registry import Access
from ewallet_core.instructions.registry import Instruction as CatalogueEntry

_JOURNEY: dict[str, Instruction | None] = {
    "nobody": None,
    "announced": REQUEST_CLIENT_ID,
    "visiting": REQUEST_SESSION_TOKEN,
    "registered": new_account(),
    "logged in": login(),
    "supplied": supply(100, notes="lunch"),
    "converted": to_clock(20, notes="an hour"),
    "running": START,
    "paused": PAUSE,
    "stopped": STOP,
}
STAGES = tuple(_JOURNEY)


def bring(caller: EngineClient, stage: str, wallclock: Wallclock) -> EngineClient:
    """Take a new caller through the journey up to that stage, some time at each."""
    for step in STAGES[1 : STAGES.index(stage) + 1]:
        wallclock.forward(9 * SECOND)
        answer = caller.asks_ok(**(_JOURNEY[step] or {}))
        caller.credentials |= {
            name: answer[name] for name in ("client_id", "session_token") if name in answer
        }
    return caller


@dataclass(frozen=True)
class Example:
    """An instruction that is carried out when a client has come to `stage` and asked what is `before`."""

    stage: str
    instruction: Instruction
    answer: dict[str, Shape]
    optional: dict[str, Any] = field(default_factory=dict)
    before: tuple[Instruction, ...] = ()

    def arrange(self, caller: EngineClient, wallclock: Wallclock) -> EngineClient:
        """Take a new caller to where the instruction can be asked."""
        bring(caller, self.stage, wallclock)
        for instruction in self.before:
            caller.asks_ok(**instruction)
        return caller

    @property
    def found(self) -> CatalogueEntry:
        return REGISTRY.find(SELECTORS | self.instruction)[0]

    @property
    def access(self) -> Access:
        return self.found.access

    @property
    def arguments(self) -> dict[str, Any]:
        return REGISTRY.find(SELECTORS | self.instruction)[1]

    @property
    def selectors(self) -> Instruction:
        """The part of it that picks the instruction."""
        return {key: word for key, word in self.instruction.items() if key not in self.arguments}

    def __str__(self) -> str:
        words = [str(word) for word in self.selectors.values()]
        return " ".join([*words, *self.arguments])
