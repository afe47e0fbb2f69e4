"""Events over broken connections: none is lost, none is told twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from client_requests import ask, enter, hear, hear_credits, log_in, supply
from faulty_proxy import Does, FaultyProxy, once
from running_server import RunningServer

from ewallet_core.client import RemoteClient, WalletClient, events

Remote = Callable[..., RemoteClient]
Opened = Callable[[WalletClient], Awaitable[WalletClient]]


@pytest.fixture
async def network(server: RunningServer) -> AsyncIterator[FaultyProxy]:
    """What lies between the client and the port of events."""
    async with FaultyProxy(server.ports[1]) as proxy:
        yield proxy


@pytest.fixture
async def client(server: RunningServer, network: FaultyProxy, remote: Remote, opened: Opened) -> WalletClient:
    client = await opened(remote(server.ports[0], network.port))
    await log_in(client)
    return client


@pytest.mark.parametrize("does", [Does.CUT_BEFORE, Does.CUT_WITHIN, Does.CUT_AFTER])
async def test_events_are_told_once_wherever_the_connection_is_cut(
    client: WalletClient, network: FaultyProxy, does: Does
) -> None:
    lines = iter(range(1_000))
    network.downward = lambda line: does if next(lines) % 5 == 4 else None
    told = client.events()
    assert await hear(told) == {"event": "listening", "sequence": 0}
    for credits in range(1, 16):
        await supply(client, credits)
    assert [await hear_credits(told, 1) for _ in range(15)] == [[(n, n)] for n in range(1, 16)]
    assert network.connections > 2


async def test_what_happens_while_there_is_no_connection_is_told_after_it(
    client: WalletClient, network: FaultyProxy
) -> None:
    told = client.events()
    await hear(told)
    network.upward = lambda line: Does.CUT_BEFORE
    network.cut()
    for credits in (1, 2, 3):
        await supply(client, credits)
    network.upward = lambda line: None
    assert await hear_credits(told, 3) == [(1, 1), (2, 2), (3, 3)]


async def test_another_account_is_not_asked_for_what_the_first_has_heard(
    client: WalletClient, network: FaultyProxy
) -> None:
    told = client.events()
    await hear(told)
    await supply(client, 1)
    assert await hear_credits(told, 1) == [(1, 1)]
    introductions: list[dict[str, object]] = []
    network.upward = lambda line: introductions.append(json.loads(line))
    await log_in(client, "bob")
    assert await hear(told) == {"event": "listening", "sequence": 0}
    await supply(client, 2)
    assert await hear_credits(told, 1) == [(1, 2)]
    # Where its events stand is asked at the login, and from there on they are listened for.
    assert [introduction.get("since") for introduction in introductions] == [None, 0]
    network.downward = once(Does.CUT_AFTER)
    await supply(client, 3)
    await supply(client, 4)
    assert await hear_credits(told, 2) == [(2, 3), (3, 4)]
    assert [introduction.get("since") for introduction in introductions] == [None, 0, 2]


async def test_a_connection_without_a_sign_of_life_counts_as_dead(
    client: WalletClient, network: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SILENT_SECONDS", 0.1)
    network.downward = once(Does.SWALLOW)
    told = client.events()
    assert (await hear(told))["event"] == "listening"
    assert network.connections > 1


async def test_what_is_done_right_after_the_call_is_told_however_far_the_server(
    client: WalletClient, network: FaultyProxy
) -> None:
    network.far_seconds = 0.15
    told = client.events()
    await supply(client, 1)
    assert await hear(told) == {"event": "listening", "sequence": 0}
    assert await hear_credits(told, 1) == [(1, 1)]
    await log_in(client, "bob")
    await supply(client, 2)
    assert await hear(told) == {"event": "listening", "sequence": 0}
    assert await hear_credits(told, 1) == [(1, 2)]


async def test_whoever_cannot_be_told_where_events_begin_keeps_nobody_waiting(
    client: WalletClient, network: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "ASKED_WITHIN_SECONDS", 0.05)
    network.downward = lambda line: Does.SWALLOW
    told = client.events()
    assert (await asyncio.wait_for(supply(client, 1), 2))["total_credits"] == 1
    network.downward = lambda line: None
    network.cut()
    assert (await hear(told))["event"] == "listening"


async def test_a_slow_reader_is_told_everything(client: WalletClient) -> None:
    told = client.events()
    await hear(told)
    await asyncio.gather(*(supply(client, 1) for _ in range(50)))
    assert await hear_credits(told, 50) == [(n, 1) for n in range(1, 51)]


async def test_a_session_that_ends_is_announced_and_listened_for_again(
    client: WalletClient, now: list[int]
) -> None:
    told = client.events()
    await hear(told)
    now[0] += 29 * 60_000
    # Nothing is asked meanwhile: that would use the session, and there would be nothing to announce.
    assert (await hear(told))["event"] == "session_about_to_end"
    await supply(client, 1)
    assert (await hear(told))["event"] == "credits_arrived"
    now[0] += 31 * 60_000
    assert (await ask(client, action="view", view="account"))["session_ended"]
    await enter(client)
    while (event := await hear(told))["event"] != "listening":
        assert event["event"] == "session_about_to_end"
    assert event == {"event": "listening", "sequence": 1}
