"""A server that says what none should say is left, and reached again; it never breaks the client."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer
from scripted_server import ScriptedServer, as_a_server_would

from ewallet_core.client import KnownServers, Reach, RemoteClient, UnreachableError
from ewallet_core.client.connection import ConnectionStatus
from ewallet_core.protocol.address import ServerAddress

Remote = Callable[..., RemoteClient]

PAY = {"controller": "client", "ctype": "action", "action": "pay", "pay": "bob@example.org", "credits": 1}


def first_odd(action: str, odd: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    """Says something odd to the first of these, and what a server would to all the others."""
    asked: Counter[str] = Counter()

    def says(request: dict[str, Any]) -> Any:
        asked[request["action"]] += 1
        good = as_a_server_would(request)
        return {**good, **odd} if request["action"] == action and asked[action] == 1 else good

    return says


@pytest.mark.parametrize(
    "odd",
    [
        {"request_id": [1]},
        {"failed": "yes"},
        {"failed": True, "code": ["server_busy"]},
        {"failed": True, "code": "server_busy", "details": 5},
        {"failed": True, "code": "too_many_requests", "details": {"retry_after_ms": "soon"}},
    ],
    ids=str,
)
async def test_an_answer_of_no_known_form_is_asked_for_again(remote: Remote, odd: dict[str, Any]) -> None:
    async with ScriptedServer(first_odd("pay", odd)) as server:
        client = remote(server.port)
        await client.open()
        answer = await client.send(**PAY)
        assert answer["failed"] is False
        asked = [request["request_id"] for request in server.heard if request["action"] == "pay"]
        assert asked == [answer["request_id"]] * 2
        await client.close()


@pytest.mark.parametrize("code", ["too_many_requests", "server_busy", "outcome_unknown"])
async def test_a_greeting_that_is_to_be_sent_again_is(remote: Remote, code: str) -> None:
    refused = {"failed": True, "code": code, "details": {"retry_after_ms": 1}, "out_port": None}
    async with ScriptedServer(first_odd("view", refused)) as server:
        client = remote(server.port)
        await client.open()
        assert [request["action"] for request in server.heard][:2] == ["view", "view"]
        await client.close()


@pytest.mark.parametrize("out_port", [0, -5, 99_999, "8081", [1]])
async def test_a_greeting_with_no_port_in_it_is_no_servers(remote: Remote, out_port: object) -> None:
    async with ScriptedServer(lambda request: {**as_a_server_would(request), "out_port": out_port}) as server:
        with pytest.raises(UnreachableError, match="no EWallet server"):
            await remote(server.port).open()


@pytest.mark.parametrize(
    "odd", [{}, {"event": "listening"}, {"event": "listening", "sequence": "a"}, {"event": 5, "sequence": 1}]
)
async def test_an_event_of_no_known_form_is_listened_past(remote: Remote, odd: dict[str, Any]) -> None:
    # To who asks where events begin, and to who listens for them.
    told = iter([odd, odd])

    def out_port_says(_introduction: dict[str, Any]) -> Any:
        return next(told, {"event": "listening", "sequence": 4})

    async with ScriptedServer(out_port_says) as events:

        def says(request: dict[str, Any]) -> Any:
            logged_in = {"session_data": {"session_user_account": "ada@example.org"}}
            ports = {"out_port": events.port} if request["action"] == "view" else {}
            return {
                **as_a_server_would(request),
                **ports,
                **(logged_in if request["action"] == "login" else {}),
            }

        async with ScriptedServer(says) as server:
            client = remote(server.port)
            await client.open()
            await client.send(action="login", user_name="ada", user_pass="four unrelated words")
            async with asyncio.timeout(10):
                assert await anext(client.events()) == {"event": "listening", "sequence": 4}
            await client.close()


async def test_who_watches_may_fail_without_harm(remote: Remote) -> None:
    seen: list[Reach] = []

    def fails(connection: ConnectionStatus) -> None:
        seen.append(connection.reach)
        raise RuntimeError("what a program may do")

    async with ScriptedServer(first_odd("pay", {"failed": "yes"})) as server:
        client = remote(server.port)
        client.watch(fails)
        await client.open()
        assert (await client.send(**PAY))["failed"] is False
        await client.close()
    assert seen[0] is Reach.CONNECTED
    assert seen[-1] is Reach.OFFLINE


@pytest.mark.parametrize("host", ["wallet..example.org", f"{'a' * 64}.example.org", ".example.org"])
def test_a_host_that_can_have_no_address_is_no_place(host: str) -> None:
    with pytest.raises(ValueError, match="not a machine's name"):
        ServerAddress.read(f"{host}:8080")


async def test_the_port_of_events_is_told_from_that_of_instructions(
    remote: Remote, server: RunningServer
) -> None:
    with pytest.raises(UnreachableError, match="its port for instructions"):
        await remote(server.ports[1]).open()


async def test_silence_under_tls_is_no_reason_to_speak_in_the_clear(remote: Remote) -> None:
    async with ScriptedServer() as server:
        with pytest.raises(UnreachableError) as reason:
            await remote(server.port, tls=True, connect_seconds=0.3).open()
    assert "tcp://" not in str(reason.value)


async def test_who_is_known_by_a_certificate_is_never_said_to_speak_in_the_clear(
    tmp_path: Path, remote: Remote
) -> None:
    async with ScriptedServer(greets=b'{"failed": true}\n') as server:
        with pytest.raises(UnreachableError, match="tcp://"):
            await remote(server.port, tls=True).open()
        KnownServers(tmp_path / "known_servers").add(f"127.0.0.1:{server.port}", "SHA256:" + "A" * 43)
        with pytest.raises(UnreachableError) as reason:
            await remote(server.port, tls=True).open()
    assert "tcp://" not in str(reason.value)
