"""Limits of the HTTP port: what a hostile or broken client sends ends its own connection, nothing else."""

from __future__ import annotations

import json
import select
import socket
import threading

import pytest
from blocked_passwords import BlockedPasswords
from engine_client import SELECTORS, EngineClient
from engine_server import EngineServer
from event_assertions import plant_events
from http_wire import INSTRUCTION_PATH, HttpWire, request_bytes
from instructions import REQUEST_CLIENT_ID, login
from socket_wire import LOOPBACK, TIMEOUT_SECONDS

from ewallet_core.protocol.frames import LARGEST_FRAME
from ewallet_core.server.http import connection, instruction_api, transport
from ewallet_core.server.http.connection import LONGEST_HEAD, LONGEST_REQUEST, MOST_HEADERS
from ewallet_core.server.http.transport import HttpTransport
from ewallet_core.server.settings import HttpSettings

ASKS_FOR_ID = {**SELECTORS, **REQUEST_CLIENT_ID}
HEAD = f"POST {INSTRUCTION_PATH} HTTP/1.1\r\nhost: {LOOPBACK}\r\n".encode()
ELSEWHERE = "127.0.0.2"


@pytest.fixture
def limited(serve):
    """Start a server with the given limits, which loopback is not exempt from."""
    return lambda **limits: serve(limits={"loopback_is_exempt": False, **limits}, http=HttpSettings())


def expect_end(wire: HttpWire, status: int, code: str) -> None:
    """Assert that the next response refuses what was sent, and is the last."""
    response = wire.next_response()
    assert (response.status, response.answer["code"]) == (status, code)
    assert response.headers["connection"] == "close"
    assert wire.is_closed_by_server()


def send_for_ever(wire: HttpWire, sent: bytes) -> None:
    while True:
        wire.send_bytes(sent)


# Time


@pytest.mark.parametrize(
    "begun", [b"P", HEAD, HEAD + b"content-length: 10\r\n\r\n{"], ids=["line", "head", "body"]
)
def test_a_request_that_is_not_completed_in_time_ends_its_connection(limited, begun):
    wire = limited(unfinished_line_seconds=0.05).http_wire()
    wire.send_bytes(begun)
    expect_end(wire, 408, "request_unfinished")


def test_a_request_that_comes_byte_by_byte_gains_no_time(limited):
    wire = limited(unfinished_line_seconds=0.2).http_wire()
    sent = 0
    while not select.select([wire.socket], [], [], 0.01)[0]:
        wire.send_bytes(HEAD[sent : sent + 1])
        sent += 1
    assert sent < len(HEAD)
    expect_end(wire, 408, "request_unfinished")


def test_blank_lines_keep_no_connection_open(limited):
    wire = limited(unfinished_line_seconds=0.05).http_wire()
    wire.send_bytes(b"\r\n")
    expect_end(wire, 408, "request_unfinished")


def test_a_silent_connection_ends_without_a_response(limited):
    server = limited(idle_seconds=0.05)
    silent, kept = server.http_wire(), server.http_wire()
    assert kept.post(ASKS_FOR_ID).status == 200
    assert silent.is_closed_by_server()
    assert kept.is_closed_by_server()


# Size


def test_a_body_that_is_too_long_is_refused(http_server):
    declared, chunked = http_server.http_wire(), http_server.http_wire()
    declared.send_bytes(HEAD + b"content-length: %d\r\n\r\n" % (LARGEST_FRAME + 1))
    expect_end(declared, 413, "frame_too_long")
    chunk = b"%x\r\n%s\r\n" % (LARGEST_FRAME // 2 + 1, b" " * (LARGEST_FRAME // 2 + 1))
    chunked.send_bytes(HEAD + b"transfer-encoding: chunked\r\n\r\n" + 2 * chunk)
    expect_end(chunked, 413, "frame_too_long")


def test_a_client_that_sends_all_of_a_body_that_is_too_long_still_reads_why_it_is_refused(http_server):
    wire = http_server.http_wire()
    wire.send_bytes(HEAD + b"content-length: 5000000\r\n\r\n" + b"x" * 5_000_000)
    expect_end(wire, 413, "frame_too_long")


def test_a_body_of_the_greatest_length_is_read(http_server):
    wire = http_server.http_wire()
    body = b'{"request_id": "a-request-of-some-length"' + b" " * (LARGEST_FRAME - 42) + b"}"
    assert len(body) == LARGEST_FRAME
    assert wire.post(body).answer["request_id"] == "a-request-of-some-length"


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"a: " + b"x" * LONGEST_HEAD,
        HEAD + b"x" * LONGEST_HEAD,
        b"GET /" + b"x" * LONGEST_HEAD,
        HEAD + b"a: b\r\n" * MOST_HEADERS + b"\r\n",
        HEAD + b"a: " + b"x" * LONGEST_HEAD + b"\r\n\r\n",
    ],
    ids=["value", "name", "path", "many headers", "a complete head"],
)
def test_a_head_that_is_too_long_is_refused(http_server, head):
    wire = http_server.http_wire()
    wire.send_bytes(head)
    expect_end(wire, 431, "head_too_long")


