"""One accepted connection: reading lines, sending answers, closing."""

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
    """The lines that come out of `reader`, one after another."""

    def __init__(self, reader: asyncio.StreamReader, idle_seconds: int, unfinished_seconds: int) -> None:
        self._reader = reader
        self._idle_seconds = idle_seconds
        self._unfinished_seconds = unfinished_seconds
        self._begun = bytearray()
        self._searched = 0
        self._skips = False
        self._deadline: float | None = None

    async def next(self) -> bytes | None:
        """The next line without its end, or None when there are no more.

        Raises `FrameTooLongError`, after which the next line is the one behind it; and `IdleTooLongError` or
        `LineUnfinishedError`, after which nothing more should be read.
        """
        while True:
            if (line := self._whole_line()) is not None:
                return line
            if not await self._read_more():
                return None

    def _whole_line(self) -> bytes | None:
        end = self._begun.find(b"\n", self._searched)
        if end < 0:
            self._keep_or_skip()
            return None
        line = bytes(self._begun[:end])
        del self._begun[: end + 1]
        self._searched, self._deadline = 0, None
        if self._skips:
            self._skips = False
            return self._whole_line()
        if len(line) >= LARGEST_FRAME:
            raise FrameTooLongError(LARGEST_FRAME)
        return line

    def _keep_or_skip(self) -> None:
        """Keep what was begun of a line, unless it is too long already."""
        if self._skips:
            self._begun.clear()
        self._searched = len(self._begun)
        if self._searched >= LARGEST_FRAME:
            self._begun.clear()
            self._searched, self._skips = 0, True
            raise FrameTooLongError(LARGEST_FRAME)

    async def _read_more(self) -> bool:
        """Wait for more of a line; False at the end of all of them."""
        now = asyncio.get_running_loop().time()
        is_begun = bool(self._begun) or self._skips
        if is_begun and self._deadline is None:
            self._deadline = now + self._unfinished_seconds
        try:
            async with asyncio.timeout_at(self._deadline or now + self._idle_seconds):
                more = await self._reader.read(LARGEST_FRAME)
        except TimeoutError:
            if is_begun:
                raise LineUnfinishedError(self._unfinished_seconds) from None
            raise IdleTooLongError(self._idle_seconds) from None
        self._begun += more
        return bool(more)


MOST_UNSENT_BYTES = 256 * 1024
"""What may wait to be sent before whoever sends more has to wait."""
LEAST_READ_BYTES = 64 * 1024
"""What somebody who reads at all, however slow their line is, reads in the time they are given."""
FAREWELL_SECONDS = 1.0


class Connection:
    """Lines from somebody, and frames to them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._socket = writer.get_extra_info("socket")
        self._given = 0
        self.address = _address_of(writer)
        """The host it comes from, without the port: what is counted by address is counted by machine."""
        writer.transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)

    def lines(self, idle_seconds: int) -> LineReader:
        """The lines that come in, between which there may be so many seconds."""
        return LineReader(self._reader, idle_seconds, self._limits.unfinished_line_seconds)

    async def send(self, *messages: Any) -> None:
        """Send each as a frame.

        Raises `OSError` where nobody is there, and `ReaderTooSlowError` where they are not read in time: that is
        said, and the connection is over.
        """
        await self._write(b"".join(map(encode, messages)))

    async def beat(self) -> None:
        """Send an empty line, which says nothing but that there is somebody."""
        await self._write(b"\n")

    async def gone(self) -> None:
        """Wait until the other side has closed; what it sends until then is thrown away."""
        while await self._reader.read(MOST_UNSENT_BYTES):
            pass

    async def end(self, reason: WalletError | None = None) -> None:
        """Say why, as far as somebody listens, and let go of it."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._take_leave(reason)
        self.abort()

    def abort(self) -> None:
        """Let go of it at once, whatever is still to be sent."""
        # A transport that closed by itself, once all was sent, can't be aborted any more.
        if self._socket is not None and self._socket.fileno() >= 0:
            self._writer.transport.abort()

    async def _take_leave(self, reason: WalletError | None) -> None:
        """Let everything be sent, and nothing be reset by what the other side has sent meanwhile."""
        if self._writer.transport.is_closing():
            await self._writer.wait_closed()
            return
        if reason is not None:
            self._writer.write(encode(error_answer(reason)))
        self._writer.transport.set_write_buffer_limits(high=0)
        await self._writer.drain()
        if self._writer.can_write_eof():
            self._writer.write_eof()
            await self.gone()
        else:
            self._writer.close()
            await self._writer.wait_closed()

    async def _write(self, frames: bytes) -> None:
        if self._writer.transport.is_closing():
            # What has been said is the last word, also where others were about to say more.
            raise ConnectionResetError
        self._writer.write(frames)
        self._given += len(frames)
        if self._unsent <= MOST_UNSENT_BYTES:
            await self._writer.drain()
            return
        read = self._read
        while not await self._is_sent_in_time():
            if self._read - read < LEAST_READ_BYTES:
                raise self._dropped(ReaderTooSlowError(self._limits.unread_seconds))
            read = self._read

    @property
    def _unsent(self) -> int:
        return self._writer.transport.get_write_buffer_size()

    @property
    def _read(self) -> int:
        return self._given - self._unsent

    async def _is_sent_in_time(self) -> bool:
        try:
            async with asyncio.timeout(self._limits.unread_seconds):
                await self._writer.drain()
        except TimeoutError:
            return False
        return True

    def _dropped(self, reason: ReaderTooSlowError) -> ReaderTooSlowError:
        """Leave what was sent and the reason to be read for a while, without anybody waiting for it."""
        if not self._writer.transport.is_closing():
            self._writer.write(encode(error_answer(reason)))
            self._writer.close()
            asyncio.get_running_loop().call_later(FAREWELL_SECONDS, self.abort)
        return reason


def _address_of(writer: asyncio.StreamWriter) -> str:
    peer = writer.get_extra_info("peername")
    # Somebody who is gone before they were welcomed has no name any more.
    return str(peer[0]).partition("%")[0] if peer else "unknown"
