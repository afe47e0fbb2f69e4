"""Connecting to a host of several addresses, and how much is taken from who says a lot."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from running_server import RunningServer

from ewallet_core.client import RemoteClient, UnreachableError
from ewallet_core.client.connect import LONGEST_EVENT

Remote = Callable[..., RemoteClient]
FLOOD = b'{"event": "flood"}\n' * 2**20 * 3
SILENT, ALIVE = "127.0.0.9", "127.0.0.1"


@pytest.fixture
def two_addresses(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a machine with both of them, as a resolver would tell them."""
    resolve = socket.getaddrinfo

    def resolved(host: str, *how: Any, **more: Any) -> list[Any]:
        hosts = (SILENT, ALIVE) if host == "two.example.org" else (host,)
        return [found for host in hosts for found in resolve(host, *how, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return "two.example.org"


@contextlib.contextmanager
def swallowing(port: int) -> Iterator[None]:
    """On that port of the silent address nobody is answered: those who wait there already are too many."""
    with contextlib.ExitStack() as waiting:
        full = waiting.enter_context(socket.socket())
        full.bind((SILENT, port))
        full.listen(0)
        for _ in range(4):
            guest = waiting.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex((SILENT, port))
        yield


async def test_the_second_address_is_tried_while_the_first_is_silent(
    server: RunningServer, remote: Remote, two_addresses: str
) -> None:
    with swallowing(server.ports[0]):
        client = remote(server.ports[0], host=two_addresses, connect_seconds=5)
        await client.open()
        await client.close()


async def test_where_no_address_is_listened_on_that_is_said_as_of_one(
    server: RunningServer, remote: Remote, two_addresses: str
) -> None:
    server.stop()
    with pytest.raises(UnreachableError, match="Nothing listens at two"):
        await remote(server.ports[0], host=two_addresses).open()


@pytest.fixture
async def flood() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A port that says a lot, and whether all of it was taken."""
    taken = asyncio.Event()

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(FLOOD)
            writer.transport.set_write_buffer_limits(0)
            await writer.drain()
            taken.set()
        writer.transport.abort()

    listening = await asyncio.start_server(handle, ALIVE, 0)
    yield listening.sockets[0].getsockname()[1], taken
    listening.close()


async def test_what_nobody_reads_is_left_with_who_says_it(
    flood: tuple[int, asyncio.Event], remote: Remote
) -> None:
    port, taken = flood
    lines = await remote(1, port)._dial_out()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(taken.wait(), 0.5)
    assert len(FLOOD) > 100 * LONGEST_EVENT
    assert await lines.read() == {"event": "flood"}
    await lines.close()
