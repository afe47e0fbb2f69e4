"""The two forms of a request, flat and enveloped, and the form of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, overload

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import (
    ArgumentsClashError,
    BadValueError,
    MalformedError,
    UnknownArgumentError,
)
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

    def among(self, names: Iterable[str]) -> dict[str, str]:
        """Those that were sent and have one of these names."""
        sent = {"client_id": self.client_id, "session_token": self.session_token}
        return {name: value for name, value in sent.items() if value is not None and name in names}


NO_CREDENTIALS = Credentials()


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request taken apart: selectors and arguments in `chain`, credentials and request id beside it.

    The credentials are those of the `header`, and those `beside` the selectors.
    """

    chain: dict[str, Any]
    header: Credentials
    beside: Credentials
    request_id: str | None
    is_flat: bool

    @property
    def credentials(self) -> Credentials:
        """The caller's credentials, for an instruction that takes none as arguments."""
        return self.credentials_beside(())

    def credentials_beside(self, arguments: Iterable[str]) -> Credentials:
        """The caller's credentials, for an instruction that takes `arguments`.

        In an envelope, what the instruction takes as an argument is the caller's own only in the header.
        """
        about = set() if self.is_flat else set(arguments)
        return Credentials(
            *(own if own is not None or name in about else beside for name, own, beside in self._by_name())
        )

    def named(self, arguments: Iterable[str], *, is_remote: bool) -> dict[str, str]:
        """The client id and the session token that are arguments of an instruction that takes `arguments`.

        Raises `ArgumentsClashError` if one of them has two meanings, or would be ignored.
        """
        found = self.beside.among(arguments)
        if found and is_remote and self.is_flat:
            problem = "It is not clear whether {} is the caller's or what the instruction is about."
            raise ArgumentsClashError(
                tuple(found),
                problem.format(" and ".join(f"`{name}`" for name in found)),
                "Send the enveloped form: your own in `header`, the other in `command_chain`.",
            )
        for name, own, beside in self._by_name():
            if name not in found and None not in (own, beside) and own != beside:
                raise _differs(name)
        return found

    def _by_name(self) -> Iterator[tuple[str, str | None, str | None]]:
        yield "client_id", self.header.client_id, self.beside.client_id
        yield "session_token", self.header.session_token, self.beside.session_token


def parse_envelope(request: Mapping[str, Any]) -> Envelope:
    """Read a flat or an enveloped request.

    Raises `MalformedError`, `UnknownArgumentError` or `BadValueError`.
    """
    if not isinstance(request, Mapping):
        raise MalformedError("A request is an object.", "Send an instruction, flat or enveloped.")
    _check_keys(request)
    if "header" in request or "command_chain" in request:
        return _enveloped(request)
    return _envelope({}, request, is_flat=True)


def request_id_of(request: object) -> str | None:
    """The id that the answer carries back, also if the request is malformed otherwise."""
    parts = (
        (request, request.get("header"), request.get("command_chain")) if isinstance(request, Mapping) else ()
    )
    for part in parts:
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
    return _envelope(header, chain, is_flat=False)


def _check_keys(keys: Iterable[object]) -> None:
    for key in keys:
        if not is_key(key):
            raise MalformedError(
                f"The keys of a request are text of at most {LONGEST_NAME} characters.",
                "Name each argument as the instruction does.",
            )


def _envelope(header: Mapping[str, Any], chain: Mapping[str, Any], *, is_flat: bool) -> Envelope:
    in_header, beside = _credentials_in(header), _credentials_in(chain)
    ids = {sent["request_id"] for sent in (in_header, beside) if "request_id" in sent}
    if not all(map(_is_request_id, ids)):
        raise BadValueError("request_id", f"text of {SHORTEST_REQUEST_ID} to {LONGEST_REQUEST_ID} characters")
    if len(ids) > 1:
        raise _differs("request_id")
    return Envelope(
        {key: value for key, value in chain.items() if key not in _CREDENTIALS},
        Credentials(in_header.get("client_id"), in_header.get("session_token")),
        Credentials(beside.get("client_id"), beside.get("session_token")),
        next(iter(ids), None),
        is_flat,
    )


def _credentials_in(sent: Mapping[str, Any]) -> dict[str, str]:
    found = {key: sent[key] for key in _CREDENTIALS if sent.get(key) is not None}
    for key, value in found.items():
        if not isinstance(value, str):
            raise BadValueError(key, "text")
    return found


def _differs(name: str) -> ArgumentsClashError:
    return ArgumentsClashError(
        (name,), f"`{name}` differs in `header` and `command_chain`.", "Send it in one of them."
    )


def _is_request_id(text: str) -> bool:
    return SHORTEST_REQUEST_ID <= len(text) <= LONGEST_REQUEST_ID and is_storable(text)
