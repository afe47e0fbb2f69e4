"""The rows of a benchmark, measured beside their limits in turns, and printed as a table or as JSON."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

import ewallet_core

FOLDER = Path(__file__).parent.parent / "build"
"""Where wallets are written, because a folder for temporary files may be in memory."""


class Measurement(msgspec.Struct, frozen=True):
    """One measurement, with the latencies and the CPU time of each request if they mean something.

    The CPU time is that of the process that answers.
    """

    value: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_us: float | None = None


Measure = Callable[[], Measurement]


class Row(msgspec.Struct, frozen=True):
    """What was measured, beside its limit; the ratio is ours divided by the limit, in pairs."""

    row: str
    unit: str
    ours: float
    limit: float | None = None
    limit_is: str | None = None
    ratio: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_us: float | None = None


def measure_in_turns(
    unit: str, limit_is: str, limit: Measure, ours: Mapping[str, Measure], rounds: int
) -> list[Row]:
    """A row of each of `ours`, with the medians of so many rounds; each round measures the limit first."""
    limits: list[Measurement] = []
    measured: dict[str, list[Measurement]] = {name: [] for name in ours}
    for _ in range(rounds):
        limits.append(limit())
        for name, measure in ours.items():
            measured[name].append(measure())
    return [in_pairs(name, unit, limit_is, limits, found) for name, found in measured.items()]


def in_pairs(
    name: str, unit: str, limit_is: str, limits: Sequence[Measurement], ours: Sequence[Measurement]
) -> Row:
    ratios = (mine.value / theirs.value for mine, theirs in zip(ours, limits, strict=True))
    return Row(
        name,
        unit,
        **_medians(ours),
        limit=statistics.median(each.value for each in limits),
        limit_is=limit_is,
        ratio=statistics.median(ratios),
    )


def without_limit(name: str, unit: str, ours: Sequence[Measurement]) -> Row:
    return Row(name, unit, **_medians(ours))


def _medians(ours: Sequence[Measurement]) -> dict[str, Any]:
    medians: dict[str, Any] = {"ours": statistics.median(each.value for each in ours)}
    for name in ("p50_ms", "p99_ms", "cpu_us"):
        found = [value for each in ours if (value := getattr(each, name)) is not None]
        medians[name] = statistics.median(found) if found else None
    return medians


def environment() -> dict[str, Any]:
    """When and where the rows were measured."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cores": os.cpu_count(),
        "durability": "FULL",
    }


def _commit() -> str | None:
    """The commit of the measured code, with a + if something was changed since."""
    folder = Path(ewallet_core.__file__).parent
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],  # noqa: S607
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or None


def show(rows: Iterable[Row], *, as_json: bool) -> None:
    """Print the rows as they come, or all of them as JSON."""
    if as_json:
        found = [msgspec.to_builtins(row) for row in rows]
        print(msgspec.json.format(msgspec.json.encode({**environment(), "rows": found})).decode())
        return
    print(", ".join(f"{name} {value}" for name, value in environment().items()))
    print(f"\n{'':<40}{'limit':>9}{'ours':>9}{'':6}{'ratio':>6}", end="")
    print(f"{'p50 ms':>9}{'p99 ms':>8}{'CPU µs':>8}  the limit is")
    for row in rows:
        print(_line(row))
        sys.stdout.flush()


def _line(row: Row) -> str:
    limit = "" if row.limit is None else _figure(row.limit)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    p50, p99, cpu = (
        "" if value is None else _figure(value) for value in (row.p50_ms, row.p99_ms, row.cpu_us)
    )
    figures = f"{limit:>9}{_figure(row.ours):>9} {row.unit:<5}{ratio:>6}{p50:>9}{p99:>8}{cpu:>8}"
    return f"{row.row:<40}{figures}  {row.limit_is or ''}".rstrip()


def _figure(value: float) -> str:
    """The value with three significant digits, or as a whole number."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"
