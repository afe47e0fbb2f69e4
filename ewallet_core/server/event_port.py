"""The event port: notices changed accounts and sends events to subscribed connections."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from ewallet_core.engine.event_stream import EventSubscription
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import MalformedError
from ewallet_core.protocol.frames import decode
from ewallet_core.server.connection import Connection
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.server.limits import Limits

LOOKS_EVERY_SECONDS = 1.0
"""How often it looks at sessions, and at all although nothing was changed here: others share the database."""
LULL_SECONDS = 0.005

_log = logging.getLogger("ewallet_core")


@dataclass(eq=False, slots=True)
class EventRecipient:
    """Somebody who listens: whom they follow, and what wakes them."""

    subscription: EventSubscription
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class EventBroadcaster:
    """Wakes whoever listens to an account once something has happened to it."""

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self._engine = engine
        self._executor = executor
        self._listening: set[EventRecipient] = set()
        self._wake_up = asyncio.Event()
        self._latest: int | None = None
        self._sessions_looked_at = 0.0

    @contextmanager
    def to(self, subscription: EventSubscription) -> Iterator[EventRecipient]:
        """Wake that one from now on, for as long as it lasts."""
        listening = EventRecipient(subscription)
        self._listening.add(listening)
        # The first look wakes everybody: what happened before it is not looked for.
        self._latest = self._latest if len(self._listening) > 1 else None
        self._wake_up.set()
        try:
            yield listening
        finally:
            self._listening.discard(listening)

    async def run(self) -> None:
        """Look again and again, sooner where something was changed here."""
        loop = asyncio.get_running_loop()

        def ring() -> None:
            loop.call_soon_threadsafe(self._wake_up.set)

        self._engine.on_change(ring)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOKS_EVERY_SECONDS):
                        await self._wake_up.wait()
                # Where every instruction rings, looking after each would cost more than it is worth.
                await asyncio.sleep(LULL_SECONDS)
                self._wake_up.clear()
                if self._listening:
                    await self._look_again()
        finally:
            self._engine.on_change(_no_listener)

    async def _look_again(self) -> None:
        try:
            await self._look()
        except WalletError as error:
            _log.warning("the feed could not look for news: %s", error.error)
        except Exception:  # noqa: BLE001 - events must go out tomorrow too, whatever went wrong today
            _log.exception("the feed failed")

    async def _look(self) -> None:
        first = self._latest is None
        after = self._latest
        self._latest, accounts = await self._executor.read(lambda: self._engine.changed_accounts(after))
        now = self._engine.clock()
        for listening in self._listening:
            if first or listening.subscription.account in accounts or listening.subscription.due_at <= now:
                listening.woken.set()
        await self._look_at_sessions()

    async def _look_at_sessions(self) -> None:
        """Wake those in whose session another account is active now, or which is over."""
        now = asyncio.get_running_loop().time()
        if now - self._sessions_looked_at < LOOKS_EVERY_SECONDS:
            return
        self._sessions_looked_at = now
        active = await self._executor.read(self._engine.active_accounts)
        for listening in self._listening:
            subscription = listening.subscription
            if subscription.session is not None and active.get(subscription.session) != subscription.account:
                listening.woken.set()


def _no_listener() -> None:
    """Nobody is to be told that something has changed."""


BEATS_EVERY_SECONDS = 20.0


class Introduction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who listens, and after which event: what happened since then is told first."""

    client_id: str
    session_token: str
    since: Annotated[int, Meta(ge=0)] | None = None


class OutPort:
    """Tells each connection what happens to the account of its session."""

    def __init__(self, engine: Engine, executor: Executor, feed: EventBroadcaster, limits: Limits) -> None:
        self._engine = engine
        self._executor = executor
        self._feed = feed
        self._limits = limits

    async def handle(self, connection: Connection) -> None:
        """Tell events until the other side is gone; raises the refusal for which it is to be cut."""
        line = await connection.lines(self._limits.unfinished_line_seconds).next()
        if line is None:
            return
        who = _introduction_in(line)
        telling = asyncio.create_task(self._tell(who, connection))
        going = asyncio.create_task(connection.wait_until_closed())
        try:
            await asyncio.wait({telling, going}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
        finally:
            for task in (telling, going):
                task.cancel()
            await asyncio.gather(telling, going, return_exceptions=True)

    async def _tell(self, who: Introduction, connection: Connection) -> None:
        subscription = self._engine.follow(who.client_id, who.session_token)
        with self._feed.to(subscription) as listening:
            await connection.send(*await self._executor.read(lambda: subscription.begin(who.since)))
            while True:
                listening.woken.clear()
                told = await self._executor.read(subscription.read_new)
                if told:
                    await connection.send(*told)
                else:
                    await _woken(listening, connection)


async def _woken(listening: EventRecipient, connection: Connection) -> None:
    """Wait until there may be something to tell, with a sign of life from time to time."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEATS_EVERY_SECONDS):
                await listening.woken.wait()
                return
        await connection.send_heartbeat()


def _introduction_in(line: bytes) -> Introduction:
    try:
        return msgspec.convert(decode(line), Introduction)
    except msgspec.ValidationError:
        raise MalformedError(
            "Who listens says so in one line with a `client_id`, its `session_token` and, perhaps, `since`.",
            "Send that, with the sequence of the last event that you have read as `since`.",
        ) from None
