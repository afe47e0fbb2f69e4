"""What happened to a wallet lately: its transfers and conversions in one list, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from textual.content import Content

from ewallet_tui.widgets.columns import Column
from ewallet_tui.widgets.record_pages import Row
from ewallet_tui.words import duration, moment, parse_timestamp, signed

Record = Mapping[str, Any]

COLUMNS = (
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


def latest_rows(
    transfers: Iterable[Record],
    conversions: Iterable[Record],
    now: datetime,
    most: int,
    zone: tzinfo | None = None,
) -> list[Row]:
    """The newest of both kinds, at most so many, as rows; the record of each is its kind and number."""
    found = [*transfers, *conversions]
    found.sort(key=lambda record: str(record["create_date"]), reverse=True)
    return [_row(record, now, zone) for record in found[:most]]


def _row(record: Record, now: datetime, zone: tzinfo | None) -> Row:
    kind = "conversion" if "conversion_type" in record else "transfer"
    what, partner = _conversion(record) if kind == "conversion" else _transfer(record)
    when = moment(parse_timestamp(record["create_date"]), now, zone)
    cells = (when, what, _amount(record), partner, record["notes"] or "")
    return Row(f"{kind} {record['id']}", cells, (kind, record["id"]))


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
