"""Each limit of a server is said by its code before it cuts, and keeps nobody else from anything."""

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
from long_answers import has_a_long_contact_list
from socket_wire import Wire

from ewallet_core.server import executor
from ewallet_core.server.connection import LEAST_READ_BYTES

SOON = 0.1
LATER = 1.0
"""Seconds that are over before anybody notices."""
MANY = 90
"""Long answers that no system keeps for somebody who has not read them."""


@pytest.fixture
def limited(serve):
    """A server with the limits that a test names."""

    def with_limits(**limits: Any) -> EngineServer:
        return serve(limits=limits)

    return with_limits


def lives(wire: Wire) -> bool:
    return wire.answer(VIEW_SOCKETS)["failed"] is False


def test_who_comes_when_there_are_enough_is_told_and_cut(limited):
    server = limited(connections=3)
    limiter = [server.in_wire(), server.out_wire(), server.in_wire()]
    assert lives(limiter[2])
    for more in (server.in_wire(), server.out_wire()):
        more.ends_with("too_many_connections")
    assert lives(limiter[0])


def test_there_is_room_again_when_one_has_gone(limited):
    server = limited(connections=1)
    first = server.in_wire()
    assert lives(first)
    first.close()
    server.empties()
    assert lives(server.in_wire())


def test_there_is_room_again_after_many_were_cut(limited):
    server = limited(connections=2)
    limiter = [server.in_wire() for _ in range(2)]
    assert all(map(lives, limiter))
    for _ in range(30):
        server.in_wire().ends_with("too_many_connections")
    for guest in limiter:
        guest.resets()
    server.empties()
    assert lives(server.in_wire())


def test_an_address_has_no_more_than_its_own(limited):
    server = limited(connections_per_address=2, loopback_is_exempt=False)
    limiter = [server.in_wire(), server.out_wire()]
    assert lives(limiter[0])
    server.in_wire().ends_with("too_many_from_address")
    limiter[1].close()
    server.empties(left=1)
    assert lives(server.in_wire())


def test_this_machine_is_not_counted_as_an_address(limited):
    server = limited(connections_per_address=1, requests_per_second_per_address=1)
    assert all(lives(server.in_wire()) for _ in range(5))


def test_who_asks_nothing_for_too_long_is_told_and_cut(limited):
    server = limited(idle_seconds=SOON)
    silent = server.in_wire()
    silent.send(VIEW_SOCKETS)
    assert silent.next_line()["failed"] is False
    silent.ends_with("idle_too_long")
    server.empties()


def test_blank_lines_are_a_sign_of_life(limited):
    server = limited(idle_seconds=SOON)
    wire = server.in_wire()
    for _ in range(20):
        wire.send_bytes(b"\n")
    assert lives(wire)


def test_a_line_that_was_begun_ends_in_time_or_the_connection_does(limited):
    server = limited(unfinished_line_seconds=SOON)
    slow, patient = server.in_wire(), server.in_wire()
    slow.send_bytes(json.dumps(VIEW_SOCKETS).encode() + b'\n{"action": ')
    assert slow.next_line()["failed"] is False
    slow.ends_with("line_unfinished")
    assert lives(patient)


def test_who_does_not_say_in_time_who_listens_is_told_and_cut(limited):
    server = limited(unfinished_line_seconds=SOON)
    silent, slow = server.out_wire(), server.out_wire()
    slow.send_bytes(b'{"client_id": ')
    silent.ends_with("idle_too_long")
    slow.ends_with("line_unfinished")
    server.empties()


def test_what_was_begun_is_answered_before_who_is_idle_is_cut(serve):
    passwords = BlockedPasswords()
    server = serve(limits={"idle_seconds": SOON}, passwords=passwords)
    wire = server.in_wire()
    eve = EngineClient(wire).opens_a_session()
    with passwords.shut():
        wire.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_somebody()
        silent = server.in_wire()
        silent.ends_with("idle_too_long")
    assert wire.next_line()["account"] == "eve@example.org"
    wire.ends_with("idle_too_long")


def test_a_session_that_asks_too_often_is_told_when_to_ask_again(limited):
    server = limited(requests_per_second_per_session=5)
    client, other = server.caller(), server.caller()
    client.introduces_itself()
    asked = {**SELECTORS, **client.credentials, "action": "view", "view": "sockets"}
    wire = server.in_wire()
    wire.send(*({**asked, "request_id": f"request {number}"} for number in range(8)))
    found = {line["request_id"]: line for line in (wire.next_line() for _ in range(8))}
    refused = [line for line in found.values() if line["failed"]]
    assert sorted(found) == [f"request {number}" for number in range(8)]
    assert {line["code"] for line in refused} == {"too_many_requests"}
    assert all(0 < line["details"]["retry_after_ms"] <= 1_000 for line in refused)
    assert len(refused) >= 2
    other.introduces_itself()


def test_what_was_asked_too_often_was_not_done_and_may_be_asked_again(limited):
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


