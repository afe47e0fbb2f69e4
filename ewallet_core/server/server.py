"""The server: both listeners and their connections, on one event loop."""

from __future__ import annotations

import asyncio
import ssl

from ewallet_core.errors.server import PortUnavailableError
from ewallet_core.server.event_port import EventBroadcaster, OutPort
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.server.instruction_port import InPort
from ewallet_core.server.limits import ConnectionLimiter, Limits
from ewallet_core.server.listener import Listener

DRAIN_SECONDS = 20.0


class Server:
    """Serves `engine` on two ports of a host. Everything except `ports` must run on one event loop."""

    def __init__(self, engine: Engine, host: str, tls: ssl.SSLContext | None, limits: Limits) -> None:
        limiter = ConnectionLimiter(limits)
        self._executor = Executor(engine.dispatcher, limits)
        self._broadcaster = EventBroadcaster(engine, self._executor)
        in_port = InPort(engine.dispatcher, self._executor, limiter, limits)
        out_port = OutPort(engine, self._executor, self._broadcaster, limits)
        self._in_listener = Listener(in_port.handle, limiter, limits, host, tls)
        self._out_listener = Listener(out_port.handle, limiter, limits, host, tls)
        self._broadcasting: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()

    @property
    def ports(self) -> tuple[int, int] | None:
        """The ports for instructions and for events; None while the server is closed."""
        in_port, out_port = self._in_listener.port, self._out_listener.port
        return None if in_port is None or out_port is None else (in_port, out_port)

    async def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        """Listen on these ports; if one is unavailable, change nothing and raise `PortUnavailableError`."""
        if self._broadcasting is None:
            self._broadcasting = asyncio.create_task(self._broadcaster.run())
        async with self._opening:
            instructions = await self._in_listener.bind(in_port)
            try:
                events = await self._out_listener.bind(out_port)
            except PortUnavailableError:
                await self._in_listener.release(instructions)
                raise
            return await self._in_listener.switch_to(instructions), await self._out_listener.switch_to(events)

    async def close(self) -> set[asyncio.Task[None]]:
        """Stop accepting and drain open connections, without waiting for them; returns their tasks."""
        for listener in (self._in_listener, self._out_listener):
            await listener.close()
        return self._in_listener.drain() | self._out_listener.drain()

    async def stop(self) -> None:
        """Close, wait until all connections have ended, and end the remaining tasks."""
        if tasks := await self.close():
            await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        # The broadcaster, and connections that did not end in time. Accepting one may start another task.
        while rest := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

    def shut_down(self) -> None:
        """Wait for the work that has begun, and end the threads. Call it after the loop has ended."""
        self._executor.shut_down()
