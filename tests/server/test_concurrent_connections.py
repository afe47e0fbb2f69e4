"""Concurrent connections: slow, silent, broken and unfinished ones do not affect the others."""

from __future__ import annotations

import contextlib
import socket
import ssl
import tracemalloc

import pytest
from blocked_passwords import BlockedPasswords
from engine_client import SELECTORS
from engine_server import VIEW_SOCKETS
from instructions import login, new_account, supply, view_list
from long_answers import create_long_contact_list
from socket_wire import Wire

from ewallet_core.errors.base import WalletError
from ewallet_core.protocol.frames import LARGEST_FRAME

MANY = 100
SMALL_BUFFER = 4_096
CONNECTIONS, MOST_BYTES_EACH = 20, 64 * 1024
CUT_SHORT = b'{"controller": "client", "ctype": "act'


def test_the_first_connection_is_answered_at_once(server):
    assert server.in_wire().answer(VIEW_SOCKETS)["failed"] is False


def test_a_silent_first_connection_does_not_block_the_second(server):
    first = server.in_wire()
    server.assert_answers()
    assert first.answer(VIEW_SOCKETS)["failed"] is False


def test_the_event_port_can_be_connected_first(server):
    wire = server.out_wire()
    server.assert_answers()
    wire.send_bytes(b"{}\n")
    wire.expect_last_error("malformed")


def test_a_hundred_silent_connections_do_not_block_others(server):
    for number in range(MANY):
        server.in_wire() if number % 2 else server.out_wire()
    ada = server.user()
    ada.request(**supply(5))
    assert ada.credits == 5


def test_a_hundred_unfinished_lines_do_not_block_others(server):
    for number in range(MANY):
        (server.in_wire() if number % 2 else server.out_wire()).send_bytes(CUT_SHORT)
    ada = server.user()
    ada.request(**supply(5))
    assert ada.credits == 5


def test_a_half_closed_connection_still_gets_its_answer(server):
    wire = server.in_wire()
    wire.send(VIEW_SOCKETS, VIEW_SOCKETS)
    wire.shut_down_writing()
    assert [wire.next_line()["failed"] for _ in range(2)] == [False, False]
    assert wire.is_closed_by_server()


def test_a_connection_closed_at_once_is_removed(server):
    for _ in range(MANY):
        server.in_wire().close()
        server.out_wire().reset()
    server.assert_answers()
    server.wait_for_connections()


@pytest.mark.parametrize(
    "begun", [b"", CUT_SHORT, b"x" * 100_000, b"\n"], ids=["no", "half", "long", "blank"]
)
def test_a_reset_connection_is_removed_with_requests_in_flight(server, begun):
    for wire in (server.in_wire(), server.out_wire()):
        wire.send_bytes(begun)
        wire.reset()
    server.assert_answers()
    server.wait_for_connections()


