"""A tick at the very instants at which a begun timer's figures move on, and none while no timer is begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.timer import Timer

from ewallet_tui.picture import Clock, TimerState
from ewallet_tui.words import SECOND, until_next_second

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp


class SecondTick:
    """Calls `passed` at each of the countdown's own seconds, or of the pause's while it is paused."""

    def __init__(self, app: EWalletApp, passed: Callable[[], None]) -> None:
        self._app = app
        self._passed = passed
        self._clock: Clock | None = None
        self._timer: Timer | None = None

    def follow(self, clock: Clock) -> None:
        """Tick for `clock` from now on."""
        self.stop()
        self._clock = clock
        if clock.runs:
            self._timer = self._app.set_timer(self._until_next(clock) / SECOND, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        clock = self._clock
        if clock is not None:
            self.follow(clock)
            self._passed()

    def _until_next(self, clock: Clock) -> int:
        now = self._app.now()
        if clock.state is TimerState.ACTIVE and not clock.is_out_of_time(now):
            return until_next_second(clock.left_ms(now))
        return SECOND - clock.pending_ms(now) % SECOND
