"""The one connection over which a server is asked: kept up, and asked again whatever it left unanswered."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable

from ewallet_core.client.backoff import delays
from ewallet_core.client.known_servers import NotTrusted
from ewallet_core.client.lines import Lines
from ewallet_core.client.messages import Reply, read_as, reason_of
from ewallet_core.client.outbox import Outbox, Sending
from ewallet_core.client.protocol import Reach, Unreachable
from ewallet_core.client.reachability import Reachability
from ewallet_core.client.requests import Request, changes_something, frame_of
from ewallet_core.client.session import SESSION_OVER
from ewallet_core.instructions.envelope import Answer, in_reply_to, nok, request_id_of
from ewallet_core.refusals.refusal import Refusal

MOST_TRIES = 20
"""How often one request is sent while the server answers that it is to be sent again."""

_CLOSED = "The server has closed the connection."
_FAILED = "The client itself has failed. Open it again, and report it if that stays so."
_NOT_OPEN = "The connection to the server is not open."
_NOBODY = SESSION_OVER | {"not_logged_in"}
_LOOK_FIRST = "Log in again, and look whether it was done before the connection broke."
_NOT_KNOWN = "Whether what was not answered was done is not known: ask it again under the same request id."

_log = logging.getLogger("ewallet_core")


class Link:
    """Asks a server, over one connection after another.

    `dial` opens a connection that was greeted, `randomness` brings numbers from 0 to 1. A connection on which
    nothing comes for `answer_within` seconds while an answer is due counts as dead.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[Lines]],
        reachability: Reachability,
        randomness: Callable[[], float],
        answer_within: float,
    ) -> None:
        self._dial = dial
        self._reachability = reachability
        self._randomness = randomness
        self._answer_within = answer_within
        self._outbox = Outbox()
        self._lines: Lines | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._at_rest = asyncio.Event()
        self._is_closing = False

    async def open(self) -> None:
        """Connect; raises `Unreachable` where that can't be done just now."""
        if self._keeper is None or self._keeper.done():
            self._is_closing = False
            lines = await self._dial()
            if self._is_closing:
                await lines.close()
                raise Unreachable(_NOT_OPEN)
            self._keeper = asyncio.create_task(self._keep(lines))
            self._lines = lines
            self._reachability.becomes(Reach.CONNECTED)

    async def ask(self, request: Request) -> Answer:
        """The answer, however many connections it takes; raises `Unreachable` once the server is given up."""
        try:
            frame = frame_of(request)
        except Refusal as refusal:
            return in_reply_to(request, nok(refusal))
        if self._is_closing or self._keeper is None or self._keeper.done():
            raise Unreachable(self._reachability.connection.reason or _NOT_OPEN)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        request_id = request_id_of(request)
        self._outbox.put(str(request_id), frame, answer, alone=changes_something(request))
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
        self._reachability.becomes(Reach.OFFLINE)

    async def _keep(self, lines: Lines) -> None:
        """Hold a connection for as long as this is open, or until a person has to settle something."""
        reason = Unreachable(f"The connection was closed. {_NOT_KNOWN}")
        try:
            while True:
                lines = await self._connected_again(await self._converse(lines))
        except NotTrusted as refusal:
            reason = refusal
            self._reachability.becomes(Reach.OFFLINE, reason=str(refusal))
        except Exception:  # noqa: BLE001 - nobody would ever be answered again, and nothing would say so
            _log.exception("the connection to the server could not be kept")
            reason = Unreachable(_FAILED)
            self._reachability.becomes(Reach.OFFLINE, reason=_FAILED)
        finally:
            self._outbox.give_up(reason)
            self._note_rest()

    async def _converse(self, lines: Lines) -> str:
        """Ask and take answers until the connection breaks; returns why it did, in a sentence."""
        self._lines = lines
        self._reachability.becomes(Reach.CONNECTED)
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
        except Unreachable as found:
            return str(found)
        finally:
            self._lines = None
            self._outbox.all_again()
            self._resume()
            self._note_rest()
            await lines.close()

    async def _connected_again(self, reason: str) -> Lines:
        for delay in delays(self._randomness):
            seconds = math.ceil(delay)
            self._reachability.becomes(Reach.RECONNECTING, reason=reason, retry_in_seconds=seconds)
            await asyncio.sleep(delay)
            self._reachability.becomes(Reach.RECONNECTING, reason=reason)
            try:
                return await self._dial()
            except NotTrusted:
                raise
            except Unreachable as found:
                reason = str(found)
        raise AssertionError("the delays have no end")

    async def _next_message(self, lines: Lines) -> Answer | None:
        """What comes next; raises `TimeoutError` where it is overdue."""
        now = asyncio.get_running_loop().time
        begun = now()
        while True:
            since = max(begun, self._outbox.oldest_sent_at or 0.0)
            try:
                async with asyncio.timeout_at(since + self._answer_within):
                    return await lines.read()
            except TimeoutError:
                sent_at = self._outbox.oldest_sent_at
                if sent_at is not None and max(begun, sent_at) + self._answer_within <= now():
                    raise
                # Nobody waits for anything: a server that is silent then need not be dead.
                begun = begun if sent_at is not None else now()

    def _take(self, message: Answer) -> str | None:
        """Bring an answer to who waits for it; of a notice, return why the connection is about to be cut."""
        reply = read_as(Reply, message)
        if reply.request_id is None:
            return reason_of(message)
        sending = self._outbox.answered(reply.request_id)
        if sending is not None:
            self._answer(sending, reply, message)
            self._send_what_is_due()
            self._note_rest()
        return None

    def _answer(self, sending: Sending, reply: Reply, answer: Answer) -> None:
        if reply.wait_seconds is not None and sending.times_sent < MOST_TRIES:
            self._outbox.again(sending)
            self._hold(reply.wait_seconds)
            return
        if sending.was_cut_off and sending.alone and reply.code in _NOBODY:
            answer = {**answer, "warning": _LOOK_FIRST}
        if not sending.answer.done():
            sending.answer.set_result(answer)

    def _send_what_is_due(self) -> None:
        if self._lines is None or self._pause is not None:
            return
        for sending in self._outbox.due(asyncio.get_running_loop().time()):
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
        if self._lines is None or self._outbox.is_empty:
            self._at_rest.set()
        else:
            self._at_rest.clear()
