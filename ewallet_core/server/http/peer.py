"""The client of a request over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from ewallet_core.errors.base import WalletError
from ewallet_core.protocol.address import network_of


class PeerConnection(Hashable, Protocol):
    """What a request needs of the connection that it came on."""

    number: int
    is_lost: bool
    on_end: Callable[[WalletError | None], None] | None
    """Ends a response that would otherwise go on for as long as the client reads it."""

    @property
    def is_ready(self) -> bool:
        """As `Requester.is_ready`."""


@dataclass(frozen=True, slots=True)
class HttpPeer:
    """Where a request comes from: the client's address, and the connection, which may be a proxy's.

    `is_limited` says whether the limits per address apply to it.
    """

    address: str
    connection: PeerConnection
    is_limited: bool

    @property
    def network(self) -> str:
        """What counts as one client in limits per address."""
        return network_of(self.address)
