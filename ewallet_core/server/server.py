"""The reception: both doors, whoever has come in by them, and what is done for them, all in one loop."""

from __future__ import annotations

import asyncio
import ssl

from ewallet_core.errors.server import PortUnavailableError
from ewallet_core.server.event_port import EventBroadcaster, OutPort
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.server.instruction_port import InPort
from ewallet_core.server.limits import ConnectionLimiter, Limits
from ewallet_core.server.listener import Listener

LONGEST_GOODBYE_SECONDS = 20.0


class Server:
    """Serves `engine` on two ports of a host; everything but `ports` belongs to one loop."""

    def __init__(self, engine: Engine, host: str, tls: ssl.SSLContext | None, limits: Limits) -> None:
        limiter = ConnectionLimiter(limits)
        self._executor = Executor(engine.dispatcher, limits)
        self._feed = EventBroadcaster(engine, self._executor)
        in_port = InPort(engine.dispatcher, self._executor, limiter, limits)
        out_port = OutPort(engine, self._executor, self._feed, limits)
        self._in_door = Listener(in_port.handle, limiter, limits, host, tls)
        self._out_door = Listener(out_port.handle, limiter, limits, host, tls)
        self._feeding: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()

    @property
    def ports(self) -> tuple[int, int] | None:
        """On which ports instructions come in and events go out; None while it is closed."""
        in_port, out_port = self._in_door.port, self._out_door.port
        return None if in_port is None or out_port is None else (in_port, out_port)

    async def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        """Open both doors on these ports, or leave both as they were and raise `PortUnavailableError`."""
        if self._feeding is None:
            self._feeding = asyncio.create_task(self._feed.run())
        async with self._opening:
            instructions = await self._in_door.listening_on(in_port)
            try:
                events = await self._out_door.listening_on(out_port)
            except PortUnavailableError:
                await self._in_door.leave_off(instructions)
                raise
            return await self._in_door.move_to(instructions), await self._out_door.move_to(events)

    async def close(self) -> None:
        """Let nobody in any more, and let go of who is there; that is not waited for."""
        await self._see_all_out()

    async def end(self) -> None:
        """As `close`, and wait until all are gone."""
        if visits := await self._see_all_out():
            await asyncio.wait(visits, timeout=LONGEST_GOODBYE_SECONDS)
        # The feed, and whoever would not be seen out in that time; letting somebody in ends with one more.
        while rest := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

    def rest(self) -> None:
        """Wait for what is still being done for nobody any more, and let the threads go."""
        self._executor.shut_down()

    async def _see_all_out(self) -> set[asyncio.Task[None]]:
        for door in (self._in_door, self._out_door):
            await door.shut()
        return self._in_door.drain() | self._out_door.drain()
