"""How a clock stands, said three times at once: by a sign, by a word and by a colour."""

from __future__ import annotations

from dataclasses import dataclass

from ewallet_tui.picture import Clock, TimerState
from ewallet_tui.words import countdown


@dataclass(frozen=True)
class Standing:
    """A sign and a word for how a clock stands, and the style that both are shown in."""

    sign: str
    word: str
    style: str

    @property
    def text(self) -> str:
        """Sign and word: `● running`."""
        return f"{self.sign} {self.word}" if self.word else self.sign


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
