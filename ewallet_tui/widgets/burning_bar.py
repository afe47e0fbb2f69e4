"""A bar one line high that burns down from the right as what it stands for is used."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

LONGEST = 72
EIGHTHS = " ▏▎▍▌▋▊▉"
LEFT_EDGE, RIGHT_EDGE = "▕", "▏"


def burning_bar(left: int, total: int, width: int) -> str:
    """A bar of `width` cells, edges included, filled as far as `left` is of `total`.

    It is empty only when nothing is left, and full only when nothing is used.
    """
    room = max(width - 2, 0)
    eighths = _share(left, total, room * 8)
    full, part = divmod(eighths, 8)
    filled = "█" * full + (EIGHTHS[part] if part else "")
    return f"{LEFT_EDGE}{filled:<{room}}{RIGHT_EDGE}"


def _share(left: int, total: int, steps: int) -> int:
    if left <= 0 or steps <= 0:
        return 0
    if left >= total:
        return steps
    return min(max(left * steps // total, 1), steps - 1)


class BurningBar(Widget):
    """How much of what the clock timer began with is left."""

    DEFAULT_CSS = "BurningBar { width: 1fr; height: 1; content-align: center middle; }"

    share: reactive[tuple[int, int]] = reactive((0, 0), repaint=False)
    """What is left, and of how much."""
    tint: reactive[str] = reactive("")
    """The style of what is drawn, in the theme's terms."""
    _drawn = ""

    def watch_share(self) -> None:
        """Draw the bar anew only where it would look otherwise: most seconds are too short for that."""
        if self._bar() != self._drawn:
            self.refresh()

    def render(self) -> Content:
        """The bar, in the middle where the room is longer than a bar reads well."""
        self._drawn = self._bar()
        return Content.styled(self._drawn, self.tint)

    def _bar(self) -> str:
        return burning_bar(*self.share, min(self.content_size.width, LONGEST))
