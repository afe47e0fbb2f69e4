"""What a check of the ledger has to say: a lie that it found, or what it has proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lie:
    """Something in the database that can't be true, in a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was checked, how much of it, and that it is true unless a lie was told before."""

    line: str


Findings = Iterator[Lie | Proof]


def several(number: int, one: str, many: str) -> str:
    """The number with its noun, as people write it."""
    return f"{number:,} {one if number == 1 else many}"
