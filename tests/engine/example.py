"""An example of an instruction: the stage of the client, the request and the answer."""

from __future__ import annotations

from collections.abc import Sequence
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
from ewallet_core.instructions.registry import Instruction as RegisteredInstruction

_STEPS: dict[str, Instruction | None] = {
    "anonymous": None,
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
STAGES = tuple(_STEPS)


def enter(stage: str, caller: EngineClient, wallclock: Wallclock) -> None:
    """Bring a client to that stage from the one before it, with some time between them."""
    if (step := _STEPS[stage]) is not None:
        wallclock.forward(9 * SECOND)
        answer = caller.request(**step)
        caller.credentials |= {
            name: answer[name] for name in ("client_id", "session_token") if name in answer
        }


def bring(caller: EngineClient, stage: str, wallclock: Wallclock, after: Sequence[str] = ()) -> EngineClient:
    """Bring a new client to that stage, or one that has entered the stages `after`."""
    for step in STAGES[: STAGES.index(stage) + 1]:
        if step not in after:
            enter(step, caller, wallclock)
    return caller


@dataclass(frozen=True)
class Example:
    """An instruction that succeeds at `stage`, after the instructions in `before`."""

    stage: str
    instruction: Instruction
    answer: dict[str, Shape]
    optional: dict[str, Any] = field(default_factory=dict)
    before: tuple[Instruction, ...] = ()

    def arrange(self, caller: EngineClient, wallclock: Wallclock, after: Sequence[str] = ()) -> EngineClient:
        """Bring a new client, or one that has entered those stages, to where the instruction succeeds."""
        bring(caller, self.stage, wallclock, after)
        for instruction in self.before:
            caller.request(**instruction)
        return caller

    @property
    def found(self) -> RegisteredInstruction:
        return REGISTRY.find(SELECTORS | self.instruction)[0]

    @property
    def access(self) -> Access:
        return self.found.access

    @property
    def arguments(self) -> dict[str, Any]:
        return REGISTRY.find(SELECTORS | self.instruction)[1]

    @property
    def selectors(self) -> Instruction:
        """The part of it that selects the instruction."""
        return {key: word for key, word in self.instruction.items() if key not in self.arguments}

    @property
    def start(self) -> str:
        """The stage and the instructions before it, of which each example with the same ones has the same."""
        words = [" ".join(str(word) for word in instruction.values()) for instruction in self.before]
        return ", ".join([self.stage, *words])

    def __str__(self) -> str:
        words = [str(word) for word in self.selectors.values()]
        return " ".join([*words, *self.arguments])
