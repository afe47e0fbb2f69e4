"""Writes a wallet file with any number of records, which `ewallet verify` accepts.

One account, `ada`, has half of the records; twenty partners have the others. Two in three are of transfers,
the others are invoices of payments. Only the events and remembered answers of these entries are missing.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accounts import Person, open_engine, open_person

from ewallet_core.ledger.journal import BalanceId, Entry, EntryKind, move_credits, seal
from ewallet_core.storage.schema_version import SCHEMA_VERSION
from ewallet_core.storage.sheets import Records, invoices, transfers

OWNER = Person("ada")
PARTNERS = 20
RECORDS_IN_A_CYCLE = 6
"""A transfer has two records, the payment after it two and two invoices."""
FIRST_DAY_MS = 1_735_732_800_000
"""The first of January 2025; the last entry is dated 600 days later."""
SPAN_MS = 600 * 86_400_000
MOST_CREDITS_EACH = 9
ENTRIES_AT_ONCE = 10_000
NOTES = (
    "Proofreading of the second chapter",
    "Lesson on Tuesday, an hour",
    "Garden, hedge and lawn",
    "Translation for the museum",
    "Repair of the blue bicycle",
)

Values = dict[str, Any]


@dataclass
class Side:
    """An account with its wallet and sheets, and what the entries so far have made of them."""

    account_id: int
    name: str
    email: str
    balance_id: int
    transfer_sheet_id: int
    invoice_sheet_id: int
    amount: int
    moved_at: int
    transfers: int
    invoices: int

    @classmethod
    def read(cls, connection: sqlite3.Connection, name: str) -> Side:
        return cls(*connection.execute(_SIDE, (name,)).fetchone())

    def move(self, credits: int, at: int) -> Values:
        """The values of a posting on this wallet's balance."""
        self.amount += credits
        self.moved_at = at
        return {
            "balance_id": self.balance_id,
            "unit": "credit",
            "amount": credits,
            "balance_after": self.amount,
            "at": at,
        }


_SIDE = """
SELECT account.id, account.name, account.email, wallet.balance_id, wallet.transfer_sheet_id,
    wallet.invoice_sheet_id, balance.amount, balance.moved_at, transfers.last_position, invoices.last_position
FROM accounts AS account
JOIN ewallets AS wallet ON wallet.id = account.ewallet_id
JOIN balances AS balance ON balance.id = wallet.balance_id
JOIN sheets AS transfers ON transfers.id = wallet.transfer_sheet_id
JOIN sheets AS invoices ON invoices.id = wallet.invoice_sheet_id
WHERE account.name = ?
"""
_LAST_SEAL = "SELECT entry_id, hash FROM seals ORDER BY entry_id DESC LIMIT 1"
_STORE_BALANCE = "UPDATE balances SET amount = ?, moved_at = ? WHERE id = ?"
_STORE_SHEET = "UPDATE sheets SET last_position = ?1, record_count = ?1, written_at = ?2 WHERE id = ?3"


