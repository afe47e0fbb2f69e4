"""A proxy between a client and a server that cuts connections and drops or delays lines."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from enum import Enum, auto

FaultRule = Callable[[bytes], "Fault | None"]


LARGEST_PIECE = 64 * 1024


class Fault(Enum):
    """What happens to a line."""

    CUT_BEFORE = auto()
    CUT_WITHIN = auto()
    CUT_AFTER = auto()
    SWALLOW = auto()


class FaultyProxy:
    """Forwards lines between connections to its `port` and `server_port`.

    `to_server` and `from_server` decide what happens to each line to and from the server; without `by_line`,
    to each piece that arrives. A connection is forwarded after `delay_seconds`.
    """

    def __init__(self, server_port: int, *, by_line: bool = True) -> None:
        self.server_port = server_port
        self._by_line = by_line
        self.port = 0
        self.to_server: FaultRule = lambda line: None
        self.from_server: FaultRule = lambda line: None
        self.connections = 0
        self.delay_seconds = 0.0
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> FaultyProxy:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_reason: object) -> None:
        self._server.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    def cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._open.add(writer)
        try:
            await asyncio.sleep(self.delay_seconds)
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
            self._open.add(server_writer)
            passing = [
                asyncio.create_task(self._pass(reader, server_writer, self._up)),
                asyncio.create_task(self._pass(server_reader, writer, self._down)),
            ]
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
            server_writer.transport.abort()
            writer.transport.abort()
            await asyncio.wait(passing)
            self._open.discard(server_writer)
        except OSError:
            writer.transport.abort()
        self._open.discard(writer)
        self._tasks.discard(task)

    def _up(self, line: bytes) -> Fault | None:
        return self.to_server(line)

    def _down(self, line: bytes) -> Fault | None:
        return self.from_server(line)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rule: FaultRule
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                line = await (reader.readuntil(b"\n") if self._by_line else reader.read(LARGEST_PIECE))
                if not line:
                    return
                fault = rule(line)
                if fault is Fault.SWALLOW:
                    continue
                if fault is Fault.CUT_BEFORE:
                    return
                writer.write(line[: len(line) // 2] if fault is Fault.CUT_WITHIN else line)
                await writer.drain()
                if fault is not None:
                    # The line must arrive, and nothing after it.
                    writer.write_eof()
                    await asyncio.sleep(0.02)
                    return


def once(fault: Fault, matches: bytes = b"") -> FaultRule:
    """Apply the fault to the first line that contains the bytes."""
    left = [fault]

    def rule(line: bytes) -> Fault | None:
        return left.pop() if left and matches in line else None

    return rule
