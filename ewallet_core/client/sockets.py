"""The two sockets of a server: one for instructions, one for events."""

from __future__ import annotations

import asyncio
from typing import Any

from ewallet_core.client.connect import ByteStream, Connector, Waits
from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.messages import (
    LONGEST_ANSWER,
    LONGEST_EVENT,
    NO_SERVER,
    MessageStream,
    handshake,
)
from ewallet_core.errors.base import WalletError
from ewallet_core.protocol.address import OUT_PORT, ServerAddress
from ewallet_core.protocol.frames import decode

_HTTP_PORT = "That is a port for HTTP. Put http:// before its address, or give the port for instructions."
_LATER = "Try again later."
_IS_IT_TLS = "If it uses TLS, put tls:// before its address; otherwise try again later."


class LineStream:
    """Messages that are one line each."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def write(self, frame: bytes) -> None:
        self._stream.writer.write(frame)

    async def read(self) -> dict[str, Any] | None:
        try:
            line = await self._stream.reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise UnreachableError(NO_SERVER) from None
        if not line.strip():
            return None
        try:
            return decode(line)
        except WalletError:
            raise UnreachableError(_HTTP_PORT if line.startswith(b"HTTP/") else NO_SERVER) from None

    async def close(self) -> None:
        await self._stream.close()


class SocketEndpoint:
    """Connects to a server's two ports."""

    def __init__(self, server: ServerAddress, connector: Connector, within: float, waits: Waits) -> None:
        self._server = server
        self._connector = connector
        self._within = within
        self._waits = waits
        self._out_port = server.out_port

    async def open_requests(self) -> MessageStream:
        lines = LineStream(await self._connector.connect(self._server.in_port, LONGEST_ANSWER))
        # A TLS server also closes without an answer if it receives anything else.
        if_closed = _LATER if self._server.tls else _IS_IT_TLS
        try:
            out_port = await handshake(lines, self._within, self._waits, if_closed)
        except BaseException:
            await lines.close()
            raise
        self._out_port = self._server.out_port or out_port or self._out_port
        return lines

    async def open_events(self) -> MessageStream:
        port = self._out_port or OUT_PORT
        return LineStream(await self._connector.connect(port, LONGEST_EVENT))
