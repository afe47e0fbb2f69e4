"""The OpenAPI 3.1 document of the typed API, from the registry of instructions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.responses import Response

from ewallet_core.handlers import SECTIONS
from ewallet_core.instructions.envelope import LONGEST_REQUEST_ID, SHORTEST_REQUEST_ID
from ewallet_core.instructions.json_schema import (
    COMPONENTS,
    Schema,
    answer_schema,
    argument_schema,
    component_name,
    component_of,
    first_paragraph,
    struct_schema,
)
from ewallet_core.instructions.paths import Route, route_of
from ewallet_core.instructions.reference import (
    Documented,
    data_dicts_in,
    entry_of,
    everything,
)
from ewallet_core.instructions.registry import Access, Instruction
from ewallet_core.server.http.entity_tags import has_entity_tag
from ewallet_core.server.http.problems import PROBLEM, PROBLEM_SCHEMA, STATUSES
from ewallet_core.server.http.session_opening import SESSION_PATH, SUMMARY, session_schemas
from ewallet_core.server.http.typed_requests import IDEMPOTENCY_KEY, JSON

DOCUMENT_PATH = "/v1/openapi.json"
BEARER = "bearer"

_ABOUT = """Every instruction of the EWallet engine as an HTTP request. `POST /v1/session` opens a session and
logs in; its `token` is then the bearer token of all other requests. The body of a response is the
instruction's answer without `failed`; an error is an `application/problem+json` with a stable `code`.

A change that is sent with an `Idempotency-Key` is done once, however often it is repeated. `GET /v1/events`
sends the account's events as server-sent events."""

_OF_THE_REQUEST = {
    "406": "The response can only be JSON.",
    "413": "The body is longer than the server accepts.",
    "415": "The body is not JSON.",
}
_TAKES_BODY = frozenset({"413", "415"})


@cache
def document_response() -> Response:
    return Response(msgspec.json.encode(document()), headers={"cache-control": "no-cache"}, media_type=JSON)


def document() -> dict[str, Any]:
    """The document of all instructions but those of live objects, which can't be sent over HTTP."""
    reachable = [section for section in SECTIONS if not section.is_live]
    documented = everything(reachable)
    paths: dict[str, Any] = {SESSION_PATH: {"post": _session_operation()}}
    schemas: dict[str, Schema] = {"Problem": PROBLEM_SCHEMA, **session_schemas()}
    data_dicts = data_dicts_in(each.found.answers for each in documented)
    schemas |= {component_name(each): component_of(each) for each in data_dicts.values()}
    for each in documented:
        route = route_of(each.found)
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(each, route)
        schemas |= _own_schemas(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "EWallet", "version": version("ewallet-tui"), "description": _ABOUT},
        "tags": [{"name": section.title, "description": section.about} for section in reachable],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {status: _problem_response(about) for status, about in _problems().items()},
            "securitySchemes": {BEARER: _BEARER_SCHEME},
        },
    }


def _operation(documented: Documented, route: Route) -> dict[str, Any]:
    found, entry = documented.found, entry_of(documented)
    return {
        "operationId": route.operation_id,
        "tags": [documented.section.title],
        "summary": entry.summary,
        "description": _paragraphs(entry.notes, f"For {entry.who}.", _in_effect(found)),
        "x-instruction": found.name,
        "parameters": list(_parameters(route)),
        **_request_body(route, entry.example),
        "responses": _responses(route),
        "security": [] if found.access is Access.ANYBODY else [{BEARER: []}],
    }


def _in_effect(found: Instruction) -> str:
    if not found.changes:
        return "It changes nothing."
    if found.remembered:
        return "It changes something; with an `Idempotency-Key` it is safe to repeat."
    return "It changes something, and is not remembered by its `Idempotency-Key`."


_BEARER_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "The client id and the session token with a point between them: `<client_id>.<token>`.",
}


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))


def _component(route: Route, what: str) -> str:
    """The name of the route's own schema, such as `ViewAccountAnswer`."""
    return "".join(word.capitalize() for word in route.operation_id.split("_")) + what


