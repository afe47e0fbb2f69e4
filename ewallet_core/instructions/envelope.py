"""The two forms of a request, flat and enveloped, and the form of an answer."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, overload

import msgspec

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import (
    ArgumentsClashError,
    BadValueError,
    MalformedError,
    UnknownArgumentError,
)
from ewallet_core.instructions.validation import is_storable

OBJECT = (dict, Mapping)
"""What a JSON object may be. A `dict` is recognised first, because the check of an abstract type is slow."""

Answer = dict[str, Any]
"""`failed`, then the keys of the instruction or of its error."""

OK = "ok"

VIEW_ACTIONS = frozenset({"export", "interogate", "search", "verify", "view"})
"""The actions whose instructions change nothing."""

LONGEST_NAME = 100
SHORTEST_REQUEST_ID = 8
LONGEST_REQUEST_ID = 128

_CREDENTIALS = ("client_id", "session_token", "request_id")
# Accepted because the protocol's example sends them; never trusted, because the server knows them itself.
_UNTRUSTED = ("src_address", "src_port", "loggin_user", "session_id")
_HEADER = frozenset((*_CREDENTIALS, *_UNTRUSTED))
_ENVELOPE = frozenset(("header", "command_chain"))
# UTC without saying so: `isoformat` would write an offset.
_FIRST_DAY = date(1970, 1, 1)


class Credentials(msgspec.Struct, frozen=True):
    """The client id and the session token of a request. A client id alone does not name a session."""

    client_id: str | None = None
    session_token: str | None = None

    def among(self, names: Container[str]) -> dict[str, str]:
        """Those that were sent and have one of these names."""
        found = {}
        if self.client_id is not None and "client_id" in names:
            found["client_id"] = self.client_id
        if self.session_token is not None and "session_token" in names:
            found["session_token"] = self.session_token
        return found


NO_CREDENTIALS = Credentials()


class Envelope(msgspec.Struct, frozen=True):
    """A request taken apart: selectors and arguments in `chain`, credentials and request id beside it.

    The credentials are those of the `header`, which a flat request does not have, and those `beside` the
    selectors.
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

    def credentials_beside(self, arguments: Container[str]) -> Credentials:
        """The caller's credentials, for an instruction that takes `arguments`.

        In an envelope, what the instruction takes as an argument is the caller's own only in the header.
        """
        if self.is_flat:
            return self.beside
        client_id, session_token = self.header.client_id, self.header.session_token
        if client_id is None and "client_id" not in arguments:
            client_id = self.beside.client_id
        if session_token is None and "session_token" not in arguments:
            session_token = self.beside.session_token
        return Credentials(client_id, session_token)

    def named(self, arguments: Container[str], *, is_remote: bool) -> dict[str, str]:
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
        if NO_CREDENTIALS not in (self.header, self.beside):
            for name in ("client_id", "session_token"):
                own, beside = getattr(self.header, name), getattr(self.beside, name)
                if name not in found and None not in (own, beside) and own != beside:
                    raise _differs(name)
        return found


def parse_envelope(request: Mapping[str, Any]) -> Envelope:
    """Read a flat or an enveloped request.

    Raises `MalformedError`, `UnknownArgumentError` or `BadValueError`.
    """
    if not isinstance(request, OBJECT):
        raise MalformedError("A request is an object.", "Send an instruction, flat or enveloped.")
    _check_keys(request)
    if "header" in request or "command_chain" in request:
        return _enveloped(request)
    return _envelope({}, request, is_flat=True)


def request_id_of(request: object) -> str | None:
    """The id that the answer carries back, also if the request is malformed otherwise."""
    parts = (
        (request, request.get("header"), request.get("command_chain")) if isinstance(request, OBJECT) else ()
    )
    for part in parts:
        request_id = part.get("request_id") if isinstance(part, OBJECT) else None
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
    return None if milliseconds is None else _written(milliseconds)


