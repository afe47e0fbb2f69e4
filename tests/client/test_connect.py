"""Connecting to a host with several addresses, and limits on what an unknown server may send."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from running_server import RunningServer

from ewallet_core.client import RemoteClient, UnreachableError
from ewallet_core.client.messages import LONGEST_EVENT

Remote = Callable[..., RemoteClient]
FLOOD = b'{"event": "flood"}\n' * 2**20 * 3
SILENT, ALIVE = "127.0.0.9", "127.0.0.1"


@pytest.fixture
def two_addresses(monkeypatch: pytest.MonkeyPatch) -> str:
    """A host name that resolves to both addresses."""
    resolve = socket.getaddrinfo

    def resolved(host: str, *how: Any, **more: Any) -> list[Any]:
        hosts = (SILENT, ALIVE) if host == "two.example.org" else (host,)
        return [found for host in hosts for found in resolve(host, *how, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return "two.example.org"


@contextlib.contextmanager
def unanswering(port: int) -> Iterator[None]:
    """Fill the backlog of that port of the silent address, so that connections are not answered."""
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
    with unanswering(server.ports[0]):
        client = remote(server.ports[0], host=two_addresses, connect_seconds=5)
        await client.open()
        await client.close()


async def test_if_no_address_answers_the_error_is_as_for_one(
    server: RunningServer, remote: Remote, two_addresses: str
) -> None:
    server.stop()
    with pytest.raises(UnreachableError, match="Nothing is listening on two"):
        await remote(server.ports[0], host=two_addresses).open()


@pytest.fixture
async def flood() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A port that sends a lot, and an event that is set if all of it was read."""
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


async def test_an_endless_line_is_not_read(flood: tuple[int, asyncio.Event], remote: Remote) -> None:
    port, taken = flood
    lines = await remote(1, port)._endpoint.open_events()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(taken.wait(), 0.5)
    assert len(FLOOD) > 100 * LONGEST_EVENT
    assert await lines.read() == {"event": "flood"}
    await lines.close()
