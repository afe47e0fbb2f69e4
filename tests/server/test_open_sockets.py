"""The instructions about sockets, sent by the host program and by an operator while clients are connected."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from blocked_passwords import BlockedPasswords
from engine_client import SELECTORS, EngineClient
from engine_server import EngineServer
from examples_operators import grant
from examples_system import CLOSE_SOCKETS, START_LISTENER, VIEW_SOCKETS, system
from fakes import CHEAP
from instructions import new_account, supply
from socket_wire import LOOPBACK, Wire

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig

OPEN_ANYWHERE = system("open", "sockets", in_port=0, out_port=0)

NEVER_CLOSED = """
import socket, sys
from ewallet_core import EWalletSessionManager
engine = EWalletSessionManager(sys.argv[1])
engine.answer({"controller": "system", "ctype": "action", "action": "start", "start": "instruction_listener"})
opened = engine.answer({"controller": "system", "ctype": "action", "action": "open", "opening": "sockets",
                        "in_port": 0, "out_port": 0})
wire = socket.create_connection(("127.0.0.1", opened["in_port"]))
wire.sendall(b'{"controller": "client", "ctype": "action", "action": "request", "request": "client_id"}\\n')
assert b'"failed":false' in wire.makefile("rb").readline()
wire.close()
"""


@pytest.fixture
def plain(wallet_url, wallclock) -> Iterator[EWalletSessionManager]:
    """An engine of a host program that does not listen yet."""
    config = EngineConfig(self_supply=True)
    with EWalletSessionManager(wallet_url, clock=wallclock, passwords=CHEAP, config=config) as engine:
        yield engine


@pytest.fixture
def operator(server: EngineServer) -> EngineClient:
    """Olga, an operator who is connected over the network."""
    olga = server.user("olga")
    server.request_system(**grant("operator", "olga@example.org"))
    return olga


def answers(port: int) -> bool:
    with closing(Wire(port)) as wire:
        return wire.answer({**SELECTORS, **VIEW_SOCKETS})["failed"] is False


def is_closed(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), 5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_program_can_start_open_and_close(plain):
    program = EngineClient(plain)
    assert program.request(**START_LISTENER)["listener"] == "ready"
    assert program.request(**VIEW_SOCKETS)["in_port"] is None
    opened = program.request(**OPEN_ANYWHERE)
    ports = opened["in_port"], opened["out_port"]
    assert 0 < ports[0] != ports[1] > 0
    assert answers(ports[0])
    viewed = program.request(**VIEW_SOCKETS)
    assert (viewed["in_port"], viewed["out_port"]) == ports
    assert program.request(**CLOSE_SOCKETS)["closed"] is True
    assert all(map(is_closed, ports))
    assert program.request(**VIEW_SOCKETS)["out_port"] is None


def test_closed_sockets_can_be_opened_again_on_the_same_ports(plain):
    program = EngineClient(plain)
    first = program.request(**OPEN_ANYWHERE)
    ports = {"in_port": first["in_port"], "out_port": first["out_port"]}
    with closing(Wire(ports["in_port"])) as guest:
        guest.answer({**SELECTORS, **VIEW_SOCKETS})
        for _ in range(3):
            program.request(**CLOSE_SOCKETS)
            again = program.request(**system("open", "sockets", **ports))
            assert {name: again[name] for name in ports} == ports
        guest.expect_last_error("server_stopping")
    assert answers(ports["in_port"])


def test_closing_and_starting_twice_is_allowed(plain):
    program = EngineClient(plain)
    for _ in range(2):
        program.request(**CLOSE_SOCKETS)
        program.request(**START_LISTENER)
    opened = program.request(**OPEN_ANYWHERE)
    assert program.request(**OPEN_ANYWHERE) == opened


def test_connections_stay_open_when_the_ports_change(server, operator):
    ada = server.user()
    ear = server.subscribe(ada)
    assert ear.next_line()["event"] == "listening"
    before = server.ports
    moved = operator.request(**system("open", "sockets", in_port=free_port(), out_port=free_port()))
    assert server.ports == (moved["in_port"], moved["out_port"])
    assert set(server.ports).isdisjoint(before)
    assert all(map(is_closed, before))
    server.assert_answers()
    ada.request(**supply(5))
    assert ear.next_line()["event"] == "credits_arrived"
    assert server.subscribe(ada, since=0).next_line()["event"] == "listening"


@pytest.mark.parametrize("taken", ["in_port", "out_port"])
def test_if_a_port_is_in_use_both_ports_stay(server, operator, taken):
    before = server.ports
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        ports = {"in_port": free_port(), "out_port": free_port(), taken: other.getsockname()[1]}
        refused = operator.expect_error("port_unavailable", **system("open", "sockets", **ports))
    assert refused["details"]["port"] == ports[taken]
    assert server.ports == before
    server.assert_answers()
    assert all(is_closed(port) for name, port in ports.items() if name != taken)


def test_both_ports_must_differ(server, operator):
    before, port = server.ports, free_port()
    operator.expect_error("port_unavailable", **system("open", "sockets", in_port=port, out_port=port))
    assert server.ports == before
    server.assert_answers()


def test_closing_answers_its_own_request_and_those_in_flight(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    operator, eve, idle = server.user("olga"), server.visitor(), server.in_wire()
    ear = server.subscribe(operator)
    assert ear.next_line()["event"] == "listening"
    server.request_system(**grant("operator", "olga@example.org"))
    assert ear.next_line()["event"] == "account_changed"
    ports = server.ports
    with passwords.blocked():
        eve.engine.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_hash()
        assert operator.request(**CLOSE_SOCKETS)["closed"] is True
        for wire in (operator.engine, idle, ear):
            wire.expect_last_error("server_stopping")
        assert all(map(is_closed, ports))
    assert eve.engine.next_line()["account"] == "eve@example.org"
    eve.engine.expect_last_error("server_stopping")
    server.listener.open(*ports)
    server.assert_answers()


@pytest.mark.parametrize("instruction", [START_LISTENER, OPEN_ANYWHERE, CLOSE_SOCKETS], ids=str)
def test_users_are_not_permitted(server, instruction):
    before = server.ports
    server.user().expect_error("not_permitted", **instruction)
    server.visitor().expect_error("not_logged_in", **instruction)
    server.caller().expect_error("client_unknown", **instruction)
    assert server.ports == before
    server.assert_answers()


def test_stopping_answers_the_requests_in_flight(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve = server.visitor()
    stopping = threading.Thread(target=server.listener.stop)
    with passwords.blocked():
        eve.engine.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_hash()
        stopping.start()
    assert eve.engine.next_line()["account"] == "eve@example.org"
    eve.engine.expect_last_error("server_stopping")
    eve.engine.close()
    stopping.join(20)
    assert not stopping.is_alive()


def test_closing_the_manager_leaks_no_thread_and_no_socket(wallet_url, wallclock):
    before = {thread.name for thread in threading.enumerate()}
    files = open_files()
    for _ in range(3):
        engine = EWalletSessionManager(wallet_url, clock=wallclock, passwords=CHEAP)
        opened = EngineClient(engine).request(**OPEN_ANYWHERE)
        with closing(Wire(opened["in_port"])) as wire, closing(Wire(opened["out_port"])) as ear:
            EngineClient(wire).open_session()
            ear.send_bytes(b"{")
        engine.close()
        engine.close()
    assert {thread.name for thread in threading.enumerate()} == before
    assert open_files() == files


def test_a_closed_manager_does_not_listen(plain):
    opened = EngineClient(plain).request(**OPEN_ANYWHERE)
    plain.close()
    assert is_closed(opened["in_port"])
    EngineClient(plain).expect_error("engine_closed", **OPEN_ANYWHERE)


def test_an_unclosed_server_does_not_keep_its_process_alive(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", NEVER_CLOSED, f"sqlite:///{tmp_path / 'wallet.sqlite3'}"],
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def free_port() -> int:
    with socket.socket() as found:
        found.bind((LOOPBACK, 0))
        return int(found.getsockname()[1])


def open_files() -> int:
    path = Path("/proc/self/fd")
    return len([*path.iterdir()]) if path.exists() else 0
