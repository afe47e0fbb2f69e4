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
    Column("Notes", fills=True),
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
    """The newest of both kinds, at most so many, as rows of a list."""
    dated = [(record["create_date"], f"transfer {record['id']}", record) for record in transfers]
    dated += [(record["create_date"], f"conversion {record['id']}", record) for record in conversions]
    dated.sort(key=lambda entry: entry[0], reverse=True)
    return [_row(key, record, now, zone) for _, key, record in dated[:most]]


def _row(key: str, record: Record, now: datetime, zone: tzinfo | None) -> Row:
    what, partner = _conversion(record) if "conversion_type" in record else _transfer(record)
    when = moment(parse_timestamp(record["create_date"]), now, zone)
    return Row(key, (when, what, _amount(record), partner, record["notes"] or ""))


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
