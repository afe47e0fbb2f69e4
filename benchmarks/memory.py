"""The memory of a server for each idle connection, in the clear and with TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from accounts import VIEW_WALLET, open_engine, open_person
from load import SUCCEEDED, frame_of
from processes import SECONDS_ALLOWED, Server, run_server
from table import Measurement, Row, without_limit

from ewallet_core.data_folder import database_url


def memory_rows(folder: Path, connections: int) -> Iterator[Row]:
    """A row of plain connections and one of TLS, each from the growth by so many connections."""
    data = folder / "memory"
    data.mkdir()
    with open_engine(database_url(data)) as engine:
        person = open_person(engine, "ada", 1)
    frame = frame_of({**VIEW_WALLET, **person.credentials}).encode()
    for name, options in (("plain", ()), ("TLS", ("--self-signed",))):
        measured = _measure(data, options, frame, connections)
        yield without_limit(f"memory of an idle connection, {name}", "kB", [measured])


def _measure(data: Path, options: Sequence[str], frame: bytes, connections: int) -> Measurement:
    with run_server(data, *options) as server, ExitStack() as stack:

        def open_all(number: int) -> None:
            for _ in range(number):
                stack.enter_context(_open(server, frame, encrypted=bool(options)))

        # The first ones fill what all share.
        open_all(connections // 2)
        before = server.memory_kb
        open_all(connections)
        return Measurement((server.memory_kb - before) / connections)


def _open(server: Server, frame: bytes, *, encrypted: bool) -> socket.socket:
    """A connection on which one request was answered."""
    host, _, port = server.address.rpartition(":")
    connection = socket.create_connection((host, int(port)), SECONDS_ALLOWED)
    if encrypted:
        # It measures memory, so any certificate will do.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = context.wrap_socket(connection)
    connection.sendall(frame)
    answer = b""
    while not answer.endswith(b"\n"):
        answer += connection.recv(65_536)
    if SUCCEEDED not in answer:
        raise RuntimeError(answer.decode())
    return connection
