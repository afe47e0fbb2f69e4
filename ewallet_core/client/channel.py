"""The request channel: one connection, reopened when it breaks, and its pending requests."""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from asyncio import Future
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from ewallet_core.client.connect import Waits, delays
from ewallet_core.client.connection import NO_ACCOUNT, ConnectionState, Reach, UnreachableError
from ewallet_core.client.failover import FailoverEndpoint
from ewallet_core.client.messages import MessageStream, Reply, read_as, reason_of
from ewallet_core.client.requests import Request, changes_something, frame_of
from ewallet_core.client.trust import NotTrustedError
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer, error_answer, in_reply_to, request_id_of

MOST_AT_ONCE = 32
"""How many requests may be sent and unanswered: half of what a server accepts from one connection."""


@dataclass(order=True, slots=True)
class Sending:
    """One request; if its caller no longer waits for the answer, it is not sent again.

    An `alone` request is never pending together with others, so that none overtakes it if it is sent again.
    """

    number: int
    request_id: str
    frame: bytes = field(repr=False)
    """It may contain a password."""
    alone: bool
    answer: Future[Answer]
    times_sent: int = 0
    was_cut_off: bool = False
    """Whether a connection broke after it was sent, so it may have been carried out."""
    servers_left: int = 0
    """How many servers were left because they could not store it."""
    sent_at: float = 0.0


class PendingRequests:
    """The requests that wait to be sent, and those that wait for an answer."""

    def __init__(self) -> None:
        self._numbers = count()
        self._waiting: list[Sending] = []
        self._sent: dict[str, Sending] = {}
        self._room = MOST_AT_ONCE

    def put(self, request_id: str, frame: bytes, answer: Future[Answer], *, alone: bool) -> None:
        heapq.heappush(self._waiting, Sending(next(self._numbers), request_id, frame, alone, answer))

    def due(self, now: float) -> Iterator[Sending]:
        """The requests to send now, which count as sent from then on."""
        while self._waiting and len(self._sent) < self._room:
            first = self._waiting[0]
            if not first.answer.done():
                # An `alone` request waits for all others, and they wait for it.
                must_wait = first.alone or any(sent.alone for sent in self._sent.values())
                if first.request_id in self._sent or (self._sent and must_wait):
                    return
            heapq.heappop(self._waiting)
            if not first.answer.done():
                first.times_sent += 1
                first.sent_at = now
                self._sent[first.request_id] = first
                yield first

    def answered(self, request_id: str) -> Sending | None:
        sending = self._sent.pop(request_id, None)
        self._room = min(self._room + 1, MOST_AT_ONCE)
        return sending

    def retry(self, sending: Sending) -> None:
        """Send the request again, and send fewer at once for a while."""
        self._room = 1
        heapq.heappush(self._waiting, sending)

    def retry_all(self) -> None:
        """Send all unanswered requests again, because the connection broke."""
        for sending in self._sent.values():
            sending.was_cut_off = True
            heapq.heappush(self._waiting, sending)
        self._sent.clear()

    def give_up(self, reason: Exception) -> None:
        """Make every request fail with this error."""
        self.retry_all()
        for sending in self._waiting:
            if not sending.answer.done():
                sending.answer.set_exception(reason)
        self._waiting.clear()

    def age(self, seconds: float) -> None:
        for sending in self._sent.values():
            sending.sent_at -= seconds

    @property
    def is_empty(self) -> bool:
        """Whether no caller waits for an answer."""
        return all(sending.answer.done() for sending in (*self._sent.values(), *self._waiting))

    @property
    def oldest_sent_at(self) -> float | None:
        """When the first of the unanswered requests was sent; None if there is none."""
        return min((sending.sent_at for sending in self._sent.values()), default=None)


MOST_TRIES = 20
"""How often one request is sent if the server keeps answering that it is to be sent again."""

_STORAGE = frozenset({"outcome_unknown", "storage_failed", "storage_unavailable"})
"""The codes of errors of a server that can't reach the database, which another server may reach."""

_CLOSED = "The server has closed the connection."
_FAILED = "The client has failed. Open it again, and report it if it fails again."
_NOT_OPEN = "The connection to the server is not open."
_LOOK_FIRST = "Log in again, and check whether it was done before the connection broke."
_NOT_KNOWN = "It is not known which pending requests were done: send them again under the same request ids."

_log = logging.getLogger("ewallet_core")


