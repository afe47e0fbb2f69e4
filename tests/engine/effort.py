"""How much the random tests do, and from which seed: little in the usual run, much under `make soak`.

EWALLET_SEED=17 lets them do what they did in the round of a soak that had this seed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

IS_SOAKED = "EWALLET_SEED" in os.environ
SEED = int(os.environ.get("EWALLET_SEED", "1"))

with_seed = pytest.mark.parametrize("seed", [SEED], ids=lambda seed: f"EWALLET_SEED={seed}")
"""Gives the test its seed, and shows it in the test's name, so that a failure can be repeated."""


def effort(usual: T, soaked: T) -> T:
    """How much to do: `usual`, or `soaked` under `make soak`."""
    return soaked if IS_SOAKED else usual


def count(**figures: int) -> None:
    """Add to the figures of the soak, which writes them at its end."""
    if (file := os.environ.get("EWALLET_FIGURES")) is not None:
        with Path(file).open("a") as lines:
            lines.write(json.dumps(figures) + "\n")
