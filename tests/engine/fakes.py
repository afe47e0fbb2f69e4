"""Replacements for the wall clock, the password hasher, the disk and the listener of an engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import argon2

from ewallet_core.security.passwords import Passwords

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

FRIDAY_NOON = 1_795_176_000_000


@dataclass
class Wallclock:
    """A wall clock in milliseconds UTC that only the test moves."""

    now: int = FRIDAY_NOON

    def __call__(self) -> int:
        return self.now

    def forward(self, milliseconds: int) -> None:
        self.now += milliseconds


CHEAP = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


_MEMORY = Path("/dev/shm")

# In memory, because waiting for the disk takes longer than most tests; None is the usual folder.
IN_MEMORY = _MEMORY if _MEMORY.is_dir() else None


SOME_FREE_PORT = 49_152


class FakeListener:
    """A listener without sockets, which only remembers its ports."""

    def __init__(self) -> None:
        self.ports: tuple[int, int] | None = None

    def start(self) -> str:
        return "ready"

    def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        self.ports = in_port or SOME_FREE_PORT, out_port or SOME_FREE_PORT + 1
        return self.ports

    def close(self) -> bool:
        self.ports = None
        return True
