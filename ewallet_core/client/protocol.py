"""The one way a program speaks to an engine, wherever the engine is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from ewallet_core.instructions.envelope import Answer

Event = dict[str, Any]
"""`{"event": …, "sequence": …, "time": …, "data": {…}}`: something that happened to the account."""


class WalletClient(Protocol):
    """One client id and its session token, at an engine in this process or elsewhere."""

    @property
    def place(self) -> str:
        """Where the engine is, in a word for the screen: `embedded` or `host:port`."""
        ...

    @property
    def keeps_passwords_alone(self) -> bool:
        """Whether nobody but the user can reset a forgotten password (an embedded engine)."""
        ...

    async def open(self) -> None:
        """Reach the engine and ask it for a client id and a session token.

        Raises `Unreachable` when there is no engine to be had, in words for the person.
        """
        ...

    async def send(self, **instruction: Any) -> Answer:
        """Have `instruction` carried out, in the order of the calls, and bring its answer.

        The client id and the session token are added here, and a request id where none was sent. A
        session that has ended meanwhile is opened anew, and the answer says `session_ended`: nobody is
        logged in any more.
        """
        ...

    def events(self) -> AsyncIterator[Event]:
        """What happens to the logged-in account from now on, also by other programs, within two seconds."""
        ...

    async def close(self) -> None:
        """Wait for everything sent to be answered, then let go of the engine."""
        ...


class Unreachable(Exception):
    """There is no engine at that place; the message says why and what to do, for a person."""
