"""What a request comes in and an answer goes out in (PROTOCOL sections 1 and 2)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, overload

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import BadValueError, MalformedError, UnknownArgumentError
from ewallet_core.instructions.validation import is_storable

Answer = dict[str, Any]
"""What an instruction came to: `failed`, then its own keys or its error."""

LONGEST_NAME = 100
SHORTEST_REQUEST_ID = 8
LONGEST_REQUEST_ID = 128

_CREDENTIALS = ("client_id", "session_token", "request_id")
# The document's example sends them; the server knows these things itself, so they are never trusted.
_UNTRUSTED = ("src_address", "src_port", "loggin_user", "session_id")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """A request taken out of its envelope: what is asked, and by whom."""

    chain: dict[str, Any]
    client_id: str | None = None
    session_token: str | None = None
    request_id: str | None = None

    @property
    def caller(self) -> tuple[str, str | None] | None:
        """Who asks, as far as they say so; a client id alone is not whose session it has."""
        return None if self.client_id is None else (self.client_id, self.session_token)

    def credentials_among(self, names: Container[str]) -> dict[str, str]:
        """The credentials that an instruction takes as arguments too, because it is about them."""
        sent = {"client_id": self.client_id, "session_token": self.session_token}
        return {name: value for name, value in sent.items() if name in names and value is not None}


def parse_envelope(request: Mapping[str, Any]) -> Call:
    """Read a flat or an enveloped request; raises `MalformedError`, `UnknownArgumentError` or `BadValueError`."""
    if not isinstance(request, Mapping):
        raise MalformedError("A request is an object.", "Send an instruction, flat or enveloped.")
    _must_have_names(request)
    if "header" in request or "command_chain" in request:
        return _enveloped(request)
    chain = {key: value for key, value in request.items() if key not in _CREDENTIALS}
    return Call(chain, **_credentials(request))


def request_id_of(request: object) -> str | None:
    """The id that the answer is to carry back, however wrong the request is otherwise."""
    for place in (request, request.get("header") if isinstance(request, Mapping) else None):
        if isinstance(place, Mapping):
            found = place.get("request_id")
            if isinstance(found, str) and _is_request_id(found):
                return found
    return None


def in_reply_to(request: object, answer: Answer) -> Answer:
    """The answer with the id of the request that it answers, where that has one."""
    request_id = request_id_of(request)
    return answer if request_id is None else {**answer, "request_id": request_id}


def success(**keys: Any) -> Answer:
    """The answer to an instruction that was carried out."""
    return {"failed": False, **keys}


def error_answer(error: WalletError) -> Answer:
    """The answer to an instruction that was refused."""
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
    """An instant as answers have it: RFC 3339, UTC, with milliseconds and `Z`."""
    if milliseconds is None:
        return None
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_key(key: object) -> bool:
    """Whether it can be the name of something in a request."""
    return isinstance(key, str) and len(key) <= LONGEST_NAME and is_storable(key)


def _enveloped(request: Mapping[str, Any]) -> Call:
    header, chain = request.get("header", {}), request.get("command_chain")
    if not isinstance(header, Mapping) or not isinstance(chain, Mapping):
        raise MalformedError(
            "An enveloped request has a `header` and a `command_chain`, each an object.",
            "Send both, or the flat form.",
        )
    _must_have_names(header)
    _must_have_names(chain)
    for place, known, keys in (
        ("header", (*_CREDENTIALS, *_UNTRUSTED), header),
        ("envelope", ("header", "command_chain"), request),
    ):
        if unknown := [key for key in keys if key not in known]:
            raise UnknownArgumentError(unknown[0], sorted(known), place)
    return Call(
        {key: value for key, value in chain.items() if key not in _CREDENTIALS},
        **_credentials({**header, **chain}),
    )


def _must_have_names(keys: Iterable[object]) -> None:
    for key in keys:
        if not is_key(key):
            raise MalformedError(
                f"The keys of a request are text of at most {LONGEST_NAME} characters.",
                "Name each argument as the instruction does.",
            )


def _credentials(values: Mapping[str, Any]) -> dict[str, str]:
    found = {key: values[key] for key in _CREDENTIALS if values.get(key) is not None}
    for key, value in found.items():
        if not isinstance(value, str):
            raise BadValueError(key, "text")
    request_id = found.get("request_id")
    if request_id is not None and not _is_request_id(request_id):
        raise BadValueError("request_id", f"text of {SHORTEST_REQUEST_ID} to {LONGEST_REQUEST_ID} characters")
    return found


def _is_request_id(text: str) -> bool:
    return SHORTEST_REQUEST_ID <= len(text) <= LONGEST_REQUEST_ID and is_storable(text)
