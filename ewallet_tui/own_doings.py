"""What this very app has asked for, and will hear of as an event: that is no news to who sits at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import Any

ARRIVED, LEFT = "credits_arrived", "credits_left"
HEARD_OF = {"supply": ARRIVED, "pay": LEFT, "transfer": LEFT, "refund": LEFT}
"""The event that an action leads to."""
LONGEST_ON_ITS_WAY = 30
"""Within how many seconds after its answer a doing is heard of, if it is at all."""


@dataclass(eq=False)
class Doing:
    """Something that is asked, and what it will be heard of as."""

    event: str
    credits: int | None
    """How many; `None`: the instruction leaves it to the engine."""
    is_done: bool = True
    is_heard_of: bool = False
    until: float = inf
    """The instant from which it explains nothing any more."""

    def explains(self, event: Mapping[str, Any]) -> bool:
        """Whether `event` is what became of it."""
        return event["event"] == self.event and self.credits in (None, event["data"]["credits"])


class OwnDoings:
    """Waits for the event of each thing that is asked; the event may come before the answer, or after it."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is the instant, in seconds, on a clock that never goes backwards."""
        self._now = now
        self._awaited: list[Doing] = []

    @contextmanager
    def noting(self, instruction: Mapping[str, Any]) -> Iterator[Doing | None]:
        """Expect the event of `instruction` while it is asked, and afterwards unless it was not done."""
        event = HEARD_OF.get(instruction.get("action", ""))
        if event is None or "supply_to" in instruction:
            yield None
            return
        doing = Doing(event, instruction.get("credits"))
        self._awaited.append(doing)
        try:
            yield doing
        finally:
            doing.until = self._now() + LONGEST_ON_ITS_WAY
            if not doing.is_done and doing in self._awaited:
                self._awaited.remove(doing)

    def explain(self, event: Mapping[str, Any]) -> bool:
        """Whether `event` is of this app's own doing; each doing explains one."""
        now = self._now()
        self._awaited = [doing for doing in self._awaited if now < doing.until]
        doing = next((doing for doing in self._awaited if doing.explains(event)), None)
        if doing is not None:
            doing.is_heard_of = True
            self._awaited.remove(doing)
        return doing is not None

    def forget(self) -> None:
        """Expect nothing any more."""
        self._awaited.clear()
