"""The request channel: one connection, kept up, and the requests on it that are not answered yet."""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from asyncio import Future
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from ewallet_core.client.connect import LineStream, Reply, delays, read_as, reason_of
from ewallet_core.client.connection import NO_ACCOUNT, ConnectionState, Reach, UnreachableError
from ewallet_core.client.requests import Request, changes_something, frame_of
from ewallet_core.client.trust import NotTrustedError
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer, error_answer, in_reply_to, request_id_of

MOST_AT_ONCE = 32
"""How many may be on their way: half of what a server takes from one connection before it reads no more."""


@dataclass(order=True, slots=True)
class Sending:
    """One request on its way; one whose answer nobody waits for any more is not sent again.

    One that is `alone` is on its way with no other, so that nothing overtakes it however often it has to be
    sent: not what the server refuses for haste, nor what a broken connection left unanswered while another
    account became the active one.
    """

    number: int
    request_id: str
    frame: bytes = field(repr=False)
    """What is sent; a password may be in it."""
    alone: bool
    answer: Future[Answer]
    times_sent: int = 0
    was_cut_off: bool = False
    """Whether a connection that it was on broke, so that it may have been carried out already."""
    sent_at: float = 0.0


class PendingRequests:
    """Requests that wait to be sent, and those that were and wait for their answer."""

    def __init__(self) -> None:
        self._numbers = count()
        self._waiting: list[Sending] = []
        self._sent: dict[str, Sending] = {}
        self._room = MOST_AT_ONCE

    def put(self, request_id: str, frame: bytes, answer: Future[Answer], *, alone: bool) -> None:
        """Take a request, after all that were taken before."""
        heapq.heappush(self._waiting, Sending(next(self._numbers), request_id, frame, alone, answer))

    def due(self, now: float) -> Iterator[Sending]:
        """Those that are to be sent just now, which from then on are on their way."""
        while self._waiting and len(self._sent) < self._room:
            first = self._waiting[0]
            if not first.answer.done() and not self._may_join(first):
                return
            heapq.heappop(self._waiting)
            if not first.answer.done():
                first.times_sent += 1
                first.sent_at = now
                self._sent[first.request_id] = first
                yield first

    def answered(self, request_id: str) -> Sending | None:
        """The one on its way that has this id, which is so no more."""
        sending = self._sent.pop(request_id, None)
        self._room = min(self._room + 1, MOST_AT_ONCE)
        return sending

    def again(self, sending: Sending) -> None:
        """Let it wait to be sent once more, and what is asked go more slowly for a while."""
        self._room = 1
        heapq.heappush(self._waiting, sending)

    def all_again(self) -> None:
        """Let all that are on their way wait to be sent once more: the connection broke."""
        for sending in self._sent.values():
            sending.was_cut_off = True
            heapq.heappush(self._waiting, sending)
        self._sent.clear()

    def give_up(self, reason: Exception) -> None:
        """Answer none of them."""
        self.all_again()
        for sending in self._waiting:
            if not sending.answer.done():
                sending.answer.set_exception(reason)
        self._waiting.clear()

    @property
    def is_empty(self) -> bool:
        """Whether everything was answered that somebody waits for."""
        return all(sending.answer.done() for sending in (*self._sent.values(), *self._waiting))

    @property
    def oldest_sent_at(self) -> float | None:
        """When the first of those on their way was sent; None where there are none."""
        return min((sending.sent_at for sending in self._sent.values()), default=None)

    def _may_join(self, sending: Sending) -> bool:
        """Whether it may be on its way together with those that are."""
        if sending.request_id in self._sent:
            return False
        return not self._sent or not (sending.alone or any(sent.alone for sent in self._sent.values()))


MOST_TRIES = 20
"""How often one request is sent while the server answers that it is to be sent again."""

_CLOSED = "The server has closed the connection."
_FAILED = "The client itself has failed. Open it again, and report it if that stays so."
_NOT_OPEN = "The connection to the server is not open."
_LOOK_FIRST = "Log in again, and look whether it was done before the connection broke."
_NOT_KNOWN = "Whether what was not answered was done is not known: ask it again under the same request id."

_log = logging.getLogger("ewallet_core")


