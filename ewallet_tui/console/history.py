"""What was typed before, to be had again; without its secrets."""

from __future__ import annotations

from ewallet_tui.console.typed import without_secrets

MOST_LINES = 200


class History:
    """Lines, the newest last, and which of them is looked at."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._place = 0
        self._begun = ""

    def add(self, line: str) -> None:
        """Keep a line that was sent."""
        kept = without_secrets(line)
        if self._lines[-1:] != [kept]:
            self._lines = [*self._lines, kept][-MOST_LINES:]
        self._place, self._begun = len(self._lines), ""

    def step(self, steps: int, line: str) -> str:
        """The line so many steps on from the one that is looked at; what was begun waits below the newest."""
        if self._place == len(self._lines):
            self._begun = line
        self._place = max(0, min(self._place + steps, len(self._lines)))
        return self._begun if self._place == len(self._lines) else self._lines[self._place]
