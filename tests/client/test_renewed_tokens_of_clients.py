"""Clients renew their session token with each login."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from client_requests import (
    BALANCE,
    PASSWORD,
    OpenClient,
    balance,
    log_in,
    next_credits,
    next_event,
    send,
    sign_up,
    sign_up_and_log_in,
    supply,
)
from faulty_proxy import Fault, FaultyProxy, once
from running_server import RunningServer
from scripted_server import ScriptedServer, valid_answer

from ewallet_core.client import RemoteClient, UnreachableError, WalletClient

Remote = Callable[..., RemoteClient]
Opened = Callable[[WalletClient], Awaitable[WalletClient]]

LOGIN = {
    "controller": "client",
    "ctype": "action",
    "action": "login",
    "user_name": "ada",
    "user_pass": PASSWORD,
}


def token_of(client: WalletClient) -> str:
    return client._credentials["session_token"]


async def with_token(client: WalletClient, token: str, **instruction: Any) -> dict[str, Any]:
    """The answer to the instruction with that session token in place of the client's."""
    request = {"controller": "client", "ctype": "action", "request_id": "another request", **instruction}
    return await client._ask({**request, **client._credentials, "session_token": token})


async def test_a_token_that_someone_else_knows_does_not_open_the_account(client: WalletClient) -> None:
    await sign_up(client, "ada")
    known = token_of(client)
    answer = await log_in(client)
    assert "session_token" not in answer
    assert token_of(client) != known
    assert await balance(client) == 0
    assert (await with_token(client, known, **BALANCE))["code"] == "session_unknown"


async def test_an_enveloped_login_renews_the_token_too(client: WalletClient) -> None:
    await sign_up(client, "ada")
    known = token_of(client)
    assert not (await client.send(command_chain=LOGIN))["failed"]
    assert token_of(client) != known


async def test_requests_that_were_sent_together_with_a_login_are_carried_out(client: WalletClient) -> None:
    await sign_up_and_log_in(client)
    _, *answers = await asyncio.gather(
        log_in(client), *(supply(client, 1) for _ in range(5)), balance(client)
    )
    assert [answer["total_credits"] for answer in answers[:-1]] == [1, 2, 3, 4, 5]
    assert answers[-1] == 5


async def test_what_was_sent_before_the_answer_to_a_login_comes_before_what_is_sent_after_it(
    client: WalletClient,
) -> None:
    await sign_up_and_log_in(client)

    async def log_in_and_supply() -> dict[str, Any]:
        await log_in(client)
        return await supply(client, 100)

    last, first = await asyncio.gather(log_in_and_supply(), supply(client, 1))
    assert (first["total_credits"], last["total_credits"]) == (1, 101)


async def test_the_new_token_of_a_login_that_was_given_up_is_taken_over(client: WalletClient) -> None:
    await sign_up(client, "ada")
    known = token_of(client)
    login = asyncio.create_task(log_in(client))
    await asyncio.sleep(0)
    login.cancel()
    assert await balance(client) == 0
    assert token_of(client) != known


async def test_what_was_sent_together_with_a_login_is_answered_before_the_client_closes(
    client: WalletClient,
) -> None:
    await sign_up_and_log_in(client)
    login, *supplies = (
        asyncio.create_task(sent) for sent in (log_in(client), supply(client, 1), supply(client, 2))
    )
    await asyncio.sleep(0)
    await client.close()
    await login
    assert [(await sent)["total_credits"] for sent in supplies] == [1, 3]


async def test_events_go_on_if_they_end_before_the_answer_to_a_login_arrives(
    open_client: OpenClient, client: WalletClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_up_and_log_in(client)
    events = client.events()
    assert (await next_event(events))["event"] == "listening"
    ask = client._ask

    async def ask_slowly(request: dict[str, Any]) -> dict[str, Any]:
        answer = await ask(request)
        await asyncio.sleep(0.3)
        return answer

    following = asyncio.create_task(next_credits(events, 1))
    with monkeypatch.context() as slow:
        slow.setattr(client, "_ask", ask_slowly)
        await log_in(client)
    await supply(client, 7)
    assert [credits for _, credits in await following] == [7]


async def test_events_go_on_after_another_login_to_the_same_account(
    open_client: OpenClient, client: WalletClient
) -> None:
    await sign_up_and_log_in(client)
    events = client.events()
    assert (await next_event(events))["event"] == "listening"
    await log_in(client)
    other = await open_client()
    await log_in(other)
    await supply(other, 7)
    await supply(other, 8)
    assert [credits for _, credits in await next_credits(events, 2)] == [7, 8]


@pytest.fixture
async def network(server: RunningServer) -> AsyncIterator[FaultyProxy]:
    async with FaultyProxy(server.ports[0]) as proxy:
        yield proxy


async def test_a_login_whose_answer_was_lost_is_answered_when_it_is_sent_again(
    server: RunningServer, network: FaultyProxy, remote: Remote, opened: Opened
) -> None:
    client = await opened(remote(network.port, server.ports[1]))
    await sign_up(client, "ada")
    network.from_server = once(Fault.CUT_WITHIN, b'"session_token"')
    await asyncio.wait_for(log_in(client), 10)
    assert network.connections == 2
    assert await balance(client) == 0


async def test_a_client_is_closed_while_a_login_waits_for_a_connection(
    server: RunningServer, remote: Remote, opened: Opened
) -> None:
    async with FaultyProxy(server.ports[0]) as network:
        client = await opened(remote(network.port, server.ports[1]))
        await sign_up(client, "ada")
        network.from_server = lambda _: Fault.CUT_BEFORE
        login = asyncio.create_task(log_in(client))
        await asyncio.sleep(0)
        await asyncio.wait_for(client.close(), 10)
    with pytest.raises(UnreachableError):
        await login


async def test_a_server_of_an_earlier_release_is_logged_in_to(remote: Remote) -> None:
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if "renew_token" not in request:
            return valid_answer(request)
        unknown = {"code": "unknown_argument", "details": {"field": "renew_token"}}
        return {"failed": True, "request_id": request["request_id"], "error": "", "warning": "", **unknown}

    async with ScriptedServer(answer) as server:
        client = remote(server.port)
        await client.open()
        assert not (await send(client, action="login", user_name="ada", user_pass=PASSWORD))["failed"]
        await client.close()
