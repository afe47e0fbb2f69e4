"""A frame: one line of JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from ewallet_core.errors.requests import (
    FrameTooLongError,
    MalformedError,
    NotJsonError,
    NotUtf8Error,
    TooDeepError,
)

LARGEST_FRAME = 64 * 1024
"""The largest request in bytes, with its line end. An answer may be larger."""
DEEPEST = 16
"""How deep objects and lists may be nested."""
_CONTAINERS = frozenset((dict, list))
FIRST_EVENT = "listening"
"""The event on the first line of the event port; the events after its sequence follow."""


_ENCODER = msgspec.json.Encoder()


def encode(message: Any) -> bytes:
    return _ENCODER.encode(message) + b"\n"


def decode(frame: bytes) -> dict[str, Any]:
    """The object in a frame; raises `NotUtf8Error`, `NotJsonError`, `TooDeepError` or `MalformedError`."""
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
    # Only a message with that many brackets can be that deep.
    if frame.count(b"{") + frame.count(b"[") > DEEPEST and _is_deeper(message, DEEPEST):
        raise TooDeepError(DEEPEST)
    return message


def _is_utf8(frame: bytes) -> bool:
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_deeper(message: dict[str, Any], levels: int) -> bool:
    containers: list[Any] = [message]
    for _ in range(levels + 1):
        containers = [
            value
            for each in containers
            for value in (each.values() if type(each) is dict else each)
            if type(value) in _CONTAINERS
        ]
        if not containers:
            return False
    return True


class LineBuffer:
    """Splits what arrives into lines, and keeps nothing of a line that is too long."""

    __slots__ = ("_data", "_searched", "_skips")

    def __init__(self) -> None:
        self._data = bytearray()
        self._searched = 0
        self._skips = False

    @property
    def is_begun(self) -> bool:
        """Whether there is an unfinished line."""
        return self._skips or bool(self._data)

    def add(self, data: bytes) -> None:
        self._data += data

    def next_line(self) -> bytes | None:
        """The next line without its end, or None until more arrives.

        After `FrameTooLongError`, the next call returns the line after that one.
        """
        if not self._data:
            return None
        while (end := self._data.find(b"\n", self._searched)) >= 0:
            line = bytes(self._data[:end])
            del self._data[: end + 1]
            self._searched = 0
            if self._skips:
                self._skips = False
                continue
            if len(line) >= LARGEST_FRAME:
                raise FrameTooLongError(LARGEST_FRAME)
            return line
        if self._skips:
            self._data.clear()
        self._searched = len(self._data)
        if self._searched >= LARGEST_FRAME:
            self.clear()
            self._skips = True
            raise FrameTooLongError(LARGEST_FRAME)
        return None

    def clear(self) -> None:
        self._data.clear()
        self._searched = 0
