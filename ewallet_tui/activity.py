"""Recent activity, the statement of a wallet, and its balance by day, as rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from textual.content import Content

from ewallet_core.presentation.formatting import duration, grouped, moment, parse_timestamp, price, signed
from ewallet_core.presentation.tables import Column
from ewallet_tui.record_pages import ListRow

Record = Mapping[str, Any]

LOCAL_TIME = Path("/etc/localtime")
ACTIVITY_COLUMNS = (
    Column("When"),
    Column("What"),
    Column("Credits", align="right"),
    Column("With"),
    Column("Notes", fills=True, from_width=64),
)
TRANSFERS = {
    "supply": "supplied",
    "payment": "paid",
    "transfer": "sent",
    "refund": "refunded",
    "incoming": "received",
}
CONVERSIONS = {"credits2clock": "to time", "clock2credits": "from time"}
COMES_IN = frozenset({"supply", "incoming", "clock2credits"})


def activity_rows(
    activity: Iterable[Mapping[str, Any]], now: datetime, zone: tzinfo | None = None
) -> list[ListRow]:
    """What moved credits, as rows; the record of each is its kind and number."""
    moved = (each for each in activity if each["kind"] != "time")
    return [_row(each["kind"], each["record_data"], now, zone) for each in moved]


def _row(kind: str, record: Record, now: datetime, zone: tzinfo | None) -> ListRow:
    what, partner = _conversion(record) if kind == "conversion" else _transfer(record)
    when = moment(parse_timestamp(record["create_date"]), now, zone)
    cells = (when, what, _amount(record), partner, record["notes"] or "")
    return ListRow(f"{kind} {record['id']}", cells, (kind, record["id"]))


def _amount(record: Record) -> Content:
    kind = record.get("conversion_type") or record["transfer_type"]
    if kind in COMES_IN:
        return Content.styled(signed(record["credits"]), "$text-success")
    return Content(signed(-record["credits"]))


def _transfer(record: Record) -> tuple[str, str]:
    kind = record["transfer_type"]
    partner = record["transfer_from"] if kind == "incoming" else record["transfer_to"]
    return TRANSFERS[kind], "" if kind == "supply" else partner


def _conversion(record: Record) -> tuple[str, str]:
    kind = record["conversion_type"]
    return CONVERSIONS[kind], f"{'→' if kind == 'credits2clock' else '←'} {duration(record['minutes_ms'])}"


Movement = Mapping[str, Any]

LONGEST_NOTES = 200
COLUMNS = (
    Column("When"),
    Column("What"),
    Column("With", fills=True),
    Column("Notes", fills=True, from_width=60),
    Column("Credits", align="right"),
    Column("Balance", align="right"),
)
GIVEN = {"payment": "paid", "transfer": "sent", "refund": "gave back"}
GOT = {"supply": "supplied", "payment": "received", "transfer": "received", "refund": "got back"}


def statement_row(movement: Movement, now: datetime, zone: tzinfo | None = None) -> ListRow:
    """One movement, as seen from `now`."""
    credits = movement["credits"]
    moved = Content.styled(signed(credits), "$text-success") if credits > 0 else Content(signed(credits))
    when = moment(parse_timestamp(movement["time"]), now, zone)
    notes = (movement["notes"] or "")[:LONGEST_NOTES]
    cells = (when, what_of(movement), _with(movement), notes, moved, grouped(movement["balance"]))
    return ListRow(f"entry {movement['entry']}", cells, movement)


def what_of(movement: Movement) -> str:
    """What happened, in a word: `paid`, `received`, `to time`."""
    kind: str = movement["kind"]
    known = CONVERSIONS | (GOT if movement["credits"] > 0 else GIVEN)
    return known.get(kind, kind)


def record_of(movement: Movement) -> tuple[str, int] | None:
    """The kind and number of its record, `None` where that was unlinked."""
    for kind in ("transfer", "conversion"):
        if (number := movement[f"{kind}_record"]) is not None:
            return kind, number
    return None


def _with(movement: Movement) -> str:
    """The other side, or what was paid for it."""
    if movement["kind"] == "supply":
        return price(movement["currency"], movement["cost"]) if movement["cost"] else ""
    return movement["partner"] or ""


def local_time_zone() -> str | None:
    """The IANA name of the machine's time zone; `None` if it is not to be found."""
    name = os.environ.get("TZ", "").lstrip(":") or str(LOCAL_TIME.resolve()).partition("zoneinfo/")[2]
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None
    return name


def in_words(history: Sequence[int]) -> str:
    """How many days it was, and between what: `last 30 days, 20 to 1,240`."""
    lowest, highest = min(history), max(history)
    between = grouped(highest) if lowest == highest else f"{grouped(lowest)} to {grouped(highest)}"
    return f"last {len(history)} days, {between}"
