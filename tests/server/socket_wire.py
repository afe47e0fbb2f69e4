"""A connection without any client library: a socket and lines of JSON."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
from collections.abc import Mapping
from typing import Any

LOOPBACK = "127.0.0.1"
TIMEOUT_SECONDS = 120.0
"""The timeout after which a test counts as hanging."""
MOST_BLANK_LINES = 3
RESET = struct.pack("ii", 1, 0)

Line = dict[str, Any]


class Wire:
    """Sends and reads lines; an `EngineClient` can use it as its engine."""

    def __init__(
        self,
        port: int,
        tls: ssl.SSLContext | None = None,
        holds: int | None = None,
        source: str = LOOPBACK,
        header: bytes = b"",
    ) -> None:
        """`holds` is the size of the receive buffer, if not the default; `source` is the client's address.

        `header` is sent before TLS begins.
        """
        connected = socket.socket()
        try:
            if holds is not None:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, holds)
            connected.settimeout(TIMEOUT_SECONDS)
            connected.bind((source, 0))
            connected.connect((LOOPBACK, port))
            connected.sendall(header)
            self.socket = tls.wrap_socket(connected, server_hostname=LOOPBACK) if tls else connected
        except BaseException:
            connected.close()
            raise
        self._incoming = self.socket.makefile("rb")

    def answer(self, request: Mapping[str, Any], _address: str = "") -> Line:
        self.send(request)
        return self.next_line()

    def send(self, *messages: object) -> None:
        self.send_bytes(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def send_bytes(self, sent: bytes) -> None:
        self.socket.sendall(sent)

    def next_line(self) -> Line:
        """The next line that is not blank."""
        for _ in range(MOST_BLANK_LINES):
            line = self.next_bytes()
            assert line, "the server has closed the connection"
            if line != b"\n":
                return json.loads(line)
        raise AssertionError("the server has nothing to say")

    def next_bytes(self) -> bytes:
        """The next line as bytes; empty at the end."""
        return self._incoming.readline()

    def next_code(self) -> str:
        """The code of the next error, which answers no particular request."""
        line = self.next_line()
        assert line["failed"] is True, line
        assert "request_id" not in line
        return str(line["code"])

    def is_closed_by_server(self) -> bool:
        """Whether the server closes the connection without another line."""
        try:
            return self.next_bytes() == b""
        except ConnectionResetError:
            return True

    def expect_last_error(self, code: str) -> None:
        """Assert that the next line is an error with that code, and the last line."""
        code_of_line = self.next_code()
        assert code_of_line == code, code_of_line
        assert self.is_closed_by_server()

    def shut_down_writing(self) -> None:
        """Close the sending half of the connection."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Reset the connection, as if the machine had crashed."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._incoming.close()
        self.socket.close()
