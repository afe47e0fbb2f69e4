"""What a server sends: answers, notices and events, and the stream in which they arrive."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from msgspec import Meta

from ewallet_core.client.connect import Waits
from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.requests import frame_of, new_request_id
from ewallet_core.errors.requests import MalformedError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.protocol.address import LAST_PORT

NO_SERVER = "That is not an EWallet server. Check the host and the port."

LONGEST_ANSWER = 64 * 1024 * 1024
"""In bytes. A longer answer means that the other side is not an EWallet server."""
LONGEST_EVENT = 128 * 1024
"""In bytes; it limits what is read ahead, so the server notices a slow reader."""

AGAIN = frozenset({"outcome_unknown", "server_busy", "too_many_requests"})
"""The codes of errors after which the same request is to be sent again."""

_MILLISECONDS = 1_000
_LONGEST_WAIT_MS = 60_000

S = TypeVar("S", bound=msgspec.Struct)


class MessageStream(Protocol):
    """A way to a server and back, until it breaks or is closed."""

    def write(self, frame: bytes) -> None:
        """Send the frame without waiting; a broken connection shows at the next read."""

    async def read(self) -> dict[str, Any] | None:
        """The next message; None for a heartbeat.

        Raises `EOFError` or `OSError` if the connection ends, `UnreachableError` if the other side sends
        anything else.
        """

    async def close(self) -> None:
        """Disconnect; a read that waits ends."""


class Details(msgspec.Struct, frozen=True):
    retry_after_ms: Annotated[int, Meta(ge=0, le=_LONGEST_WAIT_MS)] = 0


class Reply(msgspec.Struct, frozen=True):
    """The keys of an answer that the connection needs; without a request id it is a notice."""

    failed: bool
    request_id: str | None = None
    code: str | None = None
    details: Details = Details()

    @property
    def wait_seconds(self) -> float | None:
        """How long to wait before the same request is sent again; None if this is its answer."""
        return self.details.retry_after_ms / _MILLISECONDS if self.code in AGAIN else None


class Sockets(msgspec.Struct, frozen=True):
    """The answer to `view=sockets`."""

    out_port: Annotated[int, Meta(ge=1, le=LAST_PORT)] | None = None


class EventLine(msgspec.Struct, frozen=True):
    """The keys of an event that put it in order."""

    event: str
    sequence: Annotated[int, Meta(ge=0)]
    data: dict[str, Any] = {}


def read_as(form: type[S], message: dict[str, Any]) -> S:
    """The message in that form; raises `UnreachableError` if it has another, since no server sends that."""
    try:
        return msgspec.convert(message, form)
    except msgspec.ValidationError:
        raise UnreachableError(NO_SERVER) from None


def reason_of(notice: dict[str, object]) -> str:
    return " ".join(str(notice[key]) for key in ("error", "warning") if notice.get(key))


WHICH_SOCKETS = {"controller": "client", "ctype": "action", "action": "view", "view": "sockets"}

_EVENTS_PORT = "That is the server's port for events. Give its port for instructions."


async def handshake(messages: MessageStream, within: float, waits: Waits, if_closed: str) -> int | None:
    """The server's port for events, or None; raises `UnreachableError` if the server does not answer.

    `if_closed` is what the user can do if the server closes the connection without an answer.
    """
    try:
        async with waits.limited_to(within):
            while (answer := await _answer_to(WHICH_SOCKETS, messages)) is None:
                pass
    except TimeoutError:
        raise UnreachableError("The server does not answer. Check the host and the port.") from None
    except (EOFError, OSError):
        raise UnreachableError(f"The server has closed the connection. {if_closed}") from None
    return read_as(Sockets, answer).out_port


async def _answer_to(instruction: dict[str, str], messages: MessageStream) -> Answer | None:
    """The answer; None after the wait that the server asks for if the request is to be sent again."""
    request_id = new_request_id()
    messages.write(frame_of({**instruction, "request_id": request_id}))
    while (answer := await messages.read()) is None:
        pass
    reply = read_as(Reply, answer)
    if reply.wait_seconds is not None:
        await asyncio.sleep(reply.wait_seconds)
        return None
    if reply.request_id is None and reply.code == MalformedError.code:
        raise UnreachableError(_EVENTS_PORT)
    if reply.failed or reply.request_id != request_id:
        raise UnreachableError(reason_of(answer) or NO_SERVER)
    return answer
