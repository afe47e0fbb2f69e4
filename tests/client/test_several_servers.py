"""Several servers of the same wallets: when one fails, the client goes on at the next."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from certificates import Issued
from client_requests import balance, next_credits, next_event, send, sign_up_and_log_in, supply, wait_until
from fakes import FRIDAY_NOON
from faulty_proxy import Fault, FaultyProxy, once
from running_server import RunningServer
from scripted_server import ScriptedServer, valid_answer

from ewallet_core.client import (
    AsyncEWalletClient,
    EWalletClient,
    KnownServers,
    Reach,
    RemoteClient,
    UnreachableError,
    WalletClient,
    failover,
)
from ewallet_core.protocol.address import Servers

Opened = Callable[[WalletClient], Awaitable[WalletClient]]
Place = Callable[[RunningServer], str]
At = Callable[..., RemoteClient]


@pytest.fixture
def now() -> list[int]:
    return [FRIDAY_NOON]


@pytest.fixture
def database_url(wallet_url: str) -> str:
    return wallet_url


@pytest.fixture
def second(server: RunningServer, database_url: str, now: list[int]) -> Iterator[RunningServer]:
    """Another server of the same wallets."""
    served = RunningServer(database_url, lambda: now[0])
    served.start()
    yield served
    served.stop()


@pytest.fixture
def place(over: str) -> Place:
    """The address of a server, for sockets or HTTP, with TLS if it has a certificate."""

    def address(served: RunningServer) -> str:
        if over == "http":
            return f"{'http' if served.tls is None else 'https'}://127.0.0.1:{served.http_port}"
        return f"{'tcp' if served.tls is None else 'tls'}://127.0.0.1:{served.ports[0]}"

    return address


@pytest.fixture
def at(tmp_path: Path) -> At:
    """Create clients of the servers at these addresses."""

    def make(*places: str, **choices: Any) -> RemoteClient:
        known = KnownServers(tmp_path / "known_servers")
        return RemoteClient(Servers.read(",".join(places)), known, randomness=lambda: 1.0, **choices)

    return make


@pytest.fixture
def places(server: RunningServer, second: RunningServer, place: Place) -> tuple[str, str]:
    return place(server), place(second)


@pytest.fixture
async def client(places: tuple[str, str], at: At, opened: Opened) -> RemoteClient:
    """Ada, who can reach both servers."""
    client = at(*places)
    await opened(client)
    await sign_up_and_log_in(client)
    return client


def name_of(place: str) -> str:
    return place.partition("://")[2].partition("/")[0]


@pytest.fixture
def free_port() -> int:
    """A port on which nothing listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as reserved:
        port: int = reserved.getsockname()[1]
    return port


async def test_the_first_server_is_used_while_it_answers(
    client: RemoteClient, places: tuple[str, str]
) -> None:
    for _ in range(3):
        await supply(client, 1)
    assert client.place == name_of(places[0])


@pytest.mark.on_postgresql_too
async def test_requests_and_events_go_on_in_the_same_session_when_a_server_stops(
    client: RemoteClient, server: RunningServer, places: tuple[str, str]
) -> None:
    events = client.events()
    await next_event(events)
    supplying = [asyncio.ensure_future(supply(client, 1)) for _ in range(60)]
    await supplying[3]
    await asyncio.to_thread(server.stop)
    answers = await asyncio.wait_for(asyncio.gather(*supplying), 60)
    assert [answer["total_credits"] for answer in answers] == list(range(1, 61))
    assert not any("session_ended" in answer or "maybe_done" in answer for answer in answers)
    assert await next_credits(events, 60) == [(sequence, 1) for sequence in range(1, 61)]
    assert (client.place, client.connection.reach) == (name_of(places[1]), Reach.CONNECTED)


@pytest.mark.on_postgresql_too
async def test_a_client_that_waits_for_events_alone_goes_on_when_a_server_stops(
    client: RemoteClient, server: RunningServer, places: tuple[str, str], at: At, opened: Opened
) -> None:
    events = client.events()
    await next_event(events)
    other = await opened(at(places[1]))
    other.use(client.credentials)
    await supply(other, 1)
    assert await next_credits(events, 1) == [(1, 1)]
    await asyncio.to_thread(server.stop)
    for credits in (2, 3):
        await supply(other, credits)
    assert await next_credits(events, 2) == [(2, 2), (3, 3)]
    assert client.place == name_of(places[1])


