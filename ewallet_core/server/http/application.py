"""The ASGI application: which path is answered by what."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.http import MethodNotAllowedError, PathUnknownError
from ewallet_core.errors.server import EngineFailedError
from ewallet_core.server.executor import Engine
from ewallet_core.server.http.instruction_api import INSTRUCTION_PATH, InstructionApi
from ewallet_core.server.http.instructions import InstructionCarrier
from ewallet_core.server.http.monitoring import Monitoring
from ewallet_core.server.http.responses import JsonResponse
from ewallet_core.server.settings import HttpSettings


class Application:
    """Answers every request over HTTP. Each group of paths is a list of routes."""

    def __init__(self, engine: Engine, carrier: InstructionCarrier, settings: HttpSettings) -> None:
        self._carrier = carrier
        self._instruction_api = InstructionApi(carrier)
        monitoring = Monitoring(engine, carrier.executor, settings)
        self._app = Starlette(
            routes=[*self._instruction_api.routes(), *monitoring.routes()],
            exception_handlers={
                HTTPException: self._refuse_request,
                ClientDisconnect: _answer_nothing,
                Exception: self._fail,
            },
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Most requests are instructions, and need no router.
        if scope["path"] == INSTRUCTION_PATH and scope["method"] == "POST":
            await self._instruction_api(scope, receive, send)
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
