"""The newest instructions and their answers, without secrets, and shortened."""

from __future__ import annotations

import json
import re
import sys
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from ewallet_core.client import Answer


DOT = "\N{BULLET}"
DOTS = DOT * 8
"""Shown in place of a secret, whatever its length."""

# A part of the name is enough, to hide mistyped names too. `tokens` is a count; the other two are choices.
_SECRET = re.compile(r"pas(?!sive$)|pwd|(?<!^renew_)tok(?!ens$)|secret|client_id", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether the value of an argument or answer key must not be shown."""
    return _SECRET.search(name) is not None


def masked(value: Any, name: str = "") -> Any:
    if value is not None and is_secret(name):
        return DOTS
    if isinstance(value, Mapping):
        return {key: masked(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part) for part in value]
    return value


MAX_PARTS = 100
"""How many items of a list are kept."""
MAX_TEXT = 2_000
MAX_ANSWER = 40_000
MARKS = 4
"""About how many characters JSON puts around a value."""


def shortened(value: Any) -> Any:
    """A copy of about `MAX_ANSWER` characters at most; the rest is not visited."""
    room = MAX_ANSWER

    def copy(value: Any) -> Any:
        nonlocal room
        if isinstance(value, Mapping):
            kept: dict[Any, Any] = {}
            for name, part in value.items():
                if room <= 0:
                    return {**kept, "…": f"and {len(value) - len(kept):,} more"}
                room -= len(str(name)) + MARKS
                kept[name] = copy(part)
            return kept
        if isinstance(value, list | tuple):
            items: list[Any] = []
            for part in islice(value, MAX_PARTS):
                if room <= 0:
                    break
                items.append(copy(part))
            more = len(value) - len(items)
            return [*items, f"… and {more:,} more"] if more else items
        short = value
        if isinstance(value, str) and (more := len(value) - MAX_TEXT) > 0:
            short = f"{value[:MAX_TEXT]}… and {more:,} more characters"
        room -= len(str(short)) + MARKS
        return short

    return copy(value)


MAX_EXCHANGES = 1_000
MAX_BYTES = 4_000_000


class Outcome(Struct, frozen=True):
    failed: bool
    error: str
    answer: str
    """The answer as JSON; empty if the caller did not wait for it."""
    took_ms: int


class Exchange(Struct, frozen=True, dict=True):
    number: int
    sent: datetime
    instruction: Mapping[str, Any]
    outcome: Outcome | None = None

    @cached_property
    def size(self) -> int:
        texts = (repr(self.instruction), *((self.outcome.answer, self.outcome.error) if self.outcome else ()))
        return sum(map(sys.getsizeof, texts))


class InstructionLog:
    calendar: Callable[[], datetime] = staticmethod(partial(datetime.now, UTC))

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is the instant, in seconds, on a clock that never goes backwards."""
        self._now = now
        self._exchanges: deque[Exchange] = deque()
        self._size = 0
        self._count = 0
        self._listeners: list[Callable[[], None]] = []

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return tuple(self._exchanges)

    @contextmanager
    def exchange(self, instruction: Mapping[str, Any]) -> Iterator[Callable[[Answer], None]]:
        """Record an instruction; call what this yields with the answer."""
        self._count += 1
        number, begun = self._count, self._now()
        exchange = Exchange(number, self.calendar(), MappingProxyType(masked(instruction)))
        self._exchanges.append(exchange)
        self._make_room_for(exchange.size)
        self._notify()
        answers: list[Answer] = []
        try:
            yield answers.append
        finally:
            took_ms = round((self._now() - begun) * 1_000)
            # The client adds a request id, which the answer repeats.
            left_out = {"request_id"} - instruction.keys()
            self._end(number, _outcome(answers[-1] if answers else None, left_out, took_ms))

    def clear(self, *, but_newest: bool = False) -> None:
        kept = [self._exchanges[-1]] if but_newest and self._exchanges else []
        self._exchanges = deque(kept)
        self._size = sum(exchange.size for exchange in kept)
        self._notify()

    def follow(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def unfollow(self, listener: Callable[[], None]) -> None:
        self._listeners.remove(listener)

    def _end(self, number: int, outcome: Outcome) -> None:
        # The numbers are consecutive; the exchange may have been cleared meanwhile.
        index = number - self._exchanges[0].number if self._exchanges else -1
        if index >= 0:
            before = self._exchanges[index]
            self._exchanges[index] = after = replace(before, outcome=outcome)
            self._make_room_for(after.size - before.size)
            self._notify()

    def _make_room_for(self, more: int) -> None:
        self._size += more
        while self._size > MAX_BYTES or len(self._exchanges) > MAX_EXCHANGES:
            self._size -= self._exchanges.popleft().size

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()


def _outcome(answer: Answer | None, left_out: Container[str], took_ms: int) -> Outcome:
    if answer is None:
        return Outcome(failed=False, error="", answer="", took_ms=took_ms)
    said = {name: value for name, value in answer.items() if name not in left_out}
    kept = json.dumps(masked(shortened(said)), ensure_ascii=False, default=str)
    return Outcome(answer["failed"], str(answer.get("error") or ""), kept, took_ms)
