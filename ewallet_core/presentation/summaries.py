"""The sums of a summary as rows, and the lines of a statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ewallet_core.presentation.formatting import (
    MONTHS,
    duration,
    formats_in_use,
    grouped,
    local,
    moment,
    parse_timestamp,
    signed_duration,
)
from ewallet_core.presentation.history import amount
from ewallet_core.presentation.movements import what_of, with_whom
from ewallet_core.presentation.tables import Column, Row
from ewallet_core.types import SYSTEM_CORE_EMAIL

Sums = Mapping[str, Any]

STATEMENT = (
    Column("When"),
    Column("What"),
    Column("Credits", align="right"),
    Column("Balance", align="right"),
    Column("With", fills=True),
    Column("Notes", fills=True, from_width=60),
)
STATEMENT_VALUES = (
    *("entry", "time", "kind", "credits", "balance", "partner", "from_reference", "to_reference"),
    *("currency", "cost", "cost_total", "transfer_record", "conversion_record", "notes"),
)
SUM_VALUES = (
    *("credits_in", "credits_out", "converted_to_time", "converted_to_credits"),
    *("minutes_spent_ms", "minutes_begun_ms"),
)
"""The sums of a summary that every account has, by their keys in its answer."""
_MOVED_CREDITS, _MOVED_TIME = ("moved_in", "moved_out"), ("moved_in_ms", "moved_out_ms")

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FIRST_HEADINGS = {"day": "Day", "week": "Week", "month": "Month", "person": "With", "tag": "Tag"}
_NO_PARTNER, _NO_TAG = "own conversions and time", "without a tag"
_SUPPLIES = "supplies"


def statement_row(movement: Sums, now: datetime) -> Row:
    """A movement in the columns of STATEMENT."""
    return (
        moment(parse_timestamp(movement["time"]), now),
        what_of(movement),
        amount(movement["credits"]),
        grouped(movement["balance"]),
        with_whom(movement),
        movement["notes"] or "",
    )


def sum_keys(by: str, totals: Sums) -> Sequence[str]:
    """The keys of what a file has of each sum: its name, and of one wallet or clock what was moved."""
    names = {"person": ("partner",), "tag": ("tag",)}.get(by, ("start", "end"))
    if totals["moved_in_ms"] is not None:
        return (*names, *SUM_VALUES, *_MOVED_TIME)
    return (*names, *SUM_VALUES, *(_MOVED_CREDITS if totals["moved_in"] is not None else ()))


def sum_columns(by: str, totals: Sums) -> Sequence[Column]:
    """The columns of the sums by day, week, month, person or tag."""
    moved = [Column(heading, align="right") for heading in ("Moved in", "Moved out")]
    return (
        Column(_FIRST_HEADINGS[by], fills=True),
        Column("In", align="right"),
        Column("Out", align="right"),
        Column("To time", align="right"),
        Column("To credits", align="right"),
        Column("Used", align="right"),
        *(moved if totals["moved_in"] is not None else ()),
    )


def sum_rows(by: str, rows: Iterable[Sums], totals: Sums) -> Sequence[Row]:
    """The sums that are not all 0, and below them the totals; no row if there is nothing to sum."""
    found = [_sum_row(_name(by, row), row) for row in rows if _is_something(row)]
    return [*found, _sum_row("Total", totals)] if found else []


def _is_something(sums: Sums) -> bool:
    return any(sums[key] for key in (*SUM_VALUES, *_MOVED_CREDITS))


def _sum_row(name: str, sums: Sums) -> Row:
    used = sums["minutes_spent_ms"] + sums["minutes_begun_ms"]
    row = (
        name,
        amount(sums["credits_in"]),
        amount(-sums["credits_out"]),
        amount(-sums["converted_to_time"]),
        amount(sums["converted_to_credits"]),
        duration(used) if used else "",
    )
    return row if sums["moved_in"] is None else (*row, *_moved(sums))


def _moved(sums: Sums) -> tuple[str, str]:
    if sums["moved_in_ms"] is None:
        return amount(sums["moved_in"]), amount(-sums["moved_out"])
    came, went = sums["moved_in_ms"], -sums["moved_out_ms"]
    return signed_duration(came) if came else "", signed_duration(went) if went else ""


def _name(by: str, sums: Sums) -> str:
    if by == "person":
        return _SUPPLIES if sums["partner"] == SYSTEM_CORE_EMAIL else sums["partner"] or _NO_PARTNER
    if by == "tag":
        return f"#{sums['tag']}" if sums["tag"] else _NO_TAG
    start, end = parse_timestamp(sums["start"]), parse_timestamp(sums["end"])
    if by == "week":
        first, last = local(start).date(), local(end - timedelta(milliseconds=1)).date()
        days = dict.fromkeys(formats_in_use().day(day) for day in (first, last))
        return " to ".join(days)
    # The middle is in it even if the system's time zone has no name and days begin an hour off.
    middle = local(start + (end - start) / 2).date()
    if by == "month":
        return f"{MONTHS[middle.month - 1]} {middle.year}"
    return f"{WEEKDAYS[middle.weekday()]} {formats_in_use().day(middle)}"
