"""What is known of a text while it is typed: how it may go on, and what it means."""

from __future__ import annotations

from typing import Protocol

from textual.suggester import Suggester


class Completion(Protocol):
    """Knows what may be typed into a field, and learns more of it as it is typed."""

    def knows(self, typed: str) -> bool:
        """Whether nothing more is to be learned of what `typed` may be the beginning of."""

    async def learn(self, typed: str) -> None:
        """Get to know what `typed` may be the beginning of, unless that is known."""

    def continued(self, typed: str) -> str:
        """The first text that begins with what is typed, as far as is known; or nothing."""

    def hint(self, typed: str) -> str:
        """What the typed text means, or could go on to, in one line; or nothing."""


class Continuing(Suggester):
    """Lets an input go on with the first text that is known; the right arrow takes it."""

    def __init__(self, completion: Completion) -> None:
        # What is known grows, and what is typed is shown as it was typed.
        super().__init__(use_cache=False, case_sensitive=True)
        self._completion = completion

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text as far as is known, `None` for none."""
        return self._completion.continued(value) or None
