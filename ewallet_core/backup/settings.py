"""When backups are made, how many are kept, and where."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

MOST_KEPT = 10_000
_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

Keep = Annotated[int, Meta(ge=1, le=MOST_KEPT)]


class BackupSchedule(msgspec.Struct, frozen=True):
    every_ms: int
    keep: int
    folder: Path


def interval_ms(text: str) -> int:
    """The milliseconds of an interval such as `30m`, `12h`, `1d` or `1w`; raises `ValueError`."""
    found = re.fullmatch(r"([1-9][0-9]{0,3})([mhdw])", text, re.ASCII)
    if found is None:
        raise ValueError("not an interval such as 30m, 12h, 1d or 1w")
    return int(found[1]) * _UNITS_MS[found[2]]
