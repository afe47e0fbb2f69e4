"""A server that sends whatever the test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

AnswerFunction = Callable[[dict[str, Any]], Any]

CREDENTIALS = {"client_id": "c" * 43, "session_token": "t" * 43}


def valid_answer(request: dict[str, Any]) -> dict[str, Any]:
    """A valid answer, as far as a client needs it to connect."""
    answers = {"view": {"in_port": 1, "out_port": 1}, "request": CREDENTIALS}
    return {"failed": False, "request_id": request["request_id"], **answers.get(request["action"], {})}


class ScriptedServer:
    """Answers each line with the result of `answer`; without it, sends only the greeting."""

    def __init__(self, answer: AnswerFunction | None = None, greeting: bytes = b"") -> None:
        self.answer = answer
        self.greeting = greeting
        self.port = 0
        self.requests: list[dict[str, Any]] = []
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> ScriptedServer:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_reason: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        writer.write(self.greeting)
        if self.answer is None:
            await reader.read()
            return
        while line := await reader.readline():
            self.requests.append(json.loads(line))
            writer.write(json.dumps(self.answer(self.requests[-1])).encode() + b"\n")
