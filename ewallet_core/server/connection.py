"""One accepted connection: reads lines, sends frames, closes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import FrameTooLongError
from ewallet_core.errors.server import IdleTooLongError, LineUnfinishedError, ReaderTooSlowError
from ewallet_core.instructions.envelope import error_answer
from ewallet_core.protocol.frames import LARGEST_FRAME, encode
from ewallet_core.server.limits import Limits


class LineReader:
    """Splits a stream into lines, with limits on length and time."""

    def __init__(self, reader: asyncio.StreamReader, idle_seconds: int, unfinished_seconds: int) -> None:
        self._reader = reader
        self._idle_seconds = idle_seconds
        self._unfinished_seconds = unfinished_seconds
        self._buffer = bytearray()
        self._searched = 0
        self._skips = False
        self._deadline: float | None = None

    async def next(self) -> bytes | None:
        """The next line without its end, or None at the end of the stream.

        After `FrameTooLongError`, the next call returns the line after that one. After `IdleTooLongError` or
        `LineUnfinishedError`, nothing more should be read.
        """
        while True:
            if (line := self._take_line()) is not None:
                return line
            if not await self._read_more():
                return None

    def _take_line(self) -> bytes | None:
        while (end := self._buffer.find(b"\n", self._searched)) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched, self._deadline = 0, None
            if self._skips:
                self._skips = False
                continue
            if len(line) >= LARGEST_FRAME:
                raise FrameTooLongError(LARGEST_FRAME)
            return line
        if self._skips:
            self._buffer.clear()
        self._searched = len(self._buffer)
        if self._searched >= LARGEST_FRAME:
            self._buffer.clear()
            self._searched, self._skips = 0, True
            raise FrameTooLongError(LARGEST_FRAME)
        return None

    async def _read_more(self) -> bool:
        """Wait for more bytes; False at the end of the stream."""
        now = asyncio.get_running_loop().time()
        is_begun = bool(self._buffer) or self._skips
        if is_begun and self._deadline is None:
            self._deadline = now + self._unfinished_seconds
        try:
            async with asyncio.timeout_at(self._deadline or now + self._idle_seconds):
                more = await self._reader.read(LARGEST_FRAME)
        except TimeoutError:
            if is_begun:
                raise LineUnfinishedError(self._unfinished_seconds) from None
            raise IdleTooLongError(self._idle_seconds) from None
        self._buffer += more
        return bool(more)


MOST_UNSENT_BYTES = 256 * 1024
"""How much may be waiting to be sent before the next `send` waits."""
LEAST_READ_BYTES = 64 * 1024
"""What a client must read within `unread_seconds`; even a slow connection manages that."""
CLOSE_SECONDS = 1.0


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._socket = writer.get_extra_info("socket")
        self._sent = 0
        peer = writer.get_extra_info("peername")
        # A client that has already disconnected has no address.
        self.address = str(peer[0]).partition("%")[0] if peer else "unknown"
        """The client's host, without the port: limits per address are limits per machine."""
        writer.transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)

    def lines(self, idle_seconds: int) -> LineReader:
        return LineReader(self._reader, idle_seconds, self._limits.unfinished_line_seconds)

    async def send(self, *messages: Any) -> None:
        """Send each message as a frame.

        Raises `OSError` if the connection is closed, and `ReaderTooSlowError` if the client doesn't read in
        time; the client gets that error too, and the connection closes.
        """
        await self._write(b"".join(map(encode, messages)))

    async def send_heartbeat(self) -> None:
        """Send an empty line, which shows the client that the connection still works."""
        await self._write(b"\n")

    async def wait_until_closed(self) -> None:
        """Wait until the client closes; what it sends until then is discarded."""
        while await self._reader.read(MOST_UNSENT_BYTES):
            pass

    async def close(self, reason: WalletError | None = None) -> None:
        """Send the reason, if there is one, and close."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._close_in_order(reason)
        self.abort()

    def abort(self) -> None:
        """Close at once and discard what is waiting to be sent."""
        # A transport that has closed by itself can't be aborted.
        if self._socket is not None and self._socket.fileno() >= 0:
            self._writer.transport.abort()

    async def _close_in_order(self, reason: WalletError | None) -> None:
        """Send everything, and read what is left: unread input makes the system reset the connection."""
        if self._writer.transport.is_closing():
            await self._writer.wait_closed()
            return
        if reason is not None:
            self._writer.write(encode(error_answer(reason)))
        self._writer.transport.set_write_buffer_limits(high=0)
        await self._writer.drain()
        if self._writer.can_write_eof():
            self._writer.write_eof()
            await self.wait_until_closed()
        else:
            self._writer.close()
            await self._writer.wait_closed()

    async def _write(self, frames: bytes) -> None:
        if self._writer.transport.is_closing():
            # Nothing is sent after the reason for closing.
            raise ConnectionResetError
        self._writer.write(frames)
        self._sent += len(frames)
        if self._unsent <= MOST_UNSENT_BYTES:
            await self._writer.drain()
            return
        read = self._read
        while not await self._drain():
            if self._read - read < LEAST_READ_BYTES:
                raise self._close_later(ReaderTooSlowError(self._limits.unread_seconds))
            read = self._read

    @property
    def _unsent(self) -> int:
        return self._writer.transport.get_write_buffer_size()

    @property
    def _read(self) -> int:
        return self._sent - self._unsent

    async def _drain(self) -> bool:
        """Whether there is room to send more within `unread_seconds`."""
        try:
            async with asyncio.timeout(self._limits.unread_seconds):
                await self._writer.drain()
        except TimeoutError:
            return False
        return True

    def _close_later(self, reason: ReaderTooSlowError) -> ReaderTooSlowError:
        """Send the reason and leave the client a moment to read it, without waiting for that."""
        if not self._writer.transport.is_closing():
            self._writer.write(encode(error_answer(reason)))
            self._writer.close()
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.abort)
        return reason
