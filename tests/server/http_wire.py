"""A connection to the HTTP port without any client library: a socket, bytes out and responses in."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from socket_wire import LOOPBACK, TIMEOUT_SECONDS

INSTRUCTION_PATH = "/ewallet/instruction-set"
EVENTS_PATH = "/v1/events"


@dataclass
class HttpResponse:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.body)
        return answer


class HttpWire:
    """Sends requests and reads responses, each by itself; an `EngineClient` can use it as its engine."""

    def __init__(
        self,
        port: int,
        tls: ssl.SSLContext | None = None,
        holds: int | None = None,
        source: str = LOOPBACK,
    ) -> None:
        """`holds` is the size of the receive buffer, if not the default; `source` is the client's address."""
        connected = socket.socket()
        try:
            if holds is not None:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, holds)
            connected.settimeout(TIMEOUT_SECONDS)
            connected.bind((source, 0))
            connected.connect((LOOPBACK, port))
            self.socket = tls.wrap_socket(connected, server_hostname=LOOPBACK) if tls else connected
        except BaseException:
            connected.close()
            raise
        self._incoming = self.socket.makefile("rb")

    def answer(self, request: Mapping[str, Any], _address: str = "") -> dict[str, Any]:
        """The answer of the instruction API."""
        response = self.post(request)
        assert response.status == 200, response
        return response.answer

    def post(
        self, content: object, path: str = INSTRUCTION_PATH, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_bytes(request_bytes("POST", path, body, headers))
        return self.next_response()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        self.send_bytes(request_bytes("GET", path, b"", headers))
        return self.next_response()

    def send_bytes(self, sent: bytes) -> None:
        self.socket.sendall(sent)

    def next_response(self) -> HttpResponse:
        status, headers = self.next_head()
        return HttpResponse(status, headers, b"".join(self._body(headers)))

    def next_head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of the next response; its body follows."""
        line = self._next_text()
        assert line, "the server has closed the connection"
        headers = {}
        while header := self._next_text():
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        return int(line.split(" ")[1]), headers

    def _next_text(self) -> str:
        """The next line without its end; empty for a blank line and at the end."""
        return self._incoming.readline().decode().rstrip("\r\n")

    def next_chunk(self) -> bytes:
        """The next piece of a body that comes in chunks; empty for the last."""
        size = int(self._next_text(), 16)
        chunk = self._incoming.read(size)
        self._next_text()
        return chunk

    def is_closed_by_server(self) -> bool:
        """Whether the server closes the connection without another byte."""
        try:
            return self._incoming.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._incoming.close()
        self.socket.close()

    def _body(self, headers: Mapping[str, str]) -> Iterator[bytes]:
        if "transfer-encoding" in headers:
            while chunk := self.next_chunk():
                yield chunk
        else:
            yield self._incoming.read(int(headers.get("content-length", 0)))


class EventStreamWire(HttpWire):
    """A connection to `/v1/events` that is read like one to the event port."""

    def send(self, subscription: Mapping[str, Any]) -> None:
        """Listen with these credentials, after the event `since`, if there is one."""
        token = f"{subscription['client_id']}.{subscription['session_token']}"
        headers = {"authorization": f"Bearer {token}"}
        if "since" in subscription:
            headers["last-event-id"] = str(subscription["since"])
        self.send_bytes(request_bytes("GET", EVENTS_PATH, b"", headers))
        status, self.headers = self.next_head()
        assert status == 200, self.headers
        self._stream = b""

    def next_bytes(self) -> bytes:
        """The data of the next event as a line, a blank line for a heartbeat, and nothing at the end."""
        while b"\n\n" not in self._stream:
            if not (chunk := self.next_chunk()):
                return b""
            self._stream += chunk
        event, _, self._stream = self._stream.partition(b"\n\n")
        if event == b":":
            return b"\n"
        *event_id, data = event.split(b"\n")
        data = data.removeprefix(b"data: ")
        sequence = json.loads(data).get("sequence")
        assert event_id == ([] if sequence is None else [b"id: %d" % sequence])
        return data + b"\n"

    def next_line(self) -> dict[str, Any]:
        while (line := self.next_bytes()) == b"\n":
            pass
        assert line, "the stream has ended"
        message: dict[str, Any] = json.loads(line)
        return message

    def expect_last_error(self, code: str) -> None:
        """Assert that the next event is an error with that code, and the last of the stream."""
        assert self.next_line()["code"] == code
        assert self.next_bytes() == b""


def request_bytes(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """A request as it is sent; the size of its body is declared unless the headers say otherwise."""
    shown = {"host": LOOPBACK, **(headers or {})}
    if body and not {"content-length", "transfer-encoding"} & shown.keys():
        shown["content-length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in shown.items())]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body
