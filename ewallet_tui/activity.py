"""Recent activity, a wallet's statement, and its balance by day, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from textual.content import Content

from ewallet_core.presentation.formatting import duration, grouped, moment, parse_timestamp, price, signed
from ewallet_core.presentation.tables import Column
from ewallet_tui.record_pages import ListRow
from ewallet_tui.records import CONVERSIONS, TRANSFERS, Record, amount, partner_of

ACTIVITY_COLUMNS = (
    Column("When"),
    Column("What"),
    Column("Credits", align="right"),
    Column("With"),
    Column("Notes", fills=True, from_width=64),
)


def activity_rows(
    activity: Iterable[Mapping[str, Any]], now: datetime, zone: tzinfo | None = None
) -> list[ListRow]:
    """The records that moved credits as rows; the record of a row is its kind and id."""
    return [_activity_row(each["record_data"], now, zone) for each in activity if each["kind"] != "time"]


def _activity_row(record: Record, now: datetime, zone: tzinfo | None) -> ListRow:
    when = moment(parse_timestamp(record["create_date"]), now, zone)
    if "conversion_type" in record:
        name, kind, what = "conversion", record["conversion_type"], CONVERSIONS[record["conversion_type"]]
        partner = f"{'→' if kind == 'credits2clock' else '←'} {duration(record['minutes_ms'])}"
    else:
        name, kind, what = "transfer", record["transfer_type"], TRANSFERS[record["transfer_type"]]
        partner = partner_of(record)
    cells = (when, what, amount(kind, record["credits"]), partner, record["notes"] or "")
    return ListRow(f"{name} {record['id']}", cells, (name, record["id"]))


MAX_NOTES = 200
COLUMNS = (
    Column("When"),
    Column("What"),
    Column("With", fills=True),
    Column("Notes", fills=True, from_width=60),
    Column("Credits", align="right"),
    Column("Balance", align="right"),
)
GIVEN = {"payment": "paid", "transfer": "sent", "refund": "refunded"}
GOT = {"supply": "supplied", "payment": "received", "transfer": "received", "refund": "got back"}


def statement_row(movement: Record, now: datetime, zone: tzinfo | None = None) -> ListRow:
    credits = movement["credits"]
    moved = Content.styled(signed(credits), "$text-success") if credits > 0 else Content(signed(credits))
    when = moment(parse_timestamp(movement["time"]), now, zone)
    notes = (movement["notes"] or "")[:MAX_NOTES]
    cells = (when, what_of(movement), _with(movement), notes, moved, grouped(movement["balance"]))
    return ListRow(f"entry {movement['entry']}", cells, movement)


def what_of(movement: Record) -> str:
    """The movement in a word: `paid`, `received`, `to time`."""
    kind: str = movement["kind"]
    known = CONVERSIONS | (GOT if movement["credits"] > 0 else GIVEN)
    return known.get(kind, kind)


def record_of(movement: Record) -> tuple[str, int] | None:
    """The kind and id of the movement's record; `None` if it was unlinked."""
    for kind in ("transfer", "conversion"):
        if (number := movement[f"{kind}_record"]) is not None:
            return kind, number
    return None


def _with(movement: Record) -> str:
    if movement["kind"] == "supply":
        return price(movement["currency"], movement["cost"]) if movement["cost"] else ""
    return movement["partner"] or ""


def in_words(history: Sequence[int]) -> str:
    """The number of days and the range: `last 30 days, 20 to 1,240`."""
    lowest, highest = min(history), max(history)
    between = grouped(highest) if lowest == highest else f"{grouped(lowest)} to {grouped(highest)}"
    return f"last {len(history)} days, {between}"
