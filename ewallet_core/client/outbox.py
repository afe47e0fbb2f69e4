"""What is asked of a server and not answered yet, in the order in which it was asked."""

from __future__ import annotations

import heapq
from asyncio import Future
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from ewallet_core.instructions.envelope import Answer

MOST_AT_ONCE = 32
"""How many may be on their way: half of what a server takes from one connection before it reads no more."""


@dataclass(order=True, slots=True)
class Sending:
    """One request on its way; one whose answer nobody waits for any more is not sent again.

    One that is `alone` is on its way with no other, so that nothing overtakes it however often it has to be
    sent: not what the server refuses for haste, nor what a broken connection left unanswered while another
    account became the active one.
    """

    number: int
    request_id: str
    frame: bytes = field(repr=False)
    """What is sent; a password may be in it."""
    alone: bool
    answer: Future[Answer]
    times_sent: int = 0
    was_cut_off: bool = False
    """Whether a connection that it was on broke, so that it may have been carried out already."""
    sent_at: float = 0.0


class Outbox:
    """Requests that wait to be sent, and those that were and wait for their answer."""

    def __init__(self) -> None:
        self._numbers = count()
        self._waiting: list[Sending] = []
        self._sent: dict[str, Sending] = {}
        self._room = MOST_AT_ONCE

    def put(self, request_id: str, frame: bytes, answer: Future[Answer], *, alone: bool) -> None:
        """Take a request, after all that were taken before."""
        heapq.heappush(self._waiting, Sending(next(self._numbers), request_id, frame, alone, answer))

    def due(self, now: float) -> Iterator[Sending]:
        """Those that are to be sent just now, which from then on are on their way."""
        while self._waiting and len(self._sent) < self._room:
            first = self._waiting[0]
            if not first.answer.done() and not self._may_join(first):
                return
            heapq.heappop(self._waiting)
            if not first.answer.done():
                first.times_sent += 1
                first.sent_at = now
                self._sent[first.request_id] = first
                yield first

    def answered(self, request_id: str) -> Sending | None:
        """The one on its way that has this id, which is so no more."""
        sending = self._sent.pop(request_id, None)
        self._room = min(self._room + 1, MOST_AT_ONCE)
        return sending

    def again(self, sending: Sending) -> None:
        """Let it wait to be sent once more, and what is asked go more slowly for a while."""
        self._room = 1
        heapq.heappush(self._waiting, sending)

    def all_again(self) -> None:
        """Let all that are on their way wait to be sent once more: the connection broke."""
        for sending in self._sent.values():
            sending.was_cut_off = True
            heapq.heappush(self._waiting, sending)
        self._sent.clear()

    def give_up(self, reason: Exception) -> None:
        """Answer none of them."""
        self.all_again()
        for sending in self._waiting:
            if not sending.answer.done():
                sending.answer.set_exception(reason)
        self._waiting.clear()

    @property
    def is_empty(self) -> bool:
        """Whether everything was answered that somebody waits for."""
        return all(sending.answer.done() for sending in (*self._sent.values(), *self._waiting))

    @property
    def oldest_sent_at(self) -> float | None:
        """When the first of those on their way was sent; None where there are none."""
        return min((sending.sent_at for sending in self._sent.values()), default=None)

    def _may_join(self, sending: Sending) -> bool:
        """Whether it may be on its way together with those that are."""
        if sending.request_id in self._sent:
            return False
        return not self._sent or not (sending.alone or any(sent.alone for sent in self._sent.values()))
