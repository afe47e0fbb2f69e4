"""A wallet's statement as rows: what moved it, with the balance after that in the last column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from textual.content import Content

from ewallet_tui.lately import CONVERSIONS
from ewallet_tui.widgets.columns import Column
from ewallet_tui.widgets.record_pages import Row
from ewallet_tui.words import grouped, moment, parse_timestamp, price, signed

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


def statement_row(movement: Movement, now: datetime, zone: tzinfo | None = None) -> Row:
    """One movement, as seen from `now`."""
    credits = movement["credits"]
    moved = Content.styled(signed(credits), "$text-success") if credits > 0 else Content(signed(credits))
    when = moment(parse_timestamp(movement["time"]), now, zone)
    notes = (movement["notes"] or "")[:LONGEST_NOTES]
    cells = (when, what_of(movement), _with(movement), notes, moved, grouped(movement["balance"]))
    return Row(f"entry {movement['entry']}", cells, movement)


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