@pytest.mark.on_postgresql_too
async def test_a_server_that_works_again_is_used_when_the_other_fails(
    client: RemoteClient, server: RunningServer, second: RunningServer, places: tuple[str, str]
) -> None:
    events = client.events()
    await next_event(events)
    used = []
    for credits, stopping in enumerate((server, second, server), start=1):
        await asyncio.to_thread(stopping.stop)
        await supply(client, credits)
        used.append(client.place)
        await asyncio.to_thread(stopping.start)
        # It is not gone back to meanwhile.
        assert await balance(client) == sum(range(credits + 1))
        assert client.place == used[-1]
    assert used == [name_of(places[1]), name_of(places[0]), name_of(places[1])]
    assert await next_credits(events, 3) == [(1, 1), (2, 2), (3, 3)]


async def test_it_goes_on_when_a_server_is_back_after_none_answered(
    client: RemoteClient, server: RunningServer, second: RunningServer, places: tuple[str, str]
) -> None:
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(second.stop)
    supplying = asyncio.create_task(supply(client, 5))
    await wait_until(lambda: "None of these servers can be used." in client.connection.reason)
    assert all(name_of(each) in client.connection.reason for each in places)
    await asyncio.to_thread(server.start)
    assert (await asyncio.wait_for(supplying, 60))["total_credits"] == 5
    assert client.place == name_of(places[0])


@pytest.fixture
async def network(server: RunningServer, over: str) -> AsyncIterator[FaultyProxy]:
    """The faulty proxy between the client and the first server."""
    port = server.http_port if over == "http" else server.ports[0]
    async with FaultyProxy(port, by_line=over == "sockets") as proxy:
        yield proxy


@pytest.fixture
async def event_network(server: RunningServer) -> AsyncIterator[FaultyProxy]:
    """The faulty proxy between the client and the first server's port for events."""
    async with FaultyProxy(server.ports[1]) as proxy:
        yield proxy


@pytest.fixture
def through_network(
    network: FaultyProxy, event_network: FaultyProxy, second: RunningServer, place: Place, over: str
) -> tuple[str, str]:
    if over == "http":
        return f"http://127.0.0.1:{network.port}", place(second)
    return f"tcp://127.0.0.1:{network.port}/{event_network.port}", place(second)


@pytest.mark.on_postgresql_too
@pytest.mark.parametrize(
    ("fault", "is_upward"),
    [(fault, is_upward) for fault in (Fault.CUT_BEFORE, Fault.CUT_WITHIN) for is_upward in (True, False)],
)
async def test_an_instruction_is_repeated_at_the_next_server_and_done_once(
    network: FaultyProxy,
    through_network: tuple[str, str],
    at: At,
    opened: Opened,
    fault: Fault,
    is_upward: bool,
) -> None:
    client = await opened(at(*through_network))
    await sign_up_and_log_in(client)
    if is_upward:
        network.to_server = once(fault, b'"supply"')
    else:
        network.from_server = once(fault, b'"total_credits"')
    assert (await asyncio.wait_for(supply(client, 7), 60))["total_credits"] == 7
    assert await balance(client) == 7
    assert client.place == name_of(through_network[1])


async def test_a_server_that_hangs_is_left_by_requests_and_events(
    network: FaultyProxy, event_network: FaultyProxy, through_network: tuple[str, str], at: At, opened: Opened
) -> None:
    client = await opened(at(*through_network, answer_seconds=0.5))
    await sign_up_and_log_in(client)
    events = client.events()
    await next_event(events)
    network.from_server = event_network.from_server = lambda line: Fault.SWALLOW
    assert (await asyncio.wait_for(supply(client, 7), 60))["total_credits"] == 7
    assert client.place == name_of(through_network[1])
    assert await next_credits(events, 1) == [(1, 7)]


async def test_a_server_that_just_failed_is_tried_after_one_whose_connection_broke(
    free_port: int, network: FaultyProxy, through_network: tuple[str, str], at: At, opened: Opened, over: str
) -> None:
    nowhere = f"{'http' if over == 'http' else 'tcp'}://127.0.0.1:{free_port}"
    client = await opened(at(nowhere, through_network[0]))
    await sign_up_and_log_in(client)
    seen: list[str] = []
    client.watch(lambda status: seen.append(status.reason))
    network.cut()
    assert (await supply(client, 1))["total_credits"] == 1
    assert client.place == name_of(through_network[0])
    assert not any("Nothing is listening" in reason for reason in seen)


