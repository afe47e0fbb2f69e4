"""The events of an account as server-sent events: one response that goes on until the client is gone.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from ewallet_core.engine.dispatcher import log_fault
from ewallet_core.engine.event_stream import EventMessage, EventSubscription
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import BadValueError
from ewallet_core.errors.server import EngineFailedError
from ewallet_core.instructions.envelope import error_answer
from ewallet_core.instructions.validation import as_whole_number
from ewallet_core.server.event_broadcaster import EventBroadcaster
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.server.http.peer import HttpPeer
from ewallet_core.server.http.responses import PRIVATE
from ewallet_core.server.http.typed_requests import TypedRequest, header_of

EVENTS_PATH = "/v1/events"
LAST_EVENT_ID = "last-event-id"
HEARTBEAT = b":\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    # nginx would hold events back until its buffer is full.
    (b"x-accel-buffering", b"no"),
    *((name.encode(), value.encode()) for name, value in PRIVATE.items()),
]
_log = logging.getLogger("ewallet_core")


class EventsApi:
    """Answers a GET with the events of the account of its bearer token, after `Last-Event-ID`."""

    def __init__(self, engine: Engine, executor: Executor, broadcaster: EventBroadcaster) -> None:
        self._engine = engine
        self._executor = executor
        self._broadcaster = broadcaster

    async def respond(self, request: TypedRequest, peer: HttpPeer) -> ASGIApp:
        """The response with the events; raises the `WalletError` of a request that gets none."""
        header, since = header_of(request.headers), _last_event_in(request.headers)
        subscription = self._engine.follow(header.get("client_id", ""), header.get("session_token", ""))
        stream = EventStream(subscription, self._executor, self._broadcaster)
        peer.connection.on_end = stream.end
        try:
            first = await stream.begin(since)
        except WalletError as error:
            log_fault(error, "beginning to send events")
            raise

        async def send_events(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            if request.method == "GET":
                await stream.run(first, lambda part: send(_body(part, more=True)))
            await send(_body(b"", more=False))

        return send_events


class EventStream:
    """Sends the events of a subscription. As an `EventRecipient` it is woken when there are new ones."""

    def __init__(
        self, subscription: EventSubscription, executor: Executor, broadcaster: EventBroadcaster
    ) -> None:
        self.subscription = subscription
        self.account: int | None = None
        self._loop = asyncio.get_running_loop()
        self.sent_at = self._loop.time()
        self._executor = executor
        self._broadcaster = broadcaster
        self._woken = asyncio.Event()
        self._is_heartbeat_due = self._is_ending = False
        self._reason: WalletError | None = None

    def wake(self) -> None:
        self._woken.set()

    def send_heartbeat(self) -> None:
        self.sent_at = self._loop.time()
        self._is_heartbeat_due = True
        self._woken.set()

    def end(self, reason: WalletError | None) -> None:
        """Send nothing more, except that reason."""
        self._is_ending, self._reason = True, reason
        self._woken.set()

    async def begin(self, since: int | None) -> list[EventMessage]:
        """The first message; raises a `WalletError` if no account is logged in to the session."""
        return await self._executor.read(lambda: self.subscription.begin(since))

    async def run(self, first: list[EventMessage], send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send the first message and then all events, until the session or the connection ends."""
        self.account = self.subscription.account
        self._broadcaster.add(self)
        try:
            await self._send(first, send)
            # What has happened since it began woke nothing.
            self._woken.set()
            while not self._is_ending:
                await self._woken.wait()
                self._woken.clear()
                await self._send_new(send)
        except WalletError as error:
            log_fault(error, "reading the events of a connection")
            self._reason = error
        except Exception:  # noqa: BLE001 - the client must learn why it gets no more
            _log.exception("the events of a connection could not be read")
            self._reason = EngineFailedError()
        finally:
            self._broadcaster.remove(self)
        if self._reason is not None:
            await send(_as_event(error_answer(self._reason)))

    async def _send_new(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        messages = await self._executor.read(self.subscription.read_new)
        if self.subscription.account != self.account:
            self._broadcaster.move(self, self.subscription.account)
        if messages:
            await self._send(messages, send)
            # There may be more than a page of them.
            self._woken.set()
        elif self._is_heartbeat_due:
            await send(HEARTBEAT)
        self._is_heartbeat_due = False

    async def _send(self, messages: list[EventMessage], send: Callable[[bytes], Awaitable[None]]) -> None:
        self._broadcaster.sent_count += len(messages)
        self.sent_at = self._loop.time()
        await send(b"".join(map(_as_event, messages)))


def _as_event(message: Mapping[str, Any]) -> bytes:
    """An event without a type, because programs would have to name each type that they want to hear of."""
    event_id = f"id: {message['sequence']}\n" if "sequence" in message else ""
    return b"%sdata: %s\n\n" % (event_id.encode(), msgspec.json.encode(message))


def _body(part: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": part, "more_body": more}


def _last_event_in(headers: Mapping[str, str]) -> int | None:
    sent = headers.get(LAST_EVENT_ID)
    if not sent:
        return None
    try:
        return as_whole_number(sent)
    except ValueError:
        raise BadValueError("Last-Event-ID", "the id of an event, which is a whole number") from None
