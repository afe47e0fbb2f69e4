"""The transport of an HTTP connection: reading that can be held back, and an end that loses no response."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from ewallet_core.server.client_connection import CLOSE_SECONDS, TimeLimit
from ewallet_core.server.frame_output import LEAST_READ_BYTES, MOST_UNSENT_BYTES


class HttpTransport(asyncio.Transport):
    """Passes on to the connection's transport what uvicorn writes, all of an iteration of the loop at once.

    While it is held, nothing is read, even if uvicorn asks to read on. After `close`, which calls `closed`,
    the client can still read what was written: closing while input is unread makes the system reset the
    connection. A client that reads too little in `unread_seconds` is disconnected.
    """

    def __init__(
        self, transport: asyncio.Transport, unread_seconds: float, closed: Callable[[], None]
    ) -> None:
        super().__init__()
        self._transport = transport
        self._transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)
        self._unread_seconds = unread_seconds
        self._note_closed = closed
        self._loop = asyncio.get_running_loop()
        self._unwritten: list[bytes] = []
        """What the next iteration of the loop writes: uvicorn writes a head and its body separately."""
        self._is_paused = self._is_held = False
        self._written = self._read_before = 0
        self._unread_since: float | None = None
        """Since when the client has read too little, if too much is waiting to be sent."""
        self._closed_at: float | None = None
        """When it was closed, or when it was last seen that the client still reads."""
        self._must_read_by = 0.0

    @property
    def is_read(self) -> bool:
        """Whether the client reads what it is sent, or the system holds it."""
        return self._unread_since is None

    @property
    def unsent_bytes(self) -> int:
        return sum(map(len, self._unwritten)) + self._transport.get_write_buffer_size()

    def hold(self, is_held: bool) -> None:
        if is_held is not self._is_held:
            self._is_held = is_held
            self._apply()

    def note_unread(self) -> None:
        """Too much is waiting to be sent."""
        self._unread_since = self._loop.time()
        self._note_read_bytes()

    def note_read(self) -> None:
        """The client has read what was waiting."""
        self._unread_since = None

    def next_limit(self) -> TimeLimit | None:
        """When the client must have read, or closed its end, if there is such a limit now."""
        if self._closed_at is not None:
            return self._closed_at + CLOSE_SECONDS, self._check_closing
        if self._unread_since is not None:
            return self._unread_since + self._unread_seconds, self._check_reader
        return None

    # asyncio.Transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closed_at is None:
            if not self._unwritten:
                self._loop.call_soon(self._flush)
            self._written += len(data)
            self._unwritten.append(bytes(data))

    def pause_reading(self) -> None:
        self._is_paused = True
        self._apply()

    def resume_reading(self) -> None:
        self._is_paused = False
        self._apply()

    def is_closing(self) -> bool:
        return self._closed_at is not None or self._transport.is_closing()

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def close(self) -> None:
        """Write nothing more, and go on reading until the client has closed too, or for a moment."""
        if self._closed_at is not None:
            return
        self._flush()
        self._note_read_bytes()
        self._closed_at = self._loop.time()
        self._must_read_by = self._closed_at + self._unread_seconds
        self._is_held = self._is_paused = False
        self._apply()
        self._note_closed()
        with contextlib.suppress(OSError):
            # A transport of TLS that is closed twice can't be aborted afterwards.
            if not self._transport.is_closing():
                if self._transport.can_write_eof():
                    self._transport.write_eof()
                else:
                    self._transport.close()

    def abort(self) -> None:
        self._closed_at = self._loop.time()
        self._transport.abort()

    def _flush(self) -> None:
        if self._unwritten and not self._transport.is_closing():
            self._transport.write(b"".join(self._unwritten))
        self._unwritten.clear()

    def _apply(self) -> None:
        if self._transport.is_closing():
            return
        if self._is_held or self._is_paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # Whether the client reads

    def _check_reader(self) -> None:
        if self._is_read_too_slowly():
            self.abort()
        else:
            self._unread_since = self._loop.time()

    def _check_closing(self) -> None:
        """Go on for as long as the client reads what was written."""
        now = self._loop.time()
        is_late = now >= self._must_read_by
        if not self.unsent_bytes or (is_late and self._is_read_too_slowly()):
            self.abort()
            return
        self._closed_at = now
        if is_late:
            self._must_read_by = now + self._unread_seconds

    def _is_read_too_slowly(self) -> bool:
        """Whether the client has read too little since the last look."""
        read_before = self._read_before
        self._note_read_bytes()
        return self._read_before - read_before < LEAST_READ_BYTES

    def _note_read_bytes(self) -> None:
        self._read_before = self._written - self.unsent_bytes
