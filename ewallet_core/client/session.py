"""WalletClient, and the session that each client has at its engine."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from ewallet_core.client.connection import (
    SESSION_OVER,
    ConnectionState,
    ConnectionStatus,
    Event,
    UnreachableError,
)
from ewallet_core.client.events import ActiveAccount
from ewallet_core.client.requests import (
    Request,
    asks_for_new_token,
    changes_something,
    new_request_id,
    sign,
    with_new_token,
    without_new_token,
)
from ewallet_core.instructions.envelope import Answer

_TOKEN_LOST = "session_token_exists"  # noqa: S105 - an error code
_MOST_TRIES = 3


class WalletClient(ABC):
    """One client id and its session token, at an engine in this process or elsewhere.

    When the session has ended, a new one is opened.
    """

    keeps_passwords_alone: bool
    """Whether no operator can reset a forgotten password (an embedded engine)."""

    def __init__(self) -> None:
        self.unanswered = 0
        """How many changing instructions were sent and are not answered yet."""
        self._credentials: dict[str, str] = {}
        self._is_given = False
        self._login = asyncio.Lock()
        """Held by a login until it is answered."""
        self._active = ActiveAccount()
        self._state = ConnectionState()
        self._renewal = asyncio.Lock()

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the engine is, for the screen: `embedded`, or the `host:port` of the server in use."""

    @property
    def fingerprint(self) -> str | None:
        return None

    @property
    def newly_pinned(self) -> bool:
        return False

    @property
    def pinned(self) -> dict[str, str]:
        """The fingerprints of the certificates that this client was the first to pin, by server."""
        return {}

    @property
    def connection(self) -> ConnectionStatus:
        return self._state.connection

    @property
    def credentials(self) -> dict[str, str]:
        """The client id and the session token that requests are sent with."""
        return dict(self._credentials)

    def use(self, credentials: Mapping[str, str]) -> None:
        """Use these credentials from now on; before `open`, no session is opened then.

        A session that was given is not replaced when it has ended.
        """
        self._credentials = dict(credentials)
        self._is_given = True
        self._active.may_be_another()

    def watch(self, changed: Callable[[ConnectionStatus], None]) -> None:
        """Call `changed` with each new state of the connection from now on, in the loop of `open`."""
        self._state.watch(changed)

    @abstractmethod
    async def open(self) -> None:
        """Reach the engine and ask it for a client id and a session token; an open client stays as it is.

        Raises `UnreachableError` if there is no engine; it may be tried again.
        """

    async def identify_all(self) -> None:  # noqa: B027 - an engine in this process has no certificate
        """Pin the certificates of the other servers that are new here, so that a user can compare them.

        No certificate is pinned by itself after that: this client does not use a server that is still new.
        """

    async def send(self, /, **instruction: Any) -> Answer:
        """Have `instruction` carried out, in the order of the calls, and return its answer.

        The client id and the session token are added here, and a request id if there is none. A login renews
        the session token, which is kept here and not part of the answer. If the connection breaks, the
        request waits for the next one and is sent again under the same request id, so it is done once. If the
        session has ended, another one is opened and the answer has `session_ended`: no account is logged in
        after that. It also has `maybe_done` if the request was sent before, on a connection that broke: under
        the same request id, it is done once. Raises `UnreachableError` if the engine can't be reached for
        good.
        """
        request = with_new_token(instruction)
        is_change = changes_something(request)
        self.unanswered += is_change
        try:
            with self._active.asking(request):
                credentials, answer = await self._answered(request)
        finally:
            self.unanswered -= is_change
        if answer.get("code") not in SESSION_OVER or self._is_given:
            return answer
        await self._renew_session(credentials)
        return {**answer, "session_ended": True}

    @abstractmethod
    def events(self, since: int | None = None) -> AsyncIterator[Event]:
        """The events of the logged-in account from this call on, within two seconds, until the client closes.

        If no account is logged in yet, they start with the login; with `since`, after the event of that
        sequence. The first one after each login is `{"event": "listening", "sequence": n}`. Each reader gets
        every event once, also if the connection breaks. Raises `UnreachableError` if the engine can't be
        reached for good, and ends at once if the client is not open.
        """

    def age(self, seconds: float) -> None:  # noqa: B027 - an engine in this process is not waited for
        """Count `seconds` in which the computer slept toward every wait for a server."""

    @abstractmethod
    async def close(self) -> None:
        """Wait for the answers to what was sent, refuse anything new, then disconnect.

        It does not wait if the engine can't be reached. The client may be opened again: it then has another
        session, in which no account is logged in.
        """

    @abstractmethod
    async def _ask(self, request: Request) -> Answer:
        """The answer to a signed request, in the order of the calls."""

    async def _answered(self, request: Request) -> tuple[Mapping[str, str], Answer]:
        """The answer, and the credentials for it.

        While a login is under way, what is sent later waits, to be signed with the new token.
        """
        await self._login.acquire()
        if not asks_for_new_token(request):
            self._login.release()
            credentials = self._credentials
            answer = await self._ask(sign(request, credentials))
            self._active.learn(request, answer)
            return credentials, answer
        login = asyncio.create_task(self._log_in(request))
        login.add_done_callback(self._end_login)
        # The new token is taken over also if the caller no longer waits: the old one opens nothing then.
        return await asyncio.shield(login)

    async def _log_in(self, request: Request) -> tuple[Mapping[str, str], Answer]:
        """As `_answered`, for a login. A new session token in the answer is taken over and left out."""
        credentials = self._credentials
        request = sign(request, credentials)
        answer = await self._ask(request)
        if answer.get("code") == "unknown_argument":
            # The server may be of an earlier release.
            answer = await self._ask(without_new_token(request))
        if "session_token" in answer:
            answer = dict(answer)
            self._credentials = {**credentials, "session_token": str(answer.pop("session_token"))}
        self._active.learn(request, answer)
        return credentials, answer

    def _end_login(self, login: asyncio.Task[tuple[Mapping[str, str], Answer]]) -> None:
        self._login.release()
        if not login.cancelled():
            # Its error is for the caller, who may no longer wait.
            login.exception()

    async def _begin_session(self) -> None:
        """Open the first session, unless one was given."""
        if self._is_given:
            self._active.may_be_another()
        else:
            await self._open_session()

    async def _open_session(self) -> None:
        """Ask for a client id and a session token; raises `UnreachableError` if the engine refuses."""
        for _ in range(_MOST_TRIES):
            client = {"client_id": (await self._requested("client_id"))["client_id"]}
            answer = await self._requested("session_token", **client)
            if not answer["failed"]:
                self._credentials = {**client, "session_token": answer["session_token"]}
                return
            # The connection broke before the token arrived; only a new client id gets another token.
        raise UnreachableError(f"{answer['error']} {answer['warning']}")

    async def _renew_session(self, over: Mapping[str, str]) -> None:
        """Open a new session in place of that one, once, however many requests find it ended."""
        async with self._renewal:
            if over is not self._credentials:
                return
            self._active.forget()
            # If it fails, the next instruction finds the session ended and tries again.
            with contextlib.suppress(UnreachableError):
                await self._open_session()

    async def _requested(self, what: str, **client: str) -> Answer:
        selectors = {"controller": "client", "ctype": "action", "action": "request", "request": what}
        answer = await self._ask({**selectors, **client, "request_id": new_request_id()})
        if answer["failed"] and answer["code"] != _TOKEN_LOST:
            raise UnreachableError(f"{answer['error']} {answer['warning']}")
        return answer
