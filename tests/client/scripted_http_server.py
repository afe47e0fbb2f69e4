"""A server that answers over HTTP with whatever the test wants."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Callable
from typing import Any

from scripted_server import valid_answer


def response(content: object, status: int = 200, kind: str = "application/json") -> bytes:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = f"HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def stream_of(*pieces: bytes) -> bytes:
    """A response that does not end."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" + chunks
    )


Answering = Callable[[dict[str, Any]], bytes]


class ScriptedHttpServer:
    """Answers each instruction with the bytes that `answer` returns, and each other request with `events`.

    With `closes`, it closes each connection after an answer without a word.
    """

    def __init__(
        self,
        answer: Answering = lambda request: response(valid_answer(request)),
        events: Callable[[], bytes] = lambda: response(b"", 404),
        *,
        closes: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._answer = answer
        self._events = events
        self._closes = closes
        self._tls = tls
        self.port = 0
        self.connections = 0
        self.heads: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> ScriptedHttpServer:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_reason: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                writer.write(self._answer_to(body) if body else self._events())
                if self._closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def _answer_to(self, body: bytes) -> bytes:
        self.requests.append(json.loads(body))
        return self._answer(self.requests[-1])
