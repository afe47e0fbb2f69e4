"""A session at an engine, as the client sees it: what it is asked with, and what its end means."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.requests import Request, changes_something, new_request_id, signed
from ewallet_core.instructions.envelope import Answer

CarryOut = Callable[[Request], Awaitable[Answer]]

SESSION_OVER = frozenset({"client_unknown", "session_unknown", "session_expired"})
"""The codes which say that there is no such session any more."""
_TOKEN_LOST = "session_token_exists"  # noqa: S105 - a refusal's code
_MOST_TRIES = 3


class ClientSession:
    """A client id and its session token, opened anew whenever they have ended.

    `carry_out` brings the answer to a signed request, in the order of its calls; `ended` is called when the
    session is over and nobody is logged in any more.
    """

    def __init__(self, carry_out: CarryOut, ended: Callable[[], None]) -> None:
        self.credentials: dict[str, str] = {}
        self.unanswered = 0
        """How many changing instructions are being asked."""
        self._carry_out = carry_out
        self._ended = ended
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Ask for a client id and a session token; raises `UnreachableError` where there are none to be had."""
        for _ in range(_MOST_TRIES):
            client = {"client_id": (await self._requested("client_id"))["client_id"]}
            answer = await self._requested("session_token", **client)
            if not answer["failed"]:
                self.credentials = {**client, "session_token": answer["session_token"]}
                return
            # Its answer was lost with a connection, and it is told once: only another client id has another.
        raise UnreachableError(f"{answer['error']} {answer['warning']}")

    async def send(self, instruction: Mapping[str, Any]) -> Answer:
        """As `WalletClient.send`."""
        credentials = self.credentials
        request = signed(instruction, credentials)
        is_change = changes_something(request)
        self.unanswered += is_change
        try:
            answer = await self._carry_out(request)
        finally:
            self.unanswered -= is_change
        if answer.get("code") not in SESSION_OVER:
            return answer
        await self._open_anew(credentials)
        return {**answer, "session_ended": True}

    async def _open_anew(self, over: Mapping[str, str]) -> None:
        """Open another session than that one, once, however many find it over."""
        async with self._opening:
            if over is not self.credentials:
                return
            self._ended()
            # Where it fails, the next instruction finds the session over and tries again.
            with contextlib.suppress(UnreachableError):
                await self.open()

    async def _requested(self, what: str, **client: str) -> Answer:
        selectors = {"controller": "client", "ctype": "action", "action": "request", "request": what}
        answer = await self._carry_out({**selectors, **client, "request_id": new_request_id()})
        if answer["failed"] and answer["code"] != _TOKEN_LOST:
            raise UnreachableError(f"{answer['error']} {answer['warning']}")
        return answer
