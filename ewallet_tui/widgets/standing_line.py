"""The second line of every screen: what there is and what the clock does, so that none hides a timer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from ewallet_tui.clock_standing import in_short, standing_of
from ewallet_tui.picture import Clock, Picture
from ewallet_tui.text import plain
from ewallet_tui.widgets.burning_bar import burning_bar
from ewallet_tui.words import credit_amount, grouped

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

GAP = "  "
LONGEST_BAR, SHORTEST_BAR = 16, 6
LONGEST_NAME = 16


def standing_content(
    picture: Picture, now: float, width: int, *, with_balance: bool = True, others: Iterable[Clock] = ()
) -> Content:
    """A line of `width` cells, with those of `others` that there is room for.

    The bar gives way first, then the others, the noun of the balance, and never the clock.
    """
    clock = picture.clock
    standing = Content.styled(in_short(clock, now), standing_of(clock, now).style) + GAP
    room = width - standing.cell_length
    balance = _balance(picture.wallet.credits, room - len(GAP)) if with_balance else Content("")
    for other in others:
        named = _named(other, now)
        if named.cell_length <= room - balance.cell_length - len(GAP):
            standing = named + standing
            room -= named.cell_length
    bar_room = min(room - balance.cell_length - len(GAP), LONGEST_BAR)
    has_bar = clock.total_ms(now) > 0 and bar_room >= SHORTEST_BAR
    bar = burning_bar(clock.left_ms(now), clock.total_ms(now), bar_room) if has_bar else ""
    between = " " * max(room - balance.cell_length - len(bar), 0)
    # Without a bar the words end where the line does.
    line = (
        (balance, between, standing, (bar, "$accent"))
        if bar
        else (balance, between, GAP, standing[: -len(GAP)])
    )
    return Content.assemble(*line).truncate(width, ellipsis=True)


def _named(clock: Clock, now: float) -> Content:
    standing = standing_of(clock, now)
    return Content.styled(f"{standing.sign} ", standing.style) + plain(clock.reference, LONGEST_NAME) + GAP


def _balance(credits: int, room: int) -> Content:
    words = credit_amount(credits)
    return plain(words if len(words) <= room else grouped(credits), room, "bold")


class StandingLine(Widget):
    """The balance, and the clock in short with a small bar that burns down.

    One widget whose size never changes: a second that passes costs one line, and no layout.
    """

    DEFAULT_CSS = "StandingLine { height: 1; padding: 0 1 0 2; text-wrap: nowrap; }"

    def __init__(self, *, with_balance: bool = True) -> None:
        super().__init__()
        self._with_balance = with_balance
        self._shown: tuple[Picture, float] | None = None

    def show(self, picture: Picture, now: float) -> None:
        """Show `picture` as it is at `now`."""
        self._shown = (picture, now)
        self.refresh()

    def render(self) -> Content:
        """The line; nothing while nobody is known."""
        if self._shown is None:
            return Content("")
        width = self.content_size.width
        others = cast("EWalletApp", self.app).timer_watch.left.begun()
        return standing_content(*self._shown, width, with_balance=self._with_balance, others=others)
