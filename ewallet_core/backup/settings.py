"""When backups are made by themselves, how many are kept, where, and how they are named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

KEPT_BACKUPS = 7
INTERVAL_PATTERN = r"^[1-9][0-9]{0,3}[mhdw]\Z"
_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

Interval = Annotated[
    str, Meta(pattern=INTERVAL_PATTERN, description="an interval such as 30m, 12h, 1d or 1w")
]
Keep = Annotated[int, Meta(ge=1, le=10_000)]


def default_name(now: datetime) -> str:
    return f"ewallet-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar"


class BackupSchedule(msgspec.Struct, frozen=True):
    every: Interval
    keep: Keep
    folder: Path

    @property
    def every_ms(self) -> int:
        return int(self.every[:-1]) * _UNITS_MS[self.every[-1]]
