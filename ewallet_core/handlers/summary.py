"""Sums of what an account's wallets and clocks received and spent, by day, week or month."""

from __future__ import annotations

from itertools import islice
from typing import Any, TypedDict

from ewallet_core.errors.requests import PeriodReversedError, TooManyPeriodsError
from ewallet_core.instructions import fields, timestamps
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import instruction
from ewallet_core.instructions.timestamps import DAY, PeriodUnit
from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.operations.answer_data import Minutes, Timestamp, in_minutes, minutes
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.holder_kinds import CLOCK_HOLDER, WALLET_HOLDER
from ewallet_core.operations.requests import PeriodRequest
from ewallet_core.storage.statements import OWN_TRANSFER, SumFilter, sum_postings

MOST_PERIODS = 400

_BETWEEN_PEOPLE = (EntryKind.SUPPLY, EntryKind.PAYMENT, EntryKind.TRANSFER, EntryKind.REFUND)
# For each sum: the kinds of entry, the unit, and whether it came into a wallet or clock.
_SUMS: dict[str, tuple[tuple[str, ...], Unit, bool]] = {
    "credits_in": (_BETWEEN_PEOPLE, Unit.CREDIT, True),
    "credits_out": (_BETWEEN_PEOPLE, Unit.CREDIT, False),
    "converted_to_time": ((EntryKind.CREDITS_TO_CLOCK,), Unit.CREDIT, False),
    "converted_to_credits": ((EntryKind.CLOCK_TO_CREDITS,), Unit.CREDIT, True),
    "minutes_spent": ((EntryKind.TIME_SPENT,), Unit.MILLISECOND, False),
    "credits_moved_in": ((OWN_TRANSFER,), Unit.CREDIT, True),
    "credits_moved_out": ((OWN_TRANSFER,), Unit.CREDIT, False),
    "time_moved_in": ((OWN_TRANSFER,), Unit.MILLISECOND, True),
    "time_moved_out": ((OWN_TRANSFER,), Unit.MILLISECOND, False),
}

Sums = dict[str, int]


class ViewSummary(PeriodRequest, frozen=True):
    """The period (by default the last 30 days, 12 weeks or 12 months), its division, and one wallet or clock.

    Without a wallet or clock, the sums are of all that the account has. Those of one clock include the
    credits converted with it; those of one wallet include no time.
    """

    at_most_one_of = ("ewallet_id", "clock_id")

    by: fields.PeriodLength = PeriodUnit.DAY
    utc_offset: fields.UtcOffset = 0
    ewallet_id: fields.EwalletId | None = None
    clock_id: fields.ClockId | None = None


class Total(TypedDict):
    """Credits from and to others, credits converted either way, and time that timers used.

    Of one wallet or clock also what was moved between it and other own ones: credits of a wallet, minutes of
    a clock. Of the whole account nothing moved.
    """

    credits_in: int
    credits_out: int
    converted_to_time: int
    converted_to_credits: int
    minutes_spent: Minutes
    minutes_spent_ms: int
    moved_in: int | Minutes | None
    moved_in_ms: int | None
    moved_out: int | Minutes | None
    moved_out_ms: int | None


class PeriodTotal(Total):
    """The totals of one period; `end` is not included."""

    start: Timestamp
    end: Timestamp


class _ViewSummaryAnswer(TypedDict):
    since: Timestamp
    until: Timestamp
    by: str
    rows: list[PeriodTotal]
    totals: Total


@instruction({"action": "view", "view": "summary"})
def view_summary(request: ViewSummary, context: AccountContext) -> _ViewSummaryAnswer:
    """View what was received, sent, converted and spent by day, week or month, oldest first."""
    for holder_kind in (WALLET_HOLDER, CLOCK_HOLDER):
        if getattr(request, holder_kind.id_name) is not None:
            # It raises `NotFoundError` if it is not the account's own.
            holder_kind.named(context, request)
    filters = SumFilter(context.account.id, request.ewallet_id, request.clock_id)
    # What happens in this millisecond is included.
    until = context.now + 1 if request.ends_at is None else request.ends_at
    since = _usual_start(until, request.by) if request.starts_at is None else request.starts_at
    if since > until:
        raise PeriodReversedError
    ahead = request.utc_offset * timestamps.MINUTE
    spans = list(islice(timestamps.periods(since, until, request.by, ahead), MOST_PERIODS + 1))
    if len(spans) > MOST_PERIODS:
        raise TooManyPeriodsError(MOST_PERIODS)
    sums = [_sums(context, filters, start, end) for start, end in spans]
    return _ViewSummaryAnswer(
        since=timestamp(since),
        until=timestamp(until),
        by=str(request.by),
        rows=[
            PeriodTotal(start=timestamp(start), end=timestamp(end), **_total(filters, each))
            for (start, end), each in zip(spans, sums, strict=True)
        ],
        totals=_total(filters, {name: sum(part[name] for part in sums) for name in _SUMS}),
    )


def _usual_start(until: int, by: PeriodUnit) -> int:
    match by:
        case PeriodUnit.DAY:
            return max(until - 30 * DAY, 0)
        case PeriodUnit.WEEK:
            return max(until - 12 * 7 * DAY, 0)
        case PeriodUnit.MONTH:
            return timestamps.a_year_before(until)


def _sums(context: AccountContext, filters: SumFilter, start: int, end: int) -> Sums:
    moved = sum_postings(context.transaction, filters, start, end)
    return {
        name: sum(moved.get((kind, unit, is_into), 0) for kind in kinds)
        for name, (kinds, unit, is_into) in _SUMS.items()
    }


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
        moved_in=moved["moved_in"],
        moved_in_ms=moved["moved_in_ms"],
        moved_out=moved["moved_out"],
        moved_out_ms=moved["moved_out_ms"],
    )
