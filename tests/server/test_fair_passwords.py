"""Many logins of one address do not delay those of another: positions in the order of hashes, not seconds."""

from __future__ import annotations

import errno
import os
import queue
import sys
import threading
from typing import Any

import pytest
from blocked_passwords import BlockedPasswords
from engine_client import SELECTORS, EngineClient
from engine_server import EngineServer
from instructions import login

from ewallet_core.server import executor
from ewallet_core.server.fair_threads import NICENESS, FairQueue, FairThreads

CROWD, MODEST, THIRD = "127.0.0.2", "127.0.0.3", "127.0.0.4"
FORTY_FIVE = 45
WRONG = "a wrong password"
RIGHT = "the password of the modest one"


@pytest.fixture
def passwords() -> BlockedPasswords:
    return BlockedPasswords()


@pytest.fixture
def limited(serve, passwords):
    """Start a server with one hashing thread and the given limits."""

    def with_limits(**limits: Any) -> EngineServer:
        return serve(limits={"passwords_at_once": 1, **limits}, passwords=passwords)

    return with_limits


def visitors(server: EngineServer, source: str, count: int) -> list[EngineClient]:
    """Sessions on one connection from that address."""
    wire = server.in_wire(source=source)
    return [EngineClient(wire).open_session() for _ in range(count)]


def send_logins(clients: list[EngineClient], password: str = WRONG) -> None:
    """Send a login of each session, of different names, so that no throttle refuses one."""
    for client in clients:
        name = f"name {client.credentials['client_id']}"[:32]
        client.engine.send({**SELECTORS, **client.credentials, **login(name), "user_pass": password})


def answers(clients: list[EngineClient]) -> list[str]:
    return [client.engine.next_line()["code"] for client in clients]


def test_a_login_is_checked_among_the_next_after_many_of_another_address(limited, passwords):
    server = limited()
    crowd, modest = visitors(server, CROWD, FORTY_FIVE), visitors(server, MODEST, 1)
    with passwords.blocked():
        send_logins(crowd)
        server.wait_for_requests(FORTY_FIVE)
        passwords.wait_for_hash()
        send_logins(modest, RIGHT)
        server.wait_for_requests(FORTY_FIVE + 1)
    assert answers(modest) == ["login_refused"]
    assert answers(crowd) == ["login_refused"] * FORTY_FIVE
    # One is under way, and each address has its turn.
    assert passwords.begun.index(RIGHT) <= 2


def test_an_address_has_a_limit_of_waiting_logins_of_its_own(limited, passwords):
    server = limited(passwords_waiting_per_address=3, loopback_is_exempt=False)
    crowd, modest = visitors(server, CROWD, 6), visitors(server, MODEST, 1)
    with passwords.blocked():
        send_logins(crowd)
        passwords.wait_for_hash()
        refused = [crowd[0].engine.next_line() for _ in range(2)]
        send_logins(modest, RIGHT)
        server.wait_for_requests(5)
    assert {line["code"] for line in refused} == {"server_busy"}
    assert {line["details"]["retry_after_ms"] for line in refused} == {executor.BUSY_RETRY_MS}
    assert answers(crowd[:4]) == ["login_refused"] * 4
    assert answers(modest) == ["login_refused"]


def test_a_full_queue_gives_a_place_of_the_address_with_most_to_another(limited, passwords):
    server = limited(passwords_waiting=4)
    crowd, others, modest = (
        visitors(server, source, count) for source, count in ((CROWD, 4), (THIRD, 1), (MODEST, 1))
    )
    with passwords.blocked():
        send_logins(crowd)
        passwords.wait_for_hash()
        send_logins(others)
        server.wait_for_requests(5)
        send_logins(modest, RIGHT)
        assert answers(crowd[:1]) == ["server_busy"]
    assert answers(modest) == ["login_refused"]
    assert answers(others) == ["login_refused"]
    assert answers(crowd[1:]) == ["login_refused"] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all threads of a process have one niceness")
def test_the_hashing_threads_yield_to_the_event_loop_and_the_writer(limited):
    limited().user()
    niceness = {
        thread.name.partition("_")[0]: os.getpriority(os.PRIO_PROCESS, thread.native_id)
        for thread in threading.enumerate()
    }
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert niceness.pop("ewallet-passwords") == min(ours + NICENESS, 19)
    assert set(niceness.values()) == {ours}


def test_passwords_are_checked_where_no_thread_may_change_its_priority(limited, monkeypatch):
    def refuse(*_: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "setpriority", refuse)
    limited().user()


def test_a_queue_takes_its_networks_in_turn_and_keeps_the_order_of_each():
    queue = FairQueue[str]()
    for item in ("a1", "a2", "a3", "b1", "c1", "b2"):
        queue.add(item[0], item)
    assert (queue.count_of("a"), queue.count_of("d"), queue.longest()) == (3, 0, 3)
    assert [queue.pop() for _ in range(4)] == ["a1", "b1", "c1", "a2"]
    queue.add("d", "d1")
    queue.add("d", "d2")
    assert queue.pop_longest() == "d2"
    assert [queue.pop() for _ in range(len(queue))] == ["b2", "a3", "d1"]
    assert queue.longest() == 0


def test_items_that_have_waited_for_a_thread_are_taken_together_in_turn():
    begun: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    go_on = threading.Semaphore(0)

    def work(items: list[str]) -> None:
        begun.put(items)
        go_on.acquire()

    dropped = {"a3"}
    threads = FairThreads[str](1, "test", work, lambda item: item not in dropped, most_at_once=3)
    threads.add("a", "a1")
    assert begun.get() == ["a1"]
    for item in ("a2", "a3", "a4", "b1", "b2"):
        threads.add(item[0], item)
    for expected in (["a2", "b1", "b2"], ["a4"]):
        go_on.release()
        threads.finish()
        assert begun.get() == expected
    go_on.release()
    threads.shut_down()
