"""A frame: one line of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ewallet_core.errors.requests import MalformedError, NotJsonError, NotUtf8Error, TooDeepError

LARGEST_FRAME = 64 * 1024
"""How many bytes a frame that is asked may have, its line's end included; an answer may have more."""
DEEPEST = 16
"""How many objects and lists may be inside one another."""


def encode(message: Any) -> bytes:
    """The message as a frame."""
    return msgspec.json.encode(message) + b"\n"


def decode(frame: bytes) -> dict[str, Any]:
    """The object that a frame holds; raises `NotUtf8`, `NotJsonError`, `TooDeepError` or `MalformedError`."""
    try:
        message = msgspec.json.decode(frame)
    except UnicodeDecodeError:
        raise NotUtf8Error from None
    except RecursionError:
        raise TooDeepError(DEEPEST) from None
    except msgspec.DecodeError:
        raise (NotJsonError if _is_utf8(frame) else NotUtf8Error) from None
    if not isinstance(message, dict):
        raise MalformedError("A request is an object.", "Send an instruction, flat or enveloped.")
    if _is_deeper(message, DEEPEST):
        raise TooDeepError(DEEPEST)
    return message


def _is_utf8(frame: bytes) -> bool:
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_deeper(value: Any, levels: int) -> bool:
    parts = list(_parts(value))
    for _ in range(levels):
        parts = [part for container in parts for part in _parts(container)]
        if not parts:
            return False
    return True


def _parts(value: Any) -> Iterator[Any]:
    """What is directly inside of it and can itself hold something."""
    inside = value.values() if isinstance(value, dict) else value
    return (part for part in inside if isinstance(part, dict | list))
