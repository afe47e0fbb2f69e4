"""The ASGI application: which path is answered by what."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

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
from ewallet_core.server.http.problems import problem, status_of
from ewallet_core.server.http.responses import JsonResponse
from ewallet_core.server.http.typed_api import TypedApi
from ewallet_core.server.settings import HttpSettings

_log = logging.getLogger("ewallet_core")


class Application:
    """Answers every request over HTTP."""

    def __init__(
        self,
        engine: Engine,
        carrier: InstructionCarrier,
        broadcaster: EventBroadcaster,
        settings: HttpSettings,
    ) -> None:
        self._carrier = carrier
        self._instruction_api = InstructionApi(carrier)
        self._typed_api = TypedApi(carrier, EventsApi(engine, carrier.executor, broadcaster))
        monitoring = Monitoring(engine, carrier.executor, settings)
        self._monitoring = Starlette(
            routes=monitoring.routes(), exception_handlers={HTTPException: self._refuse_request}
        )
        # A redirection would lead to whatever host the request names.
        self._monitoring.router.redirect_slashes = False
        self._serve = _with_cors(self._respond, settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._serve(scope, receive, send)
        except (asyncio.CancelledError, ClientDisconnect):
            # The server has stopped, or the client is gone: no response can be sent.
            return
        except WalletError as error:
            await self._error_response(error, scope)(scope, receive, send)
        except Exception:  # noqa: BLE001 - whatever it is, the client must get a response
            _log.exception("a request over HTTP failed")
            await self._error_response(EngineFailedError(), scope)(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Instructions, which are most requests, need no router: it takes as long as a view.
        path = scope["path"]
        if path == INSTRUCTION_PATH:
            await self._instruction_api(scope, receive, send)
        elif path.startswith(PREFIX):
            await self._typed_api(scope, receive, send)
        else:
            self._carrier.check_rate(scope["state"]["peer"])
            await self._monitoring(scope, receive, send)

    async def _refuse_request(self, request: Request, reason: Exception) -> Response:
        """Answer a request for which there is no route."""
        headers = getattr(reason, "headers", None) or {}
        allowed = headers.get("Allow")
        error: WalletError = MethodNotAllowedError(allowed) if allowed else PathUnknownError()
        return self._error_response(error, request.scope, headers)

    def _error_response(
        self, error: WalletError, scope: Scope, headers: Mapping[str, str] | None = None
    ) -> Response:
        answer = self._carrier.answer_error(error, scope["state"]["peer"])
        if scope["path"].startswith(PREFIX):
            return problem(answer)
        return JsonResponse(answer, status_of(answer["code"]), headers)


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
