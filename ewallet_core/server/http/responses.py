"""What all responses have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

PRIVATE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Answers have tokens in them, so no cache may keep them."""


class JsonResponse(Response):
    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(msgspec.json.encode(content), status, {**PRIVATE, **(headers or {})})
