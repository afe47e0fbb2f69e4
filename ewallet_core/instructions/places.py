"""Where a page of records of several kinds goes on, as the cursors of searches and exports say it."""

from __future__ import annotations

import re
from typing import NamedTuple

_WRITTEN = re.compile(r"([0-9]{1,15})-([a-z]{1,20})-([0-9]{1,18})")


class Place(NamedTuple):
    """Just below the record of that kind and number, which was made `at`, in milliseconds UTC."""

    at: int
    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.at}-{self.kind}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Place:
        """The place that was written so; raises `ValueError` where it is none."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(int(found[1]), found[2], int(found[3]))
