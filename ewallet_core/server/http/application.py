"""The ASGI application: which path is answered by what."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.http import MethodNotAllowedError, PathUnknownError
from ewallet_core.errors.server import EngineFailedError
from ewallet_core.instructions.paths import PREFIX
from ewallet_core.server.event_broadcaster import EventBroadcaster
from ewallet_core.server.executor import Engine
from ewallet_core.server.http.events import EventsApi
from ewallet_core.server.http.instruction_api import INSTRUCTION_PATH, InstructionApi
from ewallet_core.server.http.instructions import InstructionCarrier
from ewallet_core.server.http.monitoring import Monitoring
from ewallet_core.server.http.responses import JsonResponse
from ewallet_core.server.http.typed_api import TypedApi
from ewallet_core.server.settings import HttpSettings


class Application:
    """Answers every request over HTTP. Each group of paths is a list of routes."""

    def __init__(
        self,
        engine: Engine,
        carrier: InstructionCarrier,
        broadcaster: EventBroadcaster,
        settings: HttpSettings,
    ) -> None:
        self._carrier = carrier
        self._instruction_api = InstructionApi(carrier)
        monitoring = Monitoring(engine, carrier.executor, settings)
        self._typed_api = TypedApi(carrier, EventsApi(engine, carrier.executor, broadcaster, carrier))
        self._app = Starlette(
            routes=monitoring.routes(),
            exception_handlers={
                HTTPException: self._refuse_request,
                ClientDisconnect: _answer_nothing,
                Exception: self._fail,
            },
        )
        self._serve = _with_cors(self._choose, settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A server that has stopped cancels what could not be answered in time.
        with contextlib.suppress(asyncio.CancelledError):
            await self._serve(scope, receive, send)

    async def _choose(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Most requests are instructions, and need no router.
        path = scope["path"]
        if path == INSTRUCTION_PATH:
            await self._instruction_api(scope, receive, send)
        elif f"{path}/".startswith(f"{PREFIX}/"):
            await self._typed_api(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _refuse_request(self, request: Request, reason: Exception) -> Response:
        """Answer a request for which there is no route."""
        headers = getattr(reason, "headers", None) or {}
        allowed = headers.get("Allow")
        error: WalletError = MethodNotAllowedError(allowed) if allowed else PathUnknownError()
        status = 405 if allowed else 404
        return JsonResponse(self._carrier.refuse(error, request.state.peer), status, headers)

    async def _fail(self, request: Request, _: Exception) -> Response:
        """Answer a request at which the application failed; uvicorn writes that to the log."""
        return JsonResponse(self._carrier.refuse(EngineFailedError(), request.state.peer), 500)


async def _answer_nothing(_request: Request, _: Exception) -> Response:
    """The client is gone before its request had arrived completely."""
    return Response()


def _with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Let pages of these origins call the application from a browser; without any, no page may."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        origins,
        allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID"),
        expose_headers=("ETag", "Link", "Location", "Retry-After"),
    )
