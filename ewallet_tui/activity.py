"""Recent activity, a wallet's statement, and its balance by day, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from textual.content import Content

from ewallet_core.presentation.formatting import duration, grouped, moment, parse_timestamp
from ewallet_core.presentation.movements import (
    CONVERTED,
    Record,
    is_move,
    other_end,
    partner_of,
    what_of,
    with_whom,
)
from ewallet_core.presentation.tables import Column
from ewallet_core.types import COMES_IN, MOVED, TRANSFER_WORDS
from ewallet_tui.record_pages import ListRow
from ewallet_tui.records import MAX_NOTES, amount, moved_time, signed_amount
from ewallet_tui.state import CLOCK, CONVERSION_SHEET, TRANSFER_SHEET, AccountState, OwnedItemKind, OwnedItems

ACTIVITY_COLUMNS = (
    Column("When"),
    Column("What"),
    Column("Credits", align="right"),
    Column("With"),
    Column("", from_width=70),
    Column("Notes", fills=True, from_width=64),
)
OTHER_WALLET, OTHER_CLOCK = "another wallet", "another clock"


def activity_rows(state: AccountState, now: datetime, zone: tzinfo | None = None) -> list[ListRow]:
    """The account's records that moved credits as rows; the record of a row is its kind and id.

    A record on a sheet of another wallet or clock than the active ones says so.
    """
    records = [each["record_data"] for each in state.activity if each["kind"] != "time"]
    return [_activity_row(record, state.owned, now, zone) for record in records]


def _activity_row(
    record: Record, owned: Mapping[OwnedItemKind, OwnedItems], now: datetime, zone: tzinfo | None
) -> ListRow:
    when = moment(parse_timestamp(record["create_date"]), now, zone)
    if "conversion_type" in record:
        name, kind, what = "conversion", record["conversion_type"], CONVERTED
        partner = f"{'→' if kind == 'credits2clock' else '←'} {duration(record['minutes_ms'])}"
        other = OTHER_CLOCK if len(owned[CLOCK].names) > 1 else OTHER_WALLET
        where = "" if record["conversion_sheet"] in owned[CONVERSION_SHEET].names else other
    else:
        name, kind, what = "transfer", record["transfer_type"], TRANSFER_WORDS[record["transfer_type"]]
        partner = partner_of(record)
        where = "" if record["transfer_sheet"] in owned[TRANSFER_SHEET].names else OTHER_WALLET
    moved = amount(kind, record["credits"])
    if is_move(record):
        what, partner = MOVED, other_end(record, comes_in=kind in COMES_IN)
        if name == "conversion":
            # No credits moved; the time stands where a conversion shows its own.
            moved, partner = Content(""), f"{moved_time(record).plain} {partner}"
    cells = (when, what, moved, partner, where, record["notes"] or "")
    return ListRow(f"{name} {record['id']}", cells, (name, record["id"]))


COLUMNS = (
    Column("When"),
    Column("What"),
    Column("With", fills=True),
    Column("Notes", fills=True, from_width=60),
    Column("Credits", align="right"),
    Column("Balance", align="right"),
)


def statement_row(movement: Record, now: datetime, zone: tzinfo | None = None) -> ListRow:
    when = moment(parse_timestamp(movement["time"]), now, zone)
    notes = (movement["notes"] or "")[:MAX_NOTES]
    moved, balance = signed_amount(movement["credits"]), grouped(movement["balance"])
    cells = (when, what_of(movement), with_whom(movement), notes, moved, balance)
    return ListRow(f"entry {movement['entry']}", cells, movement)


def record_of(movement: Record) -> tuple[str, int] | None:
    """The kind and id of the movement's record; `None` if it was unlinked."""
    for kind in ("transfer", "conversion"):
        if (number := movement[f"{kind}_record"]) is not None:
            return kind, number
    return None


def in_words(history: Sequence[int]) -> str:
    """The number of days and the range: `last 30 days, 20 to 1,240`."""
    lowest, highest = min(history), max(history)
    between = grouped(highest) if lowest == highest else f"{grouped(lowest)} to {grouped(highest)}"
    return f"last {len(history)} days, {between}"
