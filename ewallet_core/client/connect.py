"""Connecting to a server: resolving, dialing, TLS, the handshake, and the delays between attempts."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.messages import NO_SERVER, Reply, Sockets, read_as, reason_of
from ewallet_core.client.requests import frame_of, new_request_id
from ewallet_core.client.trust import Identity
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import MalformedError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.protocol.address import ServerAddress, format_host_port
from ewallet_core.protocol.frames import decode

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0


def delays(randomness: Callable[[], float]) -> Iterator[float]:
    """Seconds to wait before each try, without end: doubling up to 5 s, each cut by up to a half.

    `randomness` brings a number from 0 to 1 at each call.
    """
    for tries in count():
        # Any more doublings are beyond the longest wait, and in the end beyond what a float holds.
        doubled = FIRST_SECONDS * 2 ** min(tries, 10)
        yield min(doubled, LONGEST_SECONDS) * (1 - randomness() / 2)


LONGEST_ANSWER = 64 * 1024 * 1024
"""How many bytes of one answer are taken before the other side counts as no server of this kind."""
LONGEST_EVENT = 128 * 1024
"""As many of one event; whoever reads events slowly leaves the rest with the server, which is to notice."""


class LineStream:
    """An open connection; whoever opens it closes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def write(self, frame: bytes) -> None:
        """Send the frame as soon as it goes; a connection that is broken shows it at the next read."""
        self._writer.write(frame)

    async def read(self) -> dict[str, Any] | None:
        """The next message; None for an empty line, which says nothing but that the server lives.

        Raises `EOFError` or `OSError` at the connection's end, and `UnreachableError` where no message comes.
        """
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise UnreachableError(NO_SERVER) from None
        if not line.strip():
            return None
        try:
            return decode(line)
        except WalletError:
            raise UnreachableError(NO_SERVER) from None

    @property
    def certificate(self) -> bytes | None:
        """The certificate that the other side has shown, in its binary form; None in the clear."""
        secured = self._writer.get_extra_info("ssl_object")
        shown: bytes | None = secured and secured.getpeercert(binary_form=True)
        return shown

    async def close(self) -> None:
        """Let go of it, and of what is not sent yet."""
        if self._writer.transport.get_write_buffer_size() > 0:
            # Whoever does not read would keep it open.
            self._writer.transport.abort()
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


WHICH_SOCKETS = {"controller": "client", "ctype": "action", "action": "view", "view": "sockets"}

_EVENTS_PORT = "That is where the server tells events. Give its port for instructions, which is another one."


async def greeted(lines: LineStream, within: float) -> int | None:
    """The port of the server's events, where it says so; raises `UnreachableError` where no answer comes."""
    try:
        async with asyncio.timeout(within):
            while (answer := await _answer_to(WHICH_SOCKETS, lines)) is None:
                pass
    except TimeoutError:
        raise UnreachableError("What listens there gives no answer. See to the host and the port.") from None
    except (EOFError, OSError):
        raise UnreachableError(_closed_without_a_word(lines)) from None
    return read_as(Sockets, answer).out_port


async def _answer_to(instruction: dict[str, str], lines: LineStream) -> Answer | None:
    """The answer; None where it is to be asked once more, after the time that the server wanted."""
    request_id = new_request_id()
    lines.write(frame_of({**instruction, "request_id": request_id}))
    while (answer := await lines.read()) is None:
        pass
    reply = read_as(Reply, answer)
    if reply.wait_seconds is not None:
        await asyncio.sleep(reply.wait_seconds)
        return None
    if reply.request_id is None and reply.code == MalformedError.code:
        raise UnreachableError(_EVENTS_PORT)
    if reply.failed or reply.request_id != request_id:
        raise UnreachableError(reason_of(answer) or NO_SERVER)
    return answer


def _closed_without_a_word(lines: LineStream) -> str:
    closed = "What listens there has closed the connection."
    if lines.certificate is not None:
        return f"{closed} Try again later."
    # So does TLS with whoever speaks anything else.
    return f"{closed} If it speaks TLS, write tls:// before its place; otherwise try again later."


FAREWELL_SECONDS = 1.0
NEXT_ADDRESS_SECONDS = 0.25
"""After how long without an answer of one address of the host the next is tried as well."""

