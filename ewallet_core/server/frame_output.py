"""The frames on their way to one client: sent together, and counted until the client reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from ewallet_core.protocol.frames import encode

MOST_UNSENT_BYTES = 256 * 1024
"""How much may be waiting to be sent before nothing more is read or begun."""
LEAST_READ_BYTES = 64 * 1024
"""What a client must read within `unread_seconds`; even a slow connection manages that."""


class FrameOutput:
    """Sends frames, all those of one iteration of the event loop together, and then calls `flushed`.

    `flushed` learns whether there is room for more that there was not before.
    """

    __slots__ = (
        "_flushed",
        "_frames",
        "_loop",
        "_read_before",
        "_transport",
        "_unwritten",
        "_written",
        "is_closed",
        "unread_since",
    )

    def __init__(self, flushed: Callable[[bool], None]) -> None:
        self._flushed = flushed
        self._loop = asyncio.get_running_loop()
        self._frames: list[bytes] = []
        self._unwritten = self._written = self._read_before = 0
        self.unread_since: float | None = None
        """Since when the client has read too little, if too much is waiting to be sent."""
        self.is_closed = False
        """Whether nothing more is sent."""

    def connect(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)

    @property
    def is_flushed(self) -> bool:
        """Whether no frame waits for the next iteration of the loop."""
        return not self._frames

    @property
    def has_room(self) -> bool:
        """Whether the client reads what it is sent, or the system holds it."""
        return self.unread_since is None and self._unwritten < MOST_UNSENT_BYTES

    @property
    def unsent_bytes(self) -> int:
        return self._unwritten + self._transport.get_write_buffer_size()

    @property
    def bytes_read(self) -> int:
        """How many bytes the client has read, or the system holds for it."""
        return self._written - self._transport.get_write_buffer_size()

    def send(self, messages: Iterable[Any]) -> None:
        """Send each message as a frame, in the next iteration of the loop."""
        if not self._frames:
            self._loop.call_soon(self._flush)
        for message in messages:
            frame = encode(message)
            self._frames.append(frame)
            self._unwritten += len(frame)

    def send_now(self, message: Any) -> None:
        """Send the message as a frame at once, with those that wait for the next iteration of the loop."""
        self._frames.append(encode(message))
        self._flush()

    def write(self, frames: bytes) -> None:
        """Send at once."""
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

    def _flush(self) -> None:
        if not self._frames:
            # They were sent before their turn.
            return
        frames, had_room = b"".join(self._frames), self.has_room
        self._frames.clear()
        self._unwritten = 0
        self.write(frames)
        self._flushed(not had_room and self.has_room)
