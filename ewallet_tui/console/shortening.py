"""As much of an answer as is worth keeping: of what is long its beginning, and nothing beyond a limit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

MOST_PARTS = 100
"""How much of a list is kept; and below, of a text, and in all, in characters."""
LONGEST_TEXT = 2_000
LONGEST_ANSWER = 40_000
MARKS = 4
"""About as many characters as JSON puts around a value."""


def shortened(value: Any) -> Any:
    """A copy that takes little more than `LONGEST_ANSWER`; what is left out is not looked at."""
    return _Shortening().of(value)


class _Shortening:
    def __init__(self) -> None:
        self._room = LONGEST_ANSWER

    def of(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, list | tuple):
            return self._list(value)
        kept = _text(value) if isinstance(value, str) else value
        self._room -= len(str(kept)) + MARKS
        return kept

    def _mapping(self, value: Mapping[Any, Any]) -> dict[Any, Any]:
        kept: dict[Any, Any] = {}
        for name, part in value.items():
            if self._room <= 0:
                return {**kept, "…": f"and {len(value) - len(kept):,} more"}
            self._room -= len(str(name)) + MARKS
            kept[name] = self.of(part)
        return kept

    def _list(self, value: list[Any] | tuple[Any, ...]) -> list[Any]:
        kept: list[Any] = []
        for part in islice(value, MOST_PARTS):
            if self._room <= 0:
                break
            kept.append(self.of(part))
        more = len(value) - len(kept)
        return [*kept, f"… and {more:,} more"] if more else kept


def _text(value: str) -> str:
    more = len(value) - LONGEST_TEXT
    return f"{value[:LONGEST_TEXT]}… and {more:,} more characters" if more > 0 else value
