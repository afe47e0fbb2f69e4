"""What an engine counts: its answers, its commits and its cleaners, for operators and auditors."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from examples_operators import VIEW_METRICS
from examples_system import start_cleaner
from instructions import VIEW_WALLET, supply

from ewallet_core import EWalletSessionManager
from ewallet_core.metrics import SECONDS, Histogram, Metrics

SUPPLY = "client action supply credits"


def values(engine: EWalletSessionManager) -> dict[str, float]:
    """Every number, by its name and the values of its labels."""
    answer = engine.session_manager_controller(ctype="action", **VIEW_METRICS)
    assert answer["failed"] is False
    return {key(row): row["value"] for row in answer["metrics"]}


def key(row: Mapping[str, Any]) -> str:
    return " | ".join((row["metric"], *row["labels"].values()))


def test_answers_are_counted_by_instruction_and_code(ada):
    before = values(ada.engine)
    ada.request(**supply(5))
    ada.request(**supply(5))
    ada.expect_error("unknown_argument", **VIEW_WALLET, ewallet_id=99)
    after = values(ada.engine)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more(f"ewallet_requests_total | {SUPPLY} | ok") == 2
    assert more("ewallet_requests_total | client action view credit ewallet | unknown_argument") == 1
    assert more(f"ewallet_request_seconds_count | {SUPPLY}") == 2
    assert more(f"ewallet_request_seconds_bucket | {SUPPLY} | +Inf") == 2
    assert more(f"ewallet_request_seconds_sum | {SUPPLY}") > 0


def test_words_of_a_request_that_is_no_instruction_are_in_no_metric(ada):
    ada.send(action="hunter2", hunter2="hunter2")
    ada.engine.answer({"command_chain": "hunter2"})
    ada.send(**supply(5), notes=7, hunter2="hunter2")
    found = values(ada.engine)
    assert found["ewallet_requests_total | invalid | unknown_instruction"] == 1
    assert found["ewallet_requests_total | invalid | malformed"] == 1
    assert found[f"ewallet_requests_total | {SUPPLY} | unknown_argument"] == 1
    assert [name for name in found if "hunter2" in name] == []


@pytest.mark.sqlite_only("each change is a commit of its own at PostgreSQL")
def test_commits_and_their_sizes_are_counted(ada):
    before = values(ada.engine)["ewallet_commit_changes_sum"]
    ada.request(**supply(5))
    after = values(ada.engine)
    assert after["ewallet_commit_changes_sum"] == before + 1
    assert after["ewallet_writer_queue"] == 0


@pytest.mark.usefixtures("on_disk")
def test_the_sizes_of_the_files_are_told(ada, wallet_file):
    ada.request(**supply(5))
    found = values(ada.engine)
    assert found["ewallet_database_bytes"] == wallet_file.stat().st_size
    assert found["ewallet_write_ahead_log_bytes"] > 0


def test_the_clock_is_not_in_doubt(ada):
    assert values(ada.engine)["ewallet_clock_in_doubt"] == 0


def test_runs_of_the_cleaners_are_counted_beside_their_instructions(ada):
    ada.engine.session_manager_controller(ctype="action", **start_cleaner())
    assert "ewallet_clock_in_doubt" in values(ada.engine)
    scheduler = ada.engine.dispatcher._cleanup_thread._scheduler
    scheduler._clean(scheduler._cleaners[0])
    assert values(ada.engine)["ewallet_cleaner_runs_total | clock | ok"] >= 1


def test_a_histogram_counts_a_value_in_each_bucket_from_its_bound_on():
    histogram = Histogram((1, 5, 10))
    for value in (0.5, 1, 2, 10, 11):
        histogram.observe(value)
    assert list(histogram.buckets()) == [("1", 2), ("5", 3), ("10", 4), ("+Inf", 5)]
    assert histogram.sum == 24.5


def test_no_request_is_lost_when_threads_count():
    metrics = Metrics()
    threads = [
        threading.Thread(target=lambda: [metrics.count_request("a", "ok", 0.001) for _ in range(2_000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted, seconds, *_ = metrics.read()
    assert counted.values == [({"instruction": "a", "code": "ok"}, 8_000)]
    assert sum(seconds.values[0][1].counts) == 8_000
    assert len(seconds.values[0][1].counts) == len(SECONDS) + 1
