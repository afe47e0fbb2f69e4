"""The kinds of record: for each its sheet, its columns, and the facts of its detail view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from textual.content import Content

from ewallet_core.presentation.formatting import (
    duration,
    grouped,
    moment,
    one_line,
    parse_timestamp,
    price,
    signed,
    signed_duration,
)
from ewallet_core.presentation.movements import (
    Record,
    is_move,
    other_end,
    other_party,
    partner_of,
    what_was_invoiced,
    with_sign,
)
from ewallet_core.presentation.payees import SIGN, mark_of
from ewallet_core.presentation.tables import Column
from ewallet_core.types import COMES_IN, CONVERSION_WORDS, MOVED, TRANSFER_WORDS
from ewallet_tui.record_pages import ListRow
from ewallet_tui.sanitize import plain
from ewallet_tui.state import (
    CONTACT_LIST,
    CONVERSION_SHEET,
    INVOICE_SHEET,
    TIME_SHEET,
    TRANSFER_SHEET,
    OwnedItemKind,
)

Cells = tuple[str | Content, ...]
Facts = list[tuple[str, str | Content]]

MAX_NOTES = 200


@dataclass(frozen=True)
class RecordKind:
    name: str
    title: str
    key: str
    kind_of_item: OwnedItemKind
    data_key: str
    """The key of the sheet's data in the answer of a view."""
    columns: tuple[Column, ...]
    describe: Callable[[Record, datetime], tuple[Cells, Facts]]
    """The cells and the facts (label and value) of a record, with times relative to an instant."""
    empty: str
    when_removed: str
    """What stays as it is when a record is removed, in a sentence."""
    finds: str = "find a name, an email or a note"
    """What a search finds, in the box for it."""
    usual_order: str = "-create_date"
    """The order in which they are listed unless the user chooses another."""

    @property
    def noun(self) -> str:
        """A record of this kind, in a word or two: `transfer`, `time record`."""
        return "time record" if self.name == "time" else self.name

    def facts(self, record: Record, now: datetime) -> Facts:
        return self.describe(record, now)[1]

    def row(self, record: Record, now: datetime) -> ListRow:
        return ListRow(f"{self.name} {record['id']}", self.describe(record, now)[0], record)

    def instruction(
        self, verb: Literal["view", "edit", "unlink", "recover"], record_id: int
    ) -> dict[str, Any]:
        return {"action": verb, verb: self.name, self.name: "record", "record_id": record_id}

    def view(self, record_id: int, *, or_removed: bool = False) -> dict[str, Any]:
        """The instruction to view a record, also if it was removed."""
        return self.instruction("view", record_id) | ({"removed": True} if or_removed else {})


def amount(kind: str, credits: int) -> Content:
    """Signed credits, given the engine's word for the movement."""
    return signed_amount(with_sign(kind, credits))


def moved_time(record: Record) -> Content:
    """The signed time of a record of time that was moved between own clocks."""
    comes_in = record["conversion_type"] in COMES_IN
    span = record["minutes_ms"] if comes_in else -record["minutes_ms"]
    return Content.styled(signed_duration(span), "$text-success" if comes_in else "")


def signed_amount(credits: int) -> Content:
    return Content.styled(signed(credits), "$text-success") if credits > 0 else Content(signed(credits))


def _when(record: Record, now: datetime, key: str = "create_date") -> str:
    return moment(parse_timestamp(record[key]), now)


def noted(notes: str, tags: Sequence[str]) -> Content:
    """What a run is for: `Invoices of May  #acme #urgent`."""
    hashed = Content.styled(" ".join(f"#{one_line(tag)}" for tag in tags), "$text-accent")
    return Content("  ").join(part for part in (plain(notes[:MAX_NOTES]), hashed) if part.plain)


def with_private(notes: str, private: str) -> Content:
    """A note, and after it the private one: `lunch · only you: owes me a favour`."""
    own = plain(f"only you: {private[:MAX_NOTES]}", style="$text-muted") if private else Content()
    return Content(" · ").join(part for part in (plain(notes[:MAX_NOTES]), own) if part.plain)


def _describe_transfer(record: Record, now: datetime) -> tuple[Cells, Facts]:
    kind, when, notes = record["transfer_type"], _when(record, now), record["notes"]
    what, credits = TRANSFER_WORDS[kind], amount(kind, record["credits"])
    private = record["private_notes"]
    noted_cell, own_note = with_private(notes, private), [("Private", private)] if private else []
    if is_move(record):
        where = other_end(record, comes_in=kind in COMES_IN)
        return (when, MOVED, credits, where, noted_cell), [
            ("What", f"{MOVED} {where}"),
            ("Credits", credits),
            *_ends_of(record, "wallet"),
            ("When", when),
            ("Notes", notes),
            *own_note,
        ]
    return (when, what, credits, partner_of(record), noted_cell), [
        ("What", what),
        ("Credits", credits),
        ("From", record["transfer_from"]),
        ("To", record["transfer_to"]),
        ("When", when),
        ("Notes", notes),
        *own_note,
    ]


def _ends_of(move: Record, noun: str) -> Facts:
    return [
        ("From", f"your {noun} {move['from_reference']}"),
        ("To", f"your {noun} {move['to_reference']}"),
    ]


def _describe_invoice(record: Record, now: datetime) -> tuple[Cells, Facts]:
    when, notes = _when(record, now), record["notes"]
    credits = signed_amount(record["signed_credits"])
    cost = price(record["currency"], record["signed_cost"]) if record["currency"] else ""
    return (when, record["reference"], credits, cost, other_party(record), notes), [
        ("What", what_was_invoiced(record)),
        ("Credits", credits),
        ("Cost", cost),
        ("Seller", _party(record["seller_name"], record["seller_email"])),
        ("Buyer", _party(record["buyer_name"], record["buyer_email"])),
        ("When", when),
        ("Notes", notes),
    ]


