"""The frames on their way to one client, counted until the client reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from ewallet_core.protocol.frames import encode

MOST_UNSENT_BYTES = 256 * 1024
"""How much may be waiting to be sent before nothing more is read or begun."""
LEAST_READ_BYTES = 64 * 1024
"""What a client must read within `unread_seconds`; even a slow connection manages that."""


class FrameOutput:
    """Sends frames, and knows whether the client reads them.

    The event loop sends all that was written in one of its iterations together.
    """

    __slots__ = ("_loop", "_read_before", "_transport", "_written", "is_closed", "unread_since")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._written = self._read_before = 0
        self.unread_since: float | None = None
        """Since when the client has read too little, if too much is waiting to be sent."""
        self.is_closed = False
        """Whether nothing more is sent."""

    def connect(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)

    @property
    def has_room(self) -> bool:
        """Whether the client reads what it is sent, or the system holds it."""
        return self.unread_since is None

    @property
    def unsent_bytes(self) -> int:
        return self._transport.get_write_buffer_size()

    @property
    def bytes_read(self) -> int:
        """How many bytes the client has read, or the system holds for it."""
        return self._written - self.unsent_bytes

    def send(self, messages: Iterable[Any]) -> None:
        """Send each message as a frame."""
        self.write(b"".join(map(encode, messages)))

    def write(self, frames: bytes) -> None:
        if not self.is_closed and not self._transport.is_closing():
            self._written += len(frames)
            self._transport.write(frames)

    def pause(self) -> None:
        """Note that too much is waiting to be sent."""
        self.unread_since, self._read_before = self._loop.time(), self.bytes_read

    def resume(self) -> None:
        self.unread_since = None

    def is_read_too_slowly(self) -> bool:
        """Whether the client has read too little since the last look, or since the output was paused."""
        read = self.bytes_read
        if read - self._read_before < LEAST_READ_BYTES:
            return True
        self.unread_since, self._read_before = self._loop.time(), read
        return False
