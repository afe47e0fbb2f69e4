"""Connecting to a server: TCP, TLS, its identity, how long to wait, and the delays between attempts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from typing import Any

from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.trust import Identity
from ewallet_core.protocol.address import ServerAddress, format_host_port, parse_ip

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0


def delays(randomness: Callable[[], float]) -> Iterator[float]:
    """Endless delays in seconds: they double up to 5 s, and each is reduced by up to half at random.

    `randomness` returns a number from 0 to 1.
    """
    for tries in count():
        # Further doublings exceed the longest wait, and at last the range of a float.
        doubled = FIRST_SECONDS * 2 ** min(tries, 10)
        yield min(doubled, LONGEST_SECONDS) * (1 - randomness() / 2)


GRACE_SECONDS = 1.0
"""How long an answer that arrived meanwhile may take to be read, after a wait has become overdue."""


class Waits:
    """Limited waits, which `age` shortens after a sleep: the event loop's clock stands still meanwhile."""

    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()

    @contextlib.asynccontextmanager
    async def limited_to(self, seconds: float) -> AsyncIterator[None]:
        """As `asyncio.timeout`."""
        async with asyncio.timeout(seconds) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)

    async def sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with self.limited_to(seconds):
                await asyncio.Event().wait()

    def age(self, seconds: float) -> None:
        """Count `seconds` more toward every wait."""
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            if (when := limit.when()) is not None and when > now + GRACE_SECONDS:
                limit.reschedule(max(when - seconds, now + GRACE_SECONDS))


class ByteStream:
    """An open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._is_closed = False

    @property
    def certificate(self) -> bytes | None:
        """The certificate of the other side in DER; None without TLS."""
        secured = self.writer.get_extra_info("ssl_object")
        shown: bytes | None = secured and secured.getpeercert(binary_form=True)
        return shown

    async def close(self) -> None:
        if not self._is_closed:
            # A transport of TLS must not be closed again.
            self._is_closed = True
            if self.writer.transport.get_write_buffer_size() > 0:
                # A peer that does not read would keep it open.
                self.writer.transport.abort()
            self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


FAREWELL_SECONDS = 1.0
NEXT_ADDRESS_SECONDS = 0.25
"""How long to wait for one address of the host before the next is tried as well."""

_IN_THE_CLEAR = frozenset({"HTTP_REQUEST", "RECORD_LAYER_FAILURE", "WRONG_VERSION_NUMBER"})
"""The reasons that OpenSSL gives for an answer that is not TLS."""


class Connector:
    """Opens connections to a server, each within a time limit.

    Nothing is sent on one before the identity of the server is checked.
    """

    def __init__(self, place: ServerAddress, identity: Identity, within: float, waits: Waits) -> None:
        self._place = place
        self._identity = identity
        self._within = within
        self._waits = waits
        # With one address there is no race between addresses, in which a cancelled connection would leak.
        self._next_address_after = NEXT_ADDRESS_SECONDS if parse_ip(place.host) is None else None

    async def connect(self, port: int, limit: int) -> ByteStream:
        """Connect to that port; a line may have `limit` bytes, and up to twice that is read ahead.

        Raises `UnreachableError`, or `NotTrustedError` if trying again does not help.
        """
        if not self._place.tls:
            return await self._connected(port, limit)
        if self._identity.may_be_verified():
            try:
                stream = await self._connected(port, limit, ssl=ssl.create_default_context())
            except ssl.SSLCertVerificationError as reason:
                self._identity.reject_unverified(reason)
            else:
                return await _only_if(self._identity.accept_verified, stream)
        stream = await self._connected(port, limit, ssl=_unverified_tls())
        return await _only_if(self._identity.check_pinned, stream)

    async def _connected(self, port: int, limit: int, **tls: Any) -> ByteStream:
        name = format_host_port(self._place.host, port)
        if tls:
            tls["ssl_shutdown_timeout"] = FAREWELL_SECONDS
        try:
            async with self._waits.limited_to(self._within):
                opened = await asyncio.open_connection(
                    self._place.host, port, limit=limit, happy_eyeballs_delay=self._next_address_after, **tls
                )
        except ssl.SSLCertVerificationError:
            raise
        except TimeoutError:
            raise UnreachableError(
                f"{name} does not answer. Check the host, the port, and that the server runs."
            ) from None
        except ssl.SSLError as reason:
            raise UnreachableError(self._why_not_secured(name, reason)) from reason
        except ConnectionResetError as reason:
            raise UnreachableError(f"{name} has closed the connection. Try again later.") from reason
        except OSError as reason:
            raise UnreachableError(_why(name, self._place.host, _of_one_address(reason))) from reason
        return ByteStream(*opened)

    def _why_not_secured(self, name: str, reason: ssl.SSLError) -> str:
        # A server with a pinned certificate uses TLS: an answer without it may come from an attacker.
        if reason.reason in _IN_THE_CLEAR and self._identity.fingerprint is None:
            scheme = "http" if self._place.http else "tcp"
            return f"{name} does not use TLS. If that is intended, use {scheme}://{self._place.name}."
        said = (reason.reason or "interrupted").replace("_", " ").lower()
        return f"TLS with {name} failed ({said}). Ask the server's operator."


async def _only_if(known: Callable[[bytes | None], None], stream: ByteStream) -> ByteStream:
    """The connection if `known` accepts its certificate; else it is closed."""
    try:
        known(stream.certificate)
    except UnreachableError:
        await stream.close()
        raise
    return stream


def _unverified_tls() -> ssl.SSLContext:
    """TLS without verification; the certificate must be compared before anything is sent."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def _of_one_address(reason: OSError) -> OSError:
    """The last error if the host has several addresses: asyncio then joins all of them in one text."""
    numbers = re.findall(r"\[Errno (\d+)\]", str(reason)) if reason.errno is None else []
    return OSError(int(numbers[-1]), os.strerror(int(numbers[-1]))) if numbers else reason


def _why(name: str, host: str, reason: OSError) -> str:
    if isinstance(reason, socket.gaierror):
        return f"There is no machine named {host}. Check the name and your network."
    if isinstance(reason, ConnectionRefusedError):
        return f"Nothing is listening on {name}. Check the host, the port, and that the server runs."
    return f"{name} can't be reached: {reason.strerror or reason}. Check your network."
