"""Nothing is begun for clients that do not read: counts of calls and of bytes, with real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from engine_client import SELECTORS, EngineClient
from engine_server import VIEW_SOCKETS, EngineServer
from instructions import VIEW_WALLET, supply, view_list
from socket_wire import LOOPBACK, TIMEOUT_SECONDS, Wire

from ewallet_core.engine import dispatcher
from ewallet_core.instructions.envelope import Answer
from ewallet_core.server.connection import Connection
from ewallet_core.server.executor import LONG_THREADS, MOST_VIEWS_AT_ONCE, VIEW_THREADS
from ewallet_core.server.frame_output import LEAST_READ_BYTES, MOST_UNSENT_BYTES
from ewallet_core.server.limits import Limits
from ewallet_core.storage.transaction import Transaction

AT_ONCE = Limits().requests_at_once_per_connection
PADDING = "x" * 1_000_000
"""The system holds less than ten of them for one connection."""
LONGEST_ANSWER = len(PADDING) + 10_000
LONG_VIEW = {**view_list("contact"), "totals": True}
PADDED = "padded"
ELSEWHERE = "127.0.0.2"
FEWER = AT_ONCE // 2


class Begun:
    """Counts the calls that begin, and makes the answers to padded ones long; none begins before `go`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.go = threading.Event()
        self.go.set()
        original = dispatcher.Execution.run

        def run(execution: dispatcher.Execution, transaction: Transaction, **more: object) -> Answer:
            assert self.go.wait(TIMEOUT_SECONDS)
            answer = original(execution, transaction, **more)
            self.count += 1
            is_padded = (execution.call.request_id or "").startswith(PADDED)
            return {**answer, "padding": PADDING} if is_padded else answer

        monkeypatch.setattr(dispatcher.Execution, "run", run)


@pytest.fixture
def begun(monkeypatch) -> Begun:
    return Begun(monkeypatch)


@pytest.fixture
def limited(serve):
    """Start a server with the given limits."""

    def with_limits(**limits: Any) -> EngineServer:
        return serve(limits={"requests_per_second_per_session": 10_000, **limits})

    return with_limits


def padded(caller: EngineClient, number: int, instruction: dict[str, Any]) -> dict[str, Any]:
    return {**SELECTORS, **caller.credentials, **instruction, "request_id": f"{PADDED} {number:03}"}


def send_requests(server: EngineServer, sessions: list[EngineClient], instruction: dict[str, Any]) -> Wire:
    """Send as many requests as may be under way, and read nothing."""
    wire = server.in_wire(holds=LEAST_READ_BYTES)
    callers = sessions * AT_ONCE
    wire.send(*(padded(callers[number], number, instruction) for number in range(AT_ONCE)))
    return wire


def send_long_views(server: EngineServer, caller: EngineClient, begun: Begun) -> Wire:
    """Send long views, all of which are accepted before the first begins, and read nothing."""
    begun.go.clear()
    wire = send_requests(server, [caller], LONG_VIEW)
    server.wait_for_requests(AT_ONCE)
    begun.go.set()
    return wire


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def wait_until_held(server: EngineServer) -> None:
    """Wait until calls are held, because their client does not read."""
    wait_until(lambda: bool(server.executor._held))


def wait_until_unread(server: EngineServer) -> None:
    """Wait until a client does not read, and no view is about to begin."""
    wait_until(
        lambda: (
            not all(connection.is_read for connection in connections(server)) and not server.executor._views
        )
    )


def connections(server: EngineServer) -> list[Connection]:
    thread = server.listener._thread
    assert thread is not None
    return list(thread.server._in_listener._connections)


def unsent_bytes(server: EngineServer) -> int:
    return sum(connection.unsent_bytes for connection in connections(server))


def is_limit_reached(server: EngineServer) -> bool:
    return connections(server)[0]._port.unread.is_reached(LOOPBACK)


def read_all(wire: Wire) -> None:
    """Read the answers to all requests; each is there once."""
    ids = [wire.next_line()["request_id"] for _ in range(AT_ONCE)]
    assert sorted(ids) == [f"{PADDED} {number:03}" for number in range(AT_ONCE)]


def test_long_views_of_a_client_that_does_not_read_wait_and_go_on_when_it_reads(limited, begun):
    server = limited()
    ada = server.user()
    before = begun.count
    wire = send_long_views(server, ada, begun)
    wait_until_held(server)
    assert begun.count - before < FEWER
    assert unsent_bytes(server) <= MOST_UNSENT_BYTES + LONG_THREADS * LONGEST_ANSWER
    read_all(wire)
    assert begun.count - before == AT_ONCE


def test_views_of_a_client_that_does_not_read_wait_and_go_on_when_it_reads(limited, begun):
    server = limited()
    sessions = [server.user(), *(server.visitor().log_in() for _ in range(AT_ONCE - 1))]
    before = begun.count
    wire = send_requests(server, sessions, VIEW_WALLET)
    wait_until_unread(server)
    # Each thread has begun some before the first answer shows that nothing is read.
    begun_at_once = MOST_VIEWS_AT_ONCE * (VIEW_THREADS if server.engine.dispatcher.database.is_remote else 1)
    assert begun.count - before <= FEWER
    assert unsent_bytes(server) <= MOST_UNSENT_BYTES + begun_at_once * LONGEST_ANSWER
    read_all(wire)
    assert begun.count - before == AT_ONCE


def test_the_connections_of_an_address_have_a_limit_of_unread_bytes_together(limited, begun):
    server = limited(unread_megabytes_per_address=1, loopback_is_exempt=False)
    bob, elsewhere = server.user("bob"), server.in_wire(source=ELSEWHERE)
    sessions = [server.visitor().log_in("bob") for _ in range(2)]
    non_reading = [send_requests(server, [session], LONG_VIEW) for session in sessions]
    wait_until(lambda: bool(server.executor._held) and is_limit_reached(server))
    bob.engine.send({**SELECTORS, **bob.credentials, **VIEW_WALLET})
    wait_until(lambda: any(held.is_read for held in list(server.executor._held)))
    assert elsewhere.answer(VIEW_SOCKETS)["failed"] is False
    for wire in non_reading:
        wire.reset()
    assert bob.engine.next_line()["failed"] is False


def test_what_a_lost_connection_asked_to_read_is_never_begun(limited, begun):
    server = limited()
    ada = server.user()
    before = begun.count
    wire = send_long_views(server, ada, begun)
    wait_until_held(server)
    wire.reset()
    server.wait_for_requests(0)
    server.wait_for_connections(left=1)
    assert begun.count - before < FEWER
    ada.request(**supply(1))


def test_a_change_of_a_client_that_does_not_read_waits_and_is_made_when_it_is_lost(limited, begun):
    server = limited()
    ada = server.user()
    same_account = server.visitor().log_in("ada")
    wire = server.in_wire(holds=LEAST_READ_BYTES)
    wire.send(*(padded(ada, number, LONG_VIEW) for number in range(12)), padded(ada, 12, supply(7)))
    wait_until_held(server)
    assert same_account.credits == 0
    wire.reset()
    server.wait_for_requests(0)
    assert same_account.credits == 7
