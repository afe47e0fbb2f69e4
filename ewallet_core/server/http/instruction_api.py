"""The instruction API: one path, which takes any instruction and answers its dict."""

from __future__ import annotations

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.http import MethodNotAllowedError
from ewallet_core.handlers import SECTIONS
from ewallet_core.instructions import reference
from ewallet_core.protocol.frames import decode
from ewallet_core.server.http.instructions import InstructionCarrier
from ewallet_core.server.http.problems import status_of
from ewallet_core.server.http.responses import PRIVATE, AnswerResponse, JsonResponse

INSTRUCTION_PATH = "/ewallet/instruction-set"


class InstructionApi:
    """Answers each POST with the answer of its instruction, and each GET with all instructions.

    Every answer has the status 200, also if the instruction is refused: its dict says so. Only a body that is
    no JSON object is answered 400. Who asks is said in the body alone: headers and cookies say nothing.
    """

    def __init__(self, carrier: InstructionCarrier) -> None:
        self._carrier = carrier
        self._described: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await self._carry_out(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            self._carrier.check_rate(scope["state"]["peer"])
            await (await self._describe())(scope, receive, send)
        else:
            error = MethodNotAllowedError("GET, HEAD, POST")
            answer = self._carrier.refuse(error, scope["state"]["peer"])
            await JsonResponse(answer, status_of(answer["code"]), {"allow": error.methods})(
                scope, receive, send
            )

    async def _carry_out(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            return
        peer = scope["state"]["peer"]
        try:
            request = decode(body)
        except WalletError as error:
            answer = self._carrier.refuse(error, peer)
            status = status_of(answer["code"])
        else:
            status, answer = 200, await self._carrier.carry_out(request, peer)
        await AnswerResponse(msgspec.json.encode(answer), status, PRIVATE)(scope, receive, send)

    async def _describe(self) -> Response:
        """All instructions, with their arguments, answers and errors."""
        if self._described is None:
            # The event loop does not wait for it.
            self._described = await self._carrier.executor.read(_encoded_description)
        return Response(self._described, media_type="application/json")


def _encoded_description() -> bytes:
    return msgspec.json.encode(reference.described(reference.everything(SECTIONS)))


async def read_body(receive: Receive) -> bytes | None:
    """The body of a request, or None if its client is gone. The connection limits its size."""
    message: Message = await receive()
    if message["type"] == "http.request" and not message["more_body"]:
        whole: bytes = message["body"]
        return whole
    parts = bytearray()
    while message["type"] == "http.request":
        parts += message["body"]
        if not message["more_body"]:
            return bytes(parts)
        message = await receive()
    return None
