"""The first words on a connection: they prove that a server is there, and tell where it tells events."""

from __future__ import annotations

import asyncio

from ewallet_core.client.lines import Lines
from ewallet_core.client.messages import NO_SERVER, Reply, Sockets, read_as, reason_of
from ewallet_core.client.protocol import Unreachable
from ewallet_core.client.requests import frame_of, new_request_id
from ewallet_core.instructions.envelope import Answer
from ewallet_core.refusals.requests import Malformed

WHICH_SOCKETS = {"controller": "client", "ctype": "action", "action": "view", "view": "sockets"}

_EVENTS_PORT = "That is where the server tells events. Give its port for instructions, which is another one."


async def greeted(lines: Lines, within: float) -> int | None:
    """The port of the server's events, where it says so; raises `Unreachable` where no answer comes."""
    try:
        async with asyncio.timeout(within):
            while (answer := await _answer_to(WHICH_SOCKETS, lines)) is None:
                pass
    except TimeoutError:
        raise Unreachable("What listens there gives no answer. See to the host and the port.") from None
    except (EOFError, OSError):
        raise Unreachable(_closed_without_a_word(lines)) from None
    return read_as(Sockets, answer).out_port


async def _answer_to(instruction: dict[str, str], lines: Lines) -> Answer | None:
    """The answer; None where it is to be asked once more, after the time that the server wanted."""
    request_id = new_request_id()
    lines.write(frame_of({**instruction, "request_id": request_id}))
    while (answer := await lines.read()) is None:
        pass
    reply = read_as(Reply, answer)
    if reply.wait_seconds is not None:
        await asyncio.sleep(reply.wait_seconds)
        return None
    if reply.request_id is None and reply.code == Malformed.code:
        raise Unreachable(_EVENTS_PORT)
    if reply.failed or reply.request_id != request_id:
        raise Unreachable(reason_of(answer) or NO_SERVER)
    return answer


def _closed_without_a_word(lines: Lines) -> str:
    closed = "What listens there has closed the connection."
    if lines.certificate is not None:
        return f"{closed} Try again later."
    # So does TLS with whoever speaks anything else.
    return f"{closed} If it speaks TLS, write tls:// before its place; otherwise try again later."
