"""The status bar: the wallet's balance and the clock's timer, on every screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ewallet_core.presentation.formatting import credit_amount, grouped
from ewallet_tui.sanitize import plain
from ewallet_tui.state import AccountState, ClockState
from ewallet_tui.status import clock_status, clock_status_text

MAX_WIDTH = 72
EIGHTHS = " ▏▎▍▌▋▊▉"
LEFT_EDGE, RIGHT_EDGE = "▕", "▏"


def burning_bar(left: int, total: int, width: int) -> str:
    """A bar of `width` cells, edges included, filled in proportion of `left` to `total`.

    It is empty only if nothing is left, and full only if nothing is used.
    """
    room = max(width - 2, 0)
    eighths = 0
    if left > 0 and room:
        eighths = room * 8 if left >= total else min(max(left * room * 8 // total, 1), room * 8 - 1)
    full, part = divmod(eighths, 8)
    filled = "█" * full + (EIGHTHS[part] if part else "")
    return f"{LEFT_EDGE}{filled:<{room}}{RIGHT_EDGE}"


class BurningBar(Widget):
    """How much of the timer's initial time is left."""

    DEFAULT_CSS = "BurningBar { width: 1fr; height: 1; content-align: center middle; }"

    share: reactive[tuple[int, int]] = reactive((0, 0), repaint=False)
    tint: reactive[str] = reactive("")
    _drawn = ""

    def watch_share(self) -> None:
        """Redraw only if the bar looks different; most seconds don't change it."""
        if self._bar() != self._drawn:
            self.refresh()

    def render(self) -> Content:
        self._drawn = self._bar()
        return Content.styled(self._drawn, self.tint)

    def _bar(self) -> str:
        return burning_bar(*self.share, min(self.content_size.width, MAX_WIDTH))


GAP = "  "
MAX_BAR, MIN_BAR = 16, 6
MAX_NAME = 16


def status_content(
    state: AccountState,
    now: float,
    width: int,
    *,
    with_balance: bool = True,
    others: Iterable[ClockState] = (),
) -> Content:
    """A line of `width` cells, with as many of `others` as fit.

    The bar is left out first, then the others, then the noun of the balance, and never the clock.
    """
    clock = state.clock
    status = Content.styled(clock_status_text(clock, now), clock_status(clock, now).style) + GAP
    room = width - status.cell_length
    balance = Content("")
    if with_balance:
        words, credits = credit_amount(state.wallet.credits), grouped(state.wallet.credits)
        balance = plain(words if len(words) <= room - len(GAP) else credits, room - len(GAP), "bold")
    for other in others:
        badge = clock_status(other, now)
        named = Content.styled(f"{badge.sign} ", badge.style) + plain(other.reference, MAX_NAME) + GAP
        if named.cell_length <= room - balance.cell_length - len(GAP):
            status = named + status
            room -= named.cell_length
    bar_room = min(room - balance.cell_length - len(GAP), MAX_BAR)
    has_bar = clock.total_ms(now) > 0 and bar_room >= MIN_BAR
    bar = burning_bar(clock.left_ms(now), clock.total_ms(now), bar_room) if has_bar else ""
    between = " " * max(room - balance.cell_length - len(bar), 0)
    # Without a bar the text is aligned to the right edge.
    line = (
        (balance, between, status, (bar, "$accent")) if bar else (balance, between, GAP, status[: -len(GAP)])
    )
    return Content.assemble(*line).truncate(width, ellipsis=True)


class StatusBar(Widget):
    """The balance, and the clock in short with a small bar that burns down.

    Its size never changes, so a passing second repaints one line and lays out nothing.
    """

    DEFAULT_CSS = "StatusBar { height: 1; padding: 0 1 0 2; text-wrap: nowrap; }"

    def __init__(self, *, with_balance: bool = True) -> None:
        super().__init__()
        self._with_balance = with_balance
        self._shown: tuple[AccountState, float, Sequence[ClockState]] | None = None

    def show(self, state: AccountState, now: float, others: Sequence[ClockState] = ()) -> None:
        self._shown = (state, now, others)
        self.refresh()

    def render(self) -> Content:
        if self._shown is None:
            return Content("")
        state, now, others = self._shown
        return status_content(
            state, now, self.content_size.width, with_balance=self._with_balance, others=others
        )
