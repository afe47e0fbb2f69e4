"""The first words on a connection: they prove that a server is there, and tell where it tells events."""

from __future__ import annotations

import asyncio

from ewallet_core.client.lines import NO_SERVER, Lines
from ewallet_core.client.protocol import Unreachable
from ewallet_core.client.requests import frame_of, new_request_id

WHICH_SOCKETS = {"controller": "client", "ctype": "action", "action": "view", "view": "sockets"}


async def greeted(lines: Lines, within: float) -> int | None:
    """The port of the server's events, where it says so; raises `Unreachable` where no answer comes."""
    request_id = new_request_id()
    lines.write(frame_of({**WHICH_SOCKETS, "request_id": request_id}))
    try:
        async with asyncio.timeout(within):
            while (answer := await lines.read()) is None:
                pass
    except TimeoutError:
        raise Unreachable("What listens there gives no answer. See to the host and the port.") from None
    except (EOFError, OSError):
        raise Unreachable(_closed_without_a_word(lines)) from None
    if answer.get("request_id") != request_id:
        raise Unreachable(reason_of(answer) or NO_SERVER)
    out_port: int | None = answer.get("out_port")
    return out_port


def _closed_without_a_word(lines: Lines) -> str:
    closed = "What listens there has closed the connection."
    if lines.certificate is not None:
        return f"{closed} Try again later."
    # So does TLS with whoever speaks anything else.
    return f"{closed} If it speaks TLS, write tls:// before its place; otherwise try again later."


def reason_of(notice: dict[str, object]) -> str:
    """Why a server cuts a connection, as it has said itself."""
    return " ".join(str(notice[key]) for key in ("error", "warning") if notice.get(key))
