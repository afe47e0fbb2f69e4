"""Requests: signing and encoding them, and what they can change."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ewallet_core.errors.requests import BadValueError, FrameTooLongError, NotUtf8Error, TooDeepError
from ewallet_core.instructions.envelope import VIEW_ACTIONS, parse_envelope
from ewallet_core.protocol.frames import DEEPEST, LARGEST_FRAME, decode, encode

# To keep a session alive, or to request one, is nothing that a user could lose.
_HARMLESS_ACTIONS = VIEW_ACTIONS | {"alive", "request"}
_JSON_HAS = "what JSON has: text, a number, true, false, null, or a list or an object of these"

Request = dict[str, Any]


def sign(instruction: Mapping[str, Any], credentials: Mapping[str, str]) -> Request:
    """The instruction, flat or enveloped, with the credentials, and with a request id if it has none.

    One of the system's is enveloped, because a client id beside it may be what it is about.
    """
    if "command_chain" not in instruction:
        if instruction.get("controller") != "system":
            return {**_with_request_id(instruction), **credentials}
        chain = {name: value for name, value in instruction.items() if name != "request_id"}
        instruction = {"header": {"request_id": instruction.get("request_id")}, "command_chain": chain}
    header = instruction.get("header")
    if not isinstance(header, Mapping | None):
        # The engine answers what is wrong with it.
        return dict(instruction)
    return {**instruction, "header": {**_with_request_id(header or {}), **credentials}}


def asks_for_new_token(request: Mapping[str, Any]) -> bool:
    return "renew_token" in _chain_of(request)


def with_new_token(instruction: Mapping[str, Any]) -> Request:
    """The instruction; a login also asks for a new session token, unless it says whether to."""
    chain = _chain_of(instruction)
    if not _logs_in(chain) or "renew_token" in chain:
        return dict(instruction)
    renewing = {**chain, "renew_token": True}
    return {**instruction, "command_chain": renewing} if "command_chain" in instruction else renewing


def without_new_token(request: Request) -> Request:
    """The login as a server of an earlier release understands it."""
    chain = {name: value for name, value in _chain_of(request).items() if name != "renew_token"}
    return {**request, "command_chain": chain} if "command_chain" in request else chain


def frame_of(request: Request) -> bytes:
    """The request as a frame; raises the `WalletError` that the engine would answer if it can't read it."""
    try:
        frame = encode(request)
    except UnicodeEncodeError:
        raise NotUtf8Error from None
    except RecursionError:
        raise TooDeepError(DEEPEST) from None
    except TypeError:
        parse_envelope(request)
        raise BadValueError(_not_for_json(request), _JSON_HAS) from None
    if len(frame) > LARGEST_FRAME:
        raise FrameTooLongError(LARGEST_FRAME)
    parse_envelope(decode(frame))
    return frame


def changes_something(request: Mapping[str, Any]) -> bool:
    """Whether the instruction changes what the user has; one that can't be read counts as a change."""
    action = _chain_of(request).get("action")
    return not isinstance(action, str) or action not in _HARMLESS_ACTIONS


def may_change_account(request: Mapping[str, Any]) -> bool:
    """Whether another account, or none, may be active in the session after the instruction."""
    chain = _chain_of(request)
    action = chain.get("action")
    if not isinstance(action, str):
        return False
    return action in ("login", "logout") or (chain.get(action) == "account" and changes_something(request))


def _logs_in(chain: Mapping[str, Any]) -> bool:
    return chain.get("action") == "login" or (
        chain.get("action") == "recover" and chain.get("recover") == "account"
    )


def new_request_id() -> str:
    """A random id that sorts by creation time, so an index of ids grows at its end."""
    return f"{time.time_ns():016x}-{os.urandom(8).hex()}"


def _with_request_id(keys: Mapping[str, Any]) -> Request:
    return {**keys, "request_id": keys.get("request_id") or new_request_id()}


def _not_for_json(request: Request) -> str:
    """The name of the argument that JSON can't represent."""
    arguments = {**request.get("header", {}), **_chain_of(request)}
    return next((name for name, value in arguments.items() if not _is_for_json(value)), "command_chain")


def _is_for_json(value: object) -> bool:
    try:
        encode(value)
    except TypeError:
        return False
    return True


def _chain_of(request: Mapping[str, Any]) -> Mapping[str, Any]:
    chain = request.get("command_chain", request)
    return chain if isinstance(chain, Mapping) else {}
