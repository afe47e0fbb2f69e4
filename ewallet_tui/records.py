"""The kinds of record, each described once: its sheet, its columns, and the facts that its detail shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from textual.content import Content

from ewallet_core.presentation.formatting import duration, grouped, moment, parse_timestamp, price, signed
from ewallet_core.presentation.tables import Column
from ewallet_core.presentation.text import one_line
from ewallet_tui.activity import COMES_IN, CONVERSIONS, TRANSFERS
from ewallet_tui.record_pages import ListRow
from ewallet_tui.state import (
    CONTACT_LIST,
    CONVERSION_SHEET,
    INVOICE_SHEET,
    TIME_SHEET,
    TRANSFER_SHEET,
    OwnedItemKind,
)

Record = Mapping[str, Any]
Cells = tuple[str | Content, ...]
Facts = list[tuple[str, str | Content]]


@dataclass(frozen=True)
class RecordKind:
    """What makes records of one kind what they are on a screen."""

    name: str
    """The engine's word for the kind."""
    title: str
    key: str
    """The key that shows their sheet."""
    kind_of_item: OwnedItemKind
    data_key: str
    """Under which a view of the sheet answers it."""
    columns: tuple[Column, ...]
    cells: Callable[[Record, datetime], Cells]
    """The cells under the columns, as seen from an instant."""
    facts: Callable[[Record, datetime], Facts]
    """What there is to know of one, a label and a value each."""
    empty: str
    """What is said of a sheet that has none, with what to do."""

    def row(self, record: Record, now: datetime) -> ListRow:
        """The record as a row of a list."""
        return ListRow(f"{self.name} {record['id']}", self.cells(record, now), record)

    def view(self, record_id: int) -> dict[str, Any]:
        """The instruction that views one of them."""
        return {"action": "view", "view": self.name, self.name: "record", "record_id": record_id}

    def unlink(self, record_id: int) -> dict[str, Any]:
        """The instruction that unlinks one of them."""
        return {"action": "unlink", "unlink": self.name, self.name: "record", "record_id": record_id}


def partner_of(transfer: Record) -> str:
    """The email of the other side of a transfer; nothing where credits were supplied."""
    if transfer["transfer_type"] == "supply":
        return ""
    return str(transfer["transfer_from" if transfer["transfer_type"] == "incoming" else "transfer_to"])


def amount(kind: str, credits: int) -> Content:
    """Credits with the sign that says where they went, by the engine's word for the movement."""
    if kind in COMES_IN:
        return Content.styled(signed(credits), "$text-success")
    return Content(signed(-credits))


def _when(record: Record, now: datetime, key: str = "create_date") -> str:
    return moment(parse_timestamp(record[key]), now)


def _transfer_cells(record: Record, now: datetime) -> Cells:
    kind = record["transfer_type"]
    return (
        _when(record, now),
        TRANSFERS[kind],
        amount(kind, record["credits"]),
        partner_of(record),
        record["notes"],
    )


def _transfer_facts(record: Record, now: datetime) -> Facts:
    kind = record["transfer_type"]
    return [
        ("What", TRANSFERS[kind]),
        ("Credits", amount(kind, record["credits"])),
        ("From", record["transfer_from"]),
        ("To", record["transfer_to"]),
        ("When", _when(record, now)),
        ("Notes", record["notes"]),
    ]


def _cost(invoice: Record) -> str:
    return price(invoice["currency"], invoice["cost"]) if invoice["currency"] else ""


def _invoice_cells(record: Record, now: datetime) -> Cells:
    return (
        _when(record, now),
        record["reference"],
        grouped(record["credits"]),
        _cost(record),
        record["seller_email"],
        record["notes"],
    )


def _invoice_facts(record: Record, now: datetime) -> Facts:
    return [
        ("Credits", grouped(record["credits"])),
        ("Cost", _cost(record)),
        ("Seller", record["seller_email"]),
        ("When", _when(record, now)),
        ("Notes", record["notes"]),
    ]


def _conversion_cells(record: Record, now: datetime) -> Cells:
    kind = record["conversion_type"]
    return (
        _when(record, now),
        CONVERSIONS[kind],
        amount(kind, record["credits"]),
        duration(record["minutes_ms"]),
        record["notes"],
    )


