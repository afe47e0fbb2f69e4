"""The port on which events go out: one line says who listens, and then each event is a line."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

import msgspec
from msgspec import Meta

from ewallet_core.refusals.requests import Malformed
from ewallet_core.serving.connection import Connection
from ewallet_core.serving.feed import Feed, Listening
from ewallet_core.serving.hands import Engine, Hands
from ewallet_core.serving.limits import Limits
from ewallet_core.wire.frames import decode

BEATS_EVERY_SECONDS = 20.0


class Introduction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who listens, and after which event: what happened since then is told first."""

    client_id: str
    session_token: str
    since: Annotated[int, Meta(ge=0)] | None = None


class OutPort:
    """Tells each connection what happens to the account of its session."""

    def __init__(self, engine: Engine, hands: Hands, feed: Feed, limits: Limits) -> None:
        self._engine = engine
        self._hands = hands
        self._feed = feed
        self._limits = limits

    async def attend(self, connection: Connection) -> None:
        """Tell events until the other side is gone; raises the refusal for which it is to be cut."""
        line = await connection.lines(self._limits.unfinished_line_seconds).next()
        if line is None:
            return
        who = _introduction_in(line)
        telling = asyncio.create_task(self._tell(who, connection))
        going = asyncio.create_task(connection.gone())
        try:
            await asyncio.wait({telling, going}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
        finally:
            for task in (telling, going):
                task.cancel()
            await asyncio.gather(telling, going, return_exceptions=True)

    async def _tell(self, who: Introduction, connection: Connection) -> None:
        follower = self._engine.follow(who.client_id, who.session_token)
        with self._feed.to(follower) as listening:
            await connection.send(*await self._hands.look(lambda: follower.begin(who.since)))
            while True:
                listening.woken.clear()
                told = await self._hands.look(follower.news)
                if told:
                    await connection.send(*told)
                else:
                    await _woken(listening, connection)


async def _woken(listening: Listening, connection: Connection) -> None:
    """Wait until there may be something to tell, with a sign of life from time to time."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEATS_EVERY_SECONDS):
                await listening.woken.wait()
                return
        await connection.beat()


def _introduction_in(line: bytes) -> Introduction:
    try:
        return msgspec.convert(decode(line), Introduction)
    except msgspec.ValidationError:
        raise Malformed(
            "Who listens says so in one line with a `client_id`, its `session_token` and, perhaps, `since`.",
            "Send that, with the sequence of the last event that you have read as `since`.",
        ) from None
