"""Figures made of blocks, as large as the room they are given, and plain text where there is none."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ewallet_tui.settings.formats import SPACE

# A character a pixel. A cell is two half rows high and about half as wide, so pixels are square at any scale.
SHAPES = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    "d": ("  #", "  #", "###", "# #", "###"),
    ":": (" ", "#", " ", "#", " "),
    ",": (" ", " ", " ", "#", "#"),
    ".": (" ", " ", " ", " ", "#"),
    "'": ("#", "#", " ", " ", " "),
    "\N{RIGHT SINGLE QUOTATION MARK}": ("#", "#", " ", " ", " "),
    "-": ("   ", "   ", "###", "   ", "   "),
    " ": (" ", " ", " ", " ", " "),
    SPACE: (" ", " ", " ", " ", " "),
}
PIXEL_ROWS = 5
SCALES = (4, 3, 2, 1)
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
QUARTERS = dict(zip(product(" #", repeat=4), " ▗▖▄▝▐▞▟▘▚▌▙▀▜▛█", strict=True))
"""By the pixels of a cell: above left and right, below left and right."""


def drawn(text: str, scale: int) -> list[str]:
    """The lines that show `text` with every pixel `scale` columns wide and `scale` half rows high."""
    figures = [_figure(character, scale) for character in text]
    return [(" " * scale).join(lines) for lines in zip(*figures, strict=True)]


@lru_cache(maxsize=256)
def _figure(character: str, scale: int) -> list[str]:
    # Most of a reading stays as it was a second ago.
    rows = [row for row in SHAPES[character] for _ in range(scale)]
    halves = [[pixel == "#" for pixel in row for _ in range(scale)] for row in rows]
    if len(halves) % 2:
        halves.append([False] * len(halves[0]))
    pairs = zip(halves[::2], halves[1::2], strict=True)
    return ["".join(HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs]


def narrow(text: str) -> list[str]:
    """The lines that show `text` with every pixel half a column wide and half a row high."""
    rows = [" ".join(SHAPES[character][row] for character in text) + " " for row in range(PIXEL_ROWS)]
    rows.append(" " * len(rows[0]))
    return [_quartered(upper, lower) for upper, lower in zip(rows[::2], rows[1::2], strict=True)]


def _quartered(upper: str, lower: str) -> str:
    cells = zip(upper[::2], upper[1::2], lower[::2], lower[1::2], strict=True)
    return "".join(QUARTERS[cell] for cell in cells)


def largest_that_fits(text: str, width: int, height: int) -> str:
    """`text` in the largest figures that fit into `width` by `height` cells, or as it is."""
    if not text or not set(text) <= SHAPES.keys():
        return text
    for lines in (*(drawn(text, scale) for scale in SCALES), narrow(text)):
        if len(lines) <= height and len(lines[0]) <= width:
            return "\n".join(lines)
    return text


class Figures(Widget):
    """A number or a reading of a clock, drawn as large as the widget's own size allows."""

    DEFAULT_CSS = """
    Figures { width: 1fr; height: 5; content-align: left middle; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    value: reactive[str] = reactive("")
    tint: reactive[str] = reactive("")
    """The style of what is drawn, in the theme's terms."""

    def render(self) -> Content:
        """The value at the largest scale that its room allows."""
        return Content.styled(largest_that_fits(self.value, *self.content_size), self.tint)
