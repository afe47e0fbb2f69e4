"""Whoever connects first, last, half or never quite, nobody hangs and nobody else notices."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from blocked_passwords import BlockedPasswords
from engine_client import SELECTORS
from engine_server import VIEW_SOCKETS
from instructions import login, new_account, supply
from long_answers import has_a_long_contact_list
from socket_wire import Wire

from ewallet_core.errors.base import WalletError
from ewallet_core.protocol.frames import LARGEST_FRAME
from ewallet_core.server.certificates import create_server_context, ensure_self_signed

MANY = 100
CUT_SHORT = b'{"controller": "client", "ctype": "act'


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server encrypts with, and what somebody who connects does."""
    now = datetime.now(UTC)
    certificate, key = ensure_self_signed(Path(tmp_path_factory.mktemp("tls")), "127.0.0.1", now)
    theirs = ssl.create_default_context(cafile=str(certificate))
    return create_server_context(certificate, key, now), theirs


def test_the_first_to_connect_is_answered_at_once(server):
    assert server.in_wire().answer(VIEW_SOCKETS)["failed"] is False


def test_while_the_first_says_nothing_the_second_is_answered(server):
    first = server.in_wire()
    server.serves()
    assert first.answer(VIEW_SOCKETS)["failed"] is False


def test_who_comes_to_the_out_port_first_is_served_and_so_is_the_next(server):
    wire = server.out_wire()
    server.serves()
    wire.send_bytes(b"{}\n")
    wire.ends_with("malformed")


def test_a_hundred_who_say_nothing_keep_nobody_from_working(server):
    for number in range(MANY):
        server.in_wire() if number % 2 else server.out_wire()
    ada = server.user()
    ada.asks_ok(**supply(5))
    assert ada.credits == 5


def test_a_hundred_who_begin_a_line_and_stop_keep_nobody_from_working(server):
    for number in range(MANY):
        (server.in_wire() if number % 2 else server.out_wire()).send_bytes(CUT_SHORT)
    ada = server.user()
    ada.asks_ok(**supply(5))
    assert ada.credits == 5


def test_who_asks_no_more_still_gets_the_answer(server):
    wire = server.in_wire()
    wire.send(VIEW_SOCKETS, VIEW_SOCKETS)
    wire.asks_no_more()
    assert [wire.next_line()["failed"] for _ in range(2)] == [False, False]
    assert wire.is_over()


def test_who_connects_and_leaves_at_once_is_gone(server):
    for _ in range(MANY):
        server.in_wire().close()
        server.out_wire().resets()
    server.serves()
    server.empties()


@pytest.mark.parametrize(
    "begun", [b"", CUT_SHORT, b"x" * 100_000, b"\n"], ids=["no", "half", "long", "blank"]
)
def test_who_resets_is_gone_whatever_they_had_begun(server, begun):
    for wire in (server.in_wire(), server.out_wire()):
        wire.send_bytes(begun)
        wire.resets()
    server.serves()
    server.empties()


def test_who_resets_while_the_answer_is_made_has_it_carried_out_all_the_same(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve = server.visitor()
    with passwords.shut():
        eve.engine.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_somebody()
        eve.engine.resets()
        server.serves()
    server.empties()
    server.visitor().logs_in("eve")


def test_who_resets_after_many_questions_disturbs_nobody(server, caplog):
    wire = server.in_wire()
    wire.send(*[VIEW_SOCKETS] * 500)
    wire.resets()
    server.serves()
    server.empties()
    assert caplog.records == []


def test_over_tls_it_is_served_as_in_the_clear(serve, tls):
    server = serve(tls=tls)
    ada = server.user()
    ear = server.listens(ada)
    assert ear.next_line()["event"] == "listening"
    ada.asks_ok(**supply(5))
    assert ear.next_line()["event"] == "credits_arrived"


def test_over_tls_long_answers_come_whole(serve, tls):
    ada = serve(tls=tls).user()
    assert len(has_a_long_contact_list(ada)) > LARGEST_FRAME


def test_a_handshake_that_is_never_finished_keeps_nobody_waiting(serve, tls):
    server = serve(tls=tls)
    unfinished = [Wire(port) for port in server.ports for _ in range(10)]
    unfinished[0].send_bytes(b"\x16\x03\x01")
    server.serves()
    server.stop()
    for wire in unfinished:
        assert wire.is_over()
        wire.close()


def test_who_speaks_in_the_clear_where_it_is_tls_is_sent_away(serve, tls):
    server = serve(tls=tls)
    for port in server.ports:
        wire = Wire(port)
        wire.send(VIEW_SOCKETS)
        assert "sockets" not in repr(wire.next_bytes())
        wire.close()
    server.serves()


def test_who_speaks_tls_where_it_is_in_the_clear_is_refused(serve, tls):
    server = serve()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Wire(server.ports[0], tls[1])
    server.serves()


def test_who_goes_in_the_middle_of_a_handshake_is_gone(serve, tls, caplog):
    server = serve(tls=tls)
    for _ in range(20):
        wire = Wire(server.ports[0])
        wire.send_bytes(b"\x16\x03\x01\x02\x00\x01\x00")
        wire.resets()
    server.serves()
    server.empties()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_who_finishes_the_handshake_when_it_is_closed_already_is_told_so(serve, tls):
    server = serve(tls=tls)
    slow = socket.create_connection(("127.0.0.1", server.ports[0]), 10)
    server.serves()
    server.listener.close()
    with tls[1].wrap_socket(slow, server_hostname="127.0.0.1") as late:
        assert b"server_stopping" in late.makefile("rb").readline()


def test_it_may_be_stopped_in_the_middle_of_every_farewell(serve):
    for _ in range(5):
        server = serve()
        for number in range(30):
            wire = server.in_wire() if number % 2 else server.out_wire()
            wire.send_bytes(CUT_SHORT if number % 3 else b"\n")
        for wire in server.wires:
            wire.close()
        server.stop()


def test_on_a_fresh_server_who_logs_in_at_once_is_in(serve):
    ada = serve().visitor()
    ada.asks_ok(**new_account("ada"))
    assert ada.asks_ok(**login("ada"))["account"] == "ada@example.org"


def test_a_stopped_server_lets_nobody_in(server):
    ports = server.ports
    server.listener.stop()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            Wire(port)
    with pytest.raises(WalletError):
        server.listener.open(0, 0)
