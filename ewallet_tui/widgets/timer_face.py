"""The face of the clock's timer: what is left, as large as the room allows, and the bar that burns down."""

from __future__ import annotations

from datetime import datetime, tzinfo

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from ewallet_tui.clock_standing import standing_of
from ewallet_tui.picture import Clock
from ewallet_tui.widgets.burning_bar import BurningBar
from ewallet_tui.widgets.figures import Figures
from ewallet_tui.widgets.steady_line import SteadyLine
from ewallet_tui.words import countdown, duration, grouped, moment

GAP, NARROW_GAP = "    ", "  "


def facts(clock: Clock, now: float, width: int) -> str:
    """What a run has come to so far: `used 0:18    paused 1:05    pauses 2`."""
    told = (
        f"used {duration(clock.spent_ms(now))}",
        f"paused {duration(clock.pending_ms(now))}",
        f"pauses {grouped(clock.pending_count)}",
    )
    wide = GAP.join(told)
    return wide if len(wide) <= width else NARROW_GAP.join(told)


def state_line(clock: Clock, now: float, today: datetime, zone: tzinfo | None = None) -> Content:
    """How the clock stands, and when its run began: `● running, started today 14:02`."""
    standing = standing_of(clock, now)
    word = "" if standing.word else f" {countdown(clock.left_ms(now))} left"
    begun = f", started {moment(clock.started, today, zone)}" if clock.runs and clock.started else ""
    return Content.styled(standing.text + word, standing.style) + Content.styled(begun, "$foreground-muted")


class TimerFace(Vertical, can_focus=False):
    """One clock at one instant; a style that gives its figures one line makes the face a compact one."""

    DEFAULT_CSS = """
    TimerFace {
        height: auto;
        Figures { height: 5; content-align: center middle; }
        SteadyLine { content-align: center middle; }
        BurningBar { margin: 1 0; }
        #facts { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Clock, float, datetime] | None = None

    def compose(self) -> ComposeResult:
        """Figures, bar, state, facts."""
        yield Figures()
        yield BurningBar()
        yield SteadyLine(id="state")
        yield SteadyLine(id="facts")

    def show(self, clock: Clock, now: float, today: datetime) -> None:
        """Show `clock` as it is at `now`, which is the instant `today` of the calendar."""
        self._shown = (clock, now, today)
        tint = standing_of(clock, now).style
        figures, bar = self.query_one(Figures), self.query_one(BurningBar)
        figures.value, figures.tint = countdown(clock.left_ms(now)), tint
        bar.share, bar.tint = (clock.left_ms(now), clock.total_ms(now)), tint
        self.query_one("#state", SteadyLine).say(state_line(clock, now, today))
        self.query_one("#facts", SteadyLine).say(Content(facts(clock, now, self.size.width)))

    def on_resize(self) -> None:
        """Tell the facts as closely as there is room for."""
        if self._shown is not None:
            self.show(*self._shown)
