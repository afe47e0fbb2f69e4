"""The transport of an HTTP connection: reading that can be held back, and an end that loses no response."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from ewallet_core.server.frame_output import LEAST_READ_BYTES, MOST_UNSENT_BYTES


class HttpTransport(asyncio.Transport):
    """Passes on to the connection's transport what uvicorn writes, all of an iteration of the loop at once.

    While it is held, nothing is read, even if uvicorn asks to read on. After `close`, which calls `closing`,
    the client can still read what was written: closing while input is unread makes the system reset the
    connection.
    """

    def __init__(self, transport: asyncio.Transport, closing: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._note_closing = closing
        self._transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)
        self._loop = asyncio.get_running_loop()
        self._unwritten: list[bytes] = []
        """What the next iteration of the loop writes: uvicorn writes a head and its body separately."""
        self._is_paused = self._is_held = self._is_closing = False
        self._written = self._read_before = 0

    @property
    def unsent_bytes(self) -> int:
        return sum(map(len, self._unwritten)) + self._transport.get_write_buffer_size()

    def hold(self, is_held: bool) -> None:
        if is_held is not self._is_held:
            self._is_held = is_held
            self._apply()

    def note_read(self) -> None:
        """Note how much the client has read by now."""
        self._read_before = self._written - self.unsent_bytes

    def is_read_too_slowly(self) -> bool:
        """Whether the client has read too little since the last look, or since `note_read`."""
        read_before = self._read_before
        self.note_read()
        return self._read_before - read_before < LEAST_READ_BYTES

    # asyncio.Transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_closing:
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
        return self._is_closing or self._transport.is_closing()

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def close(self) -> None:
        """Write nothing more, and go on reading until the client has closed too; `abort` ends that."""
        if self._is_closing:
            return
        self._flush()
        self._is_closing = True
        self._is_held = self._is_paused = False
        self._apply()
        self._note_closing()
        with contextlib.suppress(OSError):
            if self._transport.can_write_eof():
                self._transport.write_eof()
            elif not self._transport.is_closing():
                # A transport of TLS that is closed twice can't be aborted afterwards.
                self._transport.close()

    def abort(self) -> None:
        self._is_closing = True
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
