"""The event port: sends events to subscribed connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from ewallet_core.engine.dispatcher import log_fault
from ewallet_core.engine.event_stream import EventMessage, EventSubscription
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import FrameTooLongError, MalformedError
from ewallet_core.errors.server import EngineFailedError
from ewallet_core.instructions.validation import as_whole_number
from ewallet_core.protocol.frames import decode
from ewallet_core.server.client_connection import Roster
from ewallet_core.server.connection import Connection
from ewallet_core.server.event_broadcaster import EventBroadcaster
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.server.limits import Limits

_log = logging.getLogger("ewallet_core")


class Introduction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a connection: its session, and the event after which it starts."""

    client_id: str
    session_token: str
    since: Annotated[int, Meta(ge=0)] | None = None


class OutPort:
    """What the connections of the event port share."""

    def __init__(
        self, engine: Engine, executor: Executor, broadcaster: EventBroadcaster, limits: Limits
    ) -> None:
        self.engine = engine
        self.executor = executor
        self.broadcaster = broadcaster
        self.limits = limits

    def connect(self, roster: Roster, address: str) -> Connection:
        return EventConnection(self, roster, address)


class EventConnection(Connection):
    """Sends the events of the session that its first line names, until the client disconnects."""

    __slots__ = ("_is_reading", "_is_woken", "_port", "account", "sent_at", "subscription")

    def __init__(self, port: OutPort, roster: Roster, address: str) -> None:
        # Silence before the first line is as suspect as an unfinished line.
        super().__init__(roster, address, port.limits, port.limits.unfinished_line_seconds)
        self._port = port
        self._is_reading = self._is_woken = False
        self.subscription: EventSubscription
        self.account: int | None = None
        """The account for whose events it is woken."""
        self.sent_at = 0.0

    def line_received(self, line: bytes) -> None:
        try:
            who = _introduction_in(line)
        except WalletError as error:
            self.end(error)
            return
        self.ignore_input()
        # Its first line is that it listens: it gets no heartbeat before that.
        self.sent_at = self._loop.time()
        self.subscription = self._port.engine.follow(who.client_id, who.session_token)
        self._port.broadcaster.add(self)
        self._read(lambda: self.subscription.begin(who.since))

    def line_refused(self, error: FrameTooLongError) -> None:
        self.end(error)

    def room_to_send(self) -> None:
        if self._is_woken:
            self.wake()

    def wake(self) -> None:
        """Read the new events now, or as soon as it has read and the client has room for more."""
        self._is_woken = True
        if not self._is_reading and self.is_read:
            self._read(self.subscription.read_new)

    def send_heartbeat(self) -> None:
        self.sent_at = self._loop.time()
        super().send_heartbeat()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._port.broadcaster.remove(self)

    def _read(self, work: Callable[[], list[EventMessage]]) -> None:
        self._is_reading, self._is_woken = True, False
        self._port.executor.read(work).add_done_callback(self._have_read)

    def _have_read(self, reading: asyncio.Future[list[EventMessage]]) -> None:
        self._is_reading = False
        if self._is_ending or reading.cancelled():
            return
        try:
            messages = reading.result()
        except WalletError as error:
            log_fault(error, "reading the events of a connection")
            self._leave(error)
            return
        except Exception as error:  # noqa: BLE001 - the client must learn why it gets no more
            _log.error("the events of a connection could not be read", exc_info=error)
            self._leave(EngineFailedError())
            return
        if self.subscription.account != self.account:
            self._port.broadcaster.move(self, self.subscription.account)
        if messages:
            self._port.broadcaster.sent_count += len(messages)
            self.sent_at = self._loop.time()
            self.send(*messages)
        if messages or self._is_woken:
            # There may be more than a page of them.
            self.wake()

    def _leave(self, reason: WalletError) -> None:
        self._port.broadcaster.remove(self)
        self.end(reason)


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
