"""One accepted connection: lines in, frames out, its time limits, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, cast

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import FrameTooLongError
from ewallet_core.errors.server import (
    EngineFailedError,
    IdleTooLongError,
    LineUnfinishedError,
    ReaderTooSlowError,
)
from ewallet_core.instructions.envelope import error_answer
from ewallet_core.protocol.address import network_of
from ewallet_core.protocol.frames import LineBuffer, encode
from ewallet_core.server.client_connection import (
    CLOSE_SECONDS,
    ClientConnection,
    LimitTimer,
    Roster,
    TimeLimit,
)
from ewallet_core.server.frame_output import FrameOutput
from ewallet_core.server.limits import Limits

_log = logging.getLogger("ewallet_core")

LINES_AT_ONCE = 16
"""How many lines of one connection are read before the others have their turn."""


class Connection(ClientConnection):
    """What both sockets share. A subclass gets each line, and sends frames.

    While too many answers are due, or the client reads none, no more lines are taken, and then no more bytes
    are read. There is one timer, for the earliest of the time limits. What a limit depends on is only noted
    when it happens, and compared when the timer fires.
    """

    __slots__ = (
        "_answers_due",
        "_begun_at",
        "_closing_at",
        "_heard_at",
        "_idle_seconds",
        "_ignores_input",
        "_input",
        "_is_at_end",
        "_is_ending",
        "_is_paused",
        "_is_turn_due",
        "_limits",
        "_loop",
        "_output",
        "_reason",
        "_roster",
        "_timer",
        "_transport",
        "address",
        "is_lost",
        "network",
    )

    def __init__(self, roster: Roster, address: str, limits: Limits, idle_seconds: int) -> None:
        self._roster = roster
        self._limits = limits
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._timer = LimitTimer(self._loop, self._next_limit)
        self.address = address
        self.network = network_of(address)
        """What counts as one client in limits per address."""
        self._input = LineBuffer()
        self._heard_at = 0.0
        self._begun_at: float | None = None
        """When the unfinished line was begun, if there is one."""
        self._is_paused = self._is_turn_due = self._ignores_input = self._is_at_end = False
        self._output = FrameOutput()
        self._answers_due = 0
        self._is_ending = self.is_lost = False
        self._reason: WalletError | None = None
        self._closing_at: float | None = None

    # What the subclasses do and use

    def line_received(self, line: bytes) -> None:
        raise NotImplementedError

    def line_refused(self, error: FrameTooLongError) -> None:
        raise NotImplementedError

    def room_to_send(self) -> None:
        """The client has read what was waiting to be sent."""

    @property
    def is_read(self) -> bool:
        """Whether the client reads what it is sent."""
        return self._output.has_room

    @property
    def unsent_bytes(self) -> int:
        return self._output.unsent_bytes

    def expect_answer(self) -> None:
        """Count an answer that will be sent by `answer`."""
        self._answers_due += 1

    def answer(self, message: Any) -> None:
        """Send an answer that was expected."""
        self._answers_due -= 1
        try:
            self.send(message)
        except Exception:  # noqa: BLE001 - the answers that came with this one must still be sent
            _log.exception("an answer could not be sent")
            self.end(EngineFailedError())
        if not self._is_ending:
            self._take_turn()
        elif self._answers_due:
            return
        elif self.is_lost:
            self._roster.discard(self)
        else:
            self._close()

    def send(self, *messages: Any) -> None:
        """Send each message as a frame."""
        self._output.send(messages)

    def send_heartbeat(self) -> None:
        """Send an empty line, which shows the client that the connection still works."""
        self._output.write(b"\n")

    def ignore_input(self) -> None:
        """Read on and drop what arrives, without time limits."""
        self._ignores_input = True
        self._input.clear()
        self._resume()

    def end(self, reason: WalletError | None) -> None:
        """Take no more lines; close with that reason once the answers that are due have been sent."""
        if not self._is_ending:
            self._is_ending, self._reason = True, reason
            self.ignore_input()
            if not self._answers_due:
                self._close()

    def abort(self) -> None:
        """Close at once and discard what is waiting to be sent."""
        self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._output.connect(self._transport)
        self._heard_at = self._loop.time()
        try:
            self._roster.admit(self)
        except WalletError as error:
            self.end(error)
        self._timer.watch()

    def data_received(self, data: bytes) -> None:
        if not self._ignores_input:
            self._input.add(data)
            self._take_lines()

    def eof_received(self) -> bool:
        self._is_at_end = True
        if self._ignores_input:
            self.end(None)
        else:
            self._take_lines()
        # Without TLS, the answers that are due can still be sent.
        return self._closing_at is None and self._transport.can_write_eof()

    def pause_writing(self) -> None:
        self._output.pause()
        self._timer.watch()

    def resume_writing(self) -> None:
        self._output.resume()
        if not self._is_ending:
            self._take_turn()
        self.room_to_send()

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_lost = self._is_ending = self._ignores_input = True
        self._timer.cancel()
        if not self._answers_due:
            self._roster.discard(self)

    # Input

    def _take_lines(self) -> None:
        for _ in range(LINES_AT_ONCE):
            if self._ignores_input:
                return
            if not self._has_room:
                self._pause()
                return
            try:
                line = self._input.next_line()
            except FrameTooLongError as error:
                self._begun_at = None
                self.line_refused(error)
                continue
            if line is None:
                self._read_on()
                return
            self._begun_at = None
            self.line_received(line)
        self._pause()
        self._take_turn()

    @property
    def _has_room(self) -> bool:
        return self._output.has_room and self._answers_due < self._limits.requests_at_once_per_connection

    def _read_on(self) -> None:
        """Wait for more bytes: all lines were taken."""
        if self._is_at_end:
            self.end(None)
            return
        self._heard_at = self._loop.time()
        self._resume()
        if not self._input.is_begun:
            self._begun_at = None
        elif self._begun_at is None:
            self._begun_at = self._heard_at
            self._timer.watch()

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._begun_at = None
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
            self._timer.watch()

    def _take_turn(self) -> None:
        """Take more lines in the next iteration of the loop, if some are left."""
        if self._is_paused and not self._is_turn_due:
            self._is_turn_due = True
            self._loop.call_soon(self._continue)

    def _continue(self) -> None:
        self._is_turn_due = False
        self._take_lines()

    def _close(self) -> None:
        """Send the reason, and read to the end: unread input makes the system reset the connection."""
        if self._closing_at is not None:
            return
        if self._reason is not None:
            self._output.write(encode(error_answer(self._reason)))
        self._output.is_closed = True
        self._closing_at = self._loop.time()
        with contextlib.suppress(OSError):
            # A transport of TLS that is closed twice can't be aborted afterwards.
            if not self._transport.is_closing():
                if self._transport.can_write_eof() and not self._is_at_end:
                    self._transport.write_eof()
                else:
                    self._transport.close()
        self._timer.watch()

    # Time limits

    def _next_limit(self) -> TimeLimit | None:
        """The time limit that is exceeded first if nothing happens before."""
        if self.is_lost:
            return None
        if self._closing_at is not None:
            return self._closing_at + CLOSE_SECONDS, self.abort
        if self._output.unread_since is not None:
            return self._output.unread_since + self._limits.unread_seconds, self._check_reader
        if self._ignores_input or self._is_paused:
            return None
        if self._begun_at is not None:
            return self._begun_at + self._limits.unfinished_line_seconds, self._end_unfinished
        return self._heard_at + self._idle_seconds, self._end_idle

    def _check_reader(self) -> None:
        if self._output.is_read_too_slowly():
            self._drop(ReaderTooSlowError(self._limits.unread_seconds))

    def _drop(self, reason: ReaderTooSlowError) -> None:
        """Send the reason and leave the client a moment to read it; answers that are due are discarded."""
        self._is_ending, self._reason = True, reason
        self.ignore_input()
        self._close()

    def _end_unfinished(self) -> None:
        self.end(LineUnfinishedError(self._limits.unfinished_line_seconds))

    def _end_idle(self) -> None:
        self.end(IdleTooLongError(self._idle_seconds))
