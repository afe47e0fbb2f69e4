"""Reads an instruction's arguments from a path, a query or a JSON body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from ewallet_core.errors.http import NotAcceptableError, NotJsonTypeError
from ewallet_core.errors.requests import BadValueError, UnknownArgumentError
from ewallet_core.instructions.paths import Route
from ewallet_core.instructions.validation import FieldReader
from ewallet_core.protocol.frames import decode
from ewallet_core.server.http.instruction_api import read_body

JSON = "application/json"
IDEMPOTENCY_KEY = "[!-~]+"
"""The characters of a request id in a header: what HTTP carries without loss."""
_ACCEPTED = frozenset({"*/*", "application/*", JSON, "application/problem+json"})
_FLAGS = {"true": True, "false": False}

Readers = Mapping[str, FieldReader]


class TypedRequest:
    """What the typed API reads of a request; Starlette's `Request` takes several times as long."""

    __slots__ = ("_receive", "headers", "method", "path", "query")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers = _by_name(scope["headers"])
        self._receive = receive

    async def body(self) -> bytes:
        """The whole body; raises `ClientDisconnect` if the client is gone."""
        body = await read_body(self._receive)
        if body is None:
            raise ClientDisconnect
        return body


def _by_name(sent: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers; one that was sent several times is a list, so no part of it counts alone."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent}
    if len(headers) < len(sent):
        for name in headers:
            values = [value for each, value in sent if each == name.encode("latin-1")]
            headers[name] = b", ".join(values).decode("latin-1")
    return headers


def chain_of(route: Route, item_id: str | None, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The selectors and arguments of the route's instruction."""
    of_path = {} if route.id_name is None else {route.id_name: item_id}
    return {**route.instruction.forms[0], **arguments, **of_path}


def header_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The credentials of the bearer token, and the request id.

    The token is the client id and the session token with a point between them, or a client id alone. Other
    kinds of authorization are ignored.
    """
    found = {}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        client_id, _, session_token = token.strip().partition(".")
        found = {"client_id": client_id, "session_token": session_token}
    found = {name: value for name, value in found.items() if value}
    if (request_id := headers.get("idempotency-key")) is not None:
        if not re.fullmatch(IDEMPOTENCY_KEY, request_id):
            raise BadValueError("request_id", "text of visible ASCII characters, without spaces")
        found["request_id"] = request_id
    return found


def check_acceptable(headers: Mapping[str, str]) -> None:
    """Raise `NotAcceptableError` if the client accepts no JSON."""
    accepted = headers.get("accept")
    if accepted is None or accepted == "*/*":
        return
    ranges = {each.partition(";")[0].strip().lower() for each in accepted.split(",")}
    if not ranges & _ACCEPTED:
        raise NotAcceptableError


def query_arguments(readers: Readers, query: bytes) -> dict[str, Any]:
    """The arguments in a query. One that is sent several times is a list."""
    sent: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.decode(), keep_blank_values=True):
        sent.setdefault(name, []).append(value)
    _check_known(sent, readers)
    return {name: _queried(name, values, readers[name]) for name, values in sent.items()}


def _queried(name: str, values: list[str], reader: FieldReader) -> Any:
    if len(values) > 1:
        if not reader.may_be_list:
            raise BadValueError(name, f"{reader.must_be}, sent once")
        return values
    return _FLAGS.get(values[0], values[0]) if reader.is_flag else values[0]


def body_arguments(readers: Readers, body: bytes, content_type: str | None) -> dict[str, Any]:
    """The arguments in a JSON body, in which whole numbers are no text."""
    if not body:
        return {}
    if (content_type or "").partition(";")[0].strip().lower() != JSON:
        raise NotJsonTypeError
    sent = decode(body)
    _check_known(sent, readers)
    return {
        name: _whole_number(name, value, readers[name]) if readers[name].is_whole_number else value
        for name, value in sent.items()
    }


def _whole_number(name: str, value: Any, reader: FieldReader) -> Any:
    """A whole number as JSON has it, in which 20.0 is 20, and "20" is none."""
    if isinstance(value, str):
        raise BadValueError(name, reader.must_be)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_known(sent: Mapping[str, Any], readers: Readers) -> None:
    for name in sent:
        if name not in readers:
            raise UnknownArgumentError(name, sorted(readers), "path")
