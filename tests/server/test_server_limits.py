"""Each limit of a server: its error is sent before the connection is closed; others are not affected."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from blocked_passwords import BlockedPasswords
from engine_client import SELECTORS, EngineClient
from engine_server import VIEW_SOCKETS, EngineServer
from instructions import VIEW_WALLET, login, new_account, supply
from long_answers import create_long_contact_list
from socket_wire import Wire

from ewallet_core.server import executor
from ewallet_core.server.frame_output import LEAST_READ_BYTES

SOON = 0.1
LATER = 1.0
"""A time limit that passes at once."""
MANY = 90
"""Enough long answers to fill every socket buffer."""


@pytest.fixture
def limited(serve):
    """Start a server with the given limits."""

    def with_limits(**limits: Any) -> EngineServer:
        return serve(limits=limits)

    return with_limits


def is_alive(wire: Wire) -> bool:
    return wire.answer(VIEW_SOCKETS)["failed"] is False


def test_a_connection_beyond_the_limit_is_closed_with_an_error(limited):
    server = limited(connections=3)
    limiter = [server.in_wire(), server.out_wire(), server.in_wire()]
    assert is_alive(limiter[2])
    for more in (server.in_wire(), server.out_wire()):
        more.expect_last_error("too_many_connections")
    assert is_alive(limiter[0])


def test_a_closed_connection_frees_its_place(limited):
    server = limited(connections=1)
    first = server.in_wire()
    assert is_alive(first)
    first.close()
    server.wait_for_connections()
    assert is_alive(server.in_wire())


def test_refused_connections_free_their_places(limited):
    server = limited(connections=2)
    limiter = [server.in_wire() for _ in range(2)]
    assert all(map(is_alive, limiter))
    for _ in range(30):
        server.in_wire().expect_last_error("too_many_connections")
    for guest in limiter:
        guest.reset()
    server.wait_for_connections()
    assert is_alive(server.in_wire())


def test_the_connections_of_one_address_are_limited(limited):
    server = limited(connections_per_address=2, loopback_is_exempt=False)
    limiter = [server.in_wire(), server.out_wire()]
    assert is_alive(limiter[0])
    server.in_wire().expect_last_error("too_many_from_address")
    limiter[1].close()
    server.wait_for_connections(left=1)
    assert is_alive(server.in_wire())


def test_loopback_connections_are_not_limited_per_address(limited):
    server = limited(connections_per_address=1, requests_per_second_per_address=1)
    assert all(is_alive(server.in_wire()) for _ in range(5))


def test_an_idle_connection_is_closed_with_an_error(limited):
    server = limited(idle_seconds=SOON)
    silent = server.in_wire()
    silent.send(VIEW_SOCKETS)
    assert silent.next_line()["failed"] is False
    silent.expect_last_error("idle_too_long")
    server.wait_for_connections()


def test_blank_lines_keep_a_connection_open(limited):
    server = limited(idle_seconds=SOON)
    wire = server.in_wire()
    for _ in range(20):
        wire.send_bytes(b"\n")
    assert is_alive(wire)


def test_a_connection_with_an_unfinished_line_is_closed(limited):
    server = limited(unfinished_line_seconds=SOON)
    slow, patient = server.in_wire(), server.in_wire()
    slow.send_bytes(json.dumps(VIEW_SOCKETS).encode() + b'\n{"action": ')
    assert slow.next_line()["failed"] is False
    slow.expect_last_error("line_unfinished")
    assert is_alive(patient)


def test_an_event_connection_without_a_first_line_is_closed_with_an_error(limited):
    server = limited(unfinished_line_seconds=SOON)
    silent, slow = server.out_wire(), server.out_wire()
    slow.send_bytes(b'{"client_id": ')
    silent.expect_last_error("idle_too_long")
    slow.expect_last_error("line_unfinished")
    server.wait_for_connections()


def test_requests_in_flight_are_answered_before_an_idle_connection_is_closed(serve):
    passwords = BlockedPasswords()
    # Longer than a busy machine takes from one request to the next.
    server = serve(limits={"idle_seconds": 10 * SOON}, passwords=passwords)
    # Through no connection, which could be idle for too long before.
    eve = server.program().open_session()
    wire = server.in_wire()
    with passwords.blocked():
        wire.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_hash()
        silent = server.in_wire()
        silent.expect_last_error("idle_too_long")
    assert wire.next_line()["account"] == "eve@example.org"
    wire.expect_last_error("idle_too_long")


def test_a_session_beyond_its_rate_is_answered_with_the_time_to_wait(limited):
    server = limited(requests_per_second_per_session=5)
    client, other = server.caller(), server.caller()
    client.request_client_id()
    instruction = {**SELECTORS, **client.credentials, "action": "view", "view": "sockets"}
    wire = server.in_wire()
    wire.send(*({**instruction, "request_id": f"request {number}"} for number in range(8)))
    found = {line["request_id"]: line for line in (wire.next_line() for _ in range(8))}
    refused = [line for line in found.values() if line["failed"]]
    assert sorted(found) == [f"request {number}" for number in range(8)]
    assert {line["code"] for line in refused} == {"too_many_requests"}
    assert all(0 < line["details"]["retry_after_ms"] <= 1_000 for line in refused)
    assert len(refused) >= 2
    other.request_client_id()


def test_a_request_beyond_the_rate_is_not_executed_and_can_be_repeated(limited):
    server = limited(requests_per_second_per_session=6)
    ada = server.user()
    supplies = [
        {**SELECTORS, **ada.credentials, **supply(1), "request_id": f"request {number}"}
        for number in range(12)
    ]
    wire = server.in_wire()
    while supplies:
        wire.send(*supplies)
        refused = {line["request_id"] for line in (wire.next_line() for _ in supplies) if line["failed"]}
        supplies = [one for one in supplies if one["request_id"] in refused]
    assert EngineClient(server.engine, ada.credentials).credits == 12


def test_the_rate_of_one_address_is_limited_across_sessions(limited):
    server = limited(requests_per_second_per_address=10, loopback_is_exempt=False)
    wire = server.in_wire()
    wire.send(*({**VIEW_SOCKETS, "client_id": f"client {number}"} for number in range(15)))
    codes = [line.get("code") for line in (wire.next_line() for _ in range(15))]
    assert codes.count("too_many_requests") >= 4
    assert codes.count(None) >= 10


def test_the_requests_in_flight_of_one_connection_are_limited(serve):
    passwords = BlockedPasswords()
    server = serve(limits={"requests_at_once_per_connection": 2, "passwords_at_once": 2}, passwords=passwords)
    users = [server.visitor() for _ in range(2)]
    wire, other = server.in_wire(), server.in_wire()
    with passwords.blocked():
        for number, user in enumerate(users):
            wire.send({**SELECTORS, **user.credentials, **new_account(f"user{number}")})
            passwords.wait_for_hash()
        wire.send({**VIEW_SOCKETS, "request_id": "not begun yet"})
        assert is_alive(other)
    found = [wire.next_line().get("request_id") for _ in range(3)]
    assert found.index("not begun yet") > 0


def test_the_waiting_password_hashes_are_limited(serve):
    passwords = BlockedPasswords()
    server = serve(limits={"passwords_at_once": 1, "passwords_waiting": 1}, passwords=passwords)
    first, second, third = (server.visitor() for _ in range(3))
    ada = server.user()
    with passwords.blocked():
        first.engine.send(login_of(first))
        passwords.wait_for_hash()
        second.engine.send(login_of(second))
        # Both are sent on one connection, so that the waiting one has begun to wait.
        second.engine.send({**VIEW_SOCKETS, "request_id": "afterwards"})
        assert second.engine.next_line()["request_id"] == "afterwards"
        refused = third.engine.answer({**login_of(third), "request_id": "the third"})
        assert (refused["code"], refused["request_id"]) == ("server_busy", "the third")
        assert refused["details"]["retry_after_ms"] == executor.BUSY_RETRY_MS
        assert ada.credits == 0
        ada.request(**supply(1))
    assert [wire.next_line()["code"] for wire in (first.engine, second.engine)] == ["login_refused"] * 2
    assert third.engine.answer(login_of(third))["code"] == "login_refused"


def login_of(caller: EngineClient) -> dict[str, Any]:
    return {**SELECTORS, **caller.credentials, **login("nobody at all")}


def test_a_session_has_at_most_one_waiting_password_hash(serve):
    passwords = BlockedPasswords()
    server = serve(limits={"passwords_at_once": 1, "passwords_waiting": 1}, passwords=passwords)
    greedy, modest = server.visitor(), server.visitor()
    with passwords.blocked():
        greedy.engine.send(*[login_of(greedy)] * 20)
        passwords.wait_for_hash()
        modest.engine.send(login_of(modest), {**VIEW_SOCKETS, "request_id": "afterwards"})
        assert modest.engine.next_line()["request_id"] == "afterwards"
    assert modest.engine.next_line()["code"] == "login_refused"
    assert {greedy.engine.next_line()["code"] for _ in range(20)} <= {"login_refused", "throttled"}


def non_reader(server: EngineServer, bob: EngineClient) -> Wire:
    """A client that requests more than all buffers hold, and reads nothing."""
    create_long_contact_list(bob)
    non_reading = server.in_wire(holds=LEAST_READ_BYTES)
    view = {**SELECTORS, **bob.credentials, "action": "view", "view": "contact", "contact": "list"}
    non_reading.send(*[view] * MANY)
    return non_reading


def test_a_client_that_reads_no_answers_is_disconnected(limited):
    server = limited(unread_seconds=SOON, requests_per_second_per_session=10_000)
    non_reading = non_reader(server, server.user("bob"))
    ada = server.user()
    ada.request(**supply(5))
    server.wait_for_connections(left=2)
    assert ada.request(**VIEW_WALLET)["ewallet_data"]["credits"] == 5
    non_reading.close()


def test_a_slow_reader_is_not_disconnected(limited):
    # Longer than each pause, even on a busy machine, but shorter than all of them together.
    server = limited(unread_seconds=LATER, requests_per_second_per_session=10_000)
    slow = non_reader(server, server.user("bob"))
    lines, turn, began = 0, threading.Event(), time.monotonic()
    while lines < MANY:
        turn.wait(SOON / 10)
        lines += slow.socket.recv(LEAST_READ_BYTES).count(b"\n")
    assert time.monotonic() - began > LATER
    assert is_alive(slow)


def test_stopping_while_a_client_is_disconnected_leaves_nothing_open(limited):
    server = limited(unread_seconds=SOON, requests_per_second_per_session=10_000)
    bob = server.user("bob")
    non_reading = non_reader(server, bob)
    bob.engine.close()
    server.wait_for_connections(left=1)
    server.listener.stop()
    non_reading.close()
