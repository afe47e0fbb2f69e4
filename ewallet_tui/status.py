"""The status of a clock or of the connection as a sign, a word and a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from textual.content import Content

from ewallet_core.client import ConnectionStatus, Reach
from ewallet_core.presentation.formatting import count, countdown, one_line
from ewallet_tui.sanitize import plain

if TYPE_CHECKING:
    from ewallet_core.presentation.clock_state import ClockState
    from ewallet_tui.state import AccountState


class StatusBadge(Struct, frozen=True):
    sign: str
    word: str
    style: str

    @property
    def text(self) -> str:
        return f"{self.sign} {self.word}" if self.word else self.sign


RUNNING = StatusBadge("●", "running", "$text-success")
SOON_OVER = StatusBadge("!", "", "bold $text-secondary")
PAUSED = StatusBadge("‖", "paused", "$text-warning")
STOPPED = StatusBadge("○", "stopped", "$foreground-muted")
OUT_OF_TIME = StatusBadge("■", "out of time", "bold $text-error")
NO_TIME = StatusBadge("○", "no time yet", "$foreground-muted")
NO_TIME_HERE = StatusBadge("○", "no time here", "$foreground-muted")
"""Of a clock that never had any, while the timer of another one has begun."""


def clock_status(clock: ClockState, now: float, *, is_alone: bool = True) -> StatusBadge:
    """`is_alone`: no other clock's timer has begun."""
    if clock.is_out_of_time(now):
        return (NO_TIME if is_alone else NO_TIME_HERE) if clock.is_new else OUT_OF_TIME
    if clock.is_paused:
        return PAUSED
    if not clock.runs:
        return STOPPED
    return SOON_OVER if clock.is_soon_over(now) else RUNNING


def clock_status_text(clock: ClockState, now: float, *, is_alone: bool = True) -> str:
    """A clock in a few words: `● running  19:42 left`, `! 4:12 left`, `■ out of time`."""
    badge = clock_status(clock, now, is_alone=is_alone)
    if clock.is_out_of_time(now):
        return badge.text
    return f"{badge.text}{'  ' if badge.word else ' '}{countdown(clock.left_ms(now))} left"


MAX_CLOCK_NAME = 16


def timer_text(clock: ClockState, name: str, now: float, *, with_time: bool) -> Content:
    """The timer of a clock that is not the active one: `● Clock 1 19:42`."""
    badge = clock_status(clock, now)
    left = f" {countdown(clock.left_ms(now))}" if with_time else ""
    return Content.styled(f"{badge.sign} ", badge.style) + plain(name, MAX_CLOCK_NAME) + left


def other_timers_text(state: AccountState, now: float, *, with_time: bool = True) -> str:
    """What the begun timers of other clocks do: `Clock 1 is running, 19:42 left`; empty if there is none."""
    others = state.others_begun(now)
    if not others:
        return ""
    clock = others[0]
    verb = "is paused" if clock.is_paused else "is running"
    left = f", {countdown(clock.left_ms(now))} left" if with_time else ""
    one = f"{one_line(state.name_of(clock))} {verb}{left}"
    return f"{one}, and {count(len(others) - 1, 'other timer')}" if len(others) > 1 else one


EMBEDDED = "embedded"
"""The place of an engine in this process."""
HERE = "this computer"
"""How that place is shown."""
CONNECTING = StatusBadge("◌", "connecting…", "$text-warning")
TRYING_AGAIN = StatusBadge("◌", "reconnecting…", "$text-warning")
OFFLINE = StatusBadge("✕", "offline", "bold $text-error")


def is_connected(connection: ConnectionStatus, place: str) -> bool:
    """Whether the engine at `place` answers; an engine in this process needs no connection first."""
    begins_here = place == EMBEDDED and not connection.reason
    return connection.reach is Reach.CONNECTED or begins_here


def shown_place(place: str) -> str:
    """The place as the screen names it."""
    return HERE if place == EMBEDDED else place


def connection_status(connection: ConnectionStatus, place: str) -> StatusBadge:
    if is_connected(connection, place):
        return StatusBadge("●", shown_place(place), "$text-success")
    if connection.reach is Reach.OFFLINE:
        return OFFLINE if connection.reason else CONNECTING
    if connection.retry_in_seconds is None:
        return TRYING_AGAIN
    return StatusBadge("◌", f"reconnecting {connection.retry_in_seconds:,} s", "$text-warning")


def connection_status_text(connection: ConnectionStatus, place: str, width: int) -> Content:
    """`● host:port`, `◌ reconnecting 3 s` or `✕ offline`, in at most `width` cells."""
    badge = connection_status(connection, place)
    if not is_connected(connection, place):
        return Content.styled(badge.text, badge.style).truncate(width, ellipsis=True)
    return Content.assemble((badge.sign, badge.style), " ", place_within(place, width - 2))


def place_within(place: str, width: int) -> Content:
    """A place in at most `width` cells: its host is cut, the port stays."""
    place = shown_place(place)
    host, colon, port = one_line(place).rpartition(":")
    end = colon + port
    if not port.isdecimal() or Content(place).cell_length <= width:
        return plain(place, width)
    return Content.assemble(plain(host, width - len(end)), end).truncate(max(width, 0))