def _party(name: str, email: str) -> str:
    """A party of an invoice: `ada (ada@example.org)`."""
    return f"{name} ({email})" if name not in ("", email) else email


def _describe_conversion(record: Record, now: datetime) -> tuple[Cells, Facts]:
    kind, when, notes = record["conversion_type"], _when(record, now), record["notes"]
    if is_move(record):
        what, moved = f"{MOVED} {other_end(record, comes_in=kind in COMES_IN)}", moved_time(record)
        return (when, what, "", moved, notes), [
            ("What", what),
            ("Time", moved),
            *_ends_of(record, "clock"),
            ("When", when),
            ("Notes", notes),
        ]
    credits, time = amount(kind, record["credits"]), duration(record["minutes_ms"])
    return (when, CONVERSION_WORDS[kind], credits, time, notes), [
        ("What", CONVERSION_WORDS[kind]),
        ("Credits", credits),
        ("Time", time),
        ("When", when),
        ("Notes", notes),
    ]


def _describe_time(record: Record, now: datetime) -> tuple[Cells, Facts]:
    notes, tags = record["notes"], record["tags"]
    facts: Facts = [
        ("Started", _when(record, now, "time_start")),
        ("Stopped", _when(record, now, "time_stop")),
        ("Used", duration(record["time_spent_ms"])),
        ("Paused", duration(record["time_pending_ms"])),
        ("Pauses", grouped(record["pending_count"])),
    ]
    cells = (*(value for _, value in facts), noted(notes, tags))
    return cells, [*facts, ("Notes", notes), *([("Tags", " ".join(tags))] if tags else [])]


def _describe_contact(record: Record, now: datetime) -> tuple[Cells, Facts]:
    email, phone, notes, mark = record["email"], record["phone"], record["notes"], mark_of(record)
    return (f"{SIGN} {record['name']}" if mark else record["name"], email, phone, notes), [
        ("Email", email),
        *([("Caution", Content.styled(mark, "$text-warning"))] if mark else []),
        ("Phone", phone),
        ("Notes", notes),
        ("Since", _when(record, now)),
    ]


TRANSFER = RecordKind(
    "transfer",
    "Transfers",
    "T",
    TRANSFER_SHEET,
    "sheet_data",
    (
        Column("When", sort="create_date", is_date=True),
        Column("What", sort="transfer_type"),
        Column("Credits", align="right", sort="signed_credits"),
        Column("With", sort="partner"),
        Column("Notes", fills=True, from_width=60, sort="notes"),
    ),
    _describe_transfer,
    "No transfers on this sheet yet. Credits that you supply, pay, transfer or receive are listed here.",
    "No balance changes: the journal keeps it, and so does the other party, if there is one.",
)
INVOICE = RecordKind(
    "invoice",
    "Invoices",
    "I",
    INVOICE_SHEET,
    "sheet_data",
    (
        Column("When", sort="create_date", is_date=True),
        Column("Number", sort="reference"),
        Column("Credits", align="right", sort="signed_credits"),
        Column("Cost", align="right", sort="cost"),
        Column("With", sort="partner"),
        Column("Notes", fills=True, from_width=80, sort="notes"),
    ),
    _describe_invoice,
    "No invoices on this sheet yet. Each supply and each payment adds one.",
    "No balance changes: the transfer keeps its record, and the other party, if there is one, this invoice.",
)
CONVERSION = RecordKind(
    "conversion",
    "Conversions",
    "C",
    CONVERSION_SHEET,
    "sheet_data",
    (
        Column("When", sort="create_date", is_date=True),
        Column("What", sort="conversion_type"),
        Column("Credits", align="right", sort="signed_credits"),
        Column("Time", align="right", sort="minutes"),
        Column("Notes", fills=True, sort="notes"),
    ),
    _describe_conversion,
    "No conversions on this sheet yet. Convert credits to time on Home: press 1, then c.",
    "Credits and time stay as they are: the journal keeps it.",
)
TIME = RecordKind(
    "time",
    "Time",
    "M",
    TIME_SHEET,
    "sheet_data",
    (
        Column("Started", sort="time_start", is_date=True),
        Column("Stopped", from_width=70, sort="time_stop", is_date=True),
        Column("Used", align="right", sort="time_spent"),
        Column("Paused", align="right", sort="time_pending"),
        Column("Pauses", align="right", from_width=90, sort="pending_count"),
        Column("Notes", fills=True, sort="notes"),
    ),
    _describe_time,
    "No time records on this sheet yet. Each time the timer stops, one is added.",
    "The time stays used, and the clock as it is: the journal keeps it.",
    "find a note, or a tag such as #acme",
)
CONTACT = RecordKind(
    "contact",
    "Contacts",
    "",
    CONTACT_LIST,
    "list_data",
    (
        Column("Name", sort="name"),
        Column("Email", sort="email"),
        Column("Phone", from_width=65, sort="phone"),
        Column("Notes", fills=True, from_width=60, sort="notes"),
    ),
    _describe_contact,
    "No contacts on this list yet. Add the first one.",
    "Your payments stay on your sheets.",
    usual_order="name",
)

SHEET_KINDS = (TRANSFER, INVOICE, CONVERSION, TIME)
RECORD_KINDS = {kind.name: kind for kind in (*SHEET_KINDS, CONTACT)}


def as_text(row: ListRow) -> str:
    """The cells separated by tabs, as a spreadsheet reads them."""
    return "\t".join(cell.plain if isinstance(cell, Content) else one_line(cell) for cell in row.cells)
