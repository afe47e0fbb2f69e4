"""Carries out the instructions of HTTP requests, under the limits that the instruction port has."""

from __future__ import annotations

import asyncio
from functools import partial
from time import perf_counter
from typing import Any

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import TooManyRequestsError
from ewallet_core.instructions.envelope import Answer, error_answer, in_reply_to
from ewallet_core.operations.context import Call, Caller, InvalidCall
from ewallet_core.server.http.peer import HttpPeer
from ewallet_core.server.instruction_port import InPort


class PendingAnswer:
    """As a `Requester` of one call: gives its answer to the coroutine that waits for it."""

    __slots__ = ("_peer", "address", "answered", "is_limited", "network")

    def __init__(self, peer: HttpPeer, answered: asyncio.Future[Answer]) -> None:
        self._peer = peer
        self.address = peer.address
        self.network = peer.network
        self.is_limited = peer.is_limited
        self.answered = answered

    @property
    def number(self) -> int:
        return self._peer.connection.number

    @property
    def is_lost(self) -> bool:
        return self._peer.connection.is_lost

    @property
    def is_ready(self) -> bool:
        return self._peer.connection.is_ready

    def answer(self, message: Answer) -> None:
        if not self.answered.done():
            self.answered.set_result(message)


class InstructionCarrier:
    """Carries out instructions for HTTP requests. They share their limits with those over the sockets."""

    def __init__(self, port: InPort) -> None:
        self.executor = port.executor
        self._port = port
        self._loop = asyncio.get_running_loop()

    async def carry_out(self, request: dict[str, Any], peer: HttpPeer) -> Answer:
        """Carry out an instruction, flat or enveloped, for a client, and return its answer.

        It is a client's request like any over the sockets: in order with the others of its session, counted
        in its limits, and logged.
        """
        port = self._port
        caller = Caller(peer.address, peer.connection)
        call = port.monitor.traced(port.dispatcher.parse(request, caller))
        pending = PendingAnswer(peer, self._loop.create_future())
        if (error := port.limit_rate(call, pending.network if peer.is_limited else None)) is not None:
            return self._refuse(call, error, pending)
        self.executor.run(call, pending)
        return await pending.answered

    def check_rate(self, peer: HttpPeer) -> None:
        """Count a request that is no instruction; raises `TooManyRequestsError` at its address's limit."""
        if peer.is_limited and (error := self._port.limit_address_rate(peer.network)) is not None:
            raise error

    def refuse(self, error: WalletError, peer: HttpPeer) -> Answer:
        """The answer to a request that names no instruction; it counts in the limit of its address."""
        try:
            self.check_rate(peer)
        except TooManyRequestsError as reached:
            error = reached
        return self.answer_error(error, peer)

    def answer_error(self, error: WalletError, peer: HttpPeer) -> Answer:
        """The answer to a request that has counted already, or with which a connection ends; it is logged."""
        pending = PendingAnswer(peer, self._loop.create_future())
        return self._refuse(InvalidCall(partial(error_answer, error), None), error, pending)

    def _refuse(self, call: Call | InvalidCall, error: WalletError, pending: PendingAnswer) -> Answer:
        answer = in_reply_to(call.reply_id, error_answer(error))
        self._port.monitor.note(call, pending, answer, perf_counter())
        return answer
