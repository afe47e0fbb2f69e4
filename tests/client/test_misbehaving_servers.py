"""A server that sends invalid data is disconnected and connected again; it never breaks the client."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer
from scripted_server import ScriptedServer, valid_answer

from ewallet_core.client import KnownServers, Reach, RemoteClient, UnreachableError
from ewallet_core.client.connection import ConnectionStatus
from ewallet_core.protocol.address import ServerAddress

Remote = Callable[..., RemoteClient]

PAY = {"controller": "client", "ctype": "action", "action": "pay", "pay": "bob@example.org", "credits": 1}


def answer_wrongly_once(action: str, wrong: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    """Answers the first request with that action wrongly, and all others like a real server."""
    counts: Counter[str] = Counter()

    def answer(request: dict[str, Any]) -> Any:
        counts[request["action"]] += 1
        good = valid_answer(request)
        return {**good, **wrong} if request["action"] == action and counts[action] == 1 else good

    return answer


@pytest.mark.parametrize(
    "wrong",
    [
        {"request_id": [1]},
        {"failed": "yes"},
        {"failed": True, "code": ["server_busy"]},
        {"failed": True, "code": "server_busy", "details": 5},
        {"failed": True, "code": "too_many_requests", "details": {"retry_after_ms": "soon"}},
    ],
    ids=str,
)
async def test_a_request_with_an_invalid_answer_is_repeated(remote: Remote, wrong: dict[str, Any]) -> None:
    async with ScriptedServer(answer_wrongly_once("pay", wrong)) as server:
        client = remote(server.port)
        await client.open()
        answer = await client.send(**PAY)
        assert answer["failed"] is False
        counts = [request["request_id"] for request in server.requests if request["action"] == "pay"]
        assert counts == [answer["request_id"]] * 2
        await client.close()


@pytest.mark.parametrize("code", ["too_many_requests", "server_busy", "outcome_unknown"])
async def test_a_handshake_with_a_transient_error_is_repeated(remote: Remote, code: str) -> None:
    refused = {"failed": True, "code": code, "details": {"retry_after_ms": 1}, "out_port": None}
    async with ScriptedServer(answer_wrongly_once("view", refused)) as server:
        client = remote(server.port)
        await client.open()
        assert [request["action"] for request in server.requests][:2] == ["view", "view"]
        await client.close()


@pytest.mark.parametrize("out_port", [0, -5, 99_999, "8081", [1]])
async def test_a_handshake_without_an_event_port_is_refused(remote: Remote, out_port: object) -> None:
    async with ScriptedServer(lambda request: {**valid_answer(request), "out_port": out_port}) as server:
        with pytest.raises(UnreachableError, match="not an EWallet server"):
            await remote(server.port).open()


@pytest.mark.parametrize(
    "wrong",
    [{}, {"event": "listening"}, {"event": "listening", "sequence": "a"}, {"event": 5, "sequence": 1}],
)
async def test_an_invalid_event_is_ignored(remote: Remote, wrong: dict[str, Any]) -> None:
    # Both to the request for the first sequence and to the subscription.
    lines = iter([wrong, wrong])

    def answer_on_event_port(_introduction: dict[str, Any]) -> Any:
        return next(lines, {"event": "listening", "sequence": 4})

    async with ScriptedServer(answer_on_event_port) as events:

        def answer(request: dict[str, Any]) -> Any:
            logged_in = {"session_data": {"session_user_account": "ada@example.org"}}
            ports = {"out_port": events.port} if request["action"] == "view" else {}
            return {
                **valid_answer(request),
                **ports,
                **(logged_in if request["action"] == "login" else {}),
            }

        async with ScriptedServer(answer) as server:
            client = remote(server.port)
            await client.open()
            await client.send(action="login", user_name="ada", user_pass="four unrelated words")
            async with asyncio.timeout(10):
                assert await anext(client.events()) == {"event": "listening", "sequence": 4}
            await client.close()


async def test_a_failing_callback_does_not_break_the_client(remote: Remote) -> None:
    seen: list[Reach] = []

    def fails(connection: ConnectionStatus) -> None:
        seen.append(connection.reach)
        raise RuntimeError("what a program may do")

    async with ScriptedServer(answer_wrongly_once("pay", {"failed": "yes"})) as server:
        client = remote(server.port)
        client.watch(fails)
        await client.open()
        assert (await client.send(**PAY))["failed"] is False
        await client.close()
    assert seen[0] is Reach.CONNECTED
    assert seen[-1] is Reach.OFFLINE


@pytest.mark.parametrize("host", ["wallet..example.org", f"{'a' * 64}.example.org", ".example.org"])
def test_an_invalid_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="not a machine's name"):
        ServerAddress.read(f"{host}:8080")


async def test_the_event_port_is_not_accepted_as_the_instruction_port(
    remote: Remote, server: RunningServer
) -> None:
    with pytest.raises(UnreachableError, match="its port for instructions"):
        await remote(server.ports[1]).open()


async def test_a_silent_tls_server_is_not_reported_as_plain(remote: Remote) -> None:
    async with ScriptedServer() as server:
        with pytest.raises(UnreachableError) as reason:
            await remote(server.port, tls=True, connect_seconds=0.3).open()
    assert "tcp://" not in str(reason.value)


async def test_a_server_known_by_its_certificate_is_never_reported_as_plain(
    tmp_path: Path, remote: Remote
) -> None:
    async with ScriptedServer(greeting=b'{"failed": true}\n') as server:
        with pytest.raises(UnreachableError, match="tcp://"):
            await remote(server.port, tls=True).open()
        KnownServers(tmp_path / "known_servers").add(f"127.0.0.1:{server.port}", "SHA256:" + "A" * 43)
        with pytest.raises(UnreachableError) as reason:
            await remote(server.port, tls=True).open()
    assert "tcp://" not in str(reason.value)
