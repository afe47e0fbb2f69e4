"""A real server whose disk is full: its log says so, in a few lines however often it happens."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import pytest
from serve_process import served, wire_to

CHANGES = 60


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
def test_a_full_disk_is_in_the_log_of_the_server_and_does_not_flood_it(tmp_path: Path) -> None:
    config = tmp_path / "ewallet.toml"
    config.write_text('[log]\nformat = "json"\n')
    with served(tmp_path, "--config", config, "--in-port", 0, "--out-port", 0) as server:
        with wire_to(server) as wire:
            wire.open_session()
            size = (tmp_path / "wallet.sqlite3-wal").stat().st_size
            # No file can grow any more, as on a full disk.
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            answers = [wire.request(action="request", request="client_id") for _ in range(CHANGES)]
            failed = [answer for answer in answers if answer["failed"]]
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            assert wire.request(action="request", request="client_id")["failed"] is False
        server.process.terminate()
        code, _, complained = server.ends()
    assert code == 0
    assert len(failed) > CHANGES / 2
    lines = [json.loads(line) for line in complained.splitlines()]
    assert {line["kind"] for line in lines} <= {"storage_failed", "outcome_unknown"}
    assert sum(line.get("count", 1) for line in lines) == len(failed)
    assert len(lines) < CHANGES / 2
