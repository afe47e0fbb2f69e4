"""Run the random tests with one seed after another, until the time is over or one of them fails.

    make soak SECONDS=1800
    make fuzz SECONDS=600

It prints a line for each round, and at the end what was done in all. Exits with 1 at the first failure, with
the command that repeats it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
USUAL_SECONDS = 60.0

FUZZING = (
    "tests/engine/test_random_requests.py",
    "tests/server/test_fuzzed_frames.py",
    "tests/server/test_fuzzed_http.py",
)
EVERYTHING = (
    *FUZZING,
    "tests/engine/test_crashes.py",
    "tests/commands/test_killed_servers.py",
    "tests/engine/test_power_failures.py",
    "tests/engine/test_damaged_files.py",
    "tests/engine/test_disk_faults.py",
    "tests/engine/test_failed_statements.py",
    "tests/engine/test_faulty_writers.py",
    "tests/engine/test_wallet_machine.py",
    "tests/postgresql/test_failover.py",
    "tests/postgresql/test_killed_pair.py",
    "tests/postgresql/test_races.py",
)

Figures = Counter[str]


class RoundFailedError(Exception):
    """A test failed; its message is the output."""


def run_round(files: tuple[str, ...], seed: int) -> Figures:
    """Run the tests that take a seed; returns what they have counted."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as figures:
        environment = {**os.environ, "EWALLET_SEED": str(seed), "EWALLET_FIGURES": figures.name}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "auto", "-k", "EWALLET_SEED", *files]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RoundFailedError(done.stdout + done.stderr)
        counted: Figures = Counter()
        for line in figures:
            counted.update(json.loads(line))
        return counted


def described(figures: Figures) -> str:
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in sorted(figures.items()))


def soak(
    run: Callable[[int], Figures],
    first_seed: int,
    seconds: float,
    say: Callable[[str], object],
    time_is: Callable[[], float] = time.monotonic,
) -> int:
    """Run rounds until the time is over, or one fails; returns the exit code."""
    begun, totals, seed = time_is(), Counter[str](), first_seed
    while time_is() - begun < seconds:
        try:
            figures = run(seed)
        except RoundFailedError as failed:
            say(str(failed))
            say(f"To repeat it: EWALLET_SEED={seed} .venv/bin/pytest and the name of the failed test.")
            return 1
        say(f"round {seed - first_seed + 1}, EWALLET_SEED={seed}: {described(figures)}")
        totals += figures
        seed += 1
    say(f"\n{seed - first_seed:>12,} rounds in {time_is() - begun:,.0f} seconds, without a failure")
    for name, number in sorted(totals.items()):
        say(f"{number:>12,} {name.replace('_', ' ')}")
    return 0


def main() -> int:
    files = FUZZING if sys.argv[1:] == ["fuzz"] else EVERYTHING

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    return soak(
        lambda seed: run_round(files, seed),
        int(os.environ.get("EWALLET_SEED", time.time())),
        float(os.environ.get("EWALLET_SOAK_SECONDS", USUAL_SECONDS)),
        say,
    )


if __name__ == "__main__":
    sys.exit(main())
