"""The instruction port answers in order within a session; sessions do not wait for each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from blocked_passwords import BlockedPasswords
from engine_client import SELECTORS, EngineClient
from engine_server import VIEW_SOCKETS, EngineServer
from instructions import VIEW_WALLET, login, new_account, supply
from long_answers import create_long_contact_list
from socket_wire import TIMEOUT_SECONDS

from ewallet_core.engine import dispatcher
from ewallet_core.instructions.registry import InstructionRegistry
from ewallet_core.protocol.frames import LARGEST_FRAME, LineBuffer
from ewallet_core.server import server as stopping
from ewallet_core.server.connection import LINES_AT_ONCE
from ewallet_core.server.limits import Limits

SEVERAL, EACH = 5, 100
MANY = 10
SOON = 0.1


def answers(wire, count: int) -> list[dict]:
    return [wire.next_line() for _ in range(count)]


def request_line(caller: EngineClient, request_id: str, **instruction: object) -> dict:
    return {**SELECTORS, **caller.credentials, **instruction, "request_id": request_id}


def test_five_hundred_concurrent_requests_are_answered_in_order_per_session(server):
    sessions = [server.user(f"user{number}") for number in range(SEVERAL)]
    wire = server.in_wire()
    wire.send(
        *(
            request_line(session, f"session {name} request {number}", **supply(1))
            for number in range(EACH)
            for name, session in enumerate(sessions)
        )
    )
    found = {answer["request_id"]: answer["total_credits"] for answer in answers(wire, SEVERAL * EACH)}
    for name in range(SEVERAL):
        own = [found[f"session {name} request {number}"] for number in range(EACH)]
        assert own == [*range(1, EACH + 1)]


def test_slow_and_fast_requests_of_a_session_run_in_order(server):
    ada = server.user()
    wire = server.in_wire()
    wire.send(
        *(request_line(ada, f"request {n:03}", **(supply(1) if n % 2 else VIEW_WALLET)) for n in range(80))
    )
    found = sorted(answers(wire, 80), key=lambda answer: answer["request_id"])
    assert [answer["ewallet_data"]["credits"] for answer in found[::2]] == [*range(40)]


def test_an_answer_longer_than_the_maximum_request_arrives_complete(server):
    assert len(create_long_contact_list(server.user())) > LARGEST_FRAME


def test_hashing_a_password_does_not_block_other_sessions(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    ada, eve = server.user("ada"), server.visitor()
    with passwords.blocked():
        eve.engine.send(request_line(eve, "slow as it is", **new_account("eve")))
        passwords.wait_for_hash()
        ada.request(**supply(5))
        assert ada.credits == 5
        # Also on the connection with the password.
        assert ada.at(eve.engine).credits == 5
    assert eve.engine.next_line()["request_id"] == "slow as it is"


def test_a_session_waits_for_its_own_password_hash(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve = server.visitor().register("eve")
    with passwords.blocked():
        eve.engine.send(
            request_line(eve, "the login", **login("eve")), request_line(eve, "the view", **VIEW_WALLET)
        )
        passwords.wait_for_hash()
        server.assert_answers()
    assert [answer["request_id"] for answer in answers(eve.engine, 2)] == ["the login", "the view"]


def test_a_session_has_one_order_for_its_connections_and_the_program(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve = server.visitor().register("eve")
    with ThreadPoolExecutor(1) as program:
        with passwords.blocked():
            eve.engine.send(request_line(eve, "the login", **login("eve")))
            passwords.wait_for_hash()
            credits = program.submit(lambda: eve.at(server.engine).credits)
            server.assert_answers()
            assert not credits.done()
        assert credits.result(TIMEOUT_SECONDS) == 0


def test_what_waits_for_its_session_occupies_no_thread(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords, limits={"requests_per_second_per_session": 1_000})
    ada, eve = server.user("ada"), server.visitor().register("eve")
    wires = [server.in_wire() for _ in range(4)]
    with passwords.blocked():
        eve.engine.send(request_line(eve, "the login", **login("eve")))
        passwords.wait_for_hash()
        for number, wire in enumerate(wires):
            wire.send(*(request_line(eve, f"supply {number} {n:02}", **supply(1)) for n in range(20)))
        ada.request(**supply(5))
    assert eve.engine.next_line()["request_id"] == "the login"
    assert {answer["failed"] for wire in wires for answer in answers(wire, 20)} == {False}
    assert eve.credits == 80


def test_a_request_is_parsed_and_matched_once(server, ada, monkeypatch):
    steps: list[str] = []

    def counted(name: str, step: Callable[..., object]) -> Callable[..., object]:
        return lambda *given: (steps.append(name), step(*given))[1]

    for owner, name in (
        (dispatcher, "parse_envelope"),
        (dispatcher, "read_request"),
        (InstructionRegistry, "match"),
    ):
        monkeypatch.setattr(owner, name, counted(name, getattr(owner, name)))
    ada.request(**supply(5), request_id="only once")
    ada.expect_error("unknown_instruction", action="supplly", request_id="never so")
    assert steps == ["parse_envelope", "match", "read_request", "parse_envelope", "match"]


def test_a_client_that_reads_no_answers_does_not_block_others(server, ada, bob):
    create_long_contact_list(bob)
    non_reading = server.in_wire()
    view = request_line(bob, "never read", action="view", view="contact", contact="list")
    non_reading.send(*[view] * 90)
    bob.engine.send(VIEW_SOCKETS)
    assert bob.engine.next_line()["failed"] is False
    ada.request(**supply(5))
    assert ada.credits == 5


def test_a_session_can_be_used_from_any_connection(server, ada):
    ada.request(**supply(5))
    assert ada.at(server.in_wire()).credits == 5


def test_a_repeated_request_gets_the_same_answer_on_another_connection(server, ada):
    once = request_line(ada, "exactly once", **supply(5))
    first = ada.engine.answer(once)
    ada.engine.reset()
    assert ada.at(server.in_wire()).engine.answer(once) == first
    assert ada.at(server.in_wire()).credits == 5


@pytest.mark.parametrize("junk", [b"\n", b"{\n", b"[]\n"], ids=["blank lines", "no JSON", "no object"])
def test_invalid_lines_do_not_monopolize_the_event_loop(server, junk, monkeypatch):
    turns = Turns(server, monkeypatch)
    flood = server.in_wire()
    flood.send_bytes(junk * 3_000)
    flood.shut_down_writing()
    while flood.next_bytes():
        pass
    assert 0 < turns.end() <= LINES_AT_ONCE


class Turns:
    """Counts how many lines are read in one iteration of the server's event loop."""

    def __init__(self, server: EngineServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self._loop = server.loop
        self._taken, self._most = 0, 0
        self._is_over = False
        take = LineBuffer.next_line

        def counted(lines: LineBuffer) -> bytes | None:
            line = take(lines)
            self._taken += line is not None
            return line

        monkeypatch.setattr(LineBuffer, "next_line", counted)
        self._loop.call_soon_threadsafe(self._again)

    def end(self) -> int:
        """The maximum number of lines in one iteration."""
        self._is_over = True
        return self._most

    def _again(self) -> None:
        self._most, self._taken = max(self._most, self._taken), 0
        if not self._is_over:
            self._loop.call_soon(self._again)


def test_a_stopped_server_gives_up_the_turns_of_the_calls_that_wait(serve, monkeypatch):
    monkeypatch.setattr(stopping, "DRAIN_SECONDS", SOON)
    passwords = BlockedPasswords()
    server = serve(passwords=passwords, limits={"requests_per_second_per_session": 10_000})
    eve = server.visitor()
    at_once = Limits().requests_at_once_per_connection
    with ThreadPoolExecutor(1) as threads, passwords.blocked():
        registered = threads.submit(
            EngineClient(server.engine, eve.credentials).request, **new_account("eve")
        )
        passwords.wait_for_hash()
        for _ in range(MANY):
            server.in_wire().send(*[{**SELECTORS, **eve.credentials, **login("eve")}] * at_once)
        server.wait_for_requests(MANY * at_once)
        server.listener.stop()
    assert registered.result()["account"] == "eve@example.org"
    assert server.engine.dispatcher.order._waiting == {}
