"""Concurrent requests to one engine, or to two engines on one file, act as if sent one after another."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from types import SimpleNamespace

import pytest
from engine_client import EngineClient
from instructions import new_account, supply, to_clock

from ewallet_core.engine.dispatcher import KeyedLocks
from ewallet_core.storage.sessions import seen_requests

pytestmark = pytest.mark.on_postgresql_too

READERS, PATIENCE_SECONDS = 40, 10


def test_requests_of_many_threads_to_one_engine_are_all_executed(engine):
    callers = [EngineClient(engine).open_session().register(name).log_in(name) for name in "abcd"]
    with ThreadPoolExecutor(16) as threads:
        for _, caller in zip(range(80), cycle(callers), strict=False):
            threads.submit(caller.request, **supply(1))
    assert [caller.credits for caller in callers] == [20] * 4


def test_requests_of_many_threads_in_one_session_are_executed_in_order(ada):
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: ada.request(**supply(number)), range(1, 41)))
    assert ada.credits == sum(range(1, 41))
    assert len({answer["total_credits"] for answer in answers}) == 40


def test_requests_to_two_engines_on_one_file_are_all_executed(ada, open_engine):
    both_engines = cycle([ada, ada.at(open_engine())])
    with ThreadPoolExecutor(8) as threads:
        for _, caller in zip(range(60), both_engines, strict=False):
            threads.submit(caller.request, **supply(1))
    assert ada.credits == 60


def test_concurrent_conversions_do_not_overdraw_a_wallet(supplied, open_engine):
    other = supplied.at(open_engine())
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda caller: caller.send(**to_clock(30)), [supplied, other] * 4))
    assert [answer["failed"] for answer in answers].count(False) == 3
    assert supplied.credits == 10


def test_one_request_id_sent_concurrently_is_executed_once(ada, open_engine):
    other = ada.at(open_engine())
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda caller: caller.send(**supply(5), request_id="at once 1"), [ada, other] * 4)
        )
    assert all(answer == answers[0] for answer in answers)
    assert ada.credits == 5


def test_a_name_requested_concurrently_is_given_once(engine):
    callers = [EngineClient(engine).open_session() for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda caller: caller.send(**new_account()), callers))
    assert sorted(answer.get("code", "made") for answer in answers) == ["made"] + ["name_taken"] * 5


@pytest.mark.sqlite_only("a pool has so many connections to PostgreSQL and no more")
def test_any_number_of_readers_read_at_once(engine):
    all_read = threading.Barrier(READERS, timeout=PATIENCE_SECONDS)
    with ThreadPoolExecutor(READERS) as threads:
        reads = [
            threads.submit(engine.dispatcher.database.read, lambda _: all_read.wait()) for _ in range(READERS)
        ]
        assert sorted(read.result() for read in reads) == [*range(READERS)]


def test_a_reader_sees_what_was_written_since_its_connection_was_last_used(database):
    insert = partial(
        seen_requests.insert, scope="test", request_id="a", fingerprint=b"", answer="", seen_at=0
    )
    assert database.read(seen_requests.all) == []
    database.write(insert)
    assert len(database.read(seen_requests.all)) == 1


def test_a_read_that_outlives_the_database_closes_its_connection(database, wallet_file):
    assert database.read(lambda _: database.close()) is None
    # SQLite removes the log when the last connection is closed.
    assert not wallet_file.with_name(f"{wallet_file.name}-wal").exists()


# The order of one client's calls


def test_a_lock_is_granted_in_the_order_of_asking_and_forgotten_at_the_end():
    locks, granted = KeyedLocks(), []
    assert locks.acquire("ada", lambda: granted.append(0))
    assert not any(locks.acquire("ada", partial(granted.append, turn)) for turn in (1, 2, 3))
    for position in range(4):
        assert granted == [*range(1, position + 1)]
        locks.release("ada")
    assert locks._waiting == {}


def test_a_lock_keeps_no_other_key_waiting_and_none_is_no_lock():
    locks = KeyedLocks()
    assert all(locks.acquire(key, pytest.fail) for key in ("ada", "bob", None, None))
    for key in ("ada", "bob", None, None):
        locks.release(key)
    assert locks._waiting == {}


def test_a_wait_that_is_given_up_is_passed_over():
    locks, granted = KeyedLocks(), []
    locks.acquire("ada", pytest.fail)
    locks.acquire("ada", pytest.fail)
    locks.acquire("ada", granted.clear)
    locks.give_up("ada", pytest.fail)
    locks.acquire("ada", partial(granted.append, "patient"))
    locks.release("ada")
    assert granted == []
    locks.give_up("ada", granted.clear)
    assert granted == ["patient"]
    locks.release("ada")
    assert locks._waiting == {}


def test_a_wait_that_is_interrupted_leaves_the_lock_to_the_others(ada, monkeypatch):
    dispatcher, order = ada.engine.dispatcher, ada.engine.dispatcher.order
    call = dispatcher.parse({"controller": "client", "ctype": "action", **supply(1), **ada.credentials})
    order.acquire(call.order_key, pytest.fail)

    class InterruptedWait:
        """A lock that is free once; who then waits for it is interrupted."""

        def __init__(self) -> None:
            self._acquisitions = iter([True])

        def acquire(self) -> bool:
            if next(self._acquisitions, False):
                return True
            raise KeyboardInterrupt

        def release(self) -> None:
            pytest.fail("the turn of who has given up has come")

    with monkeypatch.context() as patched:
        patched.setattr("ewallet_core.engine.dispatcher.threading", SimpleNamespace(Lock=InterruptedWait))
        with pytest.raises(KeyboardInterrupt):
            dispatcher.run(call)
    order.release(call.order_key)
    assert order._waiting == {}
