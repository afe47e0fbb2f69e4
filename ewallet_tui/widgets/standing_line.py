"""The second line of every screen: what there is and what the clock does, so that none hides a timer."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from ewallet_tui.picture import Picture
from ewallet_tui.standing import in_short, standing_of
from ewallet_tui.text import plain
from ewallet_tui.widgets.burning_bar import BurningBar
from ewallet_tui.words import credit_amount


class StandingLine(Horizontal):
    """The balance, and the clock in short with a small bar that burns down."""

    DEFAULT_CSS = """
    StandingLine {
        height: 1; padding: 0 2;
        #balance { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; text-style: bold; }
        #standing { width: auto; margin-right: 2; }
        BurningBar { width: 16; color: $accent; }
    }
    """

    def __init__(self, *, with_balance: bool = True) -> None:
        super().__init__()
        self._with_balance = with_balance

    def compose(self) -> ComposeResult:
        """Balance left, clock right."""
        yield Static("", id="balance")
        yield Static("", id="standing")
        yield BurningBar()

    def show(self, picture: Picture, now: float) -> None:
        """Show `picture` as it is at `now`."""
        clock = picture.clock
        if self._with_balance:
            self.query_one("#balance", Static).update(plain(credit_amount(picture.wallet.credits)))
        standing = Content.styled(in_short(clock, now), standing_of(clock, now).style)
        self.query_one("#standing", Static).update(standing)
        self.query_one(BurningBar).display = clock.total_ms(now) > 0
        self.query_one(BurningBar).share = (clock.left_ms(now), clock.total_ms(now))
