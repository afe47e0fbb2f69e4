"""A connection to a server, as lines of JSON in both directions."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from ewallet_core.client.messages import NO_SERVER
from ewallet_core.client.protocol import Unreachable
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.wire.frames import decode

LONGEST_ANSWER = 64 * 1024 * 1024
"""How many bytes of one answer are taken before the other side counts as no server of this kind."""
LONGEST_EVENT = 128 * 1024
"""As many of one event; whoever reads events slowly leaves the rest with the server, which is to notice."""


class Lines:
    """An open connection; whoever opens it closes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def write(self, frame: bytes) -> None:
        """Send the frame as soon as it goes; a connection that is broken shows it at the next read."""
        self._writer.write(frame)

    async def read(self) -> dict[str, Any] | None:
        """The next message; None for an empty line, which says nothing but that the server lives.

        Raises `EOFError` or `OSError` at the connection's end, and `Unreachable` where no message comes.
        """
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise Unreachable(NO_SERVER) from None
        if not line.strip():
            return None
        try:
            return decode(line)
        except Refusal:
            raise Unreachable(NO_SERVER) from None

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
