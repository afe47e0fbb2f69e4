"""What every refusal has: its sentences to a person, its code and details to a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self


class Refusal(Exception):
    """An instruction that is not carried out; it has changed nothing.

    One that `passes` is of who asks, or of the moment, and is not what a repeated request gets again.
    """

    code: ClassVar[str]
    passes: ClassVar[bool] = False

    def __init__(self, error: str, warning: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.warning = warning
        self.details = details
        self.bookkeeping: Callable[[], None] | None = None

    def keeping(self, bookkeeping: Callable[[], None]) -> Self:
        """The same refusal, which writes this down once what was begun has been undone."""
        self.bookkeeping = bookkeeping
        return self
