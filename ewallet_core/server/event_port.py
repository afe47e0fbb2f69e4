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
from ewallet_core.instructions.validation import as_whole_number
from ewallet_core.protocol.frames import decode
from ewallet_core.server.connection import Connection
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.server.limits import Limits

READ_INTERVAL_SECONDS = 1.0
"""How often to read without a change in this process: other processes may write to the database too."""
COLLECT_SECONDS = 0.005

_log = logging.getLogger("ewallet_core")


@dataclass(eq=False, slots=True)
class EventRecipient:
    """A connection that receives events: its subscription, and what wakes it."""

    subscription: EventSubscription
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class EventBroadcaster:
    """Wakes the recipients of an account when it has new events."""

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self._engine = engine
        self._executor = executor
        self._recipients: set[EventRecipient] = set()
        self._wake_up = asyncio.Event()
        self._latest: int | None = None
        self._sessions_read_at = 0.0

    @contextmanager
    def to(self, subscription: EventSubscription) -> Iterator[EventRecipient]:
        """Wake a new recipient with that subscription from now on, while the context lasts."""
        recipient = EventRecipient(subscription)
        self._recipients.add(recipient)
        # Without a latest event, the next read wakes every recipient.
        self._latest = self._latest if len(self._recipients) > 1 else None
        self._wake_up.set()
        try:
            yield recipient
        finally:
            self._recipients.discard(recipient)

    async def run(self) -> None:
        """Read new events in intervals, and soon after each change in this process."""
        loop = asyncio.get_running_loop()

        def wake_up() -> None:
            loop.call_soon_threadsafe(self._wake_up.set)

        self._engine.on_change(wake_up)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(READ_INTERVAL_SECONDS):
                        await self._wake_up.wait()
                # Collect the changes of a burst: to read after each would cost too much.
                await asyncio.sleep(COLLECT_SECONDS)
                self._wake_up.clear()
                if self._recipients:
                    await self._try_to_wake()
        finally:
            self._engine.on_change(lambda: None)

    async def _try_to_wake(self) -> None:
        try:
            await self._wake_recipients()
        except WalletError as error:
            _log.warning("new events could not be read: %s", error.error)
        except Exception:  # noqa: BLE001 - one failure must not end the events of all connections
            _log.exception("the event broadcaster failed")

    async def _wake_recipients(self) -> None:
        first = self._latest is None
        after = self._latest
        self._latest, accounts = await self._executor.read(lambda: self._engine.changed_accounts(after))
        now = self._engine.clock()
        for recipient in self._recipients:
            if first or recipient.subscription.account in accounts or recipient.subscription.due_at <= now:
                recipient.woken.set()
        await self._wake_by_session()

    async def _wake_by_session(self) -> None:
        """Wake the recipients whose session has ended or has another active account."""
        now = asyncio.get_running_loop().time()
        if now - self._sessions_read_at < READ_INTERVAL_SECONDS:
            return
        self._sessions_read_at = now
        active = await self._executor.read(self._engine.active_accounts)
        for recipient in self._recipients:
            subscription = recipient.subscription
            if subscription.session is not None and active.get(subscription.session) != subscription.account:
                recipient.woken.set()


HEARTBEAT_SECONDS = 20.0


class Introduction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a connection: its session, and the event after which it starts."""

    client_id: str
    session_token: str
    since: Annotated[int, Meta(ge=0)] | None = None


class OutPort:
    def __init__(
        self, engine: Engine, executor: Executor, broadcaster: EventBroadcaster, limits: Limits
    ) -> None:
        self._engine = engine
        self._executor = executor
        self._broadcaster = broadcaster
        self._limits = limits

    async def handle(self, connection: Connection) -> None:
        """Send events until the client disconnects; raises the error with which to close the connection."""
        line = await connection.lines(self._limits.unfinished_line_seconds).next()
        if line is None:
            return
        who = _introduction_in(line)
        sending = asyncio.create_task(self._send_events(who, connection))
        closed = asyncio.create_task(connection.wait_until_closed())
        try:
            await asyncio.wait({sending, closed}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, closed):
                task.cancel()
            await asyncio.gather(sending, closed, return_exceptions=True)

    async def _send_events(self, who: Introduction, connection: Connection) -> None:
        subscription = self._engine.follow(who.client_id, who.session_token)
        with self._broadcaster.to(subscription) as recipient:
            await connection.send(*await self._executor.read(lambda: subscription.begin(who.since)))
            while True:
                recipient.woken.clear()
                messages = await self._executor.read(subscription.read_new)
                if messages:
                    await connection.send(*messages)
                else:
                    await _wait_until_woken(recipient, connection)


async def _wait_until_woken(recipient: EventRecipient, connection: Connection) -> None:
    """Wait until there may be new events, and send heartbeats meanwhile."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await recipient.woken.wait()
                return
        await connection.send_heartbeat()


def _introduction_in(line: bytes) -> Introduction:
    said = decode(line)
    try:
        if isinstance(since := said.get("since"), str):
            said["since"] = as_whole_number(since)
        return msgspec.convert(said, Introduction)
    except ValueError:
        raise MalformedError(
            "The first line must have a `client_id`, its `session_token` and, optionally, `since`.",
            "Send that, with the sequence of the last event that you have read as `since`.",
        ) from None
