"""The tables of an export for people: titles as on the screen, local dates, signed amounts and names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from ewallet_core.ledger.rates import milliseconds_to_minutes
from ewallet_core.operations.answer_data import Data
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.sheet_kinds import SheetKind, record_data
from ewallet_core.storage.invoices import DELETED_ACCOUNT
from ewallet_core.storage.sheets import find_contact_name
from ewallet_core.types import COMES_IN, CONVERSION_WORDS, INVOICE_WORDS, MOVED, TRANSFER_WORDS, RecordType

Cell = int | Decimal | str
THOUSANDTH = Decimal("0.001")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class PeopleExport:
    """Turns records into rows for people, with dates in `zone`; it remembers the names of contacts."""

    context: AccountContext
    zone: tzinfo
    names: dict[int, str] = field(default_factory=dict)

    def values(self, kind: SheetKind, record: Any) -> dict[str, Cell]:
        """The cells of a record by their titles."""
        table = TABLES[kind.name]
        cells = table.cells(self, record, record_data(self.context, kind, record))
        return dict(zip(table.titles, cells, strict=True))

    def when(self, at: int) -> str:
        """A date and time as spreadsheets read it: `2026-11-24 14:02:07`."""
        local = (EPOCH + timedelta(milliseconds=at)).astimezone(self.zone)
        return local.replace(tzinfo=None).isoformat(" ", "seconds")

    def name_of(self, account_id: int, email: str) -> str:
        """The name of the user's contact with that account; the email if there is none."""
        if email == DELETED_ACCOUNT:
            return email
        if account_id not in self.names:
            found = find_contact_name(self.context.transaction, self.context.account.id, account_id)
            self.names[account_id] = found or email
        return self.names[account_id]


@dataclass(frozen=True)
class PeopleTable:
    titles: tuple[str, ...]
    cells: Callable[[PeopleExport, Any, Data], tuple[Cell, ...]]


def _signed(kind: str, amount: int) -> int:
    return amount if kind in COMES_IN else -amount


def _in_minutes(milliseconds: int) -> Decimal:
    """Minutes to a thousandth, without trailing zeros."""
    return Decimal(f"{milliseconds_to_minutes(milliseconds).quantize(THOUSANDTH).normalize():f}")


def _transfer(export: PeopleExport, record: Any, data: Data) -> tuple[Cell, ...]:
    kind, credits = data["transfer_type"], _signed(data["transfer_type"], data["credits"])
    comes_in = kind in COMES_IN
    if "to_reference" in data:
        name, email = data["from_reference" if comes_in else "to_reference"], ""
    elif kind == "supply":
        name = email = ""
    else:
        email = data["transfer_from" if comes_in else "transfer_to"]
        name = export.name_of(record.from_account_id if comes_in else record.to_account_id, email)
    when, what = export.when(record.created_at), MOVED if "to_reference" in data else TRANSFER_WORDS[kind]
    return when, what, credits, name, email, data["notes"], data["private_notes"]


def _invoice(export: PeopleExport, record: Any, data: Data) -> tuple[Cell, ...]:
    return (
        export.when(record.created_at),
        data["reference"],
        INVOICE_WORDS[data["direction"]],
        data["signed_credits"],
        data["currency"] or "",
        "" if data["signed_cost"] is None else Decimal(data["signed_cost"]),
        data["seller_name"],
        data["seller_email"],
        data["buyer_name"],
        data["buyer_email"],
        data["notes"],
    )


def _conversion(export: PeopleExport, record: Any, data: Data) -> tuple[Cell, ...]:
    kind = data["conversion_type"]
    comes_in = kind in COMES_IN
    # Credits that become time leave the wallet and arrive on the clock.
    minutes = data["minutes_ms"] if kind in ("credits2clock", "incoming") else -data["minutes_ms"]
    clock = data.get("from_reference" if comes_in else "to_reference", "")
    credits = _signed(kind, data["credits"])
    when, what = export.when(record.created_at), MOVED if clock else CONVERSION_WORDS[kind]
    return when, what, credits, _in_minutes(minutes), clock, data["notes"]


def _time(export: PeopleExport, record: Any, data: Data) -> tuple[Cell, ...]:
    return (
        export.when(record.time_start),
        export.when(record.time_stop),
        _in_minutes(record.time_spent),
        _in_minutes(record.time_pending),
        record.pending_count,
        data["notes"],
        " ".join(data["tags"]),
    )


def _contact(export: PeopleExport, record: Any, data: Data) -> tuple[Cell, ...]:
    since = export.when(record.created_at)
    return data["name"], data["email"], data["phone"], data["notes"], since


TABLES: Mapping[RecordType, PeopleTable] = {
    RecordType.TRANSFER: PeopleTable(
        ("When", "What", "Credits", "With", "Email", "Notes", "Private notes"), _transfer
    ),
    RecordType.INVOICE: PeopleTable(
        (
            "When",
            "Number",
            "What",
            "Credits",
            "Currency",
            "Cost",
            "Seller",
            "Seller's email",
            "Buyer",
            "Buyer's email",
            "Notes",
        ),
        _invoice,
    ),
    RecordType.CONVERSION: PeopleTable(("When", "What", "Credits", "Minutes", "With", "Notes"), _conversion),
    RecordType.TIME: PeopleTable(
        ("Started", "Stopped", "Minutes used", "Minutes paused", "Pauses", "Notes", "Tags"), _time
    ),
    RecordType.CONTACT: PeopleTable(("Name", "Email", "Phone", "Notes", "Since"), _contact),
}
