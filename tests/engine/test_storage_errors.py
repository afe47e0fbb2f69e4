"""Full disks, interrupted statements and failing COMMITs: a change is stored whole or not at all."""

from __future__ import annotations

from itertools import count

import pytest
from commit_groups import (
    Interruption,
    commits_fail,
    disable_syncs,
    full_disk,
    note,
    notes,
    together,
    writer_of,
)
from database_file import execute_sql
from instructions import VIEW_WALLET, supply

from ewallet_core.errors.server import OutcomeUnknownError, StorageFailedError
from ewallet_core.operations.context import EngineConfig
from ewallet_core.types import Durability

pytestmark = pytest.mark.usefixtures("on_disk")

LARGE = supply(5, notes="n" * 1000)
SHARDS = 4

NORMAL, FULL = 1, 2  # of SQLite's pragma


# Full disk


def test_on_a_full_disk_only_the_large_work_of_a_group_fails(database, wallet_url):
    with full_disk(database, pages=2):
        before, large, after = together(database, note("before"), note("large", 1_000_000), note("after"))
    assert isinstance(large.exception(), StorageFailedError)
    assert (before.result(), after.result()) == ("before", "after")
    assert notes(wallet_url) == ["after", "before"]


def test_on_a_full_disk_an_instruction_changes_nothing(ada, nothing_changes):
    with full_disk(ada.engine._database):
        while not ada.send(**LARGE)["failed"]:
            pass
        nothing_changes()
        assert "full" in ada.expect_error("storage_failed", **LARGE, request_id="no room 1")["error"]


def test_an_instruction_can_be_repeated_after_a_full_disk(ada):
    with full_disk(ada.engine._database):
        while not ada.send(**LARGE)["failed"]:
            pass
        ada.expect_error("storage_failed", **LARGE, request_id="no room 1")
    before = ada.credits
    ada.request(**LARGE, request_id="no room 1")
    assert ada.credits == before + 5


def test_on_a_full_disk_the_file_can_be_read(supplied):
    with full_disk(supplied.engine._database):
        assert supplied.credits == 100


# Interrupted at every step


def test_work_interrupted_at_any_step_is_stored_whole_or_not_at_all(database, wallet_url):
    for step in count(1):
        execute_sql(wallet_url, "DELETE FROM seen_requests")
        interruption = Interruption(database, step)
        ended = together(database, note("a"), note("b"), beforehand=interruption.begin)
        interruption.end()
        for name, error in zip("ab", (future.exception() for future in ended), strict=True):
            assert isinstance(error, StorageFailedError | OutcomeUnknownError | None), (step, error)
            assert isinstance(error, OutcomeUnknownError) or (name in notes(wallet_url)) is (error is None), (
                step
            )
        if not interruption.has_come:
            break
    assert step > 50


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_supply_interrupted_at_any_step_runs_once_when_repeated(ada, shard):
    disable_syncs(ada.engine._database)
    for supplied, step in enumerate(count(1 + shard, SHARDS), start=1):
        request = {**supply(1), "request_id": f"step {step:09}"}
        interruption = Interruption(ada.engine._database, step)
        interruption.begin()
        answer = ada.send(**request)
        interruption.end()
        done = {
            None: [supplied],
            "storage_failed": [supplied - 1],
            "outcome_unknown": [supplied - 1, supplied],
        }
        assert ada.credits in done[answer.get("code")], (step, answer)
        assert ada.request(**request)["total_credits"] == supplied, step
        if not interruption.has_come:
            break
    assert step > 500


# COMMITs with an unknown outcome


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
def test_a_failed_commit_answers_outcome_unknown(ada, committed):
    with commits_fail(ada.engine._database, after_it_happened=committed):
        answer = ada.expect_error("outcome_unknown", **supply(5), request_id="unknown 1")
    assert "same request id" in answer["warning"]
    assert ada.credits == (5 if committed else 0)


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
def test_a_request_with_an_unknown_outcome_runs_once_when_repeated(ada, committed):
    with commits_fail(ada.engine._database, after_it_happened=committed):
        ada.expect_error("outcome_unknown", **supply(5), request_id="unknown 1")
    assert ada.request(**supply(5), request_id="unknown 1")["total_credits"] == 5
    assert ada.credits == 5


def test_a_failed_commit_is_unknown_for_its_whole_group(database):
    with commits_fail(database, after_it_happened=True):
        ended = together(database, note("a"), note("b"))
    assert all(isinstance(future.exception(), OutcomeUnknownError) for future in ended)


def test_a_commit_on_a_full_disk_has_not_happened(ada):
    with commits_fail(ada.engine._database, after_it_happened=False, error="SQLITE_FULL"):
        ada.expect_error("storage_failed", **supply(5), request_id="no room 1")
    assert ada.credits == 0


# Durability


@pytest.mark.parametrize(
    ("config", "synchronous"),
    [(EngineConfig(), FULL), (EngineConfig(durability=Durability.NORMAL), NORMAL)],
    ids=["default", "normal"],
)
def test_the_writer_waits_for_the_disk_unless_the_operator_chose_otherwise(open_engine, config, synchronous):
    database = open_engine(config=config)._database
    assert writer_of(database)._connection.execute("PRAGMA synchronous").fetchone() == (synchronous,)


# Damaged file


def test_a_value_of_a_wrong_type_is_an_error_and_not_an_answer(supplied, wallet_url):
    execute_sql(wallet_url, "UPDATE ewallets SET written_at = 'soon'")
    supplied.expect_error("storage_damaged", **VIEW_WALLET)
    execute_sql(wallet_url, "UPDATE ewallets SET written_at = 1")
