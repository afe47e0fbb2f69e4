"""What the rows are compared with: a transfer by hand, servers that only echo, bare Textual apps."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

ACCOUNTS = 50
FAST, SIMPLE = "fast", "simple"
"""The two kinds of echo."""

HELLO = """
from textual.app import App
from textual.widgets import Static

class Hello(App):
    def compose(self):
        yield Static("Hello there")

Hello().run()
"""

LABEL = """
import time
from textual.app import App
from textual.widgets import Static

class Label(App):
    def compose(self):
        yield Static("Hello there", id="time")

    def on_mount(self):
        self.set_interval(1, lambda: self.query_one("#time").update(time.strftime("%H:%M:%S")))

Label().run()
"""

_TABLES = """
CREATE TABLE balances (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
CREATE TABLE entries (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE postings (
    id INTEGER PRIMARY KEY, entry_id INTEGER NOT NULL, balance_id INTEGER NOT NULL, amount INTEGER NOT NULL
);
"""
_AMOUNT = "SELECT amount FROM balances WHERE id = ?"
_SET_AMOUNT = "UPDATE balances SET amount = ? WHERE id = ?"
_POSTING = "INSERT INTO postings (entry_id, balance_id, amount) VALUES (?, ?, ?)"


class TransferByHand:
    """A transfer as a program without an engine writes it: two balances, an entry and two postings."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_TABLES)
        balances = [(number, 1_000_000) for number in range(ACCOUNTS)]
        self._connection.executemany("INSERT INTO balances VALUES (?, ?)", balances)

    def transfer(self, number: int) -> None:
        """Move one credit in a durable transaction of its own."""
        execute = self._connection.execute
        sender, recipient = number % ACCOUNTS, (number + 1) % ACCOUNTS
        execute("BEGIN IMMEDIATE")
        (left,) = execute(_AMOUNT, (sender,)).fetchone()
        (right,) = execute(_AMOUNT, (recipient,)).fetchone()
        execute(_SET_AMOUNT, (left - 1, sender))
        execute(_SET_AMOUNT, (right + 1, recipient))
        entry = execute("INSERT INTO entries (kind, at) VALUES ('transfer', ?)", (time.time_ns(),)).lastrowid
        execute(_POSTING, (entry, sender, -1))
        execute(_POSTING, (entry, recipient, 1))
        execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class Echo(asyncio.Protocol):
    """Decodes each line of JSON, and encodes the same answer under the request's id."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            request_id = msgspec.json.decode(line)["request_id"]
            answer = msgspec.json.encode({**self._answer, "request_id": request_id})
            self._transport.write(answer + b"\n")  # type: ignore[attr-defined]


class SimpleEcho:
    """The same with asyncio's streams and the standard library's JSON."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            answer = {**self._answer, "request_id": json.loads(line)["request_id"]}
            writer.write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")
            await writer.drain()
        writer.close()


async def _serve(kind: str, answer: dict[str, Any]) -> None:
    if kind == SIMPLE:
        server = await asyncio.start_server(SimpleEcho(answer).serve, "127.0.0.1", 0)
    else:
        server = await asyncio.get_running_loop().create_server(lambda: Echo(answer), "127.0.0.1", 0)
    print(*server.sockets[0].getsockname(), sep=":", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    # The arguments are the kind of echo and the answer; the first line printed is the server's address.
    asyncio.run(_serve(sys.argv[1], msgspec.json.decode(sys.argv[2])))
