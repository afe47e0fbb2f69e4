"""The engine in this process, on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ewallet_core.client.protocol import Event, Unreachable
from ewallet_core.instructions.envelope import Answer
from ewallet_core.refusals.refusal import Refusal

if TYPE_CHECKING:
    from ewallet_core.sessions.happenings import EventPage
    from ewallet_core.sessions.manager import EWalletSessionManager

EVENT_INTERVAL_SECONDS = 1.0

_SESSION_OVER = frozenset({"client_unknown", "session_unknown", "session_expired"})

T = TypeVar("T")


class EmbeddedClient:
    """A client of a session manager that it opens, runs and closes on one engine thread."""

    place = "embedded"
    keeps_passwords_alone = True

    def __init__(self, open_engine: Callable[[], EWalletSessionManager]) -> None:
        """`open_engine` opens the session manager; it runs on the engine thread, so it may be slow."""
        self._open_engine = open_engine
        self._engine: EWalletSessionManager | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ewallet-engine")
        self._credentials: dict[str, str] = {}
        self._heard: EventPage | None = None

    @classmethod
    def on(cls, database_url: str | None = None) -> EmbeddedClient:
        """A client of the engine on that database; absent, the one in the user's data folder."""

        def open_engine() -> EWalletSessionManager:
            # The engine's libraries take as long to import as the first screen takes to be painted.
            from ewallet_core.sessions.manager import EWalletSessionManager  # noqa: PLC0415

            return EWalletSessionManager(database_url)

        return cls(open_engine)

    async def open(self) -> None:
        """As `WalletClient.open`."""
        try:
            await self._on_thread(self._open)
        except Refusal as refusal:
            raise Unreachable(f"{refusal.error} {refusal.warning}") from refusal
        except OSError as reason:
            raise Unreachable(f"The data folder can't be used: {reason.strerror}.") from reason

    async def send(self, **instruction: Any) -> Answer:
        """As `WalletClient.send`."""
        return await self._on_thread(partial(self._send, instruction))

    async def events(self) -> AsyncIterator[Event]:
        """As `WalletClient.events`."""
        while True:
            for event in await self._on_thread(self._news):
                yield event
            await asyncio.sleep(EVENT_INTERVAL_SECONDS)

    async def close(self) -> None:
        """As `WalletClient.close`."""
        await self._on_thread(self._close)
        self._thread.shutdown()

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        if self._engine is None:
            self._engine = self._open_engine()
            _answered(self._engine, controller="system", action="start", start="cleaner", cleaner="all")
        self._request_credentials(self._engine)

    def _send(self, instruction: dict[str, Any]) -> Answer:
        engine = self._opened()
        request = self._signed(instruction)
        answer = engine.answer(request)
        if answer.get("code") == "outcome_unknown":
            # The same request id: what was done is not done again.
            answer = engine.answer(request)
        if answer.get("code") in _SESSION_OVER:
            # Where that fails too, the next instruction finds the session over and tries again.
            with contextlib.suppress(Unreachable):
                self._request_credentials(engine)
            return {**answer, "session_ended": True}
        if "session_data" in answer:
            self._listen_to_who_is_active()
        return answer

    def _signed(self, instruction: dict[str, Any]) -> dict[str, Any]:
        """The instruction with a request id and the credentials, in the form that it has."""
        if "command_chain" not in instruction:
            return {"request_id": _request_id(), **instruction, **self._credentials}
        header = {"request_id": _request_id(), **instruction.get("header", {}), **self._credentials}
        return {**instruction, "header": header}

    def _listen_to_who_is_active(self) -> None:
        # Of the same account, what was not told yet is still news.
        now = self._page_after(None)
        if now is None or self._heard is None or now.account != self._heard.account:
            self._heard = now

    def _news(self) -> list[Event]:
        if self._heard is None:
            return []
        page = self._page_after(self._heard.sequence)
        if page is None or page.account != self._heard.account:
            return []
        self._heard = page
        return page.events

    def _page_after(self, sequence: int | None) -> EventPage | None:
        client_id, token = self._credentials["client_id"], self._credentials["session_token"]
        try:
            return self._opened().events(client_id, token, sequence)
        except Refusal:
            return None

    def _request_credentials(self, engine: EWalletSessionManager) -> None:
        client = {"client_id": _answered(engine, action="request", request="client_id")["client_id"]}
        token = _answered(engine, action="request", request="session_token", **client)["session_token"]
        self._credentials = {**client, "session_token": token}

    def _opened(self) -> EWalletSessionManager:
        if self._engine is None:
            raise Unreachable("The engine is not open.")
        return self._engine

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.close()


def _answered(engine: EWalletSessionManager, **request: str) -> Answer:
    answer = engine.answer({"controller": "client", "ctype": "action", **request})
    if answer["failed"]:
        raise Unreachable(f"{answer['error']} {answer['warning']}")
    return answer


def _request_id() -> str:
    """A new id that sorts by when it was made, so that an index of them grows at its end."""
    return f"{time.time_ns():016x}-{os.urandom(8).hex()}"
