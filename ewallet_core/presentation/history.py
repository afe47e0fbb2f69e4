"""Records of any kind as rows of one table, and as the values of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ewallet_core.presentation.formatting import (
    moment,
    parse_timestamp,
    price,
    signed,
    signed_duration,
)
from ewallet_core.presentation.movements import (
    CONVERTED,
    Record,
    is_move,
    kind_of,
    other_end,
    other_party,
    partner_of,
    signed_credits,
    what_was_invoiced,
    with_sign,
)
from ewallet_core.presentation.tables import Column, Row, Tone, ToneText
from ewallet_core.types import COMES_IN, MOVED, TRANSFER_WORDS, RecordType

HISTORY = (
    Column("When"),
    Column("What"),
    Column("Credits", align="right"),
    Column("Time", align="right"),
    Column("With", fills=True),
    Column("Notes", fills=True, from_width=60),
)
INVOICES = (
    Column("When"),
    Column("Number"),
    Column("Credits", align="right"),
    Column("Cost", align="right"),
    Column("With", fills=True),
    Column("Notes", fills=True, from_width=70),
)
FOUND = (Column("Record"), *HISTORY)

VALUES = (
    *("kind", "record", "time", "what", "credits", "milliseconds"),
    *("with", "currency", "cost", "reference", "notes", "private_notes", "tags"),
)
"""The columns of a file: exact numbers, with a minus for what went, and times in UTC."""


def history_row(kind: str, record: Record, now: datetime) -> Row:
    """The record of that kind in the columns of HISTORY, with times relative to `now`."""
    values = history_values(kind, record)
    when = moment(parse_timestamp(values["time"]), now)
    credits, time = values["credits"], values["milliseconds"]
    return (
        when,
        values["what"],
        amount(credits),
        signed_duration(time) if time else "",
        values["with"],
        _noted(values),
    )


def found_row(kind: str, record: Record, now: datetime) -> Row:
    """The record in the columns of FOUND: its kind and number come first."""
    return (f"{kind} {record['id']}", *history_row(kind, record, now))


def invoice_row(record: Record, now: datetime) -> Row:
    """The invoice in the columns of INVOICES."""
    cost = price(record["currency"], record["signed_cost"]) if record["currency"] else ""
    return (
        moment(parse_timestamp(record["create_date"]), now),
        record["reference"],
        amount(record["signed_credits"]),
        cost,
        other_party(record),
        record["notes"] or "",
    )


def amount(credits: int | None) -> str:
    """Signed credits; empty for none."""
    if not credits:
        return ""
    return ToneText(signed(credits), Tone.GOOD if credits > 0 else Tone.PLAIN)


def _noted(values: Mapping[str, Any]) -> str:
    """The notes, the private ones and the tags: `lunch · only you: he owes me one  #acme`."""
    private = f"only you: {values['private_notes']}" if values["private_notes"] else ""
    notes = " · ".join(filter(None, (values["notes"], private)))
    return "  ".join(filter(None, (notes, " ".join(f"#{tag}" for tag in values["tags"]))))


def history_values(kind: str, record: Record) -> dict[str, Any]:
    """The record's values for the columns of VALUES; None for those that its kind does not have."""
    common = {
        "kind": kind,
        "record": record["id"],
        "time": record["create_date"],
        "credits": None,
        "milliseconds": None,
        "with": "",
        "currency": None,
        "cost": None,
        "reference": record["reference"],
        "notes": record["notes"] or "",
        "private_notes": record.get("private_notes") or "",
        "tags": record.get("tags") or [],
    }
    return common | _READ[RecordType(kind)](record)


def _transfer(record: Record) -> dict[str, Any]:
    kind = kind_of(record)
    if is_move(record):
        return _moved(record) | {"credits": signed_credits(record)}
    return {"what": TRANSFER_WORDS[kind], "credits": signed_credits(record), "with": partner_of(record)}


def _moved(record: Record) -> dict[str, Any]:
    return {"what": MOVED, "with": other_end(record, comes_in=kind_of(record) in COMES_IN)}


def _conversion(record: Record) -> dict[str, Any]:
    time, kind = record["minutes_ms"], kind_of(record)
    if is_move(record):
        return _moved(record) | {"milliseconds": with_sign(kind, time)}
    # What the wallet loses, the clock gets.
    credits = signed_credits(record)
    return {"what": CONVERTED, "credits": credits, "milliseconds": -time if credits > 0 else time}


def _run(record: Record) -> dict[str, Any]:
    return {"what": "used", "milliseconds": -record["time_spent_ms"]}


def _invoice(record: Record) -> dict[str, Any]:
    return {
        "what": what_was_invoiced(record),
        "credits": record["signed_credits"],
        "with": other_party(record),
        "currency": record["currency"],
        "cost": record["signed_cost"],
    }


def _contact(record: Record) -> dict[str, Any]:
    return {"what": record["name"], "with": record["email"]}


_READ: Mapping[RecordType, Callable[[Record], dict[str, Any]]] = {
    RecordType.TRANSFER: _transfer,
    RecordType.CONVERSION: _conversion,
    RecordType.TIME: _run,
    RecordType.INVOICE: _invoice,
    RecordType.CONTACT: _contact,
}