class Journal:
    """The rows of one entry after another, by table."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.owner = Side.read(connection, OWNER.name)
        self.partners = [Side.read(connection, partner.name) for partner in partners()]
        last: tuple[int, bytes] = connection.execute(_LAST_SEAL).fetchone()
        self._entry_id, self._seal = last
        self._transfer_id = connection.execute("SELECT max(id) FROM transfer_records").fetchone()[0]
        self.rows: dict[str, list[Values]] = {
            table: [] for table in ("entries", "seals", "postings", "transfer_records", "invoice_records")
        }

    def add(self, number: int, at: int) -> None:
        """Add the entry with that number: a transfer if it is even, and a payment after it."""
        partner = self.partners[number // 2 % PARTNERS]
        is_sent = number // 2 % 2 == 0
        sender, recipient = (self.owner, partner) if is_sent else (partner, self.owner)
        kind = EntryKind.PAYMENT if number % 2 else EntryKind.TRANSFER
        credits = 1 + number // 2 % MOST_CREDITS_EACH
        notes = f"{NOTES[number % len(NOTES)]} {number}"
        self._add_entry(kind, sender, recipient, credits, at)
        for side in (sender, recipient):
            self._add_records(kind, side, sender, recipient, credits, notes, at)

    def _add_entry(self, kind: EntryKind, sender: Side, recipient: Side, credits: int, at: int) -> None:
        self._entry_id += 1
        balances = BalanceId(sender.balance_id), BalanceId(recipient.balance_id)
        entry: Entry = move_credits(kind, *balances, credits, at)
        self._seal = seal(self._seal, self._entry_id, entry)
        self.rows["entries"].append({"id": self._entry_id, "kind": kind, "at": at})
        self.rows["seals"].append({"entry_id": self._entry_id, "hash": self._seal})
        moved = (sender.move(-credits, at), recipient.move(credits, at))
        for position, posting in enumerate(moved, start=1):
            self.rows["postings"].append({"entry_id": self._entry_id, "position": position, **posting})

    def _add_records(
        self, kind: EntryKind, side: Side, sender: Side, recipient: Side, credits: int, notes: str, at: int
    ) -> None:
        side.transfers += 1
        self._transfer_id += 1
        transfer = {
            "id": self._transfer_id,
            "sheet_id": side.transfer_sheet_id,
            "position": side.transfers,
            "transfer_type": kind if side is sender else "incoming",
            "from_account_id": sender.account_id,
            "to_account_id": recipient.account_id,
            "notes": notes,
        }
        self.rows["transfer_records"].append(self._record(transfers, side, credits, at, transfer))
        if kind is not EntryKind.PAYMENT:
            return
        side.invoices += 1
        invoice = {
            "sheet_id": side.invoice_sheet_id,
            "position": side.invoices,
            "transfer_record_id": self._transfer_id,
            "seller_account_id": recipient.account_id,
            "currency": "",
            "cost": "",
            "notes": notes,
            "seller_name": recipient.name,
            "seller_email": recipient.email,
            "buyer_name": sender.name,
            "buyer_email": sender.email,
        }
        self.rows["invoice_records"].append(self._record(invoices, side, credits, at, invoice))

    def _record(self, records: Records[Any], side: Side, credits: int, at: int, values: Values) -> Values:
        values |= {
            "account_id": side.account_id,
            "entry_id": self._entry_id,
            "credits": credits,
            "reference": f"{records.kind.capitalize()} {values['position']}",
            "created_at": at,
            "written_at": at,
        }
        return {**values, "search_key": records.search_key(values)}


def partners() -> Iterator[Person]:
    return (Person(f"partner{number}") for number in range(PARTNERS))


def write_wallet(file: Path, records: int) -> None:
    """Write a new wallet file with at least that many records."""
    entries = 2 * -(-records // RECORDS_IN_A_CYCLE)
    _open_accounts(file, entries * MOST_CREDITS_EACH)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in ("synchronous = OFF", "cache_size = -200000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        dropped = _drop_indexes_and_triggers(connection)
        journal = Journal(connection)
        step = SPAN_MS // entries
        for first in range(0, entries, ENTRIES_AT_ONCE):
            for number in range(first, min(first + ENTRIES_AT_ONCE, entries)):
                journal.add(number, FIRST_DAY_MS + (number + 1) * step)
            for table, rows in journal.rows.items():
                _insert(connection, table, rows)
                rows.clear()
        for side in (journal.owner, *journal.partners):
            connection.execute(_STORE_BALANCE, (side.amount, side.moved_at, side.balance_id))
            connection.execute(_STORE_SHEET, (side.transfers, side.moved_at, side.transfer_sheet_id))
            connection.execute(_STORE_SHEET, (side.invoices, side.moved_at, side.invoice_sheet_id))
        for statement in dropped:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open_accounts(file: Path, credits: int) -> None:
    with open_engine(f"sqlite:///{file}", clock=lambda: FIRST_DAY_MS) as engine:
        for person in (OWNER, *partners()):
            open_person(engine, person.name, credits)


def _drop_indexes_and_triggers(connection: sqlite3.Connection) -> list[str]:
    """Drop what makes many inserts slow; returns the statements that create it again."""
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _ in found:
        connection.execute(f"DROP {kind} {name}")
    return [sql for _, _, sql in found]


def _insert(connection: sqlite3.Connection, table: str, rows: list[Values]) -> None:
    if rows:
        names = ", ".join(rows[0])
        places = ", ".join(f":{name}" for name in rows[0])
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608


def kept_wallet(folder: Path, records: int) -> Path:
    """The file with that many records of this release's schema in that folder, written if there is none."""
    file = folder / f"wallet-{SCHEMA_VERSION}-{records}.sqlite3"
    if not file.exists():
        folder.mkdir(exist_ok=True)
        unfinished = folder / "unfinished.sqlite3"
        for left in folder.glob(f"{unfinished.name}*"):
            left.unlink()
        write_wallet(unfinished, records)
        unfinished.rename(file)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the new file")
    parser.add_argument("--records", type=int, default=1_000_000)
    options = parser.parse_args()
    began = time.perf_counter()
    write_wallet(options.file, options.records)
    print(
        f"{options.records:,} records in {time.perf_counter() - began:.1f} s; {OWNER.name} has half of them"
    )


if __name__ == "__main__":
    main()
