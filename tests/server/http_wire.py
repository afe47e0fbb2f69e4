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
        line = self.next_line()
        assert line, "the server has closed the connection"
        headers = {}
        while header := self.next_line():
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        return int(line.split(" ")[1]), headers

    def next_line(self) -> str:
        """The next line without its end; empty for a blank line and at the end."""
        return self._incoming.readline().decode().rstrip("\r\n")

    def next_chunk(self) -> bytes:
        """The next piece of a body that comes in chunks; empty for the last."""
        size = int(self.next_line(), 16)
        chunk = self._incoming.read(size)
        self.next_line()
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


def request_bytes(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """A request as it is sent; the size of its body is declared unless the headers say otherwise."""
    shown = {"host": LOOPBACK, **(headers or {})}
    if body and not {"content-length", "transfer-encoding"} & shown.keys():
        shown["content-length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in shown.items())]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body
