"""What many ask at once, of one engine or of two on one file, is done as if they had stood in line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

from engine_client import EngineClient
from instructions import new_account, supply, to_clock

from ewallet_core.engine.dispatcher import KeyedLocks


def test_what_many_threads_ask_of_one_engine_is_all_done(engine):
    callers = [EngineClient(engine).opens_a_session().registers(name).logs_in(name) for name in "abcd"]
    with ThreadPoolExecutor(16) as threads:
        for _, caller in zip(range(80), cycle(callers), strict=False):
            threads.submit(caller.asks_ok, **supply(1))
    assert [caller.credits for caller in callers] == [20] * 4


def test_what_many_threads_ask_of_one_session_is_done_one_after_another(ada):
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: ada.asks_ok(**supply(number)), range(1, 41)))
    assert ada.credits == sum(range(1, 41))
    assert len({answer["total_credits"] for answer in answers}) == 40


def test_what_two_engines_are_asked_of_one_file_is_all_done(ada, open_engine):
    here_and_there = cycle([ada, ada.at(open_engine())])
    with ThreadPoolExecutor(8) as threads:
        for _, caller in zip(range(60), here_and_there, strict=False):
            threads.submit(caller.asks_ok, **supply(1))
    assert ada.credits == 60


def test_a_wallet_is_not_spent_twice_however_many_ask_at_once(supplied, open_engine):
    other = supplied.at(open_engine())
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda caller: caller.ask(**to_clock(30)), [supplied, other] * 4))
    assert [answer["failed"] for answer in answers].count(False) == 3
    assert supplied.credits == 10


def test_one_request_that_is_sent_by_many_at_once_is_done_once(ada, open_engine):
    other = ada.at(open_engine())
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda caller: caller.ask(**supply(5), request_id="at once 1"), [ada, other] * 4)
        )
    assert all(answer == answers[0] for answer in answers)
    assert ada.credits == 5


def test_a_name_is_given_once_however_many_ask_for_it_at_once(engine):
    callers = [EngineClient(engine).opens_a_session() for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda caller: caller.ask(**new_account()), callers))
    assert sorted(answer.get("code", "made") for answer in answers) == ["made"] + ["name_taken"] * 5


# The order of one client's calls


def test_a_lock_is_granted_in_the_order_of_asking_and_forgotten_at_the_end():
    locks = KeyedLocks()
    turns = [locks.acquire("ada") for _ in range(4)]
    for position in range(4):
        assert [turn.done() for turn in turns] == [each <= position for each in range(4)]
        locks.release("ada")
    assert locks._waiting == {}


def test_a_lock_keeps_no_other_key_waiting_and_none_is_no_lock():
    locks = KeyedLocks()
    granted = [locks.acquire(key) for key in ("ada", "bob", None, None)]
    assert all(turn.done() for turn in granted)
    for key in ("ada", "bob", None, None):
        locks.release(key)
    assert locks._waiting == {}


def test_a_wait_that_is_cancelled_is_passed_over():
    locks = KeyedLocks()
    _, given_up, patient = (locks.acquire("ada") for _ in range(3))
    assert given_up.cancel()
    locks.release("ada")
    assert patient.done()
    assert not patient.cancel()
    locks.release("ada")
    assert locks._waiting == {}
