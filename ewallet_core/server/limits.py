"""What a server accepts from clients: limits, connections per address, requests per second."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from msgspec import Meta

from ewallet_core.errors.server import TooManyConnectionsError, TooManyFromAddressError
from ewallet_core.protocol.address import is_loopback

Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much, how many and how long; whoever goes beyond is told so before the connection is cut.

    What may be asked in a second may be asked at once; `passwords_at_once` are checked while as many as
    `passwords_waiting` wait their turn. `loopback_is_exempt` from what is counted by address.
    """

    connections: Count = 1_000
    connections_per_address: Count = 50
    idle_seconds: Count = 1_800
    unfinished_line_seconds: Count = 10
    unread_seconds: Count = 30
    requests_per_second_per_session: Count = 100
    requests_per_second_per_address: Count = 400
    requests_at_once_per_connection: Count = 64
    passwords_at_once: Count = max(1, os.cpu_count() or 1)
    passwords_waiting: Count = 100
    loopback_is_exempt: bool = True


class ConnectionLimiter:
    """Counts the connections of both sockets together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._from: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many are connected."""
        return self._from.total()

    def is_exempt(self, address: str) -> bool:
        """Whether what is counted by address is not counted of this one."""
        return self._limits.loopback_is_exempt and is_loopback(address)

    @contextmanager
    def one_from(self, address: str) -> Iterator[None]:
        """Have one more for as long as it lasts; raises a refusal where there are enough."""
        self._must_have_room(address)
        self._from[address] += 1
        try:
            yield
        finally:
            self._from[address] -= 1
            if not self._from[address]:
                del self._from[address]

    def _must_have_room(self, address: str) -> None:
        limits = self._limits
        if self.count >= limits.connections:
            raise TooManyConnectionsError(limits.connections)
        if self._from[address] >= limits.connections_per_address and not self.is_exempt(address):
            raise TooManyFromAddressError(limits.connections_per_address)


SECOND_MS = 1_000
MOST_KNOWN = 10_000


class RateLimiter:
    """Counts what each asks. `now` tells an instant in milliseconds, on a clock that never goes backwards."""

    def __init__(self, per_second: int, now: Callable[[], float]) -> None:
        self.per_second = per_second
        self._now = now
        # By hash: whom it counts may be gone by now, or have a name as long as a frame.
        self._spent_until: dict[int, float] = {}
        """Until when each has used up what it may ask, were it to ask evenly."""

    def wait(self, whom: Hashable) -> int:
        """0 where that one may ask now, which is counted; else after how many milliseconds it may."""
        now, known_as = self._now(), hash(whom)
        each = SECOND_MS / self.per_second
        spent = max(self._spent_until.get(known_as, now), now) + each
        if spent - now > SECOND_MS + each / 2:
            return max(1, round(spent - now - SECOND_MS))
        self._spent_until[known_as] = spent
        if len(self._spent_until) > MOST_KNOWN:
            self._forget_rested(now)
        return 0

    def _forget_rested(self, now: float) -> None:
        """Who has waited long enough is like somebody who never asked."""
        self._spent_until = {who: until for who, until in self._spent_until.items() if until > now}
