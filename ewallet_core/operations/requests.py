"""Arguments that several instructions have: a period, a page, a name, a session or an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

from ewallet_core.errors.requests import BadValueError, PeriodReversedError
from ewallet_core.instructions import fields, timestamps
from ewallet_core.instructions.registry import Request
from ewallet_core.instructions.timestamps import END_OF_TIME
from ewallet_core.instructions.validation import PageCursor
from ewallet_core.types import RecordType


class ZonedRequest(Request, frozen=True):
    """The time zone in which days begin (absent: UTC)."""

    time_zone: fields.TimeZone | None = None

    def check(self) -> None:
        """There is a time zone of that name."""
        super().check()
        if self.time_zone is not None:
            timestamps.find_time_zone(self.time_zone)

    @property
    def zone(self) -> tzinfo:
        return UTC if self.time_zone is None else timestamps.find_time_zone(self.time_zone)


class PeriodRequest(ZonedRequest, frozen=True):
    """A period from `since` up to but not including `until`; an absent one leaves that end open.

    A date stands for the first moment of that day in the time zone.
    """

    since: fields.Instant | None = None
    until: fields.Instant | None = None

    def check(self) -> None:
        """The period does not end before it begins."""
        super().check()
        if self.starts_at is not None and self.ends_at is not None and self.starts_at > self.ends_at:
            raise PeriodReversedError

    def takes_long(self) -> bool:
        """A period may hold all records."""
        return True

    @property
    def starts_at(self) -> int | None:
        """The first millisecond of the period, in UTC."""
        return None if self.since is None else timestamps.instant(self.since, self.zone)

    @property
    def ends_at(self) -> int | None:
        """The first millisecond after the period, in UTC."""
        return None if self.until is None else timestamps.instant(self.until, self.zone)

    def starting_below(self, cursor: str | None) -> PageCursor:
        """Where to start reading its records, newest first: at its end, or at a cursor."""
        # An empty kind and id 0 come before every record of that time, and after all older ones.
        end = PageCursor(END_OF_TIME if self.ends_at is None else self.ends_at, "", 0)
        return end if cursor is None else min(end, PageCursor.read(cursor))


def check_tag(tag: Sequence[str] | None, kind: RecordType | None) -> None:
    """Raise `BadValueError` if records of another kind than time records are to have tags."""
    if tag is not None and kind not in (None, RecordType.TIME):
        raise BadValueError("kind", "time, because only time records have tags")


class PageRequest(Request, frozen=True):
    """A page of rows, from the newest or from a cursor on."""

    limit: fields.PageLength = fields.USUAL_PAGE
    before: fields.Cursor | None = None

    def takes_long(self) -> bool:
        """A page may have ten times as many rows as usual."""
        return self.limit > fields.USUAL_PAGE


class NewItem(Request, frozen=True):
    """The name of the new wallet, clock or sheet; without one, it is numbered."""

    reference: fields.Reference | None = None


class RenameItem(Request, frozen=True):
    reference: fields.Reference


class WhichSession(Request, frozen=True):
    session_id: fields.SessionId


class WhichAccount(Request, frozen=True):
    account: fields.Email
