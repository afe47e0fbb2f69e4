"""How much work an instruction is."""

from __future__ import annotations

from enum import Enum, auto


class Weight(Enum):
    """How much work an instruction is, and what it waits for."""

    LOOK = auto()
    CHANGE = auto()
    PASSWORD = auto()
    """A password is hashed, which is slow by design."""
