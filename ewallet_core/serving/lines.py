"""Lines as they come in, each within its time and its length."""

from __future__ import annotations

import asyncio

from ewallet_core.refusals.connections import IdleTooLong, LineUnfinished
from ewallet_core.refusals.frames import FrameTooLong
from ewallet_core.wire.frames import LARGEST_FRAME


class Lines:
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

        Raises `FrameTooLong`, after which the next line is the one behind it; and `IdleTooLong` or
        `LineUnfinished`, after which nothing more should be read.
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
            raise FrameTooLong(LARGEST_FRAME)
        return line

    def _keep_or_skip(self) -> None:
        """Keep what was begun of a line, unless it is too long already."""
        if self._skips:
            self._begun.clear()
        self._searched = len(self._begun)
        if self._searched >= LARGEST_FRAME:
            self._begun.clear()
            self._searched, self._skips = 0, True
            raise FrameTooLong(LARGEST_FRAME)

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
                raise LineUnfinished(self._unfinished_seconds) from None
            raise IdleTooLong(self._idle_seconds) from None
        self._begun += more
        return bool(more)
