"""What waits together is made durable together, and yet each caller is alone with its fate."""

from __future__ import annotations

import pytest
from commit_groups import Work, note, notes, statements_of, together
from database_file import changed_by_hand
from engine_client import EngineClient
from instructions import supply

from ewallet_core.errors.server import StorageFailedError
from ewallet_core.storage.database import open_database
from ewallet_core.storage.seen_requests import seen_requests
from ewallet_core.storage.transaction import Transaction

pytestmark = pytest.mark.usefixtures("on_disk")


def failing(name: str) -> Work:
    """Work that leaves a row behind, and then fails."""

    def work(transaction: Transaction) -> None:
        note(name)(transaction)
        raise LookupError(name)

    return work


def test_a_group_is_made_durable_with_one_sync(database, wallet_file):
    with statements_of(database) as heard:
        ended = together(database, *(note(name) for name in "abcdefgh"))
    assert [future.result() for future in ended] == [*"abcdefgh"]
    assert notes(wallet_file) == [*"abcdefgh"]
    assert heard.count("COMMIT") == 2  # the one that kept the lane busy, and the group


def test_work_that_fails_undoes_itself_and_nothing_of_its_group(database, wallet_file):
    before, wrong, after = together(database, note("before"), failing("wrong"), note("after"))
    assert (before.result(), after.result()) == ("before", "after")
    with pytest.raises(LookupError, match="wrong"):
        wrong.result()
    assert notes(wallet_file) == ["after", "before"]


def test_work_that_ends_its_program_undoes_itself_and_the_lane_lives_on(database, wallet_file):
    def interrupted(_transaction: Transaction) -> None:
        raise KeyboardInterrupt

    _, wrong, after = together(database, note("before"), interrupted, note("after"))
    assert isinstance(wrong.exception(), KeyboardInterrupt)
    assert after.result() == "after"
    assert notes(wallet_file) == ["after", "before"]


def test_work_that_the_database_refuses_undoes_nothing_of_its_group(database, wallet_file):
    _, twice, _ = together(database, note("one"), note("one"), note("other"))
    assert twice.exception() is not None
    assert notes(wallet_file) == ["one", "other"]


def ending_everything(transaction: Transaction) -> None:
    """Work at which the storage ends the whole transaction, as it may when a disk fails."""
    transaction._connection.execute("ROLLBACK")


def test_work_that_ends_the_whole_transaction_fails_alone(database, wallet_file):
    before, wrong, after = together(database, note("before"), ending_everything, note("after"))
    assert (before.result(), after.result()) == ("before", "after")
    assert isinstance(wrong.exception(), StorageFailedError)
    assert notes(wallet_file) == ["after", "before"]


def test_work_that_is_done_again_is_answered_with_what_it_came_to_at_last(database, wallet_file):
    failures = [LookupError("the first time")]

    def fails_once(transaction: Transaction) -> str:
        if failures:
            raise failures.pop()
        return note("again")(transaction)

    again, wrong = together(database, fails_once, ending_everything)
    assert again.result() == "again"
    assert isinstance(wrong.exception(), StorageFailedError)
    assert notes(wallet_file) == ["again"]


def test_work_sees_what_was_done_before_it_in_its_group(database):
    def count(transaction: Transaction) -> int:
        return len(seen_requests.all(transaction))

    assert [future.result() for future in together(database, count, note("a"), count)] == [0, "a", 1]


def test_an_engine_that_closes_finishes_what_waits(wallet_file):
    closing = open_database(f"sqlite:///{wallet_file}")
    ended = together(closing, *(note(name) for name in "abcd"), lambda _: None)
    closing.close()
    assert all(future.exception() is None for future in ended)
    assert notes(wallet_file) == [*"abcd"]


def test_an_entry_that_can_not_be_sealed_does_not_silence_the_engine(open_engine, wallet_file):
    ada = EngineClient(open_engine()).opens_a_session().registers().logs_in()
    changed_by_hand(wallet_file, "INSERT INTO entries (kind, at) VALUES ('supply', 1)")
    changed_by_hand(
        wallet_file,
        "INSERT INTO postings (entry_id, balance_id, unit, amount) VALUES (1, 3, 'credit', 5)",
    )
    assert ada.ask(**supply(5))["failed"] is True
    assert ada.credits == 0
