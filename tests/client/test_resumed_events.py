"""Events over broken connections: none is lost, none is sent twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from client_requests import log_in, next_credits, next_event, send, sign_up_and_log_in, supply
from faulty_proxy import Fault, FaultyProxy, once
from running_server import RunningServer

from ewallet_core.client import RemoteClient, WalletClient, events

Remote = Callable[..., RemoteClient]
Opened = Callable[[WalletClient], Awaitable[WalletClient]]


@pytest.fixture
async def network(server: RunningServer) -> AsyncIterator[FaultyProxy]:
    """The faulty proxy between the client and the event port."""
    async with FaultyProxy(server.ports[1]) as proxy:
        yield proxy


@pytest.fixture
async def client(server: RunningServer, network: FaultyProxy, remote: Remote, opened: Opened) -> WalletClient:
    client = await opened(remote(server.ports[0], network.port))
    await sign_up_and_log_in(client)
    return client


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_WITHIN, Fault.CUT_AFTER])
async def test_events_arrive_once_wherever_the_connection_is_cut(
    client: WalletClient, network: FaultyProxy, fault: Fault
) -> None:
    lines = iter(range(1_000))
    network.from_server = lambda line: fault if next(lines) % 5 == 4 else None
    subscription = client.events()
    assert await next_event(subscription) == {"event": "listening", "sequence": 0}
    for credits in range(1, 16):
        await supply(client, credits)
    assert [await next_credits(subscription, 1) for _ in range(15)] == [[(n, n)] for n in range(1, 16)]
    assert network.connections > 2


async def test_events_during_a_disconnection_arrive_after_it(
    client: WalletClient, network: FaultyProxy
) -> None:
    subscription = client.events()
    await next_event(subscription)
    network.to_server = lambda line: Fault.CUT_BEFORE
    network.cut()
    for credits in (1, 2, 3):
        await supply(client, credits)
    network.to_server = lambda line: None
    assert await next_credits(subscription, 3) == [(1, 1), (2, 2), (3, 3)]


async def test_the_sequence_of_one_account_is_not_used_for_another(
    client: WalletClient, network: FaultyProxy
) -> None:
    subscription = client.events()
    await next_event(subscription)
    await supply(client, 1)
    assert await next_credits(subscription, 1) == [(1, 1)]
    introductions: list[dict[str, object]] = []
    network.to_server = lambda line: introductions.append(json.loads(line))
    await sign_up_and_log_in(client, "bob")
    assert await next_event(subscription) == {"event": "listening", "sequence": 0}
    await supply(client, 2)
    assert await next_credits(subscription, 1) == [(1, 2)]
    # The answer to the login told how far its events had come.
    assert [introduction.get("since") for introduction in introductions] == [0]
    network.from_server = once(Fault.CUT_AFTER)
    await supply(client, 3)
    await supply(client, 4)
    assert await next_credits(subscription, 2) == [(2, 3), (3, 4)]
    assert [introduction.get("since") for introduction in introductions] == [0, 2]


async def test_an_event_connection_without_blank_lines_counts_as_dead(
    client: WalletClient, network: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SILENT_SECONDS", 0.1)
    network.from_server = once(Fault.SWALLOW)
    subscription = client.events()
    assert (await next_event(subscription))["event"] == "listening"
    assert network.connections > 1


async def test_events_right_after_the_call_arrive_over_a_slow_connection(
    client: WalletClient, network: FaultyProxy
) -> None:
    network.delay_seconds = 0.15
    subscription = client.events()
    await supply(client, 1)
    assert await next_event(subscription) == {"event": "listening", "sequence": 0}
    assert await next_credits(subscription, 1) == [(1, 1)]
    await sign_up_and_log_in(client, "bob")
    await supply(client, 2)
    assert await next_event(subscription) == {"event": "listening", "sequence": 0}
    assert await next_credits(subscription, 1) == [(1, 2)]


async def test_a_silent_port_of_events_delays_no_instruction(
    client: WalletClient, network: FaultyProxy
) -> None:
    network.from_server = lambda line: Fault.SWALLOW
    subscription = client.events()
    assert (await asyncio.wait_for(supply(client, 1), 2))["total_credits"] == 1
    network.from_server = lambda line: None
    network.cut()
    assert (await next_event(subscription))["event"] == "listening"


async def test_a_slow_reader_gets_every_event(client: WalletClient) -> None:
    subscription = client.events()
    await next_event(subscription)
    await asyncio.gather(*(supply(client, 1) for _ in range(50)))
    assert await next_credits(subscription, 50) == [(n, 1) for n in range(1, 51)]


async def test_the_end_of_a_session_is_announced_and_the_subscription_continues(
    client: WalletClient, now: list[int]
) -> None:
    subscription = client.events()
    await next_event(subscription)
    now[0] += 29 * 60_000
    # No request meanwhile: it would extend the session, and there would be nothing to announce.
    assert (await next_event(subscription))["event"] == "session_about_to_end"
    await supply(client, 1)
    assert (await next_event(subscription))["event"] == "credits_arrived"
    now[0] += 31 * 60_000
    assert (await send(client, action="view", view="account"))["session_ended"]
    await log_in(client)
    while (event := await next_event(subscription))["event"] != "listening":
        assert event["event"] == "session_about_to_end"
    assert event == {"event": "listening", "sequence": 1}
