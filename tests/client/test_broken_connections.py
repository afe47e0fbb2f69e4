"""A connection that breaks anywhere: what was asked is done once, and answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from client_requests import ask, balance, enter, hear_credits, log_in, sign_up, supply, until
from faulty_proxy import Does, FaultyProxy, once
from running_server import RunningServer

from ewallet_core.client import ConnectionStatus, Reach, RemoteClient, UnreachableError, WalletClient
from ewallet_core.server.limits import Limits

Remote = Callable[..., RemoteClient]
Opened = Callable[[WalletClient], Awaitable[WalletClient]]

PAYING = b'"pay"'
EVERY_POINT = [
    pytest.param(does, is_upward, id=f"{does.name} {'request' if is_upward else 'answer'}")
    for does in (Does.CUT_BEFORE, Does.CUT_WITHIN, Does.CUT_AFTER)
    for is_upward in (True, False)
]


@pytest.fixture
async def network(server: RunningServer) -> AsyncIterator[FaultyProxy]:
    async with FaultyProxy(server.ports[0]) as proxy:
        yield proxy


@pytest.fixture
async def client(server: RunningServer, network: FaultyProxy, remote: Remote, opened: Opened) -> RemoteClient:
    """Ada, with 100 credits, behind the bad network; bob has an account."""
    client = remote(network.port, server.ports[1])
    await opened(client)
    await sign_up(client, "bob")
    await log_in(client)
    await supply(client, 100)
    return client


async def pay(client: WalletClient, credits: int) -> dict[str, object]:
    return await ask(client, action="pay", pay="bob@example.org", credits=credits)


@pytest.mark.parametrize(("does", "is_upward"), EVERY_POINT)
async def test_a_payment_is_done_once_wherever_the_connection_is_cut(
    client: RemoteClient, network: FaultyProxy, does: Does, is_upward: bool
) -> None:
    if is_upward:
        network.upward = once(does, PAYING)
    else:
        network.downward = once(does, b'"paid"')
    answer = await asyncio.wait_for(pay(client, 7), 10)
    assert answer["paid"] == "bob@example.org"
    assert await balance(client) == 93
    assert network.connections == 2


@pytest.mark.parametrize(("does", "is_upward"), EVERY_POINT)
async def test_many_payments_keep_their_order_over_cuts(
    client: RemoteClient, network: FaultyProxy, does: Does, is_upward: bool
) -> None:
    lines = iter(range(1_000))

    def sometimes(line: bytes) -> Does | None:
        return does if next(lines) % 7 == 6 else None

    if is_upward:
        network.upward = sometimes
    else:
        network.downward = sometimes
    answers = await asyncio.wait_for(asyncio.gather(*(pay(client, 1) for _ in range(20))), 20)
    assert [answer["ewallet_credits"] for answer in answers] == list(range(99, 79, -1))


async def test_a_server_that_is_started_again_goes_on_where_it_was(
    server: RunningServer, remote: Remote, opened: Opened
) -> None:
    client = await opened(remote(server.ports[0]))
    await log_in(client)
    told = client.events()
    paying = [asyncio.ensure_future(supply(client, 1)) for _ in range(30)]
    await paying[3]
    await asyncio.to_thread(server.stop)
    await until(lambda: client.connection.reach is Reach.RECONNECTING)
    server.start()
    answers = await asyncio.wait_for(asyncio.gather(*paying), 20)
    assert [answer["total_credits"] for answer in answers] == list(range(1, 31))
    sequences = [sequence for sequence, _ in await hear_credits(told, 5)]
    assert sequences == list(range(sequences[0], sequences[0] + 5))
    assert client.connection == ConnectionStatus(Reach.CONNECTED)


async def test_a_change_of_account_that_was_cut_off_takes_no_payment_with_it(
    client: RemoteClient, network: FaultyProxy
) -> None:
    await enter(client, "bob")
    await ask(client, action="switch", switch="account", account="ada@example.org")
    network.downward = once(Does.CUT_BEFORE, b'"paid"')
    answers = await asyncio.gather(
        pay(client, 5), ask(client, action="switch", switch="account", account="bob@example.org")
    )
    assert [answer["failed"] for answer in answers] == [False, False]
    assert await balance(client) == 5
    await ask(client, action="switch", switch="account", account="ada@example.org")
    assert await balance(client) == 95


async def test_a_login_that_was_cut_off_is_asked_again(client: RemoteClient, network: FaultyProxy) -> None:
    network.downward = once(Does.CUT_BEFORE, b'"session_data"')
    await asyncio.wait_for(enter(client, "bob"), 10)
    assert await balance(client) == 0


async def test_the_session_is_opened_however_often_that_is_cut_off(
    server: RunningServer, network: FaultyProxy, remote: Remote, opened: Opened
) -> None:
    network.downward = once(Does.CUT_BEFORE, b'"session_token":')
    client = await asyncio.wait_for(opened(remote(network.port)), 10)
    await log_in(client)


async def test_a_server_that_does_not_answer_any_more_counts_as_gone(
    server: RunningServer, network: FaultyProxy, remote: Remote, opened: Opened
) -> None:
    client = await opened(remote(network.port, answer_seconds=0.5))
    await log_in(client)
    network.downward = once(Does.SWALLOW)
    seen: list[ConnectionStatus] = []
    client.watch(seen.append)
    assert (await asyncio.wait_for(supply(client, 5), 10))["total_credits"] == 5
    assert [state.reach for state in seen] == [Reach.RECONNECTING, Reach.RECONNECTING, Reach.CONNECTED]
    assert "has not answered" in seen[0].reason
    assert (seen[0].retry_in_seconds, seen[1].retry_in_seconds) == (1, None)


async def test_the_order_is_kept_when_the_server_refuses_haste(
    database_url: str, server: RunningServer, remote: Remote, opened: Opened
) -> None:
    client = await opened(remote(server.ports[0]))
    await log_in(client)
    server.stop()
    server.limits = Limits(requests_per_second_per_session=60)
    server.start()
    answers = await asyncio.wait_for(asyncio.gather(*(supply(client, 1) for _ in range(75))), 20)
    assert [answer["total_credits"] for answer in answers] == list(range(1, 76))
    assert await asyncio.gather(*(balance(client) for _ in range(40))) == [75] * 40


async def test_patience_ends_in_words_and_the_same_request_is_still_done_once(
    server: RunningServer, network: FaultyProxy, remote: Remote, opened: Opened
) -> None:
    client = await opened(remote(network.port, patience_seconds=5))
    await log_in(client)
    hasty = await opened(remote(network.port, patience_seconds=0.1))
    await enter(hasty)
    network.downward = lambda line: Does.SWALLOW
    with pytest.raises(UnreachableError, match="not known whether"):
        await supply(hasty, 5, request_id="supply-0001")
    assert hasty.unanswered == 0
    network.downward = lambda line: None
    assert (await supply(client, 5, request_id="supply-0001"))["total_credits"] == 5


async def test_closing_while_nobody_answers_waits_for_nothing(
    server: RunningServer, client: RemoteClient, network: FaultyProxy
) -> None:
    network.upward = lambda line: Does.CUT_BEFORE
    paying = asyncio.ensure_future(pay(client, 5))
    await until(lambda: client.connection.reach is Reach.RECONNECTING)
    assert client.unanswered == 1
    await asyncio.wait_for(client.close(), 5)
    with pytest.raises(UnreachableError, match="not known"):
        await paying
    assert client.connection == ConnectionStatus(Reach.OFFLINE)


async def test_what_was_dropped_while_nobody_answered_is_not_asked_later(
    client: RemoteClient, network: FaultyProxy
) -> None:
    network.upward = lambda line: Does.CUT_BEFORE
    dropped = asyncio.ensure_future(pay(client, 5))
    await until(lambda: client.connection.reach is Reach.RECONNECTING)
    dropped.cancel()
    network.upward = lambda line: None
    assert await balance(client) == 100


async def test_a_session_that_ended_while_nobody_answered_tells_to_look_first(
    client: RemoteClient, network: FaultyProxy, now: list[int]
) -> None:
    network.downward = once(Does.CUT_BEFORE, b'"paid"')
    network.upward = lambda line: now.__setitem__(0, now[0] + 31 * 60_000) if b'"sockets"' in line else None
    answer = await asyncio.wait_for(pay(client, 5), 10)
    assert answer["session_ended"]
    assert "look whether it was done" in str(answer["warning"])
    await enter(client)
    assert await balance(client) == 95


async def test_a_client_may_be_opened_once_there_is_a_server(
    server: RunningServer, remote: Remote, opened: Opened
) -> None:
    server.stop()
    client = remote(server.ports[0])
    with pytest.raises(UnreachableError, match="Nothing listens at"):
        await client.open()
    server.start()
    await opened(client)
    await log_in(client)


async def test_a_name_that_is_no_machine_is_said_so(remote: Remote) -> None:
    with pytest.raises(UnreachableError, match="no machine of the name"):
        await remote(1, host="nowhere.invalid").open()


@asynccontextmanager
async def something_else(says: bytes) -> AsyncIterator[int]:
    """The port of what is no such server, which says this and waits until it is left."""
    left = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        with suppress(OSError):
            await reader.read()
            writer.close()
            await writer.wait_closed()
        left.set()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as other:
        yield other.sockets[0].getsockname()[1]
        await asyncio.wait_for(left.wait(), 10)


async def test_what_is_no_such_server_is_said_so(remote: Remote) -> None:
    async with something_else(b"220 mail.example.org ready\r\n") as port:
        with pytest.raises(UnreachableError, match="no EWallet server"):
            await remote(port).open()


async def test_what_says_nothing_is_not_waited_for(remote: Remote) -> None:
    async with something_else(b"") as port:
        with pytest.raises(UnreachableError, match="gives no answer"):
            await remote(port, connect_seconds=0.05).open()


async def test_no_task_is_left_when_it_is_closed(server: RunningServer, remote: Remote) -> None:
    before = asyncio.all_tasks()
    client = remote(server.ports[0])
    await client.open()
    await log_in(client)
    told = client.events()
    await anext(told)
    client.events()
    await client.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
