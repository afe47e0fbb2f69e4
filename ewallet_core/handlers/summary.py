"""Sums of what an account's wallets and clocks received and spent, by day, week, month, person or tag."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from itertools import islice
from typing import Any, TypedDict

from ewallet_core.errors.requests import ArgumentsClashError, PeriodReversedError, TooManyPeriodsError
from ewallet_core.instructions import fields, timestamps
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import instruction
from ewallet_core.instructions.timestamps import DAY, PeriodUnit
from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.operations.answer_data import Minutes, Timestamp, in_minutes, minutes
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.holder_kinds import CLOCK_HOLDER, WALLET_HOLDER
from ewallet_core.operations.requests import PeriodRequest
from ewallet_core.operations.sheet_kinds import email_of
from ewallet_core.storage.statements import (
    BETWEEN_PEOPLE,
    OWN_TRANSFER,
    SumFilter,
    sum_by_partner,
    sum_postings,
)
from ewallet_core.storage.time_segments import UsedTime, read_used_time

MOST_ROWS = 400

# For each sum: the kinds of entry, the unit, and whether it came into a wallet or clock.
_SUMS: dict[str, tuple[tuple[str, ...], Unit, bool]] = {
    "credits_in": (BETWEEN_PEOPLE, Unit.CREDIT, True),
    "credits_out": (BETWEEN_PEOPLE, Unit.CREDIT, False),
    "converted_to_time": ((EntryKind.CREDITS_TO_CLOCK,), Unit.CREDIT, False),
    "converted_to_credits": ((EntryKind.CLOCK_TO_CREDITS,), Unit.CREDIT, True),
    "credits_moved_in": ((OWN_TRANSFER,), Unit.CREDIT, True),
    "credits_moved_out": ((OWN_TRANSFER,), Unit.CREDIT, False),
    "time_moved_in": ((OWN_TRANSFER,), Unit.MILLISECOND, True),
    "time_moved_out": ((OWN_TRANSFER,), Unit.MILLISECOND, False),
}

Sums = Counter[str]
"""Credits and milliseconds by name, also `minutes_spent` and `minutes_begun`."""
Span = tuple[int, int]


class ViewSummary(PeriodRequest, frozen=True):
    """The period (by default the last 30 days, 12 weeks or 12 months), its division, and one wallet or clock.

    Days, weeks and months begin in the time zone, or at a fixed offset. Without a wallet or clock, the sums
    are of all that the account has. Those of one clock include the credits converted with it; those of one
    wallet include no time.
    """

    at_most_one_of = ("ewallet_id", "clock_id")

    by: fields.Division = "day"
    utc_offset: fields.UtcOffset | None = None
    ewallet_id: fields.EwalletId | None = None
    clock_id: fields.ClockId | None = None

    def check(self) -> None:
        """At most one of time_zone and utc_offset is sent."""
        super().check()
        if self.time_zone is not None and self.utc_offset is not None:
            raise ArgumentsClashError(("time_zone", "utc_offset"))

    @property
    def zone(self) -> tzinfo:
        """The time zone, or the fixed offset, in which dates, days, weeks and months begin."""
        return super().zone if self.utc_offset is None else timezone(timedelta(minutes=self.utc_offset))


class Total(TypedDict):
    """Credits from and to others, credits converted either way, and time that timers used.

    The time of runs that have not stopped yet is `minutes_begun`. Of one wallet or clock also what was moved
    between it and other own ones: credits of a wallet, minutes of a clock. Of the whole account nothing is.
    """

    credits_in: int
    credits_out: int
    converted_to_time: int
    converted_to_credits: int
    minutes_spent: Minutes
    minutes_spent_ms: int
    minutes_begun: Minutes
    minutes_begun_ms: int
    moved_in: int | Minutes | None
    moved_in_ms: int | None
    moved_out: int | Minutes | None
    moved_out_ms: int | None


class PeriodTotal(Total):
    """The totals of one day, week or month; `end` is not included."""

    start: Timestamp
    end: Timestamp


class PartnerTotal(Total):
    """The totals with one other account; without a partner, what was converted and the used time."""

    partner: str | None


class TagTotal(Total):
    """The totals of one tag; without a tag, all credits, and the time of runs that have no tag."""

    tag: str | None


class _ViewSummaryAnswer(TypedDict):
    since: Timestamp
    until: Timestamp
    by: str
    rows: list[PeriodTotal | PartnerTotal | TagTotal]
    totals: Total


@instruction({"action": "view", "view": "summary"})
def view_summary(request: ViewSummary, context: AccountContext) -> _ViewSummaryAnswer:
    """View what was received, sent, converted and spent by day, week, month, person or tag.

    Periods are the oldest first; people and tags, those with the most first. A run that went over midnight
    counts for both days, and a run with several tags for each of them.
    """
    for holder_kind in (WALLET_HOLDER, CLOCK_HOLDER):
        if getattr(request, holder_kind.id_name) is not None:
            # It raises `NotFoundError` if it is not the account's own.
            holder_kind.named(context, request)
    # What happens in this millisecond is included.
    until = context.now + 1 if request.ends_at is None else request.ends_at
    since = _usual_start(until, request) if request.starts_at is None else request.starts_at
    if since > until:
        raise PeriodReversedError
    of = SumFilter(context.account.id, request.ewallet_id, request.clock_id)
    whole = _SummedUp(context, of, (since, until))
    rows, totals = _ROWS.get(request.by, _by_period)(whole, request)
    if len(rows) > MOST_ROWS:
        raise TooManyPeriodsError(MOST_ROWS, _NAMES_OF_ROWS[request.by], "Choose a shorter time.")
    return _ViewSummaryAnswer(
        since=timestamp(since),
        until=timestamp(until),
        by=request.by,
        rows=rows,
        totals=_total(of, totals),
    )


def _usual_start(until: int, request: ViewSummary) -> int:
    match request.by:
        case "week":
            return max(until - 12 * 7 * DAY, 0)
        case "month":
            return timestamps.a_year_before(until, request.zone)
        case _:
            return max(until - 30 * DAY, 0)


@dataclass(frozen=True, slots=True)
class _SummedUp:
    """What is summed up: the wallets and clocks, and the span."""

    context: AccountContext
    of: SumFilter
    span: Span

    def moved(self, span: Span | None = None) -> Sums:
        """The sums of what moved in the whole span, or in a part of it."""
        moved = sum_postings(self.context.transaction, self.of, *(span or self.span))
        return Counter(
            {
                name: sum(moved.get((kind, unit, is_into), 0) for kind in kinds)
                for name, (kinds, unit, is_into) in _SUMS.items()
                if name not in self._not_summed
            }
        )

    @property
    def _not_summed(self) -> tuple[str, ...]:
        """What moves within what is summed up: an answer leaves it out, so it makes no row."""
        credits = () if self.of.ewallet_id is not None else ("credits_moved_in", "credits_moved_out")
        time = () if self.of.clock_id is not None else ("time_moved_in", "time_moved_out")
        return credits + time

    def used_time(self) -> Iterator[UsedTime]:
        if self.of.ewallet_id is None:
            yield from read_used_time(self.context.transaction, self.of, *self.span, self.context.now)


Rows = list[PeriodTotal | PartnerTotal | TagTotal]


def _by_period(whole: _SummedUp, request: ViewSummary) -> tuple[Rows, Sums]:
    step = PeriodUnit(request.by)
    spans = list(islice(timestamps.periods(*whole.span, step, request.zone), MOST_ROWS + 1))
    if len(spans) > MOST_ROWS:
        raise TooManyPeriodsError(MOST_ROWS)
    sums = [whole.moved(span) for span in spans]
    starts = [start for start, _ in spans]
    for used in whole.used_time():
        index = max(bisect_right(starts, used.started_at) - 1, 0)
        name = _name(used)
        while index < len(spans) and starts[index] < used.stopped_at:
            sums[index][name] += used.within(*spans[index])
            index += 1
    rows: Rows = [
        PeriodTotal(start=timestamp(start), end=timestamp(end), **_total(whole.of, each))
        for (start, end), each in zip(spans, sums, strict=True)
    ]
    return rows, sum(sums, Counter())


def _by_partner(whole: _SummedUp, _request: ViewSummary) -> tuple[Rows, Sums]:
    partners: dict[str, Sums] = defaultdict(Counter)
    moved = sum_by_partner(whole.context.transaction, whole.of, *whole.span)
    for (partner_id, is_into), amount in moved.items():
        partner = email_of(whole.context, partner_id)
        partners[partner]["credits_in" if is_into else "credits_out"] += amount
    own = whole.moved()
    own["credits_in"] = own["credits_out"] = 0
    for used in whole.used_time():
        own[_name(used)] += used.within(*whole.span)
    rows: Rows = [
        PartnerTotal(partner=partner, **_total(whole.of, sums)) for partner, sums in _most_first(partners)
    ]
    if own.total():
        rows.append(PartnerTotal(partner=None, **_total(whole.of, own)))
    return rows, sum(partners.values(), own)


def _by_tag(whole: _SummedUp, _request: ViewSummary) -> tuple[Rows, Sums]:
    tags: dict[str, Sums] = defaultdict(Counter)
    untagged = whole.moved()
    totals = Counter(untagged)
    for used in whole.used_time():
        milliseconds = used.within(*whole.span)
        totals[_name(used)] += milliseconds
        # Each tag stands between two spaces.
        for sums in [tags[tag] for tag in used.tags.split()] or [untagged]:
            sums[_name(used)] += milliseconds
    rows: Rows = [TagTotal(tag=tag, **_total(whole.of, sums)) for tag, sums in _most_first(tags)]
    if untagged.total():
        rows.append(TagTotal(tag=None, **_total(whole.of, untagged)))
    return rows, totals


_ROWS = {"person": _by_partner, "tag": _by_tag}
_NAMES_OF_ROWS = {"person": "people", "tag": "tags"}


def _most_first(found: Mapping[str, Sums]) -> list[tuple[str, Sums]]:
    return sorted(
        ((name, sums) for name, sums in found.items() if sums.total()),
        key=lambda row: (-row[1].total(), row[0]),
    )


def _name(used: UsedTime) -> str:
    return "minutes_begun" if used.is_begun else "minutes_spent"


def _total(filters: SumFilter, sums: Sums) -> Total:
    moved: dict[str, Any] = dict.fromkeys(("moved_in", "moved_in_ms", "moved_out", "moved_out_ms"))
    if filters.ewallet_id is not None:
        moved |= {"moved_in": sums["credits_moved_in"], "moved_out": sums["credits_moved_out"]}
    elif filters.clock_id is not None:
        moved |= minutes(moved_in=sums["time_moved_in"], moved_out=sums["time_moved_out"])
    return Total(
        credits_in=sums["credits_in"],
        credits_out=sums["credits_out"],
        converted_to_time=sums["converted_to_time"],
        converted_to_credits=sums["converted_to_credits"],
        minutes_spent=in_minutes(sums["minutes_spent"]),
        minutes_spent_ms=sums["minutes_spent"],
        minutes_begun=in_minutes(sums["minutes_begun"]),
        minutes_begun_ms=sums["minutes_begun"],
        moved_in=moved["moved_in"],
        moved_in_ms=moved["moved_in_ms"],
        moved_out=moved["moved_out"],
        moved_out_ms=moved["moved_out_ms"],
    )
