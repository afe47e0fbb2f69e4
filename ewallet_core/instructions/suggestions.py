"""Which of the known names somebody may have meant."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable
from functools import partial


def closest_to(names: Iterable[str], path: str, count: int) -> list[str]:
    """So many of the names as are most like that path, the likeliest first."""
    # It remembers of the path, which it compares with all of them, what it has found out once.
    similarity = partial(_similarity, difflib.SequenceMatcher(None, b=path), len(path.split()))
    return heapq.nlargest(count, names, key=similarity)


def _similarity(to_path: difflib.SequenceMatcher[str], words: int, name: str) -> float:
    """How alike they are as a whole, and as far as the path goes: words that are left out are no mistake."""
    similarity = 0.0
    for known in (name, " ".join(name.split()[:words])):
        to_path.set_seq1(known)
        similarity += to_path.ratio()
    return similarity
