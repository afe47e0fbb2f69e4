"""The time that one command takes from its start to its end, as a shell's prompt waits for it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from accounts import PASSWORD
from processes import EWALLET
from table import Measurement, Row, in_pairs

LIBRARIES = "import sqlalchemy, msgspec, click"


def command_rows(folder: Path, runs: int) -> Iterator[Row]:
    """The row of so many pairs of commands; if there are several, after one pair that fills the caches."""
    wallet = folder / "command"
    wallet.mkdir()
    register = [EWALLET, "--data-dir", str(wallet), "register", "ada", "--email", "ada@example.org"]
    subprocess.run(
        [*register, "--password-stdin"], input=PASSWORD, text=True, check=True, capture_output=True
    )
    libraries: list[Measurement] = []
    commands: list[Measurement] = []
    for run in range(0 if runs > 1 else 1, runs + 1):
        measured = (
            _run([sys.executable, "-c", LIBRARIES]),
            _run([EWALLET, "--data-dir", str(wallet), "status"]),
        )
        if run:
            libraries.append(measured[0])
            commands.append(measured[1])
    yield in_pairs("ewallet status", "s", "python importing its libraries", libraries, commands)


def _run(command: Sequence[str]) -> Measurement:
    # With this, each run would compile our modules again, and not those that are installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    used, began = _cpu_seconds(), time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return Measurement(time.perf_counter() - began, cpu_us=(_cpu_seconds() - used) * 1e6)


def _cpu_seconds() -> float:
    """The CPU time of all processes that were started here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
