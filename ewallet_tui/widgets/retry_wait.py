"""The wait before another try: counted down where the person looks, and said when it is over."""

from __future__ import annotations

from textual.message import Message
from textual.timer import Timer
from textual.widgets import Label

from ewallet_tui.words import SECOND, countdown


class RetryWait(Label):
    """Nothing, until an answer asks to wait; then the time that is left of it."""

    DEFAULT_CSS = """
    RetryWait { display: none; color: $text-warning; width: 1fr; }
    RetryWait.-waiting { display: block; }
    """

    class Over(Message):
        """Another try may be made."""

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._left_ms = 0
        self._ticks: Timer | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether another try has to wait."""
        return self._ticks is not None

    def begin(self, wait_ms: int) -> None:
        """Count down from `wait_ms` milliseconds."""
        self._left_ms = wait_ms
        self._show()
        self.add_class("-waiting")
        if self._ticks is None:
            self._ticks = self.set_interval(1, self._tick)

    def _tick(self) -> None:
        self._left_ms -= SECOND
        self._show()
        if self._left_ms <= 0 and self._ticks is not None:
            self._ticks.stop()
            self._ticks = None
            self.remove_class("-waiting")
            self.post_message(self.Over())

    def _show(self) -> None:
        self.update(f"◷ Try again in {countdown(self._left_ms)}.")
