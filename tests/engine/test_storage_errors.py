"""A disk that is full, a statement that is interrupted, a COMMIT that fails: nothing is ever half done."""

from __future__ import annotations

from itertools import count

import pytest
from commit_groups import Interruption, commits_fail, no_more_room, note, notes, together, without_syncs
from database_file import changed_by_hand
from instructions import supply

from ewallet_core.errors.server import OutcomeUnknownError, StorageFailedError

pytestmark = pytest.mark.usefixtures("on_disk")

LARGE = supply(5, notes="n" * 1000)
SHARES = 4


# No room


def test_work_that_finds_no_room_fails_alone(database, wallet_file):
    with no_more_room(database, pages=2):
        before, large, after = together(database, note("before"), note("large", 1_000_000), note("after"))
    assert isinstance(large.exception(), StorageFailedError)
    assert (before.result(), after.result()) == ("before", "after")
    assert notes(wallet_file) == ["after", "before"]


def test_an_instruction_that_finds_no_room_changes_nothing(ada, nothing_changes):
    with no_more_room(ada.engine._database):
        while not ada.ask(**LARGE)["failed"]:
            pass
        nothing_changes()
        assert "full" in ada.is_refused("storage_failed", **LARGE, request_id="no room 1")["error"]


def test_an_instruction_that_found_no_room_can_be_sent_again(ada):
    with no_more_room(ada.engine._database):
        while not ada.ask(**LARGE)["failed"]:
            pass
        ada.is_refused("storage_failed", **LARGE, request_id="no room 1")
    before = ada.credits
    ada.asks_ok(**LARGE, request_id="no room 1")
    assert ada.credits == before + 5


def test_a_file_with_no_room_left_can_still_be_looked_at(supplied):
    with no_more_room(supplied.engine._database):
        assert supplied.credits == 100


# Interrupted at every step


def test_whatever_step_is_interrupted_work_is_kept_whole_or_not_at_all(database, wallet_file):
    for step in count(1):
        changed_by_hand(wallet_file, "DELETE FROM seen_requests")
        interruption = Interruption(database, step)
        ended = together(database, note("a"), note("b"), beforehand=interruption.begin)
        interruption.end()
        for name, error in zip("ab", (future.exception() for future in ended), strict=True):
            assert isinstance(error, StorageFailedError | OutcomeUnknownError | None), (step, error)
            assert isinstance(error, OutcomeUnknownError) or (name in notes(wallet_file)) is (
                error is None
            ), step
        if not interruption.has_come:
            break
    assert step > 50


@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_step_is_interrupted_a_supply_is_done_once_when_it_is_sent_again(ada, share):
    without_syncs(ada.engine._database)
    for asked, step in enumerate(count(1 + share, SHARES), start=1):
        request = {**supply(1), "request_id": f"step {step:09}"}
        interruption = Interruption(ada.engine._database, step)
        interruption.begin()
        answer = ada.ask(**request)
        interruption.end()
        done = {None: [asked], "storage_failed": [asked - 1], "outcome_unknown": [asked - 1, asked]}
        assert ada.credits in done[answer.get("code")], (step, answer)
        assert ada.asks_ok(**request)["total_credits"] == asked, step
        if not interruption.has_come:
            break
    assert step > 500


# A COMMIT of which nobody knows


@pytest.mark.parametrize("committed", [True, False], ids=["it happened", "it did not"])
def test_a_commit_of_unknown_fate_is_said_to_be_unknown(ada, committed):
    with commits_fail(ada.engine._database, after_it_happened=committed):
        answer = ada.is_refused("outcome_unknown", **supply(5), request_id="unknown 1")
    assert "same request id" in answer["warning"]
    assert ada.credits == (5 if committed else 0)


@pytest.mark.parametrize("committed", [True, False], ids=["it happened", "it did not"])
def test_what_has_an_unknown_fate_is_done_once_when_it_is_sent_again(ada, committed):
    with commits_fail(ada.engine._database, after_it_happened=committed):
        ada.is_refused("outcome_unknown", **supply(5), request_id="unknown 1")
    assert ada.asks_ok(**supply(5), request_id="unknown 1")["total_credits"] == 5
    assert ada.credits == 5


def test_a_commit_of_unknown_fate_is_unknown_to_its_whole_group(database):
    with commits_fail(database, after_it_happened=True):
        ended = together(database, note("a"), note("b"))
    assert all(isinstance(future.exception(), OutcomeUnknownError) for future in ended)


def test_a_commit_that_found_no_room_has_not_happened(ada):
    with commits_fail(ada.engine._database, after_it_happened=False, error="SQLITE_FULL"):
        ada.is_refused("storage_failed", **supply(5), request_id="no room 1")
    assert ada.credits == 0
