"""A wallet file with all kinds of content, and every change of one value in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from database_file import without_triggers
from engine_client import EngineClient
from examples_operators import freeze
from examples_payments import edit_limit, move_credits, move_time, pay, refund, supply_to, transfer
from examples_permissions import edit_permission
from examples_sheets import new_contact, record_verb
from examples_wallets_and_clocks import holder_verb
from fakes import MINUTE, Wallclock
from instructions import PAUSE, RESUME, START, STOP, login, supply, to_clock, to_credits

from ewallet_core import EWalletSessionManager

ROWS_OF_A_TABLE = 6


def fill(engine: EWalletSessionManager, wallclock: Wallclock) -> None:
    """Write rows of all kinds: two users who pay each other, runs with pauses, contacts, removed records."""
    ada, bob, cleo = (
        EngineClient(engine).open_session().register(name).log_in(name) for name in ("ada", "bob", "cleo")
    )

    def do(client: EngineClient, **instruction: Any) -> dict[str, Any]:
        wallclock.forward(MINUTE)
        return client.request(**instruction)

    do(ada, **supply(500, notes="Pocket money"))
    do(bob, **supply(200, currency="USD", cost="99.90"))
    do(ada, **supply_to("cleo@example.org", 50))
    wallet = do(ada, **holder_verb("new", "ewallet", reference="Savings"))["credit_ewallet"]
    clock = do(ada, **holder_verb("new", "clock", reference="Work"))["credit_clock"]
    do(ada, **move_credits(wallet, 30, notes="Summer"))
    do(ada, **to_clock(60, notes="an hour"))
    do(ada, **move_time(clock, 5))
    do(ada, **to_credits(credits=5))
    for client, other, credits in ((ada, "bob", 20), (bob, "ada", 15), (cleo, "ada", 5)):
        do(client, **pay(f"{other}@example.org", credits, notes="Lunch"))
    do(ada, **transfer("bob@example.org", 7, notes="A present"))
    (paid, *_) = (
        record["id"]
        for record in bob.records("transfer")
        if record["transfer_type"] == "incoming" and record["notes"] == "Lunch"
    )
    do(bob, **refund(paid, credits=4))
    do(ada, **new_contact("Bob", user_email="bob@example.org"))
    do(ada, **new_contact("Grace"))
    do(ada, **START, notes="Writing", tags=["acme", "books"])
    for instruction in (PAUSE, RESUME, PAUSE, RESUME, STOP, START, STOP, START, PAUSE, RESUME, PAUSE):
        do(ada, **instruction)
    do(bob, **to_clock(30))
    do(bob, **START)
    do(ada, **edit_limit(100))
    do(ada, **record_verb("unlink", "transfer", record_id=ada.records("transfer")[-1]["id"]))
    do(ada, **record_verb("unlink", "contact", record_id=2))
    cleo.send(**pay("ada@example.org", 1_000_000))
    EngineClient(engine).open_session().send(**login("bob", "not the password"))
    do(ada, **edit_permission("client action supply credits", "user", allowed=False))
    bob.send(**supply(1))
    do(ada, **freeze("cleo@example.org"))


@dataclass(frozen=True)
class Change:
    """Another value in one column of one row."""

    table: str
    column: str
    row: tuple[Any, ...]
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of {self.row}: {self.before!r} -> {self.after!r}"


def connect(file: Path) -> sqlite3.Connection:
    """A connection by which `make` can change every value."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    return connection


def changes_of(connection: sqlite3.Connection) -> Iterator[Change]:
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    ).fetchall()
    for (table,) in tables:
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        keys = [name for _, name, _, _, _, key in columns if key] or [columns[0][1]]
        rows = connection.execute(f"SELECT {', '.join(keys)}, * FROM {table}").fetchall()
        step = max(1, len(rows) // ROWS_OF_A_TABLE)
        for row in rows[::step]:
            key, values = row[: len(keys)], row[len(keys) :]
            for (_, column, kind, required, _, _), value in zip(columns, values, strict=True):
                for other in _others(value, kind, required=bool(required)):
                    yield Change(table, column, key, value, other)


def _others(value: Any, kind: str, *, required: bool) -> Iterator[Any]:
    match value:
        case int():
            yield from (value + 1, value - 1, -value if value else 12345)
        case str():
            yield from (f"{value}x", f"{value[:-1]}" if value else "y")
        case bytes():
            yield bytes([value[0] ^ 1]) + value[1:] if value else b"x"
        case None:
            yield "text" if kind == "TEXT" else 1
    if value is not None and not required:
        yield None
    yield "soon" if isinstance(value, int) else 7


def make(connection: sqlite3.Connection, change: Change) -> bool:
    """Make the change; returns whether there was anything to change, and no other row has the value."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({change.table})") if row[5]]
    where = " AND ".join(f"{name} IS ?" for name in names)
    update = f"UPDATE {change.table} SET {change.column} = ? WHERE {where}"
    with without_triggers(connection):
        try:
            return connection.execute(update, (change.after, *change.row)).rowcount == 1
        except sqlite3.IntegrityError:
            return False
