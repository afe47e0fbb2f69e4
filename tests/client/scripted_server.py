"""What listens where a server should, and says whatever a test wants it to say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

Says = Callable[[dict[str, Any]], Any]

CREDENTIALS = {"client_id": "c" * 43, "session_token": "t" * 43}


def as_a_server_would(request: dict[str, Any]) -> dict[str, Any]:
    """A good answer, as far as a client needs it to be connected."""
    answers = {"view": {"in_port": 1, "out_port": 1}, "request": CREDENTIALS}
    return {"failed": False, "request_id": request["request_id"], **answers.get(request["action"], {})}


class ScriptedServer:
    """Answers each line with what `says` makes of it; one that says nothing has its last word first."""

    def __init__(self, says: Says | None = None, greets: bytes = b"") -> None:
        self.says = says
        self.greets = greets
        self.port = 0
        self.heard: list[dict[str, Any]] = []
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
        writer.write(self.greets)
        if self.says is None:
            await reader.read()
            return
        while line := await reader.readline():
            self.heard.append(json.loads(line))
            writer.write(json.dumps(self.says(self.heard[-1])).encode() + b"\n")
