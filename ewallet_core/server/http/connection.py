"""One connection of HTTP: uvicorn's protocol, with this server's limits and its orderly end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.http import HeadTooLongError, NotHttpError, RequestUnfinishedError
from ewallet_core.errors.requests import FrameTooLongError
from ewallet_core.errors.server import ServerStoppingError
from ewallet_core.protocol.address import network_of
from ewallet_core.protocol.frames import LARGEST_FRAME
from ewallet_core.server.client_connection import (
    ClientConnection,
    LimitTimer,
    Roster,
    TimeLimit,
)
from ewallet_core.server.http.framing import framing_of
from ewallet_core.server.http.peer import HttpPeer
from ewallet_core.server.http.port import HttpPort
from ewallet_core.server.http.transport import HttpTransport

LONGEST_HEAD = 32 * 1024
MOST_HEADERS = 100
LONGEST_REQUEST = LONGEST_HEAD + 4 * LARGEST_FRAME
"""With the sizes of chunks and what follows the last; the body alone has at most `LARGEST_FRAME`."""
BYTES_AT_ONCE = 4 * 1024
"""How much is parsed before it is looked whether a request has to wait for the one before it."""


class HttpConnection(HttpToolsProtocol, ClientConnection):
    """Parses requests, and gives each to the application once the one before it is answered.

    A request that breaks a limit is refused, and the connection ends. There is one timer for all time limits.
    """

    transport: HttpTransport

    def __init__(self, port: HttpPort, roster: Roster, address: str) -> None:
        super().__init__(port.config, port.state, {}, port.loop)
        self.access_log = False
        self._port = port
        self._roster = roster
        self._timer = LimitTimer(port.loop, self._next_limit)
        self.address = address
        self.network = network_of(address)
        self.number = port.next_number()
        self.is_lost = self._is_ending = False
        self.url = b""
        self.on_end: Callable[[WalletError | None], None] | None = None
        self._is_proxy = port.is_proxy(address)
        self._peer = HttpPeer(address, self, not port.is_exempt(address))
        self._received = bytearray()
        """What was not parsed yet, because a request has to wait for the one before it."""
        self._running: RequestResponseCycle | None = None
        """The latest request that the application got."""
        self._unfinished = 0
        """How many coroutines of the application have not ended."""
        self._is_in_head = False
        self._size = self._body_size = self._body_left = 0
        self._idle_since = port.loop.time()
        self._begun_at: float | None = None
        """When the request that has not arrived completely was begun, if there is one."""

    # As a PeerConnection and a Sender

    @property
    def is_ready(self) -> bool:
        return self.transport.is_read and not self._port.unread.is_reached(self.network)

    @property
    def unsent_bytes(self) -> int:
        return self.transport.unsent_bytes

    # As a ClientConnection

    def end(self, reason: WalletError | None) -> None:
        """Answer the request that is under way, and refuse one that has not arrived completely."""
        is_idle = self._due is None and self._begun_at is None
        if reason is None or (is_idle and isinstance(reason, ServerStoppingError)):
            self._end_after_response(reason)
        else:
            self._refuse(reason)

    def abort(self) -> None:
        self.transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        below, unread_seconds = cast("asyncio.Transport", transport), self._port.limits.unread_seconds
        super().connection_made(HttpTransport(below, unread_seconds, self._note_closed))
        self._timer.watch()
        try:
            self._roster.admit(self)
        except WalletError as error:
            self.end(error)

    def data_received(self, data: bytes) -> None:
        if not self._is_ending:
            if self._due is None and self._begun_at is None:
                self._begun_at = self.loop.time()
            self._received += data
            self._parse()

    def eof_received(self) -> bool:  # type: ignore[override]
        due = self._due
        if due is None or due.more_body or due.response_started:
            return False
        self._end_after_response()
        # Without TLS, the response that is due can still be sent.
        return self.transport.can_write_eof()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.note_unread()
        if self._peer.is_limited and not self._is_proxy:
            self._port.unread.add(self)
        self._timer.watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.transport.note_read()
        self._port.unread.discard(self)
        self._port.resume(self._peer.network)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = self._is_ending = True
        self._timer.cancel()
        self._received.clear()
        self.pipeline.clear()
        if self._due is not None:
            _disconnect(self._due)
        if self.on_end is not None:
            self.on_end(None)
        super().connection_lost(error)
        self.resume_writing()
        self._leave()

    # What httptools calls while it parses

    def on_message_begin(self) -> None:
        self._is_in_head, self._size = True, 0
        if self._begun_at is None:
            self._begun_at = self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # What looks like headers after the last chunk is of no use.
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head, self._body_size = False, 0
        framing = framing_of(self.headers)
        if len(self.headers) > MOST_HEADERS:
            self._refuse_head()
        elif framing.declared_size > LARGEST_FRAME:
            self._refuse_body()
        elif framing.is_ambiguous(
            self.parser.get_http_version(), offers_other_protocol=self.parser.should_upgrade()
        ):
            self._refuse(NotHttpError())
        elif not self._is_ending:
            self._body_left = framing.declared_size if self.parser.should_upgrade() else 0
            if self._is_proxy:
                self._peer = self._port.peer_of(self, self.address, self.headers)
            self.scope["state"]["peer"] = self._peer
            self._port.refresh_date()
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size > LARGEST_FRAME:
            self._refuse_body()
        elif not self._is_ending:
            super().on_body(body)

    def on_message_complete(self) -> None:
        # The parser calls this before the body if the client offers another protocol.
        if not self.parser.should_upgrade():
            self._complete_request()

    # What uvicorn calls

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running, self.on_end = cycle, None
        if self._begun_at is not None:
            self._begun_at = self.loop.time()
        self._unfinished += 1
        self.loop.create_task(cycle.run_asgi(app)).add_done_callback(self._note_finished)

    def on_response_complete(self) -> None:
        """Begin the next request that waits; uvicorn's own method would also set a timer after each."""
        if self.transport.is_closing():
            return
        self._idle_since = self.loop.time()
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        if self._received:
            self.loop.call_soon(self._parse)

    # Input

    def _parse(self) -> None:
        """Parse what has arrived, up to the first request that has to wait for the one before it."""
        while self._received and not self.pipeline and not self._is_ending:
            piece = bytes(self._received[:BYTES_AT_ONCE])
            del self._received[:BYTES_AT_ONCE]
            self._parse_piece(piece)
            self._size += len(piece)
            if self._is_in_head and self._size >= LONGEST_HEAD:
                self._refuse_head()
            elif self._begun_at is not None and self._size >= LONGEST_REQUEST:
                self._refuse_body()
        self.transport.hold(bool(self._received))
        if self._begun_at is not None:
            self._timer.watch()

    def _parse_piece(self, piece: bytes) -> None:
        if self._body_left:
            self._take_body(piece)
            return
        try:
            self.parser.feed_data(piece)
        except HttpParserUpgrade as stopped:
            self._take_body(piece[stopped.args[0] :])
        except HttpParserError:
            self._refuse(NotHttpError())

    def _take_body(self, piece: bytes) -> None:
        """Take the body of a request that offers another protocol, in which the client does not go on.

        The parser has stopped before it, so the request is the last one of its connection.
        """
        body = piece[: self._body_left]
        self._body_left -= len(body)
        self.on_body(body)
        if not self._body_left:
            self._complete_request()
            self._end_after_response()

    def _complete_request(self) -> None:
        self._begun_at = None
        if not self._is_ending:
            super().on_message_complete()

    @property
    def _due(self) -> RequestResponseCycle | None:
        """The request that the application has to answer, if there is one."""
        running = self._running
        return None if running is None or running.response_complete else running

    # The end

    def _refuse_head(self) -> None:
        self._refuse(HeadTooLongError(LONGEST_HEAD, MOST_HEADERS))

    def _refuse_body(self) -> None:
        self._refuse(FrameTooLongError(LARGEST_FRAME))

    def _refuse(self, error: WalletError) -> None:
        """Refuse what arrives now, and end the connection.

        If a request before it is carried out, its response is the last one: it says that the connection ends.
        """
        if self._is_ending:
            return
        due = self._due
        if due is not None and due.more_body:
            _disconnect(due)
            if not due.response_started:
                self._send_error(error)
            self._close()
        elif due is None and not self._is_rest_of_answered:
            self._send_error(error)
            self._close()
        else:
            self._end_after_response(error)

    @property
    def _is_rest_of_answered(self) -> bool:
        """Whether what arrives is the body of a request that was answered without it."""
        cycle = self.cycle
        return not self._is_in_head and cycle is not None and cycle.response_complete and cycle.more_body

    def _send_error(self, error: WalletError) -> None:
        path = self.url.decode("latin-1")
        self.transport.write(self._port.error_response(error, path, self._peer))

    def _end_after_response(self, reason: WalletError | None = None) -> None:
        """Take no more requests, and close once the response that is due has been sent.

        Only a response that goes on can still tell the reason.
        """
        self._is_ending = True
        self._received.clear()
        self.pipeline.clear()
        if (due := self._due) is None:
            self._close()
            return
        due.keep_alive = False
        if due.more_body:
            # The rest of it will not be read.
            _disconnect(due)
            self._close()
        elif self.on_end is not None:
            self.on_end(reason)

    def _close(self) -> None:
        self._is_ending = True
        self._received.clear()
        self.pipeline.clear()
        self.transport.close()

    def _note_closed(self) -> None:
        """The transport is closed; the client has a moment to read what was written."""
        self._is_ending = True
        self._timer.watch()

    def _note_finished(self, _: asyncio.Task[None]) -> None:
        self._unfinished -= 1
        self._leave()

    def _leave(self) -> None:
        if self.is_lost and not self._unfinished:
            self._roster.discard(self)

    # Time limits

    def _next_limit(self) -> TimeLimit | None:
        if self.is_lost:
            return None
        if (limit := self.transport.next_limit()) is not None:
            return limit
        if self._begun_at is not None and not self.pipeline:
            return self._begun_at + self._port.limits.unfinished_line_seconds, self._refuse_unfinished
        # While a request is under way, the timer only looks again later.
        idle_since = self._idle_since if self._due is None else self.loop.time()
        return idle_since + self._port.idle_seconds, self._close

    def _refuse_unfinished(self) -> None:
        self._refuse(RequestUnfinishedError(self._port.limits.unfinished_line_seconds))


def _disconnect(cycle: RequestResponseCycle) -> None:
    """Tell the application that the client of that request is gone."""
    cycle.disconnected = True
    cycle.message_event.set()
