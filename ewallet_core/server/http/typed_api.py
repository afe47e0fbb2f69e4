"""The typed API: a path for each instruction, real status codes, and pages that link to the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.http import MethodNotAllowedError, PathUnknownError, TokenMissingError
from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.paths import Route, RouteTable, routes_of
from ewallet_core.instructions.registry import Access
from ewallet_core.instructions.validation import FieldReader
from ewallet_core.server.http.docs_page import docs_response
from ewallet_core.server.http.entity_tags import entity_tag, has_entity_tag, is_named
from ewallet_core.server.http.events import EVENTS_PATH, EventsApi
from ewallet_core.server.http.instructions import InstructionCarrier
from ewallet_core.server.http.openapi import DOCUMENT_PATH, document_response
from ewallet_core.server.http.peer import HttpPeer
from ewallet_core.server.http.problems import DOCS_PATH, problem
from ewallet_core.server.http.responses import PRIVATE, AnswerResponse
from ewallet_core.server.http.session_opening import SESSION_PATH, SESSION_READERS, open_session
from ewallet_core.server.http.typed_requests import (
    TypedRequest,
    body_arguments,
    chain_of,
    check_acceptable,
    header_of,
    query_arguments,
)
from ewallet_core.types import RecordType

_POSITIONS = frozenset({"before", "skip"})
"""The arguments that say which page is read."""

Respond = Callable[[TypedRequest, HttpPeer], Awaitable[ASGIApp]]


class TypedApi:
    """Carries out the requests under `/v1` that are instructions, and opens sessions."""

    def __init__(self, carrier: InstructionCarrier, events: EventsApi) -> None:
        self._carrier = carrier
        routes = routes_of(REGISTRY)
        self._table = RouteTable(routes)
        self._tagged = {route.operation_id for route in routes if has_entity_tag(route.instruction)}
        viewed = {route.instruction.name: route for route in routes}
        self._records = {f"{kind}_record": viewed[f"client action view {kind} record"] for kind in RecordType}
        self._others: dict[str, dict[str, Respond]] = {
            SESSION_PATH: {"POST": self._open_session},
            EVENTS_PATH: {"GET": events.respond},
            DOCUMENT_PATH: {"GET": self._send_document},
            DOCS_PATH: {"GET": self._send_docs},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, peer = TypedRequest(scope, receive), scope["state"]["peer"]
        try:
            response = await self._respond(request, peer)
        except WalletError as error:
            headers = {"allow": error.methods} if isinstance(error, MethodNotAllowedError) else {}
            response = problem(self._carrier.refuse(error, peer), headers)
        await response(scope, receive, send)

    async def _respond(self, request: TypedRequest, peer: HttpPeer) -> ASGIApp:
        item_id = None
        methods: Mapping[str, Route | Respond] = self._others.get(request.path, {})
        if (found := self._table.find(request.path)) is not None:
            methods, item_id = found
        if not methods:
            raise PathUnknownError
        if request.method == "OPTIONS":
            self._carrier.check_rate(peer)
            return Response(status_code=204, headers={"allow": _allowed(methods)})
        respond = methods.get("GET" if request.method == "HEAD" else request.method)
        if respond is None:
            raise MethodNotAllowedError(_allowed(methods))
        if isinstance(respond, Route):
            return await self._carry_out(respond, item_id, request, peer)
        self._carrier.check_rate(peer)
        return await respond(request, peer)

    async def _open_session(self, request: TypedRequest, peer: HttpPeer) -> ASGIApp:
        check_acceptable(request.headers)
        arguments = await _body_arguments(SESSION_READERS, request)
        answer = await open_session(arguments, self._carrier, peer)
        if answer["failed"]:
            return problem(answer)
        return _json(answer, 201, PRIVATE)

    async def _send_document(self, _request: TypedRequest, _peer: HttpPeer) -> Response:
        # It is made at the first request, and the event loop does not wait for it.
        return await self._carrier.executor.read(document_response)

    async def _send_docs(self, _request: TypedRequest, _peer: HttpPeer) -> Response:
        return await self._carrier.executor.read(docs_response)

    async def _carry_out(
        self, route: Route, item_id: str | None, request: TypedRequest, peer: HttpPeer
    ) -> ASGIApp:
        check_acceptable(request.headers)
        header = header_of(request.headers)
        if route.instruction.access is not Access.ANYBODY and "client_id" not in header:
            raise TokenMissingError
        arguments = (
            await _body_arguments(route.readers, request)
            if route.has_body
            else query_arguments(route.readers, request.query)
        )
        sent = {"header": header, "command_chain": chain_of(route, item_id, arguments)}
        answer = await self._carrier.carry_out(sent, peer)
        return problem(answer) if answer["failed"] else self._response(route, request, answer)

    def _response(self, route: Route, request: TypedRequest, answer: Answer) -> ASGIApp:
        headers = dict(PRIVATE)
        if "before" in route.readers and (cursor := _next_of(answer)) is not None:
            headers["link"] = f'<{_next_page(request, cursor)}>; rel="next"'
        if route.creates and (created := self._created(answer)) is not None:
            headers["location"] = created
        if route.operation_id in self._tagged:
            tag = entity_tag(answer)
            headers |= {"cache-control": "private, no-cache", "etag": tag, "vary": "authorization"}
            if is_named(tag, request.headers.get("if-none-match")):
                return Response(status_code=304, headers=headers)
        return _json(answer, 201 if route.creates else 200, headers)

    def _created(self, answer: Answer) -> str | None:
        """The path of the record that was created, if it was a record."""
        return next((view.path_to(answer[key]) for key, view in self._records.items() if key in answer), None)


def _allowed(methods: Iterable[str]) -> str:
    """The methods of a path, as `Allow` has them."""
    methods = list(methods)
    return ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])


async def _body_arguments(readers: Mapping[str, FieldReader], request: TypedRequest) -> dict[str, Any]:
    return body_arguments(readers, await request.body(), request.headers.get("content-type"))


def _json(answer: Answer, status: int, headers: Mapping[str, str]) -> ASGIApp:
    """The answer without `failed`, which the status says."""
    content = {key: value for key, value in answer.items() if key != "failed"}
    return AnswerResponse(msgspec.json.encode(content), status, headers)


def _next_of(answer: Answer) -> Any:
    """The cursor of the next page, which is in the data of a sheet or list, or beside the rows."""
    page = answer.get("sheet_data") or answer.get("list_data") or answer
    return page["next"]


def _next_page(request: TypedRequest, cursor: Any) -> str:
    """The same request for the next page."""
    sent = parse_qsl(request.query.decode(), keep_blank_values=True)
    query = [(name, value) for name, value in sent if name not in _POSITIONS]
    return f"{request.path}?{urlencode([*query, ('before', cursor)])}"
