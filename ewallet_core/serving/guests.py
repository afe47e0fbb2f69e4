"""Who is connected: how many at once, and from where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ewallet_core.refusals.connections import TooManyConnections, TooManyFromAddress
from ewallet_core.serving.limits import Limits
from ewallet_core.wire.place import is_loopback


class Guests:
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
            raise TooManyConnections(limits.connections)
        if self._from[address] >= limits.connections_per_address and not self.is_exempt(address):
            raise TooManyFromAddress(limits.connections_per_address)
