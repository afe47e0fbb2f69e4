"""What a machine asks about the server: whether it lives, whether it can serve, and its metrics."""

from __future__ import annotations

import asyncio

from prometheus_client.exposition import choose_encoder
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageFailedError
from ewallet_core.instructions.envelope import error_answer
from ewallet_core.protocol.address import is_loopback
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.server.http.responses import JsonResponse
from ewallet_core.server.prometheus import registry_of
from ewallet_core.server.settings import HttpSettings

READY_SECONDS = 5.0
"""How long the database may take to answer."""


class Monitoring:
    """Answers the paths of `/health` and `/metrics`."""

    def __init__(self, engine: Engine, executor: Executor, settings: HttpSettings) -> None:
        self._engine = engine
        self._executor = executor
        self._shows_all_metrics = settings.public_metrics
        self._registry = registry_of(engine.dispatcher.metrics)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/health", self._tell_ready),
            Route("/health/live", self._tell_live),
            Route("/health/ready", self._tell_ready),
            Route("/metrics", self._show_metrics),
        ]

    async def _tell_live(self, _: Request) -> Response:
        """The event loop runs: a server that does not answer this needs to be started again."""
        return JsonResponse({"status": "live"})

    async def _tell_ready(self, _: Request) -> Response:
        """The database can be read too, so instructions can be sent here."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._executor.read(self._engine.changed_accounts)
        except TimeoutError:
            return _not_ready(StorageFailedError("the database has not answered in time"))
        except WalletError as error:
            return _not_ready(error)
        return JsonResponse({"status": "ready"})

    async def _show_metrics(self, request: Request) -> Response:
        """The metrics in the format that the client prefers; for this machine only, unless set otherwise."""
        if not (self._shows_all_metrics or is_loopback(request.state.peer.address)):
            raise HTTPException(404)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        found = await self._executor.read(lambda: encode(self._registry))
        return Response(found, headers={"content-type": content_type})


def _not_ready(error: WalletError) -> JsonResponse:
    return JsonResponse({"status": "unavailable", **error_answer(error)}, 503)
