"""How a clock stands, and what is said of it."""

from __future__ import annotations

from ewallet_tui.picture import Clock, TimerState
from ewallet_tui.standing import Standing
from ewallet_tui.words import countdown

RUNNING = Standing("●", "running", "$text-success")
SOON_OVER = Standing("!", "", "bold $text-secondary")
PAUSED = Standing("‖", "paused", "$text-warning")
STOPPED = Standing("○", "stopped", "$foreground-muted")
OUT_OF_TIME = Standing("■", "out of time", "bold $text-error")
NO_TIME = Standing("○", "no time yet", "$foreground-muted")


def standing_of(clock: Clock, now: float) -> Standing:
    """How `clock` stands at `now`."""
    if clock.is_out_of_time(now):
        return NO_TIME if clock.is_new else OUT_OF_TIME
    if clock.state is TimerState.PAUSED:
        return PAUSED
    if clock.state is TimerState.INACTIVE:
        return STOPPED
    return SOON_OVER if clock.is_soon_over(now) else RUNNING


def in_short(clock: Clock, now: float) -> str:
    """A clock in a few words: `● running  19:42 left`, `! 4:12 left`, `■ out of time`."""
    standing = standing_of(clock, now)
    if clock.is_out_of_time(now):
        return standing.text
    return f"{standing.text}{'  ' if standing.word else ' '}{countdown(clock.left_ms(now))} left"
