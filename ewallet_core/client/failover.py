"""Several servers of the same wallets: one is in use until it fails, then the next that answers."""

from __future__ import annotations

import asyncio
import math
from asyncio import Future
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet

from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.messages import MessageStream
from ewallet_core.client.trust import Identity, NotTrustedError
from ewallet_core.protocol.address import ServerAddress

FAILED_SECONDS = 60.0
"""How long a server that could not be reached is tried after the others."""

IDENTIFY_SECONDS = 5.0
"""How long a user waits for the certificate of another server."""


class Endpoint(Protocol):
    """How a server is reached. Both raise `UnreachableError`."""

    async def open_requests(self) -> MessageStream:
        """A stream that takes requests and brings their answers, to a server that has answered already."""

    async def open_events(self) -> MessageStream:
        """A stream that takes the credentials (and `since`) once, and then brings events."""


class Candidate:
    """One of the servers."""

    def __init__(self, server: ServerAddress, identity: Identity, endpoint: Endpoint) -> None:
        self.server = server
        self.identity = identity
        self.endpoint = endpoint
        self.failure: UnreachableError | None = None
        """Why the last attempt to connect failed; None if it did not."""
        self.failed_at = -math.inf


class FailoverEndpoint:
    """Reaches one of several servers.

    The client stays at the server in use for as long as it answers, also if one that is earlier in the list
    works again, so it does not go back and forth. When the connection breaks, each server is tried once: at
    first the next in the list, and so on round it; those that could not be reached within the last minute
    come after the others. If none answers, the caller waits before it tries all again.

    A server whose identity is in doubt is sent nothing, and counts as one that does not answer.
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = list(candidates)
        self.in_use = candidates[0]
        """The server that answered last; before that, the first."""
        self._next = 0
        self._event_streams: WeakSet[MessageStream] = WeakSet()
        self._closing: Future[list[None]] | None = None

    @property
    def is_in_doubt(self) -> bool:
        """Whether no other server can be used when the identity of the one in use is in doubt."""
        others = [candidate for candidate in self._candidates if candidate is not self.in_use]
        return all(isinstance(other.failure, NotTrustedError) for other in others)

    @property
    def others(self) -> int:
        """How many servers there are besides the one in use."""
        return len(self._candidates) - 1

    @property
    def pinned(self) -> dict[str, str]:
        """The fingerprints of the certificates that were pinned here for the first time, by server."""
        identities = {candidate.server.name: candidate.identity for candidate in self._candidates}
        return {name: str(known.fingerprint) for name, known in identities.items() if known.newly_pinned}

    def leave(self) -> None:
        """Try the other servers first from now on: the connection to the one in use broke."""
        self._next = (self._candidates.index(self.in_use) + 1) % len(self._candidates)

    async def open_requests(self) -> MessageStream:
        """Connect to the first server that answers; raises `NotTrustedError` if all are in doubt."""
        for candidate in self._in_order():
            try:
                messages = await candidate.endpoint.open_requests()
            except UnreachableError as reason:
                candidate.failure, candidate.failed_at = reason, _now()
            else:
                candidate.failure, candidate.failed_at = None, -math.inf
                self._use(candidate)
                return messages
        raise self._why_none_answers()

    async def open_events(self) -> MessageStream:
        """Connect to the server in use; the stream ends when another one comes into use."""
        while True:
            candidate = self.in_use
            messages = await candidate.endpoint.open_events()
            if candidate is self.in_use:
                self._event_streams.add(messages)
                return messages
            await messages.close()

    async def identify_all(self) -> None:
        """Pin the certificates of the servers that are new here and can be reached, and none after that."""

        async def identify(candidate: Candidate) -> None:
            with suppress(TimeoutError, UnreachableError):
                async with asyncio.timeout(IDENTIFY_SECONDS):
                    await (await candidate.endpoint.open_requests()).close()

        others = [candidate for candidate in self._candidates if candidate is not self.in_use]
        await asyncio.gather(
            *(identify(other) for other in others if other.server.tls and other.identity.is_new)
        )
        for candidate in self._candidates:
            candidate.identity.may_pin = False

    def _in_order(self) -> list[Candidate]:
        round_the_list = [*self._candidates[self._next :], *self._candidates[: self._next]]
        since = _now() - FAILED_SECONDS
        return sorted(round_the_list, key=lambda candidate: candidate.failed_at > since)

    def _use(self, candidate: Candidate) -> None:
        self._next = self._candidates.index(candidate)
        if candidate is not self.in_use:
            self.in_use = candidate
            streams = [*self._event_streams]
            self._event_streams.clear()
            # No request waits for that.
            self._closing = asyncio.gather(*(stream.close() for stream in streams))

    def _why_none_answers(self) -> UnreachableError:
        """The reason of the only server, or one with those of all."""
        tried = [
            (candidate.server.name, candidate.failure) for candidate in self._candidates if candidate.failure
        ]
        if len(tried) == 1:
            return tried[0][1]
        are_all_in_doubt = all(isinstance(failure, NotTrustedError) for _, failure in tried)
        kind = NotTrustedError if are_all_in_doubt else UnreachableError
        each = "\n".join(
            str(failure) if name in str(failure) else f"{name}: {failure}" for name, failure in tried
        )
        return kind(f"None of these servers can be used.\n{each}")


def _now() -> float:
    return asyncio.get_running_loop().time()
