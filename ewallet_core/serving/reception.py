"""The reception: both doors, whoever has come in by them, and what is done for them, all in one loop."""

from __future__ import annotations

import asyncio
import ssl

from ewallet_core.refusals.system import PortUnavailable
from ewallet_core.serving.doors import Door
from ewallet_core.serving.feed import Feed
from ewallet_core.serving.guests import Guests
from ewallet_core.serving.hands import Engine, Hands
from ewallet_core.serving.in_port import InPort
from ewallet_core.serving.limits import Limits
from ewallet_core.serving.out_port import OutPort

LONGEST_GOODBYE_SECONDS = 20.0


class Reception:
    """Serves `engine` on two ports of a host; everything but `ports` belongs to one loop."""

    def __init__(self, engine: Engine, host: str, tls: ssl.SSLContext | None, limits: Limits) -> None:
        guests = Guests(limits)
        self._hands = Hands(engine, limits)
        self._feed = Feed(engine, self._hands)
        in_port = InPort(self._hands, guests, limits)
        out_port = OutPort(engine, self._hands, self._feed, limits)
        self._in_door = Door(in_port.attend, guests, limits, host, tls)
        self._out_door = Door(out_port.attend, guests, limits, host, tls)
        self._feeding: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()

    @property
    def ports(self) -> tuple[int, int] | None:
        """On which ports instructions come in and events go out; None while it is closed."""
        in_port, out_port = self._in_door.port, self._out_door.port
        return None if in_port is None or out_port is None else (in_port, out_port)

    async def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        """Open both doors on these ports, or leave both as they were and raise `PortUnavailable`."""
        if self._feeding is None:
            self._feeding = asyncio.create_task(self._feed.run())
        async with self._opening:
            instructions = await self._in_door.listening_on(in_port)
            try:
                events = await self._out_door.listening_on(out_port)
            except PortUnavailable:
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
        self._hands.rest()

    async def _see_all_out(self) -> set[asyncio.Task[None]]:
        for door in (self._in_door, self._out_door):
            await door.shut()
        return self._in_door.see_out() | self._out_door.see_out()
