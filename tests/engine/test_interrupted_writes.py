"""A signal may interrupt a caller that writes at any moment: the database is not left locked."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from random import Random
from types import FrameType

import pytest
from commit_groups import Deliveries, busy_writer, disable_syncs, note, notes
from database_file import violations_in

from ewallet_core.storage.transaction import Transaction

INTERRUPTS = 300
LATEST_SECONDS = 0.002


class Interrupt(BaseException):
    """As KeyboardInterrupt, which pytest would take for its own."""


@pytest.fixture
def interrupts() -> Iterator[None]:
    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise Interrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, former)


@pytest.mark.usefixtures("interrupts")
def test_interrupted_writes_are_kept_whole_or_not_at_all(database, wallet_file):
    disable_syncs(database)
    drawn = Random(13)
    done, interrupted = set(), set()
    for number in range(INTERRUPTS):
        name = f"{number:04}"
        try:
            signal.setitimer(signal.ITIMER_REAL, drawn.uniform(1e-6, LATEST_SECONDS))
            database.write(note(name))
            signal.setitimer(signal.ITIMER_REAL, 0)
            done.add(name)
        except Interrupt:
            interrupted.add(name)
            # Another process may write at once.
            with closing(sqlite3.connect(wallet_file, isolation_level=None, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
    assert interrupted
    assert done <= set(notes(wallet_file)) <= done | interrupted
    assert database.write(note("afterwards")) == "afterwards"
    assert violations_in(wallet_file) == []


def test_an_interrupted_caller_undoes_its_work_and_does_not_begin_it_again(database, wallet_file):
    begun = []

    def interrupted(transaction: Transaction) -> None:
        begun.append(note("half")(transaction))
        raise Interrupt

    with pytest.raises(Interrupt):
        database.write(interrupted)
    assert begun == ["half"]
    assert notes(wallet_file) == []


def test_a_signal_handler_is_refused_what_would_wait_for_itself(database, wallet_file):
    def handler_writes(transaction: Transaction) -> str:
        with pytest.raises(RuntimeError, match="signal handler"):
            database.write(note("from the handler"))
        with pytest.raises(RuntimeError, match="signal handler"):
            database.close()
        return str(note("own")(transaction))

    assert database.write(handler_writes) == "own"
    assert notes(wallet_file) == ["own"]


def test_work_that_is_submitted_meanwhile_is_done_after_the_caller_s_own(database, wallet_file):
    deliveries = Deliveries()

    def own(transaction: Transaction) -> str:
        database.submit(note("submitted"), deliveries.take)
        return str(note("own")(transaction))

    assert database.write(own) == "own"
    (finished,) = deliveries.next()
    assert finished.result == "submitted"
    assert notes(wallet_file) == ["own", "submitted"]


def test_a_caller_waits_for_a_group_that_is_under_way(database, wallet_file):
    with busy_writer(database):
        database.submit(note("first"), lambda _: None)
    assert database.write(note("second")) == "second"
    assert notes(wallet_file) == ["first", "second"]
