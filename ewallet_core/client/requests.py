"""An instruction on its way to an engine: signed, and what it may do there."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ewallet_core.errors.requests import BadValueError, FrameTooLongError, NotUtf8Error, TooDeepError
from ewallet_core.instructions.envelope import parse_envelope
from ewallet_core.protocol.frames import DEEPEST, LARGEST_FRAME, decode, encode

CHANGES_NOTHING = frozenset({"alive", "export", "interogate", "request", "search", "verify", "view"})
"""The actions that leave everything as it was."""

_JSON_HAS = "what JSON has: text, a number, true, false, null, or a list or an object of these"

Request = dict[str, Any]


def signed(instruction: Mapping[str, Any], credentials: Mapping[str, str]) -> Request:
    """The instruction with the credentials, and a request id where it has none, in the form that it has."""
    if "command_chain" not in instruction:
        return {**_with_request_id(instruction), **credentials}
    header = instruction.get("header")
    if not isinstance(header, Mapping | None):
        # To be refused for that.
        return dict(instruction)
    return {**instruction, "header": {**_with_request_id(header or {}), **credentials}}


def frame_of(request: Request) -> bytes:
    """The request as a frame; raises the `WalletError` of one that the engine would not even read."""
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
    """Whether anything is different once it was carried out."""
    action = _chain_of(request).get("action")
    return not isinstance(action, str) or action not in CHANGES_NOTHING


def moves_the_account(request: Mapping[str, Any]) -> bool:
    """Whether another account may be active in the session once it was carried out, or none."""
    chain = _chain_of(request)
    action = chain.get("action")
    if not isinstance(action, str):
        return False
    return action in ("login", "logout") or (chain.get(action) == "account" and changes_something(request))


def new_request_id() -> str:
    """An id that sorts by when it was made, so that an index of them grows at its end."""
    return f"{time.time_ns():016x}-{os.urandom(8).hex()}"


def _with_request_id(keys: Mapping[str, Any]) -> Request:
    return {**keys, "request_id": keys.get("request_id") or new_request_id()}


def _not_for_json(request: Request) -> str:
    """The argument that a frame can't hold."""
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
