"""A connection as a program without any client library makes it: a socket, and lines of JSON."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
from collections.abc import Mapping
from typing import Any

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 20.0
"""How long anything may take before it counts as hanging."""
MOST_SIGNS_OF_LIFE = 3
RESET = struct.pack("ii", 1, 0)

Line = dict[str, Any]


class Wire:
    """Sends, and reads line by line; a `EngineClient` may take it for an engine."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None, holds: int | None = None) -> None:
        """`holds` bytes are kept for it until it reads them, where the system is to keep few."""
        connected = socket.socket()
        try:
            if holds is not None:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, holds)
            connected.settimeout(PATIENCE_SECONDS)
            connected.connect((LOOPBACK, port))
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
        """The next line that says something."""
        for _ in range(MOST_SIGNS_OF_LIFE):
            line = self.next_bytes()
            assert line, "the server has closed the connection"
            if line != b"\n":
                return json.loads(line)
        raise AssertionError("the server has nothing to say")

    def next_bytes(self) -> bytes:
        """The next line as it came; nothing at the end."""
        return self._incoming.readline()

    def next_code(self) -> str:
        """The code of the refusal that comes next, to nothing that was asked in particular."""
        line = self.next_line()
        assert line["failed"] is True, line
        assert "request_id" not in line
        return str(line["code"])

    def is_over(self) -> bool:
        """Whether the other side closes with nothing more said."""
        try:
            return self.next_bytes() == b""
        except ConnectionResetError:
            return True

    def ends_with(self, code: str) -> None:
        """The next line is a refusal with that code, and the last one."""
        said = self.next_code()
        assert said == code, said
        assert self.is_over()

    def asks_no_more(self) -> None:
        """Close the half of the connection that sends."""
        self.socket.shutdown(socket.SHUT_WR)

    def resets(self) -> None:
        """Go away as a machine that crashed does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._incoming.close()
        self.socket.close()
