"""A real server whose storage fails: its log says so, in a few lines however often it happens."""

from __future__ import annotations

import json
import resource
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from serve_process import ServeProcess, served, wire_to

CHANGES = 60
CHANGE = {"action": "request", "request": "client_id"}


def log_of(server: ServeProcess) -> list[dict[str, Any]]:
    """The log of the server, which is stopped now."""
    server.process.terminate()
    code, _, complained = server.ends()
    assert code == 0
    return [json.loads(line) for line in complained.splitlines()]


def count_of(lines: list[dict[str, Any]]) -> int:
    return sum(line.get("count", 1) for line in lines)


@pytest.fixture
def options(tmp_path: Path) -> tuple[object, ...]:
    config = tmp_path / "ewallet.toml"
    config.write_text('[log]\nformat = "json"\n')
    return ("--config", config, "--in-port", 0, "--out-port", 0)


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
def test_a_full_disk_is_in_the_log_of_the_server_and_does_not_flood_it(
    tmp_path: Path, options: tuple[object, ...]
) -> None:
    with served(tmp_path, *options) as server:
        with wire_to(server) as wire:
            wire.open_session()
            size = (tmp_path / "wallet.sqlite3-wal").stat().st_size
            # No file can grow, as on a full disk.
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            answers = [wire.request(**CHANGE) for _ in range(CHANGES)]
            failed = [answer for answer in answers if answer["failed"]]
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            assert wire.request(**CHANGE)["failed"] is False
        lines = log_of(server)
    assert len(failed) > CHANGES / 2
    assert {line["kind"] for line in lines} <= {"storage_failed", "outcome_unknown"}
    assert count_of(lines) == len(failed)
    assert len(lines) < CHANGES / 2


def test_a_file_that_was_replaced_is_in_the_log_of_the_server(
    tmp_path: Path, options: tuple[object, ...]
) -> None:
    with served(tmp_path, *options) as server:
        with wire_to(server) as wire:
            wire.open_session()
            database = tmp_path / "wallet.sqlite3"
            shutil.copy(database, tmp_path / "other")
            (tmp_path / "other").replace(database)
            codes = [wire.request(**CHANGE)["code"] for _ in range(CHANGES)]
        lines = log_of(server)
    assert set(codes) == {"storage_replaced"}
    replaced = [line for line in lines if line["kind"] == "storage_replaced"]
    assert count_of(replaced) == CHANGES
    assert len(replaced) < CHANGES / 2
    assert "ewallet restore" in replaced[0]["message"]
