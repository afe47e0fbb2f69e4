"""The typed API as an engine for an `EngineClient`: the same instructions, and the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.paths import Route, route_of

CREDENTIALS = ("client_id", "session_token")


class RestEngine:
    """Sends an instruction to its path, with its arguments in the path, the query or the body."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def answer(self, request: Mapping[str, Any], _address: str = "") -> dict[str, Any]:
        """The answer, with the `failed` that the status says."""
        chain = {name: value for name, value in request.items() if name not in CREDENTIALS}
        found, arguments = REGISTRY.find(chain)
        token = ".".join(request[name] for name in CREDENTIALS)
        response = self._send(route_of(found), arguments, {"authorization": f"Bearer {token}"})
        content: dict[str, Any] = response.json()
        if not response.is_error:
            return {"failed": False, **content}
        told = {name: content[name] for name in ("code", "details")}
        return {"failed": True, "error": content["title"], "warning": content["detail"], **told}

    def _send(self, route: Route, sent: Mapping[str, Any], headers: dict[str, str]) -> httpx.Response:
        """An argument that the query and the body don't have is the id, which may have several names."""
        arguments = {name: value for name, value in sent.items() if name in route.readers}
        ids = [value for name, value in sent.items() if name not in arguments]
        path = route.path_to(*ids) if ids else route.path
        if route.has_body:
            return self._client.request(route.method, path, json=arguments, headers=headers)
        return self._client.request(route.method, path, params=arguments, headers=headers)
