"""`POST /v1/session`: a client id, a session token and a login in one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired

import msgspec

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.json_schema import Schema, answer_schema, struct_schema
from ewallet_core.instructions.paths import route_of
from ewallet_core.instructions.registry import Instruction, read_request
from ewallet_core.instructions.validation import FieldReader
from ewallet_core.server.http.instructions import InstructionCarrier
from ewallet_core.server.http.peer import HttpPeer

SESSION_PATH = "/v1/session"

_CLIENT_ID, _TOKEN, _LOGIN = (
    next(found for found in REGISTRY if found.name == f"client action {name}")
    for name in ("request client_id", "request session_token", "login")
)
SESSION_READERS: Mapping[str, FieldReader] = {**route_of(_TOKEN).readers, **route_of(_LOGIN).readers}

SUMMARY = "Open a session, and log in if a name or an email is sent; `token` is the bearer token of it."


async def open_session(sent: Mapping[str, Any], carrier: InstructionCarrier, peer: HttpPeer) -> Answer:
    """Open a session with these arguments, and log in if any are of a login.

    Raises the error of a login whose arguments are wrong, before there is a session.
    """
    arguments = {name: value for name, value in sent.items() if value is not None}
    of_login = {name: value for name, value in arguments.items() if name in _LOGIN.readers}
    of_token = {name: value for name, value in arguments.items() if name in _TOKEN.readers}
    if of_login:
        read_request(_LOGIN, of_login)
    read_request(_TOKEN, of_token)
    opened: Answer = {}
    for found, own in ((_CLIENT_ID, {}), (_TOKEN, of_token), *([(_LOGIN, of_login)] if of_login else [])):
        answer = await carrier.carry_out(_request(found, opened, own), peer)
        if answer["failed"]:
            return answer
        # A login may renew the token.
        opened |= answer
    return {**opened, "token": f"{opened['client_id']}.{opened['session_token']}"}


def _request(found: Instruction, opened: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    header = {name: opened[name] for name in ("client_id", "session_token") if name in opened}
    return {"header": header, "command_chain": {**found.forms[0], **own}}


def session_schemas() -> dict[str, Schema]:
    """The schemas of the request, whose arguments are all optional, and of the answer."""
    arguments = {**_TOKEN.arguments, **_LOGIN.arguments}.values()
    used = [argument for argument in arguments if argument.name in SESSION_READERS]
    optional = [msgspec.structs.replace(argument, default=None) for argument in used]
    of_login = {key: NotRequired[declared] for key, declared in _LOGIN.answers.items()}
    answer = {**of_login, **_CLIENT_ID.answers, **_TOKEN.answers, "token": str}
    return {
        "OpenSessionRequest": struct_schema(optional, "Whom to log in, if anyone."),
        "OpenSessionAnswer": answer_schema(answer, "The session, and after a login also its answer."),
    }
