"""A small made-up picture of the app, in the forms and colours of now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from textual.content import Content
from textual.widgets import Static

from ewallet_tui.clock_standing import OUT_OF_TIME, PAUSED, RUNNING, SOON_OVER
from ewallet_tui.words import MINUTE, SECOND, countdown, credit_amount, moment, signed

NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
LEFT_MS = 19 * MINUTE + 42 * SECOND
BAR = 36
LATELY = (
    (timedelta(0), "to time", -20),
    (timedelta(days=1, hours=5), "supplied", 1_240),
    (timedelta(days=8), "paid Bob", -10),
    (timedelta(days=365), "received", 12_500),
)


class Preview(Static):
    """A balance, a clock, four movements, and how a clock can stand."""

    DEFAULT_CSS = """
    Preview {
        height: auto; border: round $panel; padding: 0 1; border-title-color: $text-muted;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.border_title = "How it looks"

    def on_mount(self) -> None:
        """Show the picture."""
        self.show()

    def show(self) -> None:
        """Paint it in the forms of now."""
        self.update(Content("\n").join([*_standing(), Content(), *_lately(), Content(), _states()]))


def _standing() -> list[Content]:
    left = f"{RUNNING.text}  {countdown(LEFT_MS)} left"
    balance = Content.styled(credit_amount(1_240), "bold")
    bar = ("━" * (BAR * 2 // 3), "$text-accent"), ("━" * (BAR // 3), "$panel")
    return [Content.assemble(balance, "  ", (left, RUNNING.style)), Content.assemble(*bar)]


def _lately() -> list[Content]:
    rows = [(moment(NOW - ago, NOW, UTC), what, signed(credits)) for ago, what, credits in LATELY]
    return [
        Content.assemble((f"{when} ", "$foreground-muted"), f"{what} ", (credits, _colour(credits)))
        for when, what, credits in zip(*map(_column, zip(*rows, strict=True), "<<>"), strict=True)
    ]


def _column(cells: Sequence[str], align: str) -> list[str]:
    width = max(map(len, cells))
    return [f"{cell:{align}{width}}" for cell in cells]


def _colour(credits: str) -> str:
    return "$text-success" if "+" in credits else ""


def _states() -> Content:
    soon = f"{SOON_OVER.text} {countdown(4 * MINUTE + 12 * SECOND)} left"
    states = (PAUSED.text, PAUSED.style), (soon, SOON_OVER.style), (OUT_OF_TIME.text, OUT_OF_TIME.style)
    return Content("  ").join(Content.styled(*state) for state in states)
