"""Processes to measure: servers, and programs in a terminal; and what a process has used."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pexpect

SECONDS_ALLOWED = 60
SETTINGS = """
self_supply = true
[limits]
connections = 10_000
requests_per_second_per_session = 1_000_000
"""
EWALLET = str(Path(sys.executable).with_name("ewallet"))


@dataclass(frozen=True)
class Server:
    """A server's address, `host:port`, its process, and the address of its HTTP port, if it has one."""

    address: str
    pid: int
    http_address: str = ""

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    @property
    def memory_kb(self) -> float:
        """Its resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def cpu_seconds(pid: int) -> float:
    """The CPU time that the living threads of that process have used so far."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


@contextmanager
def run_server(folder: Path, *options: str) -> Iterator[Server]:
    """`ewallet serve` with the wallets in that folder, on free ports."""
    settings = folder / "settings.toml"
    settings.write_text(SETTINGS)
    command = [EWALLET, "--data-dir", str(folder), "serve", "--config", str(settings), *options]
    with _run([*command, "--in-port", "0", "--out-port", "0"]) as (ready, pid):
        address, http = (
            ready.partition(before)[2].partition(",")[0] for before in ("instructions on ", "http://")
        )
        yield Server(address, pid, http)


@contextmanager
def run_echo(kind: str, answer: Mapping[str, object]) -> Iterator[Server]:
    """The server that decodes and encodes the same lines; the kinds are those of `limits`."""
    script = str(Path(__file__).with_name("limits.py"))
    with _run([sys.executable, script, kind, msgspec.json.encode(answer).decode()]) as (address, pid):
        yield Server(address, pid)


@contextmanager
def _run(command: list[str]) -> Iterator[tuple[str, int]]:
    """The first line that the command prints, and its process id."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield (process.stdout.readline() if process.stdout else "").strip(), process.pid
        finally:
            process.terminate()


def spawn(command: list[str], columns: int = 80, rows: int = 24) -> pexpect.spawn[str]:
    """The command in a pseudo-terminal of that size."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    # With this, each start would compile our modules again, and not those that are installed.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    terminal = pexpect.spawn(
        command[0],
        command[1:],
        env=environment,
        dimensions=(rows, columns),
        encoding="utf-8",
        timeout=SECONDS_ALLOWED,
    )
    # Otherwise each key is sent 50 ms late.
    terminal.delaybeforesend = None
    return terminal


def read_all(terminals: Iterable[pexpect.spawn[str]], seconds: float) -> None:
    """Read their output for that long, as a terminal does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for terminal in terminals:
            try:
                terminal.read_nonblocking(65_536, timeout=0.05)
            except pexpect.TIMEOUT:
                continue
