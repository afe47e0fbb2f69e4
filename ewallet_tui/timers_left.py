"""The begun timers that were left for another clock: they go on, though another one is in view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ewallet_tui.picture import Clock, Picture, TimerState

STATE_AFTER = {
    "timer_paused": TimerState.PAUSED,
    "timer_resumed": TimerState.ACTIVE,
    "timer_stopped": TimerState.INACTIVE,
    "timer_ran_out": TimerState.INACTIVE,
}
"""What a timer does after the event."""


class TimersLeft:
    """Those of the account that is in view."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is the instant, in seconds, on a clock that never goes backwards."""
        self._now = now
        self._account: int | None = None
        self._active: Clock | None = None
        self._left: dict[int, Clock] = {}

    def begun(self) -> tuple[Clock, ...]:
        """The clocks, besides the active one, whose timers have begun and not ended yet."""
        now = self._now()
        return tuple(clock for clock in self._left.values() if not clock.is_out_of_time(now))

    def follow(self, picture: Picture) -> Clock | None:
        """Go by `picture`; the clock that it leaves with a begun timer, if there is one."""
        if picture.account.id != self._account:
            self._account, self._active = picture.account.id, None
            self._left.clear()
        before, self._active = self._active, picture.clock
        self._left.pop(picture.clock.id, None)
        if before is None or before.id == picture.clock.id or not before.runs:
            return None
        self._left[before.id] = before
        return before

    def heed(self, event: Mapping[str, Any]) -> None:
        """Go by what has happened to a timer, before the picture that shows it."""
        state, id = STATE_AFTER.get(event["event"]), event.get("data", {}).get("clock")
        if state is None:
            return
        if state is TimerState.INACTIVE and self._active is not None and self._active.id == id:
            self._active = None
        if clock := self._left.pop(id, None):
            now = self._now()
            self._keep(replace(clock, state=state, credit_clock_ms=clock.left_ms(now), read_at=now))

    def learn(self, clocks: Iterable[Mapping[str, Any]]) -> None:
        """Go by what the engine says of each of `clocks`."""
        for data in clocks:
            self._left.pop(data["id"], None)
            self._keep(Clock.read(data, self._now()))

    def _keep(self, clock: Clock) -> None:
        if clock.runs and (self._active is None or self._active.id != clock.id):
            self._left[clock.id] = clock