def test_an_address_that_asks_too_often_is_told_so_whatever_sessions_it_has(limited):
    server = limited(requests_per_second_per_address=10, loopback_is_exempt=False)
    wire = server.in_wire()
    wire.send(*({**VIEW_SOCKETS, "client_id": f"client {number}"} for number in range(15)))
    codes = [line.get("code") for line in (wire.next_line() for _ in range(15))]
    assert codes.count("too_many_requests") >= 4
    assert codes.count(None) >= 10


def test_one_connection_has_so_many_under_way_and_the_rest_of_its_own_wait(serve):
    passwords = BlockedPasswords()
    server = serve(limits={"requests_at_once_per_connection": 2, "passwords_at_once": 2}, passwords=passwords)
    users = [server.visitor() for _ in range(2)]
    wire, other = server.in_wire(), server.in_wire()
    with passwords.shut():
        for number, user in enumerate(users):
            wire.send({**SELECTORS, **user.credentials, **new_account(f"user{number}")})
            passwords.wait_for_somebody()
        wire.send({**VIEW_SOCKETS, "request_id": "not begun yet"})
        assert lives(other)
    found = [wire.next_line().get("request_id") for _ in range(3)]
    assert found.index("not begun yet") > 0


def test_where_too_many_passwords_wait_the_next_is_told_to_come_again(serve):
    passwords = BlockedPasswords()
    server = serve(limits={"passwords_at_once": 1, "passwords_waiting": 1}, passwords=passwords)
    first, second, third = (server.visitor() for _ in range(3))
    ada = server.user()
    with passwords.shut():
        first.engine.send(login_of(first))
        passwords.wait_for_somebody()
        second.engine.send(login_of(second))
        # Both are sent on one connection, so that the one that waits has begun to.
        second.engine.send({**VIEW_SOCKETS, "request_id": "afterwards"})
        assert second.engine.next_line()["request_id"] == "afterwards"
        refused = third.engine.answer({**login_of(third), "request_id": "the third"})
        assert (refused["code"], refused["request_id"]) == ("server_busy", "the third")
        assert refused["details"]["retry_after_ms"] == executor.BUSY_RETRY_MS
        assert ada.credits == 0
        ada.asks_ok(**supply(1))
    assert [wire.next_line()["code"] for wire in (first.engine, second.engine)] == ["login_refused"] * 2
    assert third.engine.answer(login_of(third))["code"] == "login_refused"


def login_of(caller: EngineClient) -> dict[str, Any]:
    return {**SELECTORS, **caller.credentials, **login("nobody at all")}


def test_a_session_has_one_password_among_those_that_wait(serve):
    passwords = BlockedPasswords()
    server = serve(limits={"passwords_at_once": 1, "passwords_waiting": 1}, passwords=passwords)
    greedy, modest = server.visitor(), server.visitor()
    with passwords.shut():
        greedy.engine.send(*[login_of(greedy)] * 20)
        passwords.wait_for_somebody()
        modest.engine.send(login_of(modest), {**VIEW_SOCKETS, "request_id": "afterwards"})
        assert modest.engine.next_line()["request_id"] == "afterwards"
    assert modest.engine.next_line()["code"] == "login_refused"
    assert {greedy.engine.next_line()["code"] for _ in range(20)} <= {"login_refused", "throttled"}


def deaf_reader(server: EngineServer, bob: EngineClient) -> Wire:
    """Somebody who asks for more than anybody keeps for them, and reads none of it."""
    has_a_long_contact_list(bob)
    deaf = server.in_wire(holds=LEAST_READ_BYTES)
    view = {**SELECTORS, **bob.credentials, "action": "view", "view": "contact", "contact": "list"}
    deaf.send(*[view] * MANY)
    return deaf


def test_who_reads_no_answers_is_cut(limited):
    server = limited(unread_seconds=SOON, requests_per_second_per_session=10_000)
    deaf = deaf_reader(server, server.user("bob"))
    ada = server.user()
    ada.asks_ok(**supply(5))
    server.empties(left=2)
    assert ada.asks_ok(**VIEW_WALLET)["ewallet_data"]["credits"] == 5
    deaf.close()


def test_who_reads_slowly_is_not_cut_while_they_read(limited):
    # Long beside each pause, which on a busy machine is longer than it is meant to be, short beside them all.
    server = limited(unread_seconds=LATER, requests_per_second_per_session=10_000)
    slow = deaf_reader(server, server.user("bob"))
    lines, turn, began = 0, threading.Event(), time.monotonic()
    while lines < MANY:
        turn.wait(SOON / 5)
        lines += slow.socket.recv(LEAST_READ_BYTES).count(b"\n")
    assert time.monotonic() - began > LATER
    assert lives(slow)


def test_who_stops_while_somebody_is_cut_for_reading_nothing_leaves_nothing_open(limited):
    server = limited(unread_seconds=SOON, requests_per_second_per_session=10_000)
    bob = server.user("bob")
    deaf = deaf_reader(server, bob)
    bob.engine.close()
    server.empties(left=1)
    server.listener.stop()
    deaf.close()
