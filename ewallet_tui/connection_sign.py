"""How the engine can be reached, and what is said of it."""

from __future__ import annotations

from textual.content import Content

from ewallet_core.client import Connection, Reach
from ewallet_tui.engines import EMBEDDED
from ewallet_tui.standing import Standing
from ewallet_tui.text import one_line, plain

CONNECTING = Standing("◌", "connecting…", "$text-warning")
TRYING_AGAIN = Standing("◌", "reconnecting…", "$text-warning")
OFFLINE = Standing("✕", "offline", "bold $text-error")


def is_connected(connection: Connection, place: str) -> bool:
    """Whether what is asked there is answered; an engine of this process needs no connection to be made."""
    begins_here = place == EMBEDDED and not connection.reason
    return connection.reach is Reach.CONNECTED or begins_here


def standing_of(connection: Connection, place: str) -> Standing:
    """How the engine at `place` can be reached."""
    if is_connected(connection, place):
        return Standing("●", place, "$text-success")
    if connection.reach is Reach.OFFLINE:
        return OFFLINE if connection.reason else CONNECTING
    if connection.retry_in_seconds is None:
        return TRYING_AGAIN
    return Standing("◌", f"reconnecting {connection.retry_in_seconds:,} s", "$text-warning")


def in_short(connection: Connection, place: str, width: int) -> Content:
    """`● host:port`, `◌ reconnecting 3 s` or `✕ offline`, in at most `width` cells."""
    standing = standing_of(connection, place)
    if not is_connected(connection, place):
        return Content.styled(standing.text, standing.style).truncate(width, ellipsis=True)
    return Content.assemble((standing.sign, standing.style), " ", place_within(place, width - 2))


def place_within(place: str, width: int) -> Content:
    """A place in at most `width` cells: its host is cut, the port stays."""
    host, colon, port = one_line(place).rpartition(":")
    end = colon + port
    if not colon or Content(place).cell_length <= width:
        return plain(place, width)
    return Content.assemble(plain(host, width - len(end)), end).truncate(max(width, 0))