def _own_schemas(route: Route) -> dict[str, Schema]:
    schemas = {_component(route, "Answer"): _answer(route)}
    if route.has_body and route.readers:
        schemas[_component(route, "Request")] = _body(route)
    return schemas


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    arguments = route.instruction.arguments
    if route.id_name is not None:
        schema = argument_schema(arguments[route.id_name], may_be_null=False)
        yield {"name": route.id_name, "in": "path", "required": True, "schema": schema}
    if not route.has_body:
        for name in route.readers:
            schema = argument_schema(arguments[name], may_be_null=False)
            yield {"name": name, "in": "query", "required": arguments[name].required, "schema": schema}
    if route.instruction.remembered:
        yield _IDEMPOTENCY_KEY


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A request id of your own: the same request with the same one is done once.",
    "schema": {
        "type": "string",
        "minLength": SHORTEST_REQUEST_ID,
        "maxLength": LONGEST_REQUEST_ID,
        "pattern": f"^{IDEMPOTENCY_KEY}$",
    },
}


def _body(route: Route) -> Schema:
    arguments = [route.instruction.arguments[name] for name in route.readers]
    return struct_schema(arguments, first_paragraph(route.instruction.request))


def _request_body(route: Route, example: Mapping[str, Any]) -> dict[str, Any]:
    if not (route.has_body and route.readers):
        return {}
    is_needed = any(reader.is_required for reader in route.readers.values())
    content = _content(JSON, _component(route, "Request"))
    content[JSON]["example"] = {name: value for name, value in example.items() if name in route.readers}
    return {"requestBody": {"required": is_needed, "content": content}}


def _answer(route: Route) -> Schema:
    schema = answer_schema(route.instruction.answers, "")
    del schema["description"]
    schema["properties"] |= {
        "event_sequence": {"type": "integer", "description": "the number of the account's newest event"},
        "request_id": {"type": "string", "description": "the `Idempotency-Key`, if one was sent"},
    }
    return schema


def _responses(route: Route) -> dict[str, Any]:
    headers = {"ETag": _header("changes if the response does")} if has_entity_tag(route.instruction) else {}
    if "before" in route.readers:
        headers["Link"] = _header('the next page, as rel="next"; absent on the last one')
    done = {
        "description": "It was created." if route.creates else "The answer.",
        "content": _content(JSON, _component(route, "Answer")),
        **({"headers": headers} if headers else {}),
    }
    responses: dict[str, Any] = {"201" if route.creates else "200": done}
    if "ETag" in headers:
        responses["304"] = {"description": "It is still what the `If-None-Match` sent names."}
    return responses | _problem_references(has_body=route.has_body)


def _problem_references(*, has_body: bool) -> dict[str, Any]:
    return {
        status: {"$ref": f"#/components/responses/{status}"}
        for status in _problems()
        if status not in _TAKES_BODY or has_body
    }


def _session_operation() -> dict[str, Any]:
    opened = {"description": "It was created.", "content": _content(JSON, "OpenSessionAnswer")}
    content = _content(JSON, "OpenSessionRequest")
    content[JSON]["example"] = {"user_name": "ada", "user_pass": "correct horse battery"}
    return {
        "operationId": "open_session",
        "tags": ["Sessions"],
        "summary": SUMMARY,
        "description": "It does what `POST /v1/client-id`, `POST /v1/session-token` and `POST /v1/login` do.",
        "parameters": [],
        "requestBody": {"required": False, "content": content},
        "responses": {"201": opened, **_problem_references(has_body=True)},
        "security": [],
    }


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _content(media_type: str, schema: str) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": COMPONENTS + schema}}}


def _problems() -> Mapping[str, str]:
    """What each status of an error means."""
    of_categories = {str(status): category.meaning for category, status in STATUSES.items()}
    return of_categories | _OF_THE_REQUEST


def _problem_response(description: str) -> dict[str, Any]:
    return {"description": description, "content": _content(PROBLEM, "Problem")}
