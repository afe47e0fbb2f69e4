"""Limits of a server: connections in all and per address, requests per second, sizes and times."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from ewallet_core.errors.server import TooManyConnectionsError, TooManyFromAddressError
from ewallet_core.protocol.address import is_loopback, network_of
from ewallet_core.protocol.proxy_header import TrustedProxies

Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A client that exceeds a limit gets an error; some limits then close its connection.

    A second's requests may come all at once. While `passwords_at_once` are checked, up to `passwords_waiting`
    more wait. If `loopback_is_exempt`, the limits per address don't apply to loopback. An address is an IPv4
    address or an IPv6 network of 64 bits.
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
    passwords_waiting_per_address: Count = 25
    unread_megabytes_per_address: Count = 16
    loopback_is_exempt: bool = True


class ConnectionLimiter:
    """Limits the connections of both ports together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._from: Counter[str] = Counter()
        self.proxies = TrustedProxies(())
        """Those that send the requests of many clients over their connections."""
        self.refused_count = 0

    @property
    def count(self) -> int:
        return self._from.total()

    def is_exempt(self, address: str) -> bool:
        return self._limits.loopback_is_exempt and is_loopback(address)

    def admit(self, address: str) -> None:
        """Count a connection; raises `TooManyConnectionsError` or `TooManyFromAddressError` at a limit."""
        limits, network = self._limits, network_of(address)
        if self.count >= limits.connections:
            self.refused_count += 1
            raise TooManyConnectionsError(limits.connections)
        is_full = self._from[network] >= limits.connections_per_address
        if is_full and not (self.is_exempt(address) or address in self.proxies):
            self.refused_count += 1
            raise TooManyFromAddressError(limits.connections_per_address)
        self._from[network] += 1

    def leave(self, address: str) -> None:
        """Uncount a connection that was admitted."""
        network = network_of(address)
        self._from[network] -= 1
        if not self._from[network]:
            del self._from[network]


class Sender(Protocol):
    """A connection with frames to send."""

    @property
    def network(self) -> str: ...

    @property
    def unsent_bytes(self) -> int: ...


MEGABYTE = 1_000_000


class UnreadLimiter:
    """Limits the bytes that wait to be read by the clients of each network that do not read."""

    def __init__(self, megabytes: int) -> None:
        self._most_bytes = megabytes * MEGABYTE
        self._unread: dict[str, set[Sender]] = {}

    def add(self, sender: Sender) -> None:
        self._unread.setdefault(sender.network, set()).add(sender)

    def discard(self, sender: Sender) -> None:
        if others := self._unread.get(sender.network):
            others.discard(sender)
            if not others:
                del self._unread[sender.network]

    def is_reached(self, network: str) -> bool:
        senders = self._unread.get(network)
        return senders is not None and sum(one.unsent_bytes for one in senders) >= self._most_bytes


SECOND_MS = 1_000
MOST_KNOWN = 10_000


class RateLimiter:
    """Limits the requests per second of each key. `now` is a monotonic clock in milliseconds."""

    def __init__(self, per_second: int, now: Callable[[], float]) -> None:
        self.per_second = per_second
        self._interval_ms = SECOND_MS / per_second
        self._now = now
        # By hash, because a key may be as long as a frame, and must not keep its object alive.
        self._spent_until: dict[int, float] = {}
        """The instant until which each key has used its requests, if they were evenly spaced."""

    def acquire(self, key: Hashable) -> int:
        """Count a request and return 0; at the limit, return the milliseconds to wait instead."""
        now, hashed, interval = self._now(), hash(key), self._interval_ms
        spent = max(self._spent_until.get(hashed, now), now) + interval
        if spent - now > SECOND_MS + interval / 2:
            return max(1, round(spent - now - SECOND_MS))
        self._spent_until[hashed] = spent
        if len(self._spent_until) > MOST_KNOWN:
            self._spent_until = {key: until for key, until in self._spent_until.items() if until > now}
        return 0
