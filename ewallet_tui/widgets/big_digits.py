"""Large digits made of block characters, and the face of the timer."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache
from itertools import product

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ewallet_core.presentation.clock_state import ClockState
from ewallet_core.presentation.formatting import SPACE, countdown, duration, grouped, moment
from ewallet_tui.records import noted
from ewallet_tui.status import RUNNING, clock_status
from ewallet_tui.widgets.footer import SteadyLine
from ewallet_tui.widgets.status_bar import BurningBar

# One character per pixel. A cell is about twice as high as wide, so a pixel is one column by half a row.
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
"""By the pixels of a cell: top left and right, bottom left and right."""


def drawn(text: str, scale: int) -> list[str]:
    """The lines of `text` with each pixel `scale` columns wide and `scale` half rows high."""
    digits = [_digit(character, scale) for character in text]
    return [(" " * scale).join(lines) for lines in zip(*digits, strict=True)]


@lru_cache(maxsize=256)
def _digit(character: str, scale: int) -> list[str]:
    # From one second to the next most digits stay the same.
    rows = [row for row in SHAPES[character] for _ in range(scale)]
    halves = [[pixel == "#" for pixel in row for _ in range(scale)] for row in rows]
    if len(halves) % 2:
        halves.append([False] * len(halves[0]))
    pairs = zip(halves[::2], halves[1::2], strict=True)
    return ["".join(HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs]


def narrow(text: str) -> list[str]:
    """The lines of `text` with each pixel half a column wide and half a row high."""
    rows = [" ".join(SHAPES[character][row] for character in text) + " " for row in range(PIXEL_ROWS)]
    rows.append(" " * len(rows[0]))
    return [
        "".join(QUARTERS[cell] for cell in zip(upper[::2], upper[1::2], lower[::2], lower[1::2], strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def largest_that_fits(text: str, width: int, height: int) -> str:
    """`text` in the largest digits that fit into `width` by `height` cells, or unchanged if none do."""
    if not text or not set(text) <= SHAPES.keys():
        return text
    for lines in (*(drawn(text, scale) for scale in SCALES), narrow(text)):
        if len(lines) <= height and len(lines[0]) <= width:
            return "\n".join(lines)
    return text


class BigDigits(Widget):
    """A number or a time, as large as the widget's size allows."""

    DEFAULT_CSS = """
    BigDigits {
        width: 1fr; height: 5; content-align: left middle; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    value: reactive[str] = reactive("")
    tint: reactive[str] = reactive("")

    def render(self) -> Content:
        return Content.styled(largest_that_fits(self.value, *self.content_size), self.tint)


GAP, NARROW_GAP = "    ", "  "


def facts(clock: ClockState, now: float, width: int) -> str:
    """The numbers of a run: `used 0:18    paused 1:05    pauses 2`."""
    parts = (
        f"used {duration(clock.spent_ms(now))}",
        f"paused {duration(clock.pending_ms(now))}",
        f"pauses {grouped(clock.pending_count)}",
    )
    line = GAP.join(parts)
    return line if len(line) <= width else NARROW_GAP.join(parts)


def state_line(
    clock: ClockState, now: float, today: datetime, zone: tzinfo | None = None, *, others: str = ""
) -> Content:
    """The state of the clock and the start of its run: `● running, started today 14:02`.

    `others` is a sentence about the timers of other clocks.
    """
    status = clock_status(clock, now, is_alone=not others)
    word = "" if status.word else f" {countdown(clock.left_ms(now))} left"
    begun = f", started {moment(clock.started, today, zone)}" if clock.runs and clock.started else ""
    line = Content.styled(status.text + word, status.style) + Content.styled(begun, "$foreground-muted")
    return line if not others or clock.runs else Content.assemble(line, "  ", (others, RUNNING.style))


class TimerFace(Vertical, can_focus=False):
    """A clock at one instant; compact if its digits have only one line."""

    DEFAULT_CSS = """
    TimerFace {
        height: auto;
        BigDigits { height: 5; content-align: center middle; }
        SteadyLine { content-align: center middle; }
        BurningBar { margin: 1 0; }
        #facts { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[ClockState, float, datetime, str] | None = None

    def compose(self) -> ComposeResult:
        yield BigDigits()
        yield BurningBar()
        yield SteadyLine(id="state")
        yield SteadyLine(id="facts")
        yield SteadyLine(id="what-for")

    def show(self, clock: ClockState, now: float, today: datetime, others: str = "") -> None:
        self._shown = (clock, now, today, others)
        tint = clock_status(clock, now).style
        digits, bar = self.query_one(BigDigits), self.query_one(BurningBar)
        digits.value, digits.tint = countdown(clock.left_ms(now)), tint
        bar.share, bar.tint = (clock.left_ms(now), clock.total_ms(now)), tint
        self.query_one("#state", SteadyLine).say(state_line(clock, now, today, others=others))
        self.query_one("#facts", SteadyLine).say(Content(facts(clock, now, self.size.width)))
        what_for = self.query_one("#what-for", SteadyLine)
        what_for.say(noted(clock.notes, clock.tags))
        what_for.display = bool(clock.notes or clock.tags)

    def on_resize(self) -> None:
        if self._shown is not None:
            self.show(*self._shown)
