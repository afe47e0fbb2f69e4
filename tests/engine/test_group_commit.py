"""Waiting work is committed together, and yet each piece of work succeeds or fails alone."""

from __future__ import annotations

import pytest
from commit_groups import Deliveries, busy_writer, note, notes, statements_of, together
from database_file import execute_sql
from engine_client import EngineClient
from instructions import supply

from ewallet_core.errors.server import EngineClosedError, StorageFailedError
from ewallet_core.storage.database import Finished, Work, open_database
from ewallet_core.storage.sessions import seen_requests
from ewallet_core.storage.transaction import Transaction

pytestmark = pytest.mark.usefixtures("on_disk")


def failing(name: str) -> Work:
    """Work that inserts a row and then fails."""

    def work(transaction: Transaction) -> None:
        note(name)(transaction)
        raise LookupError(name)

    return work


def test_a_group_is_committed_once(database, wallet_file):
    with statements_of(database) as statements:
        ended = together(database, *(note(name) for name in "abcdefgh"))
    assert [future.result() for future in ended] == [*"abcdefgh"]
    assert notes(wallet_file) == [*"abcdefgh"]
    assert statements.count("COMMIT") == 2  # the work that kept the writer busy, and the group


def test_failing_work_rolls_back_only_itself(database, wallet_file):
    before, wrong, after = together(database, note("before"), failing("wrong"), note("after"))
    assert (before.result(), after.result()) == ("before", "after")
    with pytest.raises(LookupError, match="wrong"):
        wrong.result()
    assert notes(wallet_file) == ["after", "before"]


def test_an_interrupt_in_one_piece_of_work_does_not_stop_the_writer(database, wallet_file):
    def interrupted(_transaction: Transaction) -> None:
        raise KeyboardInterrupt

    _, wrong, after = together(database, note("before"), interrupted, note("after"))
    assert isinstance(wrong.exception(), KeyboardInterrupt)
    assert after.result() == "after"
    assert notes(wallet_file) == ["after", "before"]


def test_a_constraint_violation_rolls_back_only_its_own_work(database, wallet_file):
    _, twice, _ = together(database, note("one"), note("one"), note("other"))
    assert twice.exception() is not None
    assert notes(wallet_file) == ["one", "other"]


def ending_the_transaction(transaction: Transaction) -> None:
    """Work that ends the whole transaction, as SQLite may after a disk error."""
    transaction._connection.execute("ROLLBACK")


def test_work_that_ends_the_transaction_is_the_only_one_to_fail(database, wallet_file):
    before, wrong, after = together(database, note("before"), ending_the_transaction, note("after"))
    assert (before.result(), after.result()) == ("before", "after")
    assert isinstance(wrong.exception(), StorageFailedError)
    assert notes(wallet_file) == ["after", "before"]


def test_work_that_is_run_again_returns_its_last_result(database, wallet_file):
    failures = [LookupError("the first time")]

    def fails_once(transaction: Transaction) -> str:
        if failures:
            raise failures.pop()
        return note("again")(transaction)

    again, wrong = together(database, fails_once, ending_the_transaction)
    assert again.result() == "again"
    assert isinstance(wrong.exception(), StorageFailedError)
    assert notes(wallet_file) == ["again"]


def test_work_sees_the_changes_of_earlier_work_in_its_group(database):
    def count(transaction: Transaction) -> int:
        return len(seen_requests.all(transaction))

    assert [future.result() for future in together(database, count, note("a"), count)] == [0, "a", 1]


def test_closing_finishes_the_waiting_work(wallet_file):
    closing = open_database(f"sqlite:///{wallet_file}")
    ended = together(closing, *(note(name) for name in "abcd"), lambda _: None)
    closing.close()
    assert all(future.exception() is None for future in ended)
    assert notes(wallet_file) == [*"abcd"]


def test_an_entry_that_can_not_be_sealed_does_not_block_the_engine(open_engine, wallet_file):
    ada = EngineClient(open_engine()).open_session().register().log_in()
    execute_sql(wallet_file, "INSERT INTO entries (kind, at) VALUES ('supply', 1)")
    execute_sql(
        wallet_file,
        "INSERT INTO postings (entry_id, balance_id, unit, amount) VALUES (1, 3, 'credit', 5)",
    )
    assert ada.send(**supply(5))["failed"] is True
    assert ada.credits == 0


def test_submitted_work_is_delivered_once_for_each_group(database, wallet_file):
    works, deliveries = [note("a"), failing("b"), note("c")], Deliveries()
    with statements_of(database) as statements:
        with busy_writer(database):
            for work in works:
                database.submit(work, deliveries.take)
            assert deliveries.is_empty()
        finished = deliveries.next()
    assert [piece.work for piece in finished] == works
    assert [piece.result for piece in finished] == ["a", None, "c"]
    assert [type(piece.error) for piece in finished] == [type(None), LookupError, type(None)]
    assert notes(wallet_file) == ["a", "c"]
    assert deliveries.is_empty()
    assert statements.count("COMMIT") == 2  # the work that kept the writer busy, and the group


def test_each_submitter_gets_its_own_work(database):
    one, other = Deliveries(), Deliveries()
    with busy_writer(database):
        for name, to in (("a", one), ("b", other), ("c", one)):
            database.submit(note(name), to.take)
    assert [piece.result for piece in one.next()] == ["a", "c"]
    assert [piece.result for piece in other.next()] == ["b"]


def test_work_that_can_not_be_delivered_is_durable_and_delays_no_other(database, wallet_file, caplog):
    def broken(_finished: list[Finished]) -> None:
        raise RuntimeError("the event loop is closed")

    deliveries = Deliveries()
    with busy_writer(database):
        database.submit(note("a"), broken)
        database.submit(note("b"), deliveries.take)
    assert [piece.result for piece in deliveries.next()] == ["b"]
    assert database.write(note("c")) == "c"
    assert notes(wallet_file) == ["a", "b", "c"]
    assert "the event loop is closed" in caplog.text


def test_closing_delivers_what_was_submitted_before_and_refuses_what_comes_after(wallet_file):
    closing, deliveries = open_database(f"sqlite:///{wallet_file}"), Deliveries()
    with busy_writer(closing):
        closing.submit(note("before"), deliveries.take)
    closing.close()
    with pytest.raises(EngineClosedError):
        closing.submit(note("after"), deliveries.take)
    assert [piece.result for piece in deliveries.next()] == ["before"]
    assert deliveries.is_empty()
    assert notes(wallet_file) == ["before"]


def test_a_database_in_memory_delivers_too():
    database, deliveries = open_database("sqlite://"), Deliveries()
    database.submit(note("a"), deliveries.take)
    assert [piece.result for piece in deliveries.next()] == ["a"]
    assert database.read(lambda transaction: len(seen_requests.all(transaction))) == 1
    database.close()