async def test_a_server_that_failed_long_ago_is_tried_in_its_turn(
    free_port: int,
    network: FaultyProxy,
    through_network: tuple[str, str],
    at: At,
    opened: Opened,
    over: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failover, "FAILED_SECONDS", 0.0)
    nowhere = f"{'http' if over == 'http' else 'tcp'}://127.0.0.1:{free_port}"
    client = at(nowhere, through_network[0])
    await opened(client)
    before = client._endpoint._candidates[0].failed_at
    network.cut()
    await sign_up_and_log_in(client)
    assert client._endpoint._candidates[0].failed_at > before


async def test_if_none_answers_the_error_names_all(
    client: RemoteClient, server: RunningServer, second: RunningServer, places: tuple[str, str], at: At
) -> None:
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(second.stop)
    with pytest.raises(UnreachableError) as reason:
        await at(*places).open()
    for each in places:
        assert f"Nothing is listening on {name_of(each)}" in str(reason.value)


async def test_an_answer_that_does_not_come_in_time_is_told_with_all_servers(
    client: RemoteClient, server: RunningServer, second: RunningServer, places: tuple[str, str], at: At
) -> None:
    impatient = at(*places, patience_seconds=2.0)
    await impatient.open()
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(second.stop)
    with pytest.raises(UnreachableError, match="not known whether that was done") as reason:
        await send(impatient, action="view", view="account")
    assert all(name_of(each) in str(reason.value) for each in places)
    await impatient.close()