class RequestChannel:
    """Sends requests to a server of `endpoint`, over one connection after another.

    `randomness` returns numbers from 0 to 1. A connection counts as dead if an answer is due and nothing
    arrives for `answer_within` seconds. `waits` limits what is waited for.
    """

    def __init__(
        self,
        endpoint: FailoverEndpoint,
        state: ConnectionState,
        randomness: Callable[[], float],
        answer_within: float,
        waits: Waits,
    ) -> None:
        self._endpoint = endpoint
        self._state = state
        self._randomness = randomness
        self._answer_within = answer_within
        self._waits = waits
        self._waiting_since = 0.0
        self._pending = PendingRequests()
        self._messages: MessageStream | None = None
        self._task: asyncio.Task[None] | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._at_rest = asyncio.Event()
        self._is_disconnected = asyncio.Event()
        self._is_closing = False

    async def open(self) -> None:
        """Connect; raises `UnreachableError` if that fails."""
        if self._task is None or self._task.done():
            self._is_closing = False
            messages = await self._endpoint.open_requests()
            if self._is_closing:
                await messages.close()
                raise UnreachableError(_NOT_OPEN)
            self._task = asyncio.create_task(self._stay_connected(messages))
            self._messages = messages
            self._is_disconnected.clear()
            self._state.becomes(Reach.CONNECTED)

    async def ask(self, request: Request) -> Answer:
        """The answer, over as many connections as it takes, or `UnreachableError` if the channel gives up."""
        try:
            frame = frame_of(request)
        except WalletError as error:
            return in_reply_to(request_id_of(request), error_answer(error))
        if self._is_closing or self._task is None or self._task.done():
            raise UnreachableError(self._state.connection.reason or _NOT_OPEN)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        request_id = request_id_of(request)
        self._pending.put(str(request_id), frame, answer, alone=changes_something(request))
        self._send_what_is_due()
        return await answer

    async def disconnected(self) -> None:
        """Wait until no connection is open."""
        if self._messages is not None:
            await self._is_disconnected.wait()

    def age(self, seconds: float) -> None:
        """Count `seconds` of sleep: what was sent before is due by as much earlier, and a pause is over."""
        self._waiting_since -= seconds
        self._pending.age(seconds)
        self._resume()

    async def close(self) -> None:
        """Wait for the answers that can still come, refuse new requests, and close the connection."""
        self._is_closing = True
        if self._task is None:
            return
        self._note_rest()
        await self._at_rest.wait()
        self._task.cancel()
        await asyncio.wait([self._task])
        self._state.becomes(Reach.OFFLINE)

    async def _stay_connected(self, messages: MessageStream) -> None:
        """Reconnect until the channel is closed or no server is trusted any longer."""
        reason = UnreachableError(f"The connection was closed. {_NOT_KNOWN}")
        try:
            while True:
                messages = await self._connected_again(await self._use(messages))
        except NotTrustedError as error:
            reason = error
            self._state.becomes(Reach.OFFLINE, reason=str(error))
        except Exception:  # noqa: BLE001 - else every request would wait forever
            _log.exception("the connection to the server could not be kept")
            reason = UnreachableError(_FAILED)
            self._state.becomes(Reach.OFFLINE, reason=_FAILED)
        finally:
            self._pending.give_up(reason)
            self._note_rest()

    async def _use(self, messages: MessageStream) -> str:
        """Send requests and receive answers until the connection breaks; returns why, in a sentence."""
        self._messages = messages
        self._is_disconnected.clear()
        self._state.becomes(Reach.CONNECTED)
        self._send_what_is_due()
        reason = _CLOSED
        try:
            while True:
                message = await self._next_message(messages)
                if message is not None and (notice := self._take(message)):
                    reason = notice
        except TimeoutError:
            return f"The server has not answered for {self._answer_within:g} seconds."
        except (EOFError, OSError):
            return reason
        except UnreachableError as found:
            return str(found)
        finally:
            self._messages = None
            self._is_disconnected.set()
            self._pending.retry_all()
            self._resume()
            self._note_rest()
            await messages.close()

    async def _connected_again(self, reason: str) -> MessageStream:
        self._endpoint.leave()
        for delay in delays(self._randomness):
            seconds = math.ceil(delay)
            self._state.becomes(Reach.RECONNECTING, reason=reason, retry_in_seconds=seconds)
            await self._waits.sleep(delay)
            self._state.becomes(Reach.RECONNECTING, reason=reason)
            try:
                return await self._endpoint.open_requests()
            except NotTrustedError:
                raise
            except UnreachableError as found:
                reason = str(found)
        raise AssertionError("the delays have no end")

    async def _next_message(self, messages: MessageStream) -> Answer | None:
        """The next message; raises `TimeoutError` if it is overdue."""
        now = asyncio.get_running_loop().time
        self._waiting_since = now()
        while True:
            since = max(self._waiting_since, self._pending.oldest_sent_at or 0.0)
            try:
                async with self._waits.limited_to(since + self._answer_within - now()):
                    return await messages.read()
            except TimeoutError:
                sent_at = self._pending.oldest_sent_at
                if sent_at is None:
                    # No answer is due: a silent server need not be dead.
                    self._waiting_since = now()
                elif max(self._waiting_since, sent_at) + self._answer_within <= now():
                    raise

    def _take(self, message: Answer) -> str | None:
        """Deliver an answer to its caller; returns the text of a notice that the connection will close."""
        reply = read_as(Reply, message)
        if reply.request_id is None:
            return reason_of(message)
        sending = self._pending.answered(reply.request_id)
        if sending is not None:
            self._answer(sending, reply, message)
            self._send_what_is_due()
            self._note_rest()
        return None

    def _answer(self, sending: Sending, reply: Reply, answer: Answer) -> None:
        if reply.code in _STORAGE and sending.servers_left < self._endpoint.others:
            sending.servers_left += 1
            sending.was_cut_off = True
            self._pending.retry(sending)
            raise UnreachableError(reason_of(answer))
        if reply.wait_seconds is not None and sending.times_sent < MOST_TRIES:
            self._pending.retry(sending)
            # No request is sent meanwhile, so none overtakes the one that has to wait.
            if self._pause is not None:
                self._pause.cancel()
            self._pause = asyncio.get_running_loop().call_later(reply.wait_seconds, self._resume)
            return
        if sending.was_cut_off and sending.alone and reply.code in NO_ACCOUNT:
            answer = {**answer, "warning": _LOOK_FIRST, "maybe_done": True}
        if not sending.answer.done():
            sending.answer.set_result(answer)

    def _send_what_is_due(self) -> None:
        if self._messages is None or self._pause is not None:
            return
        for sending in self._pending.due(asyncio.get_running_loop().time()):
            self._messages.write(sending.frame)
        self._note_rest()

    def _resume(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        self._send_what_is_due()

    def _note_rest(self) -> None:
        """Note whether there is nothing to wait for: everything is answered, or no connection is open."""
        if self._messages is None or self._pending.is_empty:
            self._at_rest.set()
        else:
            self._at_rest.clear()
