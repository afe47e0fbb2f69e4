"""Measures EWallet beside its limits, and prints the table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from idle import idle_rows
from memory import memory_rows
from one_command import command_rows
from postgresql import postgresql_rows
from serving import Size, serving_rows
from start_up import start_up_rows
from table import FOLDER, Row, show


@dataclass(frozen=True)
class Extent:
    """How much is measured: the size of the serving rows, pairs of starts, connections, idle seconds."""

    serving: Size
    starts: int
    idle_connections: int
    idle_seconds: float


USUAL = Extent(Size(rounds=7, seconds=1.0, connections=50), starts=11, idle_connections=200, idle_seconds=20)
QUICK = Extent(Size(rounds=1, seconds=0.05, connections=2), starts=1, idle_connections=4, idle_seconds=0.5)

PARTS: dict[str, Callable[[Path, Extent], Iterator[Row]]] = {
    "serving": lambda folder, extent: serving_rows(folder, extent.serving),
    "postgresql": lambda folder, extent: postgresql_rows(folder, extent.serving),
    "start_up": lambda folder, extent: start_up_rows(folder, extent.starts),
    "command": lambda folder, extent: command_rows(folder, extent.starts),
    "memory": lambda folder, extent: memory_rows(folder, extent.idle_connections),
    "idle": lambda folder, extent: idle_rows(folder, extent.idle_seconds),
}


def _measure(parts: Sequence[str], extent: Extent, folder: Path) -> Iterator[Row]:
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        for part in parts:
            yield from PARTS[part](Path(name), extent)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; without any, all of them")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the wallets are, on a disk")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    rows = _measure(options.parts or list(PARTS), QUICK if options.quick else USUAL, options.folder)
    show(rows, as_json=options.json)


if __name__ == "__main__":
    main()
