"""Sends requests over many connections, one at a time on each, and times the answers.

It is a program of its own, so that it shares no interpreter with what it measures: it reads a `Load` from its
standard input and prints the `Answered`. Frames are encoded before, so that it has less to do than a server.
"""

from __future__ import annotations

import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import msgspec

SECONDS_ALLOWED = 60
REQUEST_ID = b"@------request-id------@-"
"""What each request's own id replaces in a frame; it is as long as those are."""
SUCCEEDED = b'"failed":false'


class Load(msgspec.Struct, frozen=True):
    """Where to send requests, for how long, and one connection's frame after the other.

    The connections are to each of the addresses in turns.

    A frame is a line of JSON, or with `is_http` a whole HTTP request.
    """

    addresses: list[str]
    seconds: float
    frames: list[str]
    is_http: bool


class Answered(msgspec.Struct, frozen=True):
    """How many requests were answered in how many seconds, and how long they took."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def frame_of(instruction: dict[str, Any]) -> str:
    """The instruction as a line of JSON, with a place for the request id."""
    return msgspec.json.encode({**instruction, "request_id": REQUEST_ID.decode()}).decode() + "\n"


def http_request_of(method: str, path: str, token: str, arguments: dict[str, Any] | None = None) -> str:
    """A request to the typed API, with a place for the request id."""
    content = msgspec.json.encode(arguments).decode() if arguments else ""
    headers = {
        "host": "localhost",
        "authorization": f"Bearer {token}",
        "idempotency-key": REQUEST_ID.decode(),
        "content-type": "application/json",
        "content-length": str(len(content)),
    }
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", content])


def run_load(
    addresses: Sequence[str], frames: Sequence[str], seconds: float, *, is_http: bool = False
) -> Answered:
    """Load the servers there from another process. Raises `RuntimeError` if a request fails."""
    load = msgspec.json.encode(Load(list(addresses), seconds, list(frames), is_http))
    ended = subprocess.run([sys.executable, __file__], input=load, capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr.decode())
    return msgspec.json.decode(ended.stdout, type=Answered)


class _Connection:
    def __init__(self, address: str, frame: bytes) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), SECONDS_ALLOWED)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._before, _, self._after = frame.partition(REQUEST_ID)
        self._received = b""

    def send(self, request_id: bytes) -> None:
        self._request_id = request_id
        self._sent_at = time.perf_counter_ns()
        self.socket.sendall(self._before + request_id + self._after)

    def read_answer(self) -> int | None:
        """How many nanoseconds the answer took; None if it is not complete. Exits if the request failed."""
        received = self.socket.recv(65_536)
        if not received:
            sys.exit("The server closed a connection.")
        self._received += received
        if not self._is_complete():
            return None
        answer, self._received = self._received, b""
        if not self._is_success(answer) or self._request_id not in answer:
            sys.exit(answer.decode())
        return time.perf_counter_ns() - self._sent_at

    def _is_complete(self) -> bool:
        return self._received.endswith(b"\n")

    def _is_success(self, answer: bytes) -> bool:
        return SUCCEEDED in answer


class _HttpConnection(_Connection):
    def _is_complete(self) -> bool:
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = head.partition(b"content-length: ")[2].partition(b"\r")[0]
        return bool(end) and len(body) == int(length)

    def _is_success(self, answer: bytes) -> bool:
        return answer.startswith(b"HTTP/1.1 2")


def _send_all(load: Load) -> Answered:
    kind = _HttpConnection if load.is_http else _Connection
    connections = [
        kind(address, frame.encode())
        for address, frame in zip(cycle(load.addresses), load.frames, strict=False)
    ]
    selector = selectors.DefaultSelector()
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    took: list[int] = []
    first, waiting = f"{time.time_ns():x}-".encode(), len(connections)
    began = time.perf_counter()
    until = began + load.seconds
    for number, connection in enumerate(connections):
        connection.send(first + b"%08x" % number)
    number = len(connections)
    while waiting:
        for key, _ in selector.select(SECONDS_ALLOWED) or sys.exit("The server does not answer."):
            connection = key.data
            nanoseconds = connection.read_answer()
            if nanoseconds is None:
                continue
            took.append(nanoseconds)
            if time.perf_counter() < until:
                connection.send(first + b"%08x" % number)
                number += 1
            else:
                waiting -= 1
    seconds = time.perf_counter() - began
    hundredths = statistics.quantiles(took, n=100) if len(took) > 1 else took * 99
    return Answered(len(took), seconds, hundredths[49] / 1e6, hundredths[98] / 1e6)


if __name__ == "__main__":
    sys.stdout.buffer.write(
        msgspec.json.encode(_send_all(msgspec.json.decode(sys.stdin.buffer.read(), type=Load)))
    )