_IN_THE_CLEAR = frozenset({"HTTP_REQUEST", "RECORD_LAYER_FAILURE", "WRONG_VERSION_NUMBER"})
"""What OpenSSL calls an answer that is no TLS."""


class Dialler:
    """Opens connections to the server at that place, each within so many seconds.

    Nothing is said on one before the server has proved to be the one it is known as.
    """

    def __init__(self, place: ServerAddress, identity: Identity, within: float) -> None:
        self._place = place
        self._identity = identity
        self._within = within
        # Where there is one address there is no race, in which a connection that is given up would be lost.
        self._next_address_after = None if _is_address(place.host) else NEXT_ADDRESS_SECONDS

    async def dial(self, port: int, limit: int) -> LineStream:
        """Connect to that port, for lines of up to `limit` bytes, of which twice that is read ahead.

        Raises `UnreachableError`, or `NotTrustedError` where trying again does not help.
        """
        if not self._place.tls:
            return await self._connected(port, limit)
        if self._identity.may_be_vouched_for():
            try:
                lines = await self._connected(port, limit, ssl=ssl.create_default_context())
            except ssl.SSLCertVerificationError as reason:
                self._identity.is_not_vouched_for(reason)
            else:
                return await _only_if(self._identity.is_vouched_for, lines)
        lines = await self._connected(port, limit, ssl=_believing_anybody())
        return await _only_if(self._identity.must_be_known, lines)

    async def _connected(self, port: int, limit: int, **tls: Any) -> LineStream:
        name = format_host_port(self._place.host, port)
        if tls:
            tls["ssl_shutdown_timeout"] = FAREWELL_SECONDS
        try:
            async with asyncio.timeout(self._within):
                opened = await asyncio.open_connection(
                    self._place.host, port, limit=limit, happy_eyeballs_delay=self._next_address_after, **tls
                )
        except ssl.SSLCertVerificationError:
            raise
        except TimeoutError:
            raise UnreachableError(
                f"{name} gives no answer. See to the host and the port, and whether the server runs."
            ) from None
        except ssl.SSLError as reason:
            raise UnreachableError(self._why_not_secured(name, reason)) from reason
        except ConnectionResetError as reason:
            raise UnreachableError(f"{name} has closed the connection. Try again later.") from reason
        except OSError as reason:
            raise UnreachableError(_why(name, self._place.host, _of_one_address(reason))) from reason
        return LineStream(*opened)

    def _why_not_secured(self, name: str, reason: ssl.SSLError) -> str:
        # What is known to speak TLS does so still, whatever somebody in between says in the clear.
        if reason.reason in _IN_THE_CLEAR and self._identity.fingerprint is None:
            return (
                f"{name} speaks no TLS. If it is meant to speak in the clear, write tcp://{self._place.name}."
            )
        return f"TLS with {name} came to nothing ({_in_words(reason)}). Ask whoever runs the server."


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _only_if(known: Callable[[bytes | None], None], lines: LineStream) -> LineStream:
    """That connection, unless who has answered on it is not the one it should be."""
    try:
        known(lines.certificate)
    except UnreachableError:
        await lines.close()
        raise
    return lines


def _believing_anybody() -> ssl.SSLContext:
    """TLS with whoever answers: who that is must be looked at before anything is said."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def _in_words(reason: ssl.SSLError) -> str:
    return (reason.reason or "it was broken off").replace("_", " ").lower()


def _of_one_address(reason: OSError) -> OSError:
    """The last reason where the host has several addresses: asyncio then says all of them in one text."""
    numbers = re.findall(r"\[Errno (\d+)\]", str(reason)) if reason.errno is None else []
    return OSError(int(numbers[-1]), os.strerror(int(numbers[-1]))) if numbers else reason


def _why(name: str, host: str, reason: OSError) -> str:
    if isinstance(reason, socket.gaierror):
        return f"There is no machine of the name {host}. See to how it is written, and to your network."
    if isinstance(reason, ConnectionRefusedError):
        return f"Nothing listens at {name}. See to the host and the port, and whether the server runs."
    return f"{name} can't be reached: {reason.strerror or reason}. See to your network."
