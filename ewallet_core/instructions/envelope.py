"""The two forms of a request, flat and enveloped, and the form of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, overload

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import BadValueError, MalformedError, UnknownArgumentError
from ewallet_core.instructions.validation import is_storable

Answer = dict[str, Any]
"""`failed`, then the keys of the instruction or of its error."""

VIEW_ACTIONS = frozenset({"export", "interogate", "search", "verify", "view"})
"""The actions whose instructions change nothing."""

LONGEST_NAME = 100
SHORTEST_REQUEST_ID = 8
LONGEST_REQUEST_ID = 128

_CREDENTIALS = ("client_id", "session_token", "request_id")
# Accepted because the protocol's example sends them; never trusted, because the server knows them itself.
_UNTRUSTED = ("src_address", "src_port", "loggin_user", "session_id")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The client id and the session token of a request. A client id alone does not name a session."""

    client_id: str | None = None
    session_token: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request taken apart: selectors and arguments in `chain`, credentials and request id beside it."""

    chain: dict[str, Any]
    credentials: Credentials
    request_id: str | None = None


def parse_envelope(request: Mapping[str, Any]) -> Envelope:
    """Read a flat or an enveloped request.

    Raises `MalformedError`, `UnknownArgumentError` or `BadValueError`.
    """
    if not isinstance(request, Mapping):
        raise MalformedError("A request is an object.", "Send an instruction, flat or enveloped.")
    _check_keys(request)
    if "header" in request or "command_chain" in request:
        return _enveloped(request)
    return _envelope(request, request)


def request_id_of(request: object) -> str | None:
    """The id that the answer carries back, also if the request is malformed otherwise."""
    for part in (request, request.get("header") if isinstance(request, Mapping) else None):
        request_id = part.get("request_id") if isinstance(part, Mapping) else None
        if isinstance(request_id, str) and _is_request_id(request_id):
            return request_id
    return None


def in_reply_to(request_id: str | None, answer: Answer) -> Answer:
    return answer if request_id is None else {**answer, "request_id": request_id}


def error_answer(error: WalletError) -> Answer:
    return {
        "failed": True,
        "error": error.error,
        "warning": error.warning,
        "code": error.code,
        "details": error.details,
    }


@overload
def timestamp(milliseconds: int) -> str: ...
@overload
def timestamp(milliseconds: int | None) -> str | None: ...
def timestamp(milliseconds: int | None) -> str | None:
    """A time as answers have it: RFC 3339, UTC, with milliseconds and `Z`."""
    if milliseconds is None:
        return None
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_key(key: object) -> bool:
    return isinstance(key, str) and len(key) <= LONGEST_NAME and is_storable(key)


def _enveloped(request: Mapping[str, Any]) -> Envelope:
    header, chain = request.get("header", {}), request.get("command_chain")
    if not isinstance(header, Mapping) or not isinstance(chain, Mapping):
        raise MalformedError(
            "An enveloped request has a `header` and a `command_chain`, each an object.",
            "Send both, or the flat form.",
        )
    _check_keys(header)
    _check_keys(chain)
    for part, known, keys in (
        ("header", (*_CREDENTIALS, *_UNTRUSTED), header),
        ("envelope", ("header", "command_chain"), request),
    ):
        if unknown := [key for key in keys if key not in known]:
            raise UnknownArgumentError(unknown[0], sorted(known), part)
    return _envelope(chain, {**header, **chain})


def _check_keys(keys: Iterable[object]) -> None:
    for key in keys:
        if not is_key(key):
            raise MalformedError(
                f"The keys of a request are text of at most {LONGEST_NAME} characters.",
                "Name each argument as the instruction does.",
            )


def _envelope(chain: Mapping[str, Any], values: Mapping[str, Any]) -> Envelope:
    sent = {key: values[key] for key in _CREDENTIALS if values.get(key) is not None}
    for key, value in sent.items():
        if not isinstance(value, str):
            raise BadValueError(key, "text")
    request_id = sent.get("request_id")
    if request_id is not None and not _is_request_id(request_id):
        raise BadValueError("request_id", f"text of {SHORTEST_REQUEST_ID} to {LONGEST_REQUEST_ID} characters")
    return Envelope(
        {key: value for key, value in chain.items() if key not in _CREDENTIALS},
        Credentials(sent.get("client_id"), sent.get("session_token")),
        request_id,
    )


def _is_request_id(text: str) -> bool:
    return SHORTEST_REQUEST_ID <= len(text) <= LONGEST_REQUEST_ID and is_storable(text)
