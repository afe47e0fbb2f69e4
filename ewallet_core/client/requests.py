"""An instruction on its way to an engine: signed, and what it may do there."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ewallet_core.instructions.envelope import open_envelope
from ewallet_core.refusals.frames import FrameTooLong, NotUtf8
from ewallet_core.wire.frames import LARGEST_FRAME, decode, encode

CHANGES_NOTHING = frozenset({"alive", "export", "interogate", "request", "search", "verify", "view"})
"""The actions that leave everything as it was."""

Request = dict[str, Any]


def signed(instruction: Mapping[str, Any], credentials: Mapping[str, str]) -> Request:
    """The instruction with the credentials, and a request id where it has none, in the form that it has."""
    if "command_chain" not in instruction:
        return {**_with_request_id(instruction), **credentials}
    header = _with_request_id(instruction.get("header") or {})
    return {**instruction, "header": {**header, **credentials}}


def frame_of(request: Request) -> bytes:
    """The request as a frame; raises the `Refusal` of one that the engine would not even read."""
    try:
        frame = encode(request)
    except UnicodeEncodeError:
        raise NotUtf8 from None
    if len(frame) > LARGEST_FRAME:
        raise FrameTooLong(LARGEST_FRAME)
    open_envelope(decode(frame))
    return frame


def changes_something(request: Mapping[str, Any]) -> bool:
    """Whether anything is different once it was carried out."""
    return _chain_of(request).get("action") not in CHANGES_NOTHING


def moves_the_account(request: Mapping[str, Any]) -> bool:
    """Whether another account may be active in the session once it was carried out, or none."""
    chain = _chain_of(request)
    action = chain.get("action")
    about_an_account = isinstance(action, str) and chain.get(action) == "account"
    return action in ("login", "logout") or (about_an_account and changes_something(request))


def new_request_id() -> str:
    """An id that sorts by when it was made, so that an index of them grows at its end."""
    return f"{time.time_ns():016x}-{os.urandom(8).hex()}"


def _with_request_id(keys: Mapping[str, Any]) -> Request:
    return {**keys, "request_id": keys.get("request_id") or new_request_id()}


def _chain_of(request: Mapping[str, Any]) -> Mapping[str, Any]:
    chain = request.get("command_chain", request)
    return chain if isinstance(chain, Mapping) else {}
