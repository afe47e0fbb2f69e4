"""From when until when: the two arguments of everything that looks back."""

from __future__ import annotations

from ewallet_core.errors.requests import PeriodReversedError
from ewallet_core.instructions import fields, timestamps
from ewallet_core.instructions.registry import Request
from ewallet_core.instructions.timestamps import END_OF_TIME
from ewallet_core.instructions.validation import Place


class PeriodRequest(Request, frozen=True):
    """A time from `since`, up to and without `until`; each that is absent leaves its end open."""

    since: fields.Instant | None = None
    until: fields.Instant | None = None

    def check(self) -> None:
        """What ends before it begins is no period."""
        if self.starts_at is not None and self.ends_at is not None and self.starts_at > self.ends_at:
            raise PeriodReversedError

    @property
    def starts_at(self) -> int | None:
        """The first millisecond of it, in UTC."""
        return None if self.since is None else timestamps.instant(self.since)

    @property
    def ends_at(self) -> int | None:
        """The first millisecond after it, in UTC."""
        return None if self.until is None else timestamps.instant(self.until)

    def starting_below(self, cursor: str | None) -> Place:
        """Where to begin to read its records, the newest first: at its end, or where a page has ended."""
        # The place before all kinds and numbers of that date is above what is older.
        end = Place(END_OF_TIME if self.ends_at is None else self.ends_at, "", 0)
        return end if cursor is None else min(end, Place.read(cursor))
