"""When a timer must be heard: once as its last minutes begin, and once as it runs out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ewallet_tui.picture import Clock, Picture, TimerState
from ewallet_tui.words import countdown


@dataclass(frozen=True)
class Alarm:
    """What is said aloud."""

    title: str
    words: str
    severity: Literal["warning", "error"]


OUT_OF_TIME = Alarm("■ Out of time", "The timer has stopped. Convert credits to start it again.", "error")


class Alarms:
    """Each alarm once in a run, however often the run is looked at."""

    def __init__(self) -> None:
        self._clock: Clock | None = None
        self._warned: tuple[int, datetime | None] | None = None

    def changed_to(self, picture: Picture, now: float) -> Alarm | None:
        """The alarm that a new picture raises."""
        before, self._clock = self._clock, picture.clock
        if before is not None and _ran_out(before, picture.clock, now):
            return OUT_OF_TIME
        return self.passed(picture, now)

    def passed(self, picture: Picture, now: float) -> Alarm | None:
        """The alarm that the time itself raises."""
        clock = picture.clock
        run = (clock.id, clock.started)
        if not clock.is_soon_over(now) or run == self._warned:
            return None
        self._warned = run
        left = countdown(clock.left_ms(now))
        return Alarm(f"! {left} left", "The timer stops when nothing is left.", "warning")


def _ran_out(before: Clock, after: Clock, now: float) -> bool:
    same = before.id == after.id and before.state is TimerState.ACTIVE
    return same and not after.runs and after.is_out_of_time(now)
