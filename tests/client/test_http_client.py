"""What only a client over HTTP does: understand responses, keep connections, read server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import Issued
from client_requests import wait_until
from hypothesis import given
from hypothesis import strategies as st
from running_server import RunningServer
from scripted_http_server import Answering, ScriptedHttpServer, response, stream_of
from scripted_server import CREDENTIALS, valid_answer

from ewallet_core.client import ConnectionStatus, KnownServers, Reach, RemoteClient, UnreachableError
from ewallet_core.client.http import ServerSentEvents
from ewallet_core.client.messages import LONGEST_EVENT

Remote = Callable[..., RemoteClient]

PAY = {"controller": "client", "ctype": "action", "action": "pay", "pay": "bob@example.org", "credits": 1}
LOGIN = {"action": "login", "user_name": "ada", "user_pass": "four unrelated words"}
WRONG = {"failed": True, "error": "It is wrong.", "warning": "Change it."}


def answer_once(action: str, wrong: bytes) -> Answering:
    """Answers the first request with that action with these bytes, and all others like a real server."""
    left = [wrong]

    def answer(request: dict[str, Any]) -> bytes:
        if request["action"] == action and left:
            return left.pop()
        known = {"session_data": {"session_user_account": "ada@example.org"}} if action == "login" else {}
        return response({**valid_answer(request), **known})

    return answer


def paid(server: ScriptedHttpServer) -> list[str]:
    """The request ids of the payments that arrived."""
    return [request["request_id"] for request in server.requests if request["action"] == "pay"]


@pytest.mark.parametrize(
    ("sent", "said"),
    {
        "a page": (response(b"<html>", kind="text/html"), "not an EWallet server"),
        "a missing page": (response(b"<html>", 404), "not an EWallet server"),
        "another JSON": (response({"status": "live"}), "not an EWallet server"),
        "a list": (response([]), "not an EWallet server"),
        "a redirect": (response(b"", 301), r"names another address \(HTTP 301\)"),
        "a proxy": (response(b"<html>", 502), r"proxy at http://127.0.0.1:\d+ can't reach the server"),
        "no status": (b"HTTP/1.1 OK\r\n\r\n", "not an EWallet server"),
        "no HTTP": (b'{"failed": true}\n', "not a port for HTTP"),
        "a refusal": (response({**WRONG, "code": "too_many_connections"}, 503), "It is wrong. Change it."),
        "half an answer": (response({"failed": False})[:-1], "does not answer"),
    }.values(),
)
async def test_another_answer_is_explained(remote: Remote, sent: bytes, said: str) -> None:
    async with ScriptedHttpServer(lambda _: sent) as server:
        with pytest.raises(UnreachableError, match=said):
            await remote(server.port, http=True, connect_seconds=0.5).open()


async def test_a_server_that_closes_without_an_answer_may_use_tls(remote: Remote) -> None:
    async with ScriptedHttpServer(lambda _: b"", closes=True) as server:
        with pytest.raises(UnreachableError, match="If it uses TLS, write https://"):
            await remote(server.port, http=True).open()


async def test_the_ports_of_sockets_and_of_http_are_told_apart(server: RunningServer, remote: Remote) -> None:
    for port in server.ports:
        with pytest.raises(UnreachableError, match="leave out http://"):
            await remote(port, http=True).open()
    with pytest.raises(UnreachableError, match="Put http:// before its address"):
        await remote(server.http_port).open()


@pytest.mark.parametrize(
    "refusal",
    [
        response({**WRONG, "code": "too_many_requests", "details": {"retry_after_ms": 1}}, 429),
        response({**WRONG, "code": "server_busy", "details": {"retry_after_ms": 1}}, 503),
        response({**WRONG, "code": "server_stopping"}, 503),
        response(b"<html>", 504),
        response({"failed": "yes"}),
        response(valid_answer(PAY | {"request_id": "x" * 9}))[:-5] + b"\r\n",
        b"",
    ],
    ids=["haste", "busy", "stopping", "proxy", "invalid", "cut", "closed"],
)
async def test_a_request_without_an_answer_is_sent_again_under_its_request_id(
    remote: Remote, refusal: bytes
) -> None:
    closes = refusal == b""
    async with ScriptedHttpServer(answer_once("pay", refusal), closes=closes) as server:
        client = remote(server.port, http=True, answer_seconds=0.5)
        await client.open()
        answer = await client.send(**PAY)
        assert answer["failed"] is False
        assert paid(server) == [answer["request_id"]] * 2
        await client.close()


async def test_a_refusal_without_a_request_id_is_the_answer_to_its_request(remote: Remote) -> None:
    refused = response({**WRONG, "code": "path_unknown"}, 404)
    async with ScriptedHttpServer(answer_once("pay", refused)) as server:
        client = remote(server.port, http=True)
        await client.open()
        assert (await client.send(**PAY))["code"] == "path_unknown"
        assert len(paid(server)) == 1
        await client.close()


async def test_an_unused_connection_that_the_server_has_closed_is_not_used(remote: Remote) -> None:
    async with ScriptedHttpServer(closes=True) as server:
        client = remote(server.port, http=True)
        seen: list[ConnectionStatus] = []
        await client.open()
        client.watch(seen.append)
        for times in range(1, 4):
            pool = client._channel._messages._pool  # type: ignore[union-attr]
            # The end of the last connection has arrived here.
            await wait_until(lambda kept=pool.unused: not any(each.is_usable for each in kept))
            await asyncio.wait_for(client.send(**PAY), 10)
            assert len(paid(server)) == times
        assert seen == []
        await client.close()


async def test_views_share_a_few_connections(remote: Remote) -> None:
    async with ScriptedHttpServer() as server:
        client = remote(server.port, http=True)
        await client.open()
        await asyncio.gather(*(client.send(action="view", view="account") for _ in range(100)))
        assert server.connections <= 8
        await client.close()


async def test_nothing_is_sent_before_the_certificate_is_checked(tmp_path: Path, remote: Remote) -> None:
    known = KnownServers(tmp_path / "known_servers")
    async with ScriptedHttpServer(tls=Issued(tmp_path, "own").context) as server:
        known.add(f"127.0.0.1:{server.port}", "SHA256:" + "A" * 43)
        with pytest.raises(UnreachableError, match="another certificate than before"):
            await remote(server.port, http=True, tls=True).open()
        assert server.heads == []
        known.forget(f"127.0.0.1:{server.port}")
        client = remote(server.port, http=True, tls=True)
        await client.open()
        assert client.newly_pinned
        assert server.heads != []
        await client.close()


async def test_a_token_is_in_no_url_and_instructions_have_no_other_authority(remote: Remote) -> None:
    events = stream_of(b'data: {"event": "listening", "sequence": 4}\n\n')
    async with ScriptedHttpServer(answer_once("login", response(LOGGED_IN)), lambda: events) as server:
        client = remote(server.port, http=True)
        await client.open()
        await client.send(**LOGIN, request_id="the login 1")
        async with asyncio.timeout(10):
            assert await anext(client.events()) == {"event": "listening", "sequence": 4}
        await client.close()
    *asked, followed = server.heads
    assert {head.splitlines()[0] for head in asked} == {"POST /ewallet/instruction-set HTTP/1.1"}
    assert [head for head in asked if "authorization" in head.lower() or "cookie" in head.lower()] == []
    assert followed.startswith("GET /v1/events HTTP/1.1\r\n")
    assert "Bearer {client_id}.{session_token}\r\n".format(**CREDENTIALS) in followed


LOGGED_IN = {
    "failed": False,
    "request_id": "the login 1",
    "session_data": {"session_user_account": "ada@example.org"},
}
LISTENING = b'data: {"event": "listening", "sequence": 4}\n\n'


@pytest.mark.parametrize(
    "wrong",
    [
        stream_of(b"data: " + b"x" * 2 * LONGEST_EVENT),
        stream_of(b"data: {}\n\n"),
        stream_of(b"data: nothing\n\n"),
        response(b"<html>", 502),
        response({"title": "It is wrong.", "detail": "Change it.", "code": "too_many_connections"}, 503),
        response({**WRONG, "code": "too_many_connections"}, 503),
        b"",
    ],
    ids=["too long", "no event", "no JSON", "proxy", "refused", "refused connection", "closed"],
)
async def test_a_stream_without_events_is_opened_again(remote: Remote, wrong: bytes) -> None:
    streams = [stream_of(b": nothing new\n\n", LISTENING), wrong]
    async with ScriptedHttpServer(answer_once("login", response(LOGGED_IN)), streams.pop) as server:
        client = remote(server.port, http=True)
        await client.open()
        await client.send(**LOGIN, request_id="the login 1")
        if wrong == b"":
            server._closes = True
        async with asyncio.timeout(10):
            assert await anext(client.events()) == {"event": "listening", "sequence": 4}
        assert client.connection.reach is Reach.CONNECTED
        await client.close()


EVENTS = [{"event": f"event {number}", "sequence": number, "data": {"note": "ä\n"}} for number in range(3)]
SENT = b"".join(
    b": nothing new\n\nevent: any\r\nid: 7\ndata:"
    + b" " * (number % 2)
    + json.dumps(event).encode()
    + b"\r\n\r\n"
    for number, event in enumerate(EVENTS)
)


@given(st.lists(st.integers(0, len(SENT))))
def test_events_are_read_wherever_their_text_is_cut(cuts: list[int]) -> None:
    ends = [*sorted(cuts), len(SENT)]
    reading = ServerSentEvents()
    pieces = [SENT[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    received = [event for piece in pieces for event in reading.received(piece)]
    assert received == [item for event in EVENTS for item in (None, event)]