class RequestChannel:
    """Asks a server, over one connection after another.

    `dial` opens a connection that was greeted, `randomness` brings numbers from 0 to 1. A connection on which
    nothing comes for `answer_within` seconds while an answer is due counts as dead.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[LineStream]],
        reachability: ConnectionState,
        randomness: Callable[[], float],
        answer_within: float,
    ) -> None:
        self._dial = dial
        self._state = reachability
        self._randomness = randomness
        self._answer_within = answer_within
        self._pending = PendingRequests()
        self._lines: LineStream | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._at_rest = asyncio.Event()
        self._is_closing = False

    async def open(self) -> None:
        """Connect; raises `UnreachableError` where that can't be done just now."""
        if self._keeper is None or self._keeper.done():
            self._is_closing = False
            lines = await self._dial()
            if self._is_closing:
                await lines.close()
                raise UnreachableError(_NOT_OPEN)
            self._keeper = asyncio.create_task(self._keep(lines))
            self._lines = lines
            self._state.becomes(Reach.CONNECTED)

    async def ask(self, request: Request) -> Answer:
        """The answer, however many connections it takes; raises `UnreachableError` once the server is given up."""
        try:
            frame = frame_of(request)
        except WalletError as error:
            return in_reply_to(request_id_of(request), error_answer(error))
        if self._is_closing or self._keeper is None or self._keeper.done():
            raise UnreachableError(self._state.connection.reason or _NOT_OPEN)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        request_id = request_id_of(request)
        self._pending.put(str(request_id), frame, answer, alone=changes_something(request))
        self._send_what_is_due()
        return await answer

    async def close(self) -> None:
        """Wait for the answers that can still come, take nothing new, and let go of the connection."""
        self._is_closing = True
        if self._keeper is None:
            return
        self._note_rest()
        await self._at_rest.wait()
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        self._state.becomes(Reach.OFFLINE)

    async def _keep(self, lines: LineStream) -> None:
        """Hold a connection for as long as this is open, or until a person has to settle something."""
        reason = UnreachableError(f"The connection was closed. {_NOT_KNOWN}")
        try:
            while True:
                lines = await self._connected_again(await self._converse(lines))
        except NotTrustedError as error:
            reason = error
            self._state.becomes(Reach.OFFLINE, reason=str(error))
        except Exception:  # noqa: BLE001 - nobody would ever be answered again, and nothing would say so
            _log.exception("the connection to the server could not be kept")
            reason = UnreachableError(_FAILED)
            self._state.becomes(Reach.OFFLINE, reason=_FAILED)
        finally:
            self._pending.give_up(reason)
            self._note_rest()

    async def _converse(self, lines: LineStream) -> str:
        """Ask and take answers until the connection breaks; returns why it did, in a sentence."""
        self._lines = lines
        self._state.becomes(Reach.CONNECTED)
        self._send_what_is_due()
        reason = _CLOSED
        try:
            while True:
                message = await self._next_message(lines)
                if message is not None and (notice := self._take(message)):
                    reason = notice
        except TimeoutError:
            return f"The server has not answered for {self._answer_within:g} seconds."
        except (EOFError, OSError):
            return reason
        except UnreachableError as found:
            return str(found)
        finally:
            self._lines = None
            self._pending.all_again()
            self._resume()
            self._note_rest()
            await lines.close()

    async def _connected_again(self, reason: str) -> LineStream:
        for delay in delays(self._randomness):
            seconds = math.ceil(delay)
            self._state.becomes(Reach.RECONNECTING, reason=reason, retry_in_seconds=seconds)
            await asyncio.sleep(delay)
            self._state.becomes(Reach.RECONNECTING, reason=reason)
            try:
                return await self._dial()
            except NotTrustedError:
                raise
            except UnreachableError as found:
                reason = str(found)
        raise AssertionError("the delays have no end")

    async def _next_message(self, lines: LineStream) -> Answer | None:
        """What comes next; raises `TimeoutError` where it is overdue."""
        now = asyncio.get_running_loop().time
        begun = now()
        while True:
            since = max(begun, self._pending.oldest_sent_at or 0.0)
            try:
                async with asyncio.timeout_at(since + self._answer_within):
                    return await lines.read()
            except TimeoutError:
                sent_at = self._pending.oldest_sent_at
                if sent_at is not None and max(begun, sent_at) + self._answer_within <= now():
                    raise
                # Nobody waits for anything: a server that is silent then need not be dead.
                begun = begun if sent_at is not None else now()

    def _take(self, message: Answer) -> str | None:
        """Bring an answer to who waits for it; of a notice, return why the connection is about to be cut."""
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
        if reply.wait_seconds is not None and sending.times_sent < MOST_TRIES:
            self._pending.again(sending)
            self._hold(reply.wait_seconds)
            return
        if sending.was_cut_off and sending.alone and reply.code in NO_ACCOUNT:
            answer = {**answer, "warning": _LOOK_FIRST}
        if not sending.answer.done():
            sending.answer.set_result(answer)

    def _send_what_is_due(self) -> None:
        if self._lines is None or self._pause is not None:
            return
        for sending in self._pending.due(asyncio.get_running_loop().time()):
            self._lines.write(sending.frame)
        self._note_rest()

    def _hold(self, seconds: float) -> None:
        """Send nothing for so long, so that nothing is done before what has to wait."""
        if self._pause is not None:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        self._send_what_is_due()

    def _note_rest(self) -> None:
        """Whether there is nothing to wait for: all is answered, or there is nobody to answer."""
        if self._lines is None or self._pending.is_empty:
            self._at_rest.set()
        else:
            self._at_rest.clear()
