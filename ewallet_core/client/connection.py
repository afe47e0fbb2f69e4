"""What every client offers: sending instructions, following events, and the state of its connection."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

from ewallet_core.instructions.envelope import Answer

Event = dict[str, Any]
"""`{"event": …, "sequence": …, "time": …, "data": {…}}`: something that happened to the account."""


NOT_OPEN = "The engine is not open."


class Reach(Enum):
    """How an engine can be reached."""

    CONNECTED = auto()
    """What is asked is answered."""
    RECONNECTING = auto()
    """The connection broke: it is tried again, and what was asked waits for that."""
    OFFLINE = auto()
    """It is not tried any more (not opened yet, closed, or another certificate than before)."""


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """How the engine can be reached just now, and what a person should know of it."""

    reach: Reach
    retry_in_seconds: int | None = None
    """In how many seconds it is tried again; None while it is being tried."""
    reason: str = ""
    """Why it can't be reached, in a sentence; nothing while it can."""


class WalletClient(Protocol):
    """One client id and its session token, at an engine in this process or elsewhere."""

    @property
    def place(self) -> str:
        """Where the engine is, in a word for the screen: `embedded` or `host:port`."""
        ...

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the server's certificate that was pinned; None where there is none."""
        ...

    @property
    def newly_pinned(self) -> bool:
        """Whether that certificate was seen, and pinned, by this client for the first time."""
        ...

    @property
    def keeps_passwords_alone(self) -> bool:
        """Whether nobody but the user can reset a forgotten password (an embedded engine)."""
        ...

    @property
    def connection(self) -> ConnectionStatus:
        """How the engine can be reached just now."""
        ...

    @property
    def unanswered(self) -> int:
        """How many changing instructions were sent and are not answered yet."""
        ...

    def watch(self, changed: Callable[[ConnectionStatus], None]) -> None:
        """Call `changed` with each new state of the connection from now on, in the loop of `open`."""
        ...

    async def open(self) -> None:
        """Reach the engine and ask it for a client id and a session token; an open client stays as it is.

        Raises `UnreachableError` when there is no engine to be had, in words for the person; it may be tried
        again.
        """
        ...

    async def send(self, **instruction: Any) -> Answer:
        """Have `instruction` carried out, in the order of the calls, and bring its answer.

        The client id and the session token are added here, and a request id where none was sent. Where the
        connection breaks it waits for the next one and is sent again under the same request id, so that it
        is done once. A session that has ended meanwhile is opened anew, and the answer says
        `session_ended`: nobody is logged in any more. Raises `UnreachableError` once the engine is given up.
        """
        ...

    def events(self, since: int | None = None) -> AsyncIterator[Event]:
        """What happens to the logged-in account from this call on, also by others, within two seconds.

        Where nobody is logged in yet it is from the login on; with `since` it is what came after the event of
        that sequence. The first is `{"event": "listening", "sequence": n}`, and so is the first after each
        other login: what happens from there on is told, whatever another reader was told before. It goes on
        for as long as the client is open, and over a broken connection nothing is lost. Raises `UnreachableError`
        once the engine is given up, and ends at once where the client is not open.
        """
        ...

    async def close(self) -> None:
        """Wait for what was sent to be answered, taking nothing more, then let go of the engine.

        What can't be answered, because the engine can't be reached, is not waited for. The client may be
        opened again: it then has another session, in which nobody is logged in.
        """
        ...


class UnreachableError(Exception):
    """There is no engine at that place; the message says why and what to do, for a person."""


_log = logging.getLogger("ewallet_core")


class ConnectionState:
    """The state of a connection; OFFLINE to begin with."""

    def __init__(self) -> None:
        self.connection = ConnectionStatus(Reach.OFFLINE)
        self._watchers: list[Callable[[ConnectionStatus], None]] = []

    def watch(self, changed: Callable[[ConnectionStatus], None]) -> None:
        """Call `changed` with each new state."""
        self._watchers.append(changed)

    def becomes(self, reach: Reach, *, reason: str = "", retry_in_seconds: int | None = None) -> None:
        """Take that state, and tell it where it is another one."""
        connection = ConnectionStatus(reach, retry_in_seconds, reason)
        if connection == self.connection:
            return
        self.connection = connection
        for changed in self._watchers:
            try:
                changed(connection)
            except Exception:  # noqa: BLE001 - the connection must be kept, whatever is made of its state
                _log.exception("a watcher of the connection failed")
