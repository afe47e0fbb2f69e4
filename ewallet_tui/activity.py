"""Recent activity, the statement of a wallet, and its balance by day, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from textual.content import Content

from ewallet_core.presentation.formatting import duration, grouped, moment, parse_timestamp, price, signed
from ewallet_core.presentation.periods import Period
from ewallet_core.presentation.tables import Column
from ewallet_tui.record_pages import ListRow

Record = Mapping[str, Any]

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


def latest_rows(
    transfers: Iterable[Record],
    conversions: Iterable[Record],
    now: datetime,
    most: int,
    zone: tzinfo | None = None,
) -> list[ListRow]:
    """The newest of both kinds, at most so many, as rows; the record of each is its kind and number."""
    found = [*transfers, *conversions]
    found.sort(key=lambda record: str(record["create_date"]), reverse=True)
    return [_row(record, now, zone) for record in found[:most]]


def _row(record: Record, now: datetime, zone: tzinfo | None) -> ListRow:
    kind = "conversion" if "conversion_type" in record else "transfer"
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


DAYS = 30


def summary_of(wallet_id: int, today: datetime) -> dict[str, Any]:
    """The instruction that tells what moved the wallet on each of the last days of the person's calendar."""
    local = today.astimezone()
    east = local.utcoffset() or timedelta()
    since = Period(local.date() - timedelta(days=DAYS - 1), None, "").arguments()
    offset = east // timedelta(minutes=1)
    return {"action": "view", "view": "summary", "ewallet_id": wallet_id, "utc_offset": offset, **since}


def balances(now: int, days: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """The balance at the end of each of these days, the last of which ends `now`."""
    found = [now]
    for day in reversed(days[1:]):
        found.append(found[-1] - _moved(day))
    return tuple(reversed(found))


def in_words(history: Sequence[int]) -> str:
    """How many days it was, and between what: `last 30 days, 20 to 1,240`."""
    lowest, highest = min(history), max(history)
    between = grouped(highest) if lowest == highest else f"{grouped(lowest)} to {grouped(highest)}"
    return f"last {len(history)} days, {between}"


def _moved(day: Mapping[str, Any]) -> int:
    came = int(day["credits_in"]) + int(day["converted_to_credits"])
    return came - int(day["credits_out"]) - int(day["converted_to_time"])