def stores_nothing(code: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What a server answers that can't reach its database."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if request["action"] != "pay":
            return valid_answer(request)
        told = {"code": code, "error": "It can't be stored.", "warning": "Send it again."}
        return {"failed": True, "request_id": request["request_id"], **told}

    return answer


STORAGE_CODES = ["outcome_unknown", "storage_failed", "storage_unavailable"]


@pytest.mark.parametrize("code", STORAGE_CODES)
async def test_a_server_that_can_not_store_an_instruction_is_left(at: At, code: str) -> None:
    async with ScriptedServer(stores_nothing(code)) as one, ScriptedServer(valid_answer) as two:
        client = at(*(f"tcp://127.0.0.1:{server.port}" for server in (one, two)))
        await client.open()
        answers = await asyncio.gather(*(send(client, action="pay", pay=name) for name in ("bob", "cyd")))
        assert [answer["failed"] for answer in answers] == [False, False]
        paid = {
            server.port: [sent["pay"] for sent in server.requests if "pay" in sent] for server in (one, two)
        }
        assert paid == {one.port: ["bob"], two.port: ["bob", "cyd"]}
        assert len({sent["request_id"] for sent in (*one.requests, *two.requests) if "pay" in sent}) == 2
        await client.close()


@pytest.mark.parametrize("code", STORAGE_CODES[1:])
async def test_if_no_server_can_store_an_instruction_that_is_the_answer(at: At, code: str) -> None:
    async with ScriptedServer(stores_nothing(code)) as one, ScriptedServer(stores_nothing(code)) as two:
        client = at(*(f"tcp://127.0.0.1:{server.port}" for server in (one, two)))
        await client.open()
        answer = await asyncio.wait_for(send(client, action="pay", pay="bob"), 60)
        assert (answer["failed"], answer["code"]) == (True, code)
        assert [sum("pay" in sent for sent in server.requests) for server in (one, two)] == [1, 1]
        assert client.connection.reach is Reach.CONNECTED
        await client.close()


# Certificates


@pytest.fixture
def own(tmp_path: Path) -> Issued:
    return Issued(tmp_path, "own")


@pytest.fixture
def another(tmp_path: Path) -> Issued:
    return Issued(tmp_path, "another")


def use_certificate(served: RunningServer, certificate: Issued) -> None:
    """Restart the server with that certificate."""
    served.stop()
    served.tls = certificate.context
    served.start()


@pytest.fixture
def secured(
    server: RunningServer, second: RunningServer, place: Place, own: Issued, another: Issued
) -> tuple[str, str]:
    """Two servers, each with a certificate of its own."""
    # The port for HTTP opens with the certificate.
    for served, certificate in ((server, own), (second, another)):
        use_certificate(served, certificate)
    return place(server), place(second)


async def test_each_server_has_its_own_certificate(
    secured: tuple[str, str], server: RunningServer, own: Issued, another: Issued, at: At, opened: Opened
) -> None:
    client = await opened(at(*secured))
    await sign_up_and_log_in(client)
    assert (client.fingerprint, client.newly_pinned) == (own.fingerprint, True)
    await asyncio.to_thread(server.stop)
    await supply(client, 1)
    assert (client.fingerprint, client.newly_pinned) == (another.fingerprint, True)
    assert client.pinned == dict(
        zip(map(name_of, secured), (own.fingerprint, another.fingerprint), strict=True)
    )


async def test_a_server_with_another_certificate_is_left_out(
    secured: tuple[str, str], server: RunningServer, another: Issued, at: At, opened: Opened
) -> None:
    client = await opened(at(*secured))
    await sign_up_and_log_in(client)
    events = client.events()
    await next_event(events)
    await asyncio.to_thread(use_certificate, server, another)
    assert (await supply(client, 1))["total_credits"] == 1
    assert client.place == name_of(secured[1])
    assert await next_credits(events, 1) == [(1, 1)]
    later = await opened(at(*secured))
    assert later.place == name_of(secured[1])


async def test_a_client_ends_if_every_server_has_another_certificate(
    secured: tuple[str, str],
    server: RunningServer,
    second: RunningServer,
    own: Issued,
    another: Issued,
    at: At,
    opened: Opened,
) -> None:
    client = await opened(at(*secured))
    await sign_up_and_log_in(client)
    await client.identify_all()
    events = client.events()
    await next_event(events)
    await asyncio.to_thread(use_certificate, second, own)
    await asyncio.to_thread(use_certificate, server, another)
    await wait_until(lambda: client.connection.reach is Reach.OFFLINE)
    for fingerprint in (own.fingerprint, another.fingerprint):
        assert fingerprint in client.connection.reason
    with pytest.raises(UnreachableError, match="another certificate than before"):
        await next_event(events)


async def test_servers_that_are_new_are_identified_at_once_or_not_used(
    secured: tuple[str, str],
    server: RunningServer,
    second: RunningServer,
    another: Issued,
    at: At,
    opened: Opened,
    tmp_path: Path,
) -> None:
    await asyncio.to_thread(second.stop)
    client = await opened(at(*secured))
    await sign_up_and_log_in(client)
    await client.identify_all()
    assert list(client.pinned) == [name_of(secured[0])]
    await asyncio.to_thread(second.start)
    await asyncio.to_thread(server.stop)
    supplying = asyncio.create_task(supply(client, 1))
    await wait_until(lambda: "has to be compared first" in client.connection.reason)
    assert KnownServers(tmp_path / "known_servers").mark_of(name_of(secured[1])) is None
    await asyncio.to_thread(server.start)
    assert (await asyncio.wait_for(supplying, 60))["total_credits"] == 1
    again = await opened(at(*secured))
    await again.identify_all()
    assert again.pinned == {name_of(secured[1]): another.fingerprint}
    await asyncio.to_thread(server.stop)
    assert not (await send(again, action="view", view="sockets"))["failed"]
    assert again.place == name_of(secured[1])


# Programs


def test_a_program_goes_on_at_the_next_server(
    server: RunningServer, places: tuple[str, str], tmp_path: Path
) -> None:
    with EWalletClient(",".join(places), known_servers=tmp_path / "known") as wallet:
        wallet.send(
            action="new",
            new="account",
            user_name="ada",
            user_pass="a long word",
            user_email="ada@example.org",
        )
        wallet.send(action="login", user_name="ada", user_pass="a long word")
        events = wallet.events(timeout=60)
        assert next(events)["event"] == "listening"
        server.stop()
        supplied = wallet.send(action="supply", supply="credits", currency="EUR", cost="1", credits=7)
        assert (supplied["total_credits"], wallet.place) == (7, name_of(places[1]))
        assert next(events)["data"]["credits"] == 7


async def test_an_asynchronous_program_begins_at_the_server_that_answers(
    server: RunningServer, places: tuple[str, str], tmp_path: Path
) -> None:
    await asyncio.to_thread(server.stop)
    async with AsyncEWalletClient(",".join(places), known_servers=tmp_path / "known") as wallet:
        assert wallet.place == name_of(places[1])
        assert not (await wallet.send(action="view", view="sockets"))["failed"]