# Numbers as a date has them: to look one up takes a third of the time of writing it.
_OF_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))
_OF_THREE_DIGITS = tuple(f"{number:03}" for number in range(1_000))


# The dates of an account, its wallets and its sheets are in many answers.
@lru_cache(maxsize=2_048)
def _written(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1_000)
    minutes, second = divmod(seconds, 60)
    day, minute_of_day = divmod(minutes, 1_440)
    hour, minute = divmod(minute_of_day, 60)
    time = f"{_OF_TWO_DIGITS[hour]}:{_OF_TWO_DIGITS[minute]}:{_OF_TWO_DIGITS[second]}"
    return f"{_date(day)}T{time}.{_OF_THREE_DIGITS[thousandths]}Z"


@lru_cache(maxsize=512)
def _date(day: int) -> str:
    return (_FIRST_DAY + timedelta(days=day)).isoformat()


def outcome_of(answer: Answer) -> str:
    """The code of the answer's error, or `ok`."""
    return str(answer["code"]) if answer["failed"] else OK


def are_keys(names: Collection[Any]) -> bool:
    """Whether they are text of at most 100 characters each that every database can store."""
    try:
        all_together = "".join(names)
    except TypeError:
        return False
    # Usually all of them together are shorter than one may be.
    are_short = len(all_together) <= LONGEST_NAME or max(map(len, names)) <= LONGEST_NAME
    return are_short and is_storable(all_together)


def _enveloped(request: Mapping[str, Any]) -> Envelope:
    header, chain = request.get("header", {}), request.get("command_chain")
    if not isinstance(header, OBJECT) or not isinstance(chain, OBJECT):
        raise MalformedError(
            "An enveloped request has a `header` and a `command_chain`, each an object.",
            "Send both, or the flat form.",
        )
    _check_keys(header)
    _check_keys(chain)
    for part, known, keys in (("header", _HEADER, header), ("envelope", _ENVELOPE, request)):
        for key in keys:
            if key not in known:
                raise UnknownArgumentError(key, sorted(known), part)
    return _envelope(header, chain, is_flat=False)


def _check_keys(keys: Collection[Any]) -> None:
    if not are_keys(keys):
        raise MalformedError(
            f"The keys of a request are text of at most {LONGEST_NAME} characters.",
            "Name each argument as the instruction does.",
        )


def _envelope(header: Mapping[str, Any], chain: Mapping[str, Any], *, is_flat: bool) -> Envelope:
    own, own_id = _credentials_in(header)
    beside, id_beside = _credentials_in(chain)
    for request_id in (own_id, id_beside):
        if request_id is not None and not _is_request_id(request_id):
            longest = f"text of {SHORTEST_REQUEST_ID} to {LONGEST_REQUEST_ID} characters"
            raise BadValueError("request_id", longest)
    if own_id and id_beside and own_id != id_beside:
        raise _differs("request_id")
    rest = dict(chain)
    for key in _CREDENTIALS:
        rest.pop(key, None)
    return Envelope(rest, own, beside, own_id or id_beside, is_flat)


def _credentials_in(sent: Mapping[str, Any]) -> tuple[Credentials, str | None]:
    """The credentials and the request id."""
    if not sent:
        return NO_CREDENTIALS, None
    client_id, session_token, request_id = found = [*map(sent.get, _CREDENTIALS)]
    for value in found:
        if value is not None and not isinstance(value, str):
            raise BadValueError(_CREDENTIALS[found.index(value)], "text")
    return Credentials(client_id, session_token), request_id


def _differs(name: str) -> ArgumentsClashError:
    return ArgumentsClashError(
        (name,), f"`{name}` differs in `header` and `command_chain`.", "Send it in one of them."
    )


def _is_request_id(text: str) -> bool:
    return SHORTEST_REQUEST_ID <= len(text) <= LONGEST_REQUEST_ID and is_storable(text)
