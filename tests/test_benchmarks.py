"""The benchmarks run, and print one row for each thing that they measure; how fast it is, no test asserts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import forked_process

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
FORKED = """
import runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, {folder!r})
runpy.run_path(sys.argv[0], run_name="__main__")
"""
KEYS = {"row", "unit", "ours", "limit", "limit_is", "ratio", "p50_ms", "p99_ms", "cpu_us"}


def measure(*arguments: str | Path) -> dict[str, Any]:
    """The JSON that a benchmark prints."""
    done = forked_process.run([*arguments, "--json"], script=FORKED.format(folder=str(BENCHMARKS)))
    assert done.returncode == 0, done.stderr
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def measure_from_start(*arguments: str | Path) -> dict[str, Any]:
    """The same in a new process."""
    command = [sys.executable, *map(str, arguments), "--json"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    measured: dict[str, Any] = json.loads(printed)
    return measured


def test_the_table_has_a_row_for_each_measurement_beside_its_limit(tmp_path: Path) -> None:
    measured = measure(BENCHMARKS, "--quick", "serving", "--folder", tmp_path)

    assert {"date", "commit", "python", "sqlite", "cores", "durability"} <= set(measured)
    assert all(set(row) == KEYS for row in measured["rows"])
    beside = {row["row"]: row["limit_is"] for row in measured["rows"]}
    assert beside == {
        "transfer, in process, one caller": "written by hand, sqlite3",
        "transfer, 2 connections": "written by hand, sqlite3",
        "transfer, 2 library clients": "written by hand, sqlite3",
        "view wallet, one connection": "the same lines echoed",
        "view wallet, one library client": "the same lines echoed",
        "view wallet, one library client over HTTP": "the same lines echoed",
        "view wallet, 2 connections": "the same lines echoed",
        "view wallet, 2 library clients": "the same lines echoed",
        "view wallet, 2 library clients over HTTP": "the same lines echoed",
        "view wallet, 2 connections, simple echo": "echoed with streams, json",
        "transfer, 2 REST connections": "the same over the socket",
        "view wallet, 2 REST connections": "the same over the socket",
    }


def test_large_wallets_are_generated_and_verified(tmp_path: Path) -> None:
    measured = measure(BENCHMARKS / "large.py", "--records", "1200", "--folder", tmp_path)

    assert [row["row"] for row in measured["rows"]] == [
        "sheet page",
        "transfer",
        "statement",
        "summary by month",
        "search without a hit",
        "export everything, CSV",
        "verify",
    ]
    assert all(set(row) == KEYS for row in measured["rows"])


def test_a_command_is_measured_beside_the_import_of_its_libraries(tmp_path: Path) -> None:
    (row,) = measure_from_start(BENCHMARKS, "--quick", "command", "--folder", tmp_path)["rows"]

    assert (row["row"], row["limit_is"]) == ("ewallet status", "python importing its libraries")
    assert set(row) == KEYS
