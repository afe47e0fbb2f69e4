"""What all responses have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PRIVATE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Answers have tokens in them, so no cache may keep them."""


class JsonResponse(Response):
    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(msgspec.json.encode(content), status, {**PRIVATE, **(headers or {})})


class AnswerResponse:
    """JSON with its status and headers; Starlette's `Response` takes several times as long."""

    def __init__(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        self._body = body
        self._status = status
        self._headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [
            *((name.encode(), value.encode("latin-1")) for name, value in self._headers.items()),
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(self._body)),
        ]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})