def _conversion_facts(record: Record, now: datetime) -> Facts:
    kind = record["conversion_type"]
    return [
        ("What", "credits to time" if kind == "credits2clock" else "time to credits"),
        ("Credits", amount(kind, record["credits"])),
        ("Time", duration(record["minutes_ms"])),
        ("When", _when(record, now)),
        ("Notes", record["notes"]),
    ]


def _time_cells(record: Record, now: datetime) -> Cells:
    return (
        _when(record, now, "time_start"),
        _when(record, now, "time_stop"),
        duration(record["time_spent_ms"]),
        duration(record["time_pending_ms"]),
        grouped(record["pending_count"]),
    )


def _time_facts(record: Record, now: datetime) -> Facts:
    return [
        ("Started", _when(record, now, "time_start")),
        ("Stopped", _when(record, now, "time_stop")),
        ("Used", duration(record["time_spent_ms"])),
        ("Paused", duration(record["time_pending_ms"])),
        ("Pauses", grouped(record["pending_count"])),
    ]


def _contact_cells(record: Record, _: datetime) -> Cells:
    return (record["name"], record["email"], record["phone"], record["notes"])


def _contact_facts(record: Record, now: datetime) -> Facts:
    return [
        ("Email", record["email"]),
        ("Phone", record["phone"]),
        ("Notes", record["notes"]),
        ("Since", _when(record, now)),
    ]


TRANSFER = RecordKind(
    "transfer",
    "Transfers",
    "T",
    TRANSFER_SHEET,
    "sheet_data",
    (
        Column("When"),
        Column("What"),
        Column("Credits", align="right"),
        Column("With"),
        Column("Notes", fills=True, from_width=60),
    ),
    _transfer_cells,
    _transfer_facts,
    "No transfers on this sheet yet. What you supply, pay, send or receive is written here.",
)
INVOICE = RecordKind(
    "invoice",
    "Invoices",
    "I",
    INVOICE_SHEET,
    "sheet_data",
    (
        Column("When"),
        Column("Number"),
        Column("Credits", align="right"),
        Column("Cost", align="right"),
        Column("Seller"),
        Column("Notes", fills=True, from_width=80),
    ),
    _invoice_cells,
    _invoice_facts,
    "No invoices on this sheet yet. Each supply and each payment writes one.",
)
CONVERSION = RecordKind(
    "conversion",
    "Conversions",
    "C",
    CONVERSION_SHEET,
    "sheet_data",
    (
        Column("When"),
        Column("What"),
        Column("Credits", align="right"),
        Column("Time", align="right"),
        Column("Notes", fills=True),
    ),
    _conversion_cells,
    _conversion_facts,
    "No conversions on this sheet yet. Convert credits to time at home: 1, then c.",
)
TIME = RecordKind(
    "time",
    "Times",
    "M",
    TIME_SHEET,
    "sheet_data",
    (
        Column("Started"),
        Column("Stopped", from_width=70),
        Column("Used", align="right"),
        Column("Paused", align="right"),
        Column("Pauses", align="right"),
        Column("", fills=True),
    ),
    lambda record, now: (*_time_cells(record, now), ""),
    _time_facts,
    "No times on this sheet yet. One is written whenever the timer stops.",
)
CONTACT = RecordKind(
    "contact",
    "Contacts",
    "",
    CONTACT_LIST,
    "list_data",
    (
        Column("Name"),
        Column("Email"),
        Column("Phone", from_width=65),
        Column("Notes", fills=True, from_width=60),
    ),
    _contact_cells,
    _contact_facts,
    "No contacts on this list yet. Write one down with n.",
)

SHEET_KINDS = (TRANSFER, INVOICE, CONVERSION, TIME)
RECORD_KINDS = {kind.name: kind for kind in (*SHEET_KINDS, CONTACT)}


def as_text(row: ListRow) -> str:
    """A row as it is shown, its cells apart by tabs: what a spreadsheet takes."""
    return "\t".join(cell.plain if isinstance(cell, Content) else one_line(cell) for cell in row.cells)