def test_a_request_is_executed_although_its_connection_was_reset(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve = server.visitor()
    with passwords.blocked():
        eve.engine.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_hash()
        eve.engine.reset()
        server.assert_answers()
    server.wait_for_connections()
    server.visitor().log_in("eve")


def test_a_reset_after_many_requests_logs_no_error(server, caplog):
    wire = server.in_wire()
    wire.send(*[VIEW_SOCKETS] * 500)
    wire.reset()
    server.assert_answers()
    server.wait_for_connections()
    assert caplog.records == []


def test_tls_connections_are_answered(serve, tls):
    server = serve(tls=tls)
    ada = server.user()
    ear = server.subscribe(ada)
    assert ear.next_line()["event"] == "listening"
    ada.request(**supply(5))
    assert ear.next_line()["event"] == "credits_arrived"


def test_long_answers_arrive_complete_over_tls(serve, tls):
    ada = serve(tls=tls).user()
    assert len(create_long_contact_list(ada)) > LARGEST_FRAME


def test_a_tls_client_that_shuts_down_and_does_not_read_is_disconnected(serve, tls):
    passwords = BlockedPasswords()
    server = serve(tls=tls, passwords=passwords)
    ada, eve = server.user(), server.visitor()
    create_long_contact_list(ada)
    wire = server.in_wire(holds=SMALL_BUFFER)
    server.fill_buffers(wire, {**SELECTORS, **ada.credentials, **view_list("contact")})
    connected = server.connected
    with passwords.blocked():
        wire.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_hash()
        wire.socket.setblocking(False)
        with contextlib.suppress(ssl.SSLError):
            wire.socket.unwrap()
    server.wait_for_connections(left=connected - 1)


def test_an_unfinished_tls_handshake_does_not_block_others(serve, tls):
    server = serve(tls=tls)
    unfinished = [Wire(port) for port in server.ports for _ in range(10)]
    unfinished[0].send_bytes(b"\x16\x03\x01")
    server.assert_answers()
    server.stop()
    for wire in unfinished:
        assert wire.is_closed_by_server()
        wire.close()


def test_the_unfinished_tls_handshakes_of_an_address_are_limited(serve, tls):
    server = serve(tls=tls, limits={"connections_per_address": 2, "loopback_is_exempt": False})
    unfinished = [Wire(server.ports[0]) for _ in range(3)]
    assert unfinished[2].is_closed_by_server()
    metrics = {metric.name: metric.values for metric in server.engine.dispatcher.metrics.read()}
    assert metrics["ewallet_connections_refused"] == [({}, 1)]
    # The connections with a finished handshake are counted apart.
    unfinished[0].close()
    server.wait_for_handshakes(1)
    first, second = server.in_wire(), server.in_wire()
    assert [wire.answer(VIEW_SOCKETS)["failed"] for wire in (first, second)] == [False, False]
    server.in_wire().expect_last_error("too_many_from_address")
    for wire in unfinished[1:]:
        wire.close()


def test_an_idle_tls_connection_needs_little_memory(serve, tls):
    server = serve(tls=tls)
    assert server.in_wire().answer(VIEW_SOCKETS)["failed"] is False
    tracemalloc.start()
    for _ in range(CONNECTIONS):
        assert server.in_wire().answer(VIEW_SOCKETS)["failed"] is False
    allocated, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # That of the client is included, that of OpenSSL is not.
    assert allocated / CONNECTIONS < MOST_BYTES_EACH


def test_a_plain_connection_to_a_tls_port_is_closed(serve, tls):
    server = serve(tls=tls)
    for port in server.ports:
        wire = Wire(port)
        wire.send(VIEW_SOCKETS)
        assert "sockets" not in repr(wire.next_bytes())
        wire.close()
    server.assert_answers()


def test_a_tls_connection_to_a_plain_port_is_refused(serve, tls):
    server = serve()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Wire(server.ports[0], tls[1])
    server.assert_answers()


def test_a_connection_closed_during_the_tls_handshake_is_removed(serve, tls, caplog):
    server = serve(tls=tls)
    for _ in range(20):
        wire = Wire(server.ports[0])
        wire.send_bytes(b"\x16\x03\x01\x02\x00\x01\x00")
        wire.reset()
    server.assert_answers()
    server.wait_for_connections()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_handshake_finished_after_the_server_closed_is_answered_with_the_reason(serve, tls):
    server = serve(tls=tls)
    slow = socket.create_connection(("127.0.0.1", server.ports[0]), 10)
    server.assert_answers()
    server.listener.close()
    with tls[1].wrap_socket(slow, server_hostname="127.0.0.1") as late:
        assert b"server_stopping" in late.makefile("rb").readline()


def test_the_server_can_stop_while_it_closes_connections(serve):
    for _ in range(5):
        server = serve()
        for number in range(30):
            wire = server.in_wire() if number % 2 else server.out_wire()
            wire.send_bytes(CUT_SHORT if number % 3 else b"\n")
        for wire in server.wires:
            wire.close()
        server.stop()


def test_a_new_server_accepts_a_login_at_once(serve):
    ada = serve().visitor()
    ada.request(**new_account("ada"))
    assert ada.request(**login("ada"))["account"] == "ada@example.org"


def test_a_stopped_server_accepts_no_connection(server):
    ports = server.ports
    server.listener.stop()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            Wire(port)
    with pytest.raises(WalletError):
        server.listener.open(0, 0)
