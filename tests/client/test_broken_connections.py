"""Broken connections: a request runs once and is answered, wherever the connection breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from client_requests import (
    balance,
    log_in,
    next_credits,
    send,
    sign_up,
    sign_up_and_log_in,
    supply,
    wait_until,
)
from faulty_proxy import Fault, FaultyProxy, once
from running_server import RunningServer

from ewallet_core.client import (
    ConnectionStatus,
    Reach,
    RemoteClient,
    UnreachableError,
    WalletClient,
    connect,
)
from ewallet_core.server.limits import Limits

Remote = Callable[..., RemoteClient]
Opened = Callable[[WalletClient], Awaitable[WalletClient]]

PAYING = b'"pay"'
EVERY_POINT = [
    pytest.param(fault, is_upward, id=f"{fault.name} {'request' if is_upward else 'answer'}")
    for fault in (Fault.CUT_BEFORE, Fault.CUT_WITHIN, Fault.CUT_AFTER)
    for is_upward in (True, False)
]


@pytest.fixture
async def network(port: int, over: str) -> AsyncIterator[FaultyProxy]:
    async with FaultyProxy(port, by_line=over == "sockets") as proxy:
        yield proxy


@pytest.fixture
async def client(network: FaultyProxy, reaching: Remote, opened: Opened) -> RemoteClient:
    """Ada, with 100 credits, connected through the faulty proxy; bob has an account."""
    client = reaching(network.port)
    await opened(client)
    await sign_up(client, "bob")
    await sign_up_and_log_in(client)
    await supply(client, 100)
    return client


async def pay(client: WalletClient, credits: int) -> dict[str, object]:
    return await send(client, action="pay", pay="bob@example.org", credits=credits)


@pytest.mark.parametrize(("fault", "is_upward"), EVERY_POINT)
async def test_a_payment_runs_once_wherever_the_connection_is_cut(
    client: RemoteClient, network: FaultyProxy, fault: Fault, is_upward: bool
) -> None:
    if is_upward:
        network.to_server = once(fault, PAYING)
    else:
        network.from_server = once(fault, b'"paid"')
    answer = await asyncio.wait_for(pay(client, 7), 10)
    assert answer["paid"] == "bob@example.org"
    assert await balance(client) == 93
    assert network.connections == 2


@pytest.mark.parametrize(("fault", "is_upward"), EVERY_POINT)
async def test_payments_keep_their_order_over_reconnections(
    client: RemoteClient, network: FaultyProxy, fault: Fault, is_upward: bool
) -> None:
    lines = iter(range(1_000))

    def at_random(line: bytes) -> Fault | None:
        return fault if next(lines) % 7 == 6 else None

    if is_upward:
        network.to_server = at_random
    else:
        network.from_server = at_random
    answers = await asyncio.wait_for(asyncio.gather(*(pay(client, 1) for _ in range(20))), 20)
    assert [answer["ewallet_credits"] for answer in answers] == list(range(99, 79, -1))


async def test_requests_continue_after_a_restart_of_the_server(
    server: RunningServer, port: int, reaching: Remote, opened: Opened
) -> None:
    client = await opened(reaching(port))
    await sign_up_and_log_in(client)
    events = client.events()
    paying = [asyncio.ensure_future(supply(client, 1)) for _ in range(30)]
    await paying[3]
    await asyncio.to_thread(server.stop)
    await wait_until(lambda: client.connection.reach is Reach.RECONNECTING)
    server.start()
    answers = await asyncio.wait_for(asyncio.gather(*paying), 20)
    assert [answer["total_credits"] for answer in answers] == list(range(1, 31))
    sequences = [sequence for sequence, _ in await next_credits(events, 5)]
    assert sequences == list(range(sequences[0], sequences[0] + 5))
    assert client.connection == ConnectionStatus(Reach.CONNECTED)


async def test_a_payment_after_an_interrupted_account_switch_is_not_sent_for_the_wrong_account(
    client: RemoteClient, network: FaultyProxy
) -> None:
    await log_in(client, "bob")
    await send(client, action="switch", switch="account", account="ada@example.org")
    network.from_server = once(Fault.CUT_BEFORE, b'"paid"')
    answers = await asyncio.gather(
        pay(client, 5), send(client, action="switch", switch="account", account="bob@example.org")
    )
    assert [answer["failed"] for answer in answers] == [False, False]
    assert await balance(client) == 5
    await send(client, action="switch", switch="account", account="ada@example.org")
    assert await balance(client) == 95


async def test_an_interrupted_login_is_repeated(client: RemoteClient, network: FaultyProxy) -> None:
    network.from_server = once(Fault.CUT_BEFORE, b'"session_data"')
    await asyncio.wait_for(log_in(client, "bob"), 10)
    assert await balance(client) == 0


async def test_opening_a_session_is_repeated_until_it_succeeds(
    server: RunningServer, network: FaultyProxy, reaching: Remote, opened: Opened
) -> None:
    network.from_server = once(Fault.CUT_BEFORE, b'"session_token":')
    client = await asyncio.wait_for(opened(reaching(network.port)), 10)
    await sign_up_and_log_in(client)


async def test_a_server_that_stops_answering_counts_as_disconnected(
    server: RunningServer, network: FaultyProxy, reaching: Remote, opened: Opened
) -> None:
    client = await opened(reaching(network.port, answer_seconds=0.5))
    await sign_up_and_log_in(client)
    network.from_server = once(Fault.SWALLOW)
    seen: list[ConnectionStatus] = []
    client.watch(seen.append)
    assert (await asyncio.wait_for(supply(client, 5), 10))["total_credits"] == 5
    assert [state.reach for state in seen] == [Reach.RECONNECTING, Reach.RECONNECTING, Reach.CONNECTED]
    assert "has not answered" in seen[0].reason
    assert (seen[0].retry_in_seconds, seen[1].retry_in_seconds) == (1, None)


async def test_rate_limited_requests_keep_their_order(
    database_url: str, server: RunningServer, port: int, reaching: Remote, opened: Opened
) -> None:
    client = await opened(reaching(port))
    await sign_up_and_log_in(client)
    server.stop()
    server.limits = Limits(requests_per_second_per_session=60)
    server.start()
    answers = await asyncio.wait_for(asyncio.gather(*(supply(client, 1) for _ in range(75))), 20)
    assert [answer["total_credits"] for answer in answers] == list(range(1, 76))
    assert await asyncio.gather(*(balance(client) for _ in range(10))) == [75] * 10


async def test_a_request_that_timed_out_can_be_repeated_and_runs_once(
    server: RunningServer, network: FaultyProxy, reaching: Remote, opened: Opened
) -> None:
    client = await opened(reaching(network.port, patience_seconds=5))
    await sign_up_and_log_in(client)
    fast = await opened(reaching(network.port, patience_seconds=0.1))
    await log_in(fast)
    network.from_server = lambda line: Fault.SWALLOW
    with pytest.raises(UnreachableError, match="not known whether"):
        await supply(fast, 5, request_id="supply-0001")
    assert fast.unanswered == 0
    network.from_server = lambda line: None
    assert (await supply(client, 5, request_id="supply-0001"))["total_credits"] == 5


async def test_closing_does_not_wait_for_an_unreachable_server(
    server: RunningServer, client: RemoteClient, network: FaultyProxy
) -> None:
    network.to_server = lambda line: Fault.CUT_BEFORE
    paying = asyncio.ensure_future(pay(client, 5))
    await wait_until(lambda: client.connection.reach is Reach.RECONNECTING)
    assert client.unanswered == 1
    await asyncio.wait_for(client.close(), 5)
    with pytest.raises(UnreachableError, match="not known"):
        await paying
    assert client.connection == ConnectionStatus(Reach.OFFLINE)


async def test_a_cancelled_request_is_not_sent_after_the_reconnection(
    client: RemoteClient, network: FaultyProxy
) -> None:
    network.to_server = lambda line: Fault.CUT_BEFORE
    dropped = asyncio.ensure_future(pay(client, 5))
    await wait_until(lambda: client.connection.reach is Reach.RECONNECTING)
    dropped.cancel()
    network.to_server = lambda line: None
    assert await balance(client) == 100


async def test_a_request_of_a_session_that_expired_while_disconnected_has_an_unknown_outcome(
    client: RemoteClient, network: FaultyProxy, now: list[int]
) -> None:
    network.from_server = once(Fault.CUT_BEFORE, b'"paid"')
    network.to_server = lambda line: (
        now.__setitem__(0, now[0] + 31 * 60_000) if b'"sockets"' in line else None
    )
    answer = await asyncio.wait_for(pay(client, 5), 10)
    assert answer["session_ended"]
    assert "check whether it was done" in str(answer["warning"])
    await log_in(client)
    assert await balance(client) == 95


async def test_a_client_can_be_opened_after_the_server_was_started(
    server: RunningServer, port: int, reaching: Remote, opened: Opened
) -> None:
    server.stop()
    client = reaching(port)
    with pytest.raises(UnreachableError, match="Nothing is listening on"):
        await client.open()
    server.start()
    await opened(client)
    await sign_up_and_log_in(client)


async def test_an_unknown_host_is_explained(reaching: Remote) -> None:
    with pytest.raises(UnreachableError, match="no machine named"):
        await reaching(1, host="nowhere.invalid").open()


@asynccontextmanager
async def other_server(greeting: bytes) -> AsyncIterator[int]:
    """The port of another kind of server, which sends these bytes and waits for the client to leave."""
    left = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        with suppress(OSError):
            await reader.read()
            writer.close()
            await writer.wait_closed()
        left.set()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as other:
        yield other.sockets[0].getsockname()[1]
        await asyncio.wait_for(left.wait(), 10)


async def test_another_kind_of_server_is_explained(reaching: Remote) -> None:
    async with other_server(b"220 mail.example.org ready\r\n") as port:
        with pytest.raises(UnreachableError, match=r"not an EWallet server|not a port for HTTP"):
            await reaching(port).open()


async def test_a_silent_server_is_given_up(reaching: Remote) -> None:
    async with other_server(b"") as port:
        with pytest.raises(UnreachableError, match="does not answer"):
            await reaching(port, connect_seconds=0.05).open()


async def test_a_closed_client_leaves_no_task(server: RunningServer, port: int, reaching: Remote) -> None:
    before = asyncio.all_tasks()
    client = reaching(port)
    await client.open()
    await sign_up_and_log_in(client)
    events = client.events()
    await anext(events)
    client.events()
    await client.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_sleep_counts_toward_the_wait_for_an_answer_and_for_the_next_attempt(
    client: RemoteClient, network: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "GRACE_SECONDS", 0.1)
    network.to_server = once(Fault.SWALLOW, PAYING)
    before = network.connections
    paying = asyncio.create_task(pay(client, 30))
    await wait_until(lambda: client.unanswered == 1)
    # The connection is gone, but no one says so: without the sleep this takes 20 seconds.
    client.age(3_600)
    async with asyncio.timeout(10):
        assert (await paying)["failed"] is False
    assert network.connections == before + 1
    assert await balance(client) == 70

    client._waits.age(0)
    asleep = asyncio.create_task(client._waits.sleep(3_600))
    await asyncio.sleep(0)
    client.age(3_600)
    async with asyncio.timeout(10):
        await asleep
