"""The instruction port: reads one request a line, and sends one line for each answer."""

from __future__ import annotations

from functools import partial
from itertools import count
from time import monotonic, perf_counter
from typing import Any

from ewallet_core.engine.dispatcher import Dispatcher
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import (
    MalformedError,
    NotJsonError,
    NotUtf8Error,
    TooDeepError,
)
from ewallet_core.errors.server import TooManyRequestsError
from ewallet_core.instructions.envelope import error_answer, in_reply_to
from ewallet_core.operations.context import Call, Caller, InvalidCall
from ewallet_core.protocol.frames import decode
from ewallet_core.server.client_connection import Roster
from ewallet_core.server.connection import Connection
from ewallet_core.server.executor import Executor
from ewallet_core.server.limits import ConnectionLimiter, Limits, RateLimiter, UnreadLimiter
from ewallet_core.server.log import RequestMonitor

SECOND_MS = 1_000


class InPort:
    """What the connections of the instruction port share."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        executor: Executor,
        limiter: ConnectionLimiter,
        limits: Limits,
        monitor: RequestMonitor,
    ) -> None:
        self.dispatcher = dispatcher
        self.monitor = monitor
        self.numbers = count(1)
        self.executor = executor
        self.limits = limits
        self.unread = UnreadLimiter(limits.unread_megabytes_per_address)
        self._limiter = limiter
        self._of_sessions = RateLimiter(limits.requests_per_second_per_session, _now_ms)
        self._of_addresses = RateLimiter(limits.requests_per_second_per_address, _now_ms)

    def connect(self, roster: Roster, address: str) -> Connection:
        return InstructionConnection(self, roster, address)

    def is_exempt(self, address: str) -> bool:
        """Whether the limits per address do not apply to that one."""
        return self._limiter.is_exempt(address)

    def limit_rate(self, call: Call | InvalidCall, network: str | None) -> TooManyRequestsError | None:
        """Count a request; returns an error if its session, or that network, has sent enough for now."""
        if wait := self._of_sessions.acquire(call.order_key):
            return TooManyRequestsError("session", self._of_sessions.per_second, wait)
        return None if network is None else self.limit_address_rate(network)

    def limit_address_rate(self, network: str) -> TooManyRequestsError | None:
        """Count a request of no session; returns an error if that network has sent enough for now."""
        if wait := self._of_addresses.acquire(network):
            return TooManyRequestsError("address", self._of_addresses.per_second, wait)
        return None


class InstructionConnection(Connection):
    """Takes requests, and sends each answer once it is there."""

    __slots__ = ("_caller", "_port", "is_limited", "number")

    def __init__(self, port: InPort, roster: Roster, address: str) -> None:
        super().__init__(roster, address, port.limits, port.limits.idle_seconds)
        self._port = port
        self.number = next(port.numbers)
        self._caller = Caller(address, self)
        self.is_limited = not port.is_exempt(address)

    @property
    def is_ready(self) -> bool:
        """As `Requester.is_ready`."""
        return self._output.has_room and not self._port.unread.is_reached(self.network)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.is_limited:
            self._port.unread.add(self)

    def room_to_send(self) -> None:
        self._port.unread.discard(self)
        self._port.executor.resume(self.network)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.room_to_send()

    def line_received(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            request = decode(line)
        except (NotJsonError, NotUtf8Error, TooDeepError, MalformedError) as error:
            self.line_refused(error)
        else:
            self._carry_out(request)

    def line_refused(self, error: WalletError) -> None:
        self._refuse(InvalidCall(partial(error_answer, error), None), error)

    def _refuse(self, call: Call | InvalidCall, error: WalletError) -> None:
        answer = in_reply_to(call.reply_id, error_answer(error))
        self._port.monitor.note(call, self, answer, perf_counter())
        self.send(answer)

    def _carry_out(self, request: dict[str, Any]) -> None:
        call = self._port.monitor.traced(self._port.dispatcher.parse(request, self._caller))
        if (error := self._port.limit_rate(call, self.network if self.is_limited else None)) is not None:
            self._refuse(call, error)
            return
        self.expect_answer()
        # A client that has disconnected by then sends the request again with the same request id.
        self._port.executor.run(call, self)


def _now_ms() -> float:
    return monotonic() * SECOND_MS
