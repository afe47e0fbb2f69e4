"""A shell script does the main job with daily commands, on the wallet of this computer and at a server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from command_in_shell import command_in_shell
from running_server import RunningServer, database_url_in, violations_in

from ewallet_core.engine.wall_clock import system_clock

SCRIPT = Path(__file__).with_name("main_job.sh")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a wallet, whose ledger must verify after the test."""
    folder = tmp_path / "wallet"
    folder.mkdir()
    yield folder
    assert violations_in(database_url_in(folder)) == []


def do_main_job(bobs: Path, adas: Path, **variables: str) -> None:
    """Run the script; with the same folder for both, Bob's commands have Ada's session after she logs in."""
    with TemporaryDirectory() as folder, command_in_shell(Path(folder)) as programs:
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": path, "BOBS_FOLDER": str(bobs), "ADAS_FOLDER": str(adas), **variables}
        done = subprocess.run(
            ["bash", str(SCRIPT)], check=False, env=environment, capture_output=True, text=True
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_main_job_is_done_on_this_computer(folder: Path) -> None:
    do_main_job(folder, folder)


@pytest.mark.parametrize("over", ["sockets", "http"])
def test_the_main_job_is_done_at_a_server(folder: Path, tmp_path: Path, over: str) -> None:
    server = RunningServer(database_url_in(folder), system_clock)
    server.start()
    bobs, adas = tmp_path / "bob", tmp_path / "ada"
    for each in (bobs, adas):
        each.mkdir()
    try:
        address = f"http://127.0.0.1:{server.http_port}" if over == "http" else f"127.0.0.1:{server.ports[0]}"
        do_main_job(bobs, adas, EWALLET_SERVER=address)
    finally:
        server.stop()
