"""Waiting work is committed together, and yet each piece of work succeeds or fails alone."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
from commit_groups import (
    Deliveries,
    busy_writer,
    commits_fail,
    disable_syncs,
    note,
    notes,
    statements_of,
    together,
)
from database_file import execute_sql, rows, violations_in
from engine_client import EngineClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from instructions import supply

from ewallet_core.errors.server import EngineClosedError, OutcomeUnknownError, StorageFailedError
from ewallet_core.ledger.journal import EntryKind, Unit, move_credits
from ewallet_core.operations.context import SYSTEM_CORE_ID
from ewallet_core.storage.database import Finished, Work, open_database
from ewallet_core.storage.journal import entries, issuer, open_balance, post
from ewallet_core.storage.sessions import seen_requests
from ewallet_core.storage.sqlite import SqliteDatabase
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
    with pytest.raises(LookupError, match="wrong") as raised:
        wrong.result()
    assert raised.value.__context__ is None  # it is logged as it was raised, without what the writer did
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


def test_what_work_writes_after_the_transaction_was_ended_is_not_kept(database, wallet_file):
    def tries_again(transaction: Transaction) -> None:
        ending_the_transaction(transaction)
        transaction.undo()
        note("too late")(transaction)

    wrong, after = together(database, tries_again, note("after"))
    assert isinstance(wrong.exception(), StorageFailedError)
    assert after.result() == "after"
    assert notes(wallet_file) == ["after"]


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
        "INSERT INTO postings (entry_id, position, balance_id, unit, amount) VALUES (1, 3, 3, 'credit', 5)",
    )
    assert ada.send(**supply(5))["failed"] is True
    assert ada.credits == 0


# A group gives the same as its pieces one by one


def step_by_step(number: int, steps: list[str]) -> Work:
    """Work that does the steps in turn, and returns how many rows it sees in the end."""

    def work(transaction: Transaction) -> int:
        for position, step in enumerate(steps):
            if step == "write":
                note(f"{number}.{position}")(transaction)
            elif step == "write a key of others":
                note("shared")(transaction)
            elif step == "undo":
                transaction.undo()
            elif step == "fail":
                raise LookupError(number)
            elif step == "end the transaction":
                ending_the_transaction(transaction)
                break
        return len(seen_requests.all(transaction))

    return work


def outcome(finished: Finished) -> tuple[object, str]:
    return finished.result if finished.error is None else None, repr(finished.error)


steps = some.sampled_from(["write", "write a key of others", "undo", "fail", "end the transaction"])


def outcomes(database: SqliteDatabase, works: list[Work], *, in_one_group: bool) -> list[tuple[object, str]]:
    deliveries, finished = Deliveries(), list[Finished]()
    with busy_writer(database) if in_one_group else nullcontext():
        for work in works:
            database.submit(work, deliveries.take)
            finished += [] if in_one_group else deliveries.next()
    return [outcome(piece) for piece in (finished or deliveries.next())]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=some.lists(some.lists(steps, max_size=4), min_size=1, max_size=6))
def test_a_group_ends_as_its_pieces_one_by_one(database, wallet_file, pieces):
    disable_syncs(database)
    works = [step_by_step(number, steps) for number, steps in enumerate(pieces)]
    ends = []
    for in_one_group in (True, False):
        execute_sql(wallet_file, "DELETE FROM seen_requests")
        ends.append((outcomes(database, works, in_one_group=in_one_group), notes(wallet_file)))
    assert ends[0] == ends[1]


def test_one_failing_piece_makes_its_group_run_again_but_not_commit_again(database):
    works = [note("a"), failing("b"), note("c")]
    with statements_of(database) as statements:
        together(database, *works)[-1].result()
    assert statements.count("SAVEPOINT piece") == len(works)
    assert statements.count("BEGIN IMMEDIATE") == 3  # the work that kept the writer busy, and the group twice
    assert statements.count("COMMIT") == 2


# The entries of a group are sealed with it


def post_supply(transaction: Transaction, at: int = 1) -> None:
    """Post an entry that moves credits to a new balance."""
    issuing, balance = issuer(transaction), open_balance(transaction, SYSTEM_CORE_ID, Unit.CREDIT)
    post(transaction, move_credits(EntryKind.SUPPLY, issuing.credits, balance, 5, at=at), issuing)


def post_and_fail(transaction: Transaction) -> None:
    post_supply(transaction)
    raise LookupError


def insert_entry(transaction: Transaction) -> None:
    """Write an entry without `post`; it moves nothing."""
    entries.insert(transaction, kind=EntryKind.TIME_SPENT, at=1)


def broken_seals(file: Path) -> list[str]:
    return [sentence for sentence in violations_in(file) if "seal" in sentence]


def test_posted_entries_are_sealed_without_reading_them(database, wallet_file):
    database.write(post_supply)
    with statements_of(database) as statements:
        for future in together(database, post_supply, post_supply):
            future.result()
    assert [sql for sql in statements if "FROM postings" in sql or sql.startswith("SELECT entries")] == []
    assert rows(wallet_file, "SELECT count(*) AS sealed FROM seals") == [{"sealed": 3}]
    assert broken_seals(wallet_file) == []


@pytest.mark.parametrize(
    "group",
    [
        [post_supply, post_and_fail, post_supply],
        [post_supply, insert_entry, post_supply],
        [insert_entry],
        [post_and_fail, insert_entry],
        [ending_the_transaction, post_supply, post_supply],
    ],
    ids=[
        "one is undone",
        "one is not posted",
        "only one is not posted",
        "one is undone and one not posted",
        "each runs alone",
    ],
)
def test_every_entry_of_a_group_is_sealed(database, wallet_file, group):
    database.write(post_supply)
    for future in together(database, *group):
        future.exception()
    written = rows(wallet_file, "SELECT id AS entry_id FROM entries ORDER BY id")
    assert rows(wallet_file, "SELECT entry_id FROM seals ORDER BY entry_id") == written
    assert len(written) == 1 + len(group) - sum(
        work in (post_and_fail, ending_the_transaction) for work in group
    )
    assert broken_seals(wallet_file) == []


def test_entries_of_another_process_are_sealed_too(database, wallet_file):
    other = open_database(f"sqlite:///{wallet_file}")
    for each in (database, other, database, other):
        each.write(post_supply)
    other.close()
    assert rows(wallet_file, "SELECT count(*) AS sealed FROM seals") == [{"sealed": 4}]
    assert broken_seals(wallet_file) == []


def test_the_last_seal_is_not_read_again_before_the_next_entry(database, wallet_file):
    database.write(post_supply)
    with statements_of(database) as statements:
        database.write(post_supply)
    assert [sql for sql in statements if sql.startswith("SELECT seals")] == []
    assert broken_seals(wallet_file) == []


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "lost"])
def test_a_seal_whose_commit_failed_is_not_taken_for_the_last_one(database, wallet_file, committed):
    other = open_database(f"sqlite:///{wallet_file}")
    database.write(post_supply)
    with commits_fail(database, after_it_happened=committed), pytest.raises(OutcomeUnknownError):
        database.write(post_supply)
    other.write(partial(post_supply, at=2))
    database.write(post_supply)
    other.close()
    assert rows(wallet_file, "SELECT count(*) AS sealed FROM seals") == [{"sealed": 4 if committed else 3}]
    assert broken_seals(wallet_file) == []


# Submitted work


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