@pytest.mark.parametrize("endless", [b"a: b\r\n", b"0"], ids=["trailers", "the size of a chunk"])
def test_what_surrounds_a_body_is_limited_too(http_server, endless):
    wire = http_server.http_wire()
    wire.send_bytes(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    wire.send_bytes((b"0\r\n" if len(endless) > 1 else b"") + endless * (LONGEST_REQUEST // len(endless)))
    expect_end(wire, 413, "frame_too_long")


def test_trailers_are_no_headers(http_server, monkeypatch):
    received = []
    original = connection.HttpConnection.on_message_complete

    def on_message_complete(completed: connection.HttpConnection) -> None:
        received.extend(completed.headers)
        original(completed)

    monkeypatch.setattr(connection.HttpConnection, "on_message_complete", on_message_complete)
    wire = http_server.http_wire()
    wire.send_bytes(HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nauthorization: x\r\n\r\n")
    assert wire.next_response().status == 200
    assert [name for name, _ in received] == [b"host", b"transfer-encoding"]


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(http_server):
    wire = http_server.http_wire()
    wire.send_bytes(HEAD + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\n")
    assert wire.next_head() == (100, {})
    wire.send_bytes(b"{}")
    assert wire.next_response().status == 200


def test_a_response_before_the_body_leaves_the_connection_for_the_next_request(http_server):
    wire = http_server.http_wire()
    early = request_bytes("POST", "/nothing", b"x" * 10_000)
    wire.send_bytes(early[:-5_000])
    assert wire.next_response().status == 404
    wire.send_bytes(early[-5_000:])
    assert wire.get("/health").status == 200


def test_a_body_that_no_response_waits_for_has_its_limits_too(limited):
    wire = limited(unfinished_line_seconds=0.1).http_wire()
    wire.send_bytes(request_bytes("POST", "/nothing", b"x" * 10)[:-5])
    assert wire.next_response().status == 404
    assert wire.is_closed_by_server()


# What is no HTTP, or two requests for one parser and one for another


@pytest.mark.parametrize(
    "sent",
    [
        b'{"controller": "client"}\n',
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\n{}",
        HEAD + b"content-length: +2\r\n\r\n{}",
        HEAD + b"content-length: 2, 2\r\n\r\n{}",
        HEAD + b"content-length: 99999999999999999999\r\n\r\n{}",
        HEAD + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nx\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\n-1\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n0\r\n\r\n",
        HEAD + b"content-length : 2\r\n\r\n{}",
        HEAD + b"a: b\r\n c: d\r\n\r\n",
        HEAD + b"a: b\x00c\r\n\r\n",
        HEAD + b"a: b\rc: d\r\n\r\n",
        HEAD + b"host: another\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\nhost: a\n\n",
        b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\n\r\n",
        b"GET \xff HTTP/1.1\r\n\r\n",
    ],
)
def test_a_request_that_could_be_understood_in_two_ways_is_refused(http_server, sent):
    wire = http_server.http_wire()
    wire.send_bytes(sent)
    expect_end(wire, 400, "not_http")


def test_a_request_that_offers_another_protocol_is_answered_in_this_one(http_server):
    wire = http_server.http_wire()
    headers = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAMAAABk"}
    response = wire.post(ASKS_FOR_ID, headers=headers)
    assert (response.status, response.answer["failed"]) == (200, False)
    assert wire.is_closed_by_server()
    late = http_server.http_wire()
    whole = request_bytes("POST", INSTRUCTION_PATH, b'{"request_id": "in-two-parts"}', headers)
    late.send_bytes(whole[:-5])
    late.send_bytes(whole[-5:])
    assert late.next_response().answer["request_id"] == "in-two-parts"
    web_socket = http_server.http_wire()
    response = web_socket.get("/health", {"connection": "upgrade", "upgrade": "websocket"})
    assert response.status == 200


def test_what_is_invalid_after_a_request_does_not_change_its_response(http_server):
    wire = http_server.http_wire()
    wire.send_bytes(
        request_bytes("POST", INSTRUCTION_PATH, b'{"request_id": "the-first-of-all"}') + b"\x00" * 9
    )
    response = wire.next_response()
    assert (response.status, response.answer["request_id"]) == (200, "the-first-of-all")
    assert response.headers["connection"] == "close"
    assert wire.is_closed_by_server()


# How many


def test_a_client_over_the_limit_of_connections_is_told_so(limited):
    server = limited(connections_per_address=2)
    first, second = server.in_wire(), server.http_wire()
    expect_end(server.http_wire(), 429, "too_many_from_address")
    server.http_wire(source=ELSEWHERE)
    second.close()
    server.wait_for_connections(left=2)
    first.close()
    server.wait_for_connections(left=1)
    assert server.http_wire().get("/health").status == 200


def test_http_and_the_sockets_share_the_limit_of_connections(limited):
    server = limited(connections=2)
    server.in_wire()
    server.http_wire()
    expect_end(server.http_wire(source=ELSEWHERE), 503, "too_many_connections")
    server.in_wire(source=ELSEWHERE).expect_last_error("too_many_connections")


def test_a_session_over_its_limit_of_requests_is_told_so_over_both(limited):
    server = limited(requests_per_second_per_session=3)
    client = EngineClient(server.http_wire()).request_client_id()
    for _ in range(3):
        client.send(action="fly")
    assert client.send(action="fly")["code"] == "too_many_requests"
    assert client.at(server.in_wire()).send(action="fly")["code"] == "too_many_requests"


def test_an_address_over_its_limit_of_requests_is_told_so(limited):
    server = limited(requests_per_second_per_address=3)
    # Sent at once, because on a busy machine it may take a second to connect so often.
    wires = [server.http_wire() for _ in range(8)]
    for wire in wires:
        wire.send_bytes(request_bytes("POST", INSTRUCTION_PATH, json.dumps(ASKS_FOR_ID).encode()))
    responses = [wire.next_response() for wire in wires]
    assert {response.status for response in responses} == {200}
    codes = [response.answer.get("code") for response in responses]
    assert set(codes) == {None, "too_many_requests"}
    assert codes.count(None) >= 3
    assert server.http_wire(source=ELSEWHERE).post(ASKS_FOR_ID).answer["failed"] is False


def test_passwords_over_http_and_the_sockets_wait_in_one_queue(serve):
    passwords = BlockedPasswords()
    limits = {"passwords_at_once": 1, "passwords_waiting_per_address": 1, "loopback_is_exempt": False}
    server = serve(limits=limits, passwords=passwords, http=HttpSettings())
    checked, waiting = server.visitor(), EngineClient(server.http_wire()).open_session()
    refused = EngineClient(server.http_wire()).open_session()
    with passwords.blocked():
        checked.engine.send({**SELECTORS, **checked.credentials, **login("one")})
        passwords.wait_for_hash()
        body = json.dumps({**SELECTORS, **waiting.credentials, **login("two")}).encode()
        waiting.engine.send_bytes(request_bytes("POST", INSTRUCTION_PATH, body))
        server.wait_for_requests(2)
        refused.expect_error("server_busy", **login("three"))
    assert checked.engine.next_line()["code"] == "login_refused"
    assert waiting.engine.next_response().answer["code"] == "login_refused"


@pytest.mark.parametrize(
    "sent",
    [
        ("GET", "/health/live"),
        ("GET", "/nothing"),
        ("GET", "/v1/docs"),
        ("GET", "/v1/nothing"),
        ("OPTIONS", "/v1/wallets"),
        ("GET", INSTRUCTION_PATH),
        ("PUT", INSTRUCTION_PATH),
        ("POST", INSTRUCTION_PATH, b"{"),
    ],
    ids=lambda sent: " ".join(sent[:2]),
)
def test_a_request_that_is_no_instruction_counts_too(limited, sent):
    server = limited(requests_per_second_per_address=3)
    wire = server.http_wire()
    # What takes long at first allows more.
    for _ in range(9):
        wire.send_bytes(request_bytes(*sent))
    responses = [wire.next_response() for _ in range(9)]
    assert 429 not in [response.status for response in responses[:3]]
    assert (responses[-1].status, responses[-1].answer["code"]) == (429, "too_many_requests")
    assert server.http_wire(source=ELSEWHERE).get("/health").status == 200


def test_requests_sent_in_advance_wait_in_the_system(http_server, monkeypatch):
    """The memory of the server holds a few of them, however many are sent."""
    held = []
    original = connection.HttpConnection._parse

    def parse(parsing: connection.HttpConnection) -> None:
        original(parsing)
        held.append(len(parsing.pipeline) * 2_000 + len(parsing._received))

    monkeypatch.setattr(connection.HttpConnection, "_parse", parse)
    wire = http_server.http_wire()
    wire.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        send_for_ever(wire, request_bytes("GET", "/health") * 1_000)
    assert max(held) < 1_000_000


# Clients that do not read


def test_a_client_that_does_not_read_its_responses_is_disconnected(limited):
    server = limited(unread_seconds=0.05)
    wire = server.http_wire(holds=2_000)
    wire.send_bytes(request_bytes("GET", INSTRUCTION_PATH) * 40)
    server.wait_for_connections(left=0)


def test_a_client_that_reads_slowly_gets_all_of_the_last_response(http_server, monkeypatch):
    looks = threading.Semaphore(0)
    original = HttpTransport._check_closing

    def check_closing(closing: HttpTransport) -> None:
        original(closing)
        looks.release()

    monkeypatch.setattr(HttpTransport, "_check_closing", check_closing)
    monkeypatch.setattr(transport, "CLOSE_SECONDS", 0.01)
    long = b"x" * 10_000_000
    monkeypatch.setattr(instruction_api, "_encoded_description", lambda: long)
    wire = http_server.http_wire(holds=2_000)
    wire.send_bytes(request_bytes("GET", INSTRUCTION_PATH, b"", {"connection": "close"}))
    for _ in range(3):
        assert looks.acquire(timeout=TIMEOUT_SECONDS)
    assert wire.next_response().body == long
    assert wire.is_closed_by_server()


def test_a_stream_of_events_that_is_not_read_ends(limited, wallet_url):
    server = limited(unread_seconds=0.05)
    ada = server.http_user("ada")
    plant_events(wallet_url, 60_000)
    stream = server.subscribe(ada, since=0)
    server.wait_for_connections(left=1)
    assert len(server.listener._thread.server._broadcaster._recipients) == 0
    stream.close()


# The end


def test_the_reason_of_an_end_arrives_over_tls_too(serve, tls):
    server = serve(tls=tls, limits={"unfinished_line_seconds": 0.1}, http=HttpSettings())
    wires = [server.http_wire() for _ in range(3)]
    for wire, sent in zip(wires, (b"\x00", HEAD + b"content-length: 70000\r\n\r\n", HEAD), strict=True):
        wire.send_bytes(sent)
    for wire, status in zip(wires, (400, 413, 408), strict=True):
        assert wire.next_response().status == status
        assert wire.is_closed_by_server()


def test_a_request_under_way_is_answered_while_the_server_stops(http_server):
    ada = http_server.http_user("ada")
    idle = http_server.http_wire()
    assert idle.get("/health").status == 200
    wire = ada.engine
    wire.send_bytes(request_bytes("POST", INSTRUCTION_PATH, b'{"request_id": "the-last-of-them"}'))
    http_server.listener.stop()
    response = wire.next_response()
    assert response.answer["request_id"] == "the-last-of-them"
    assert wire.is_closed_by_server()
    assert idle.is_closed_by_server()
    with pytest.raises(ConnectionRefusedError):
        http_server.http_wire()


def test_a_request_that_is_incomplete_when_the_server_stops_is_refused(http_server):
    wire = http_server.http_wire()
    wire.send_bytes(HEAD)
    http_server.wait_for_connections(left=1)
    http_server.listener.stop()
    expect_end(wire, 503, "server_stopping")


def test_a_client_that_has_sent_all_it_will_send_gets_its_response(http_server):
    wire = http_server.http_wire()
    wire.send_bytes(request_bytes("POST", INSTRUCTION_PATH, b'{"request_id": "the-only-request"}'))
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.next_response().answer["request_id"] == "the-only-request"
    assert wire.is_closed_by_server()


def test_an_old_client_gets_its_response_and_the_end_of_the_connection(http_server):
    wire = http_server.http_wire()
    wire.send_bytes(b"GET /health HTTP/1.0\r\n\r\n")
    response = wire.next_response()
    assert (response.status, response.body) == (200, b'{"status":"ready"}')
    assert wire.is_closed_by_server()


def test_no_fault_of_a_client_is_in_the_log(http_server: EngineServer, caplog):
    for sent in (
        b"\x00",
        HEAD + b"content-length: 5\r\n\r\n{",
        HEAD + b"upgrade: x\r\nconnection: upgrade\r\n\r\n",
    ):
        wire = http_server.http_wire()
        wire.send_bytes(sent)
        wire.socket.shutdown(socket.SHUT_WR)
        while wire.socket.recv(1_000):
            pass
    assert caplog.records == []
