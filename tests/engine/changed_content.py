"""A wallet with all kinds of content, and every change of one value in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine_client import EngineClient
from examples_operators import freeze
from examples_payments import edit_limit, move_credits, move_time, pay, refund, supply_to, transfer
from examples_permissions import edit_permission
from examples_sheets import new_contact, record_verb
from examples_wallets_and_clocks import holder_verb
from fakes import MINUTE, Wallclock
from instructions import PAUSE, RESUME, START, STOP, login, supply, to_clock, to_credits
from sqlalchemy import Text

from ewallet_core import EWalletSessionManager
from ewallet_core.storage import schema

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


def changes_of(fetch: Callable[[str], list[tuple[Any, ...]]]) -> Iterator[Change]:
    """Changes of some rows of every table; `fetch` returns the rows of a query."""
    for table in sorted(schema.metadata.sorted_tables, key=str):
        keys = table.primary_key.columns.keys()
        rows = fetch(f"SELECT {', '.join(keys)}, {', '.join(table.c.keys())} FROM {table} ORDER BY 1, 2")
        step = max(1, len(rows) // ROWS_OF_A_TABLE)
        for row in rows[::step]:
            key, values = row[: len(keys)], row[len(keys) :]
            for column, value in zip(table.columns, values, strict=True):
                for other in _others(
                    value, is_text=isinstance(column.type, Text), required=not column.nullable
                ):
                    yield Change(table.name, column.name, key, value, other)


def _others(value: Any, *, is_text: bool, required: bool) -> Iterator[Any]:
    match value:
        case int():
            yield from (value + 1, value - 1, -value if value else 12345)
        case str():
            yield from (f"{value}x", f"{value[:-1]}" if value else "y")
        case bytes():
            yield bytes([value[0] ^ 1]) + value[1:] if value else b"x"
        case None:
            yield "text" if is_text else 1
    if value is not None and not required:
        yield None
    yield "soon" if isinstance(value, int) else 7


ANYTHING = {
    "accounts": "phone alias daily_limit event_sequence one_time_until email_since password_hash",
    "client_ids": "hash",
    "clocks": "reference timer_notes timer_pauses",
    "contact_records": "payee_account_id",
    "events": "data request_id movement sequence",
    "ewallets": "reference",
    "invoice_records": "unlinked_at position",
    "login_origins": "account_id origin",
    "login_records": "account_id outcome address is_new_address",
    "login_throttles": "name_hash address failures",
    "permissions": "instruction allowed",
    "refused_requests": "account_id role instruction address",
    "sessions": "token_hash account_id address lifetime_ms reference",
    "sheets": "reference last_position record_count",
    "time_records": "pending_count",
    "transfer_records": "unlinked_at",
    "wall_clock": "boot_id wall_at boot_at latest_at overruled_at confirmed_boot_at",
    "workers": "session_limit",
}
"""What nothing else determines, or not always: any value of the right type may be the right one."""
DATES = ("_at", "_until", "_since")


def can_be_proven(change: Change) -> bool:
    """Whether the value can be told from the right one."""
    is_date_within_range = change.column.endswith(DATES) or change.column == "at"
    is_own_key = change.column == "id"
    return change.column not in ANYTHING.get(change.table, "").split() and not (
        (is_date_within_range or is_own_key) and isinstance(change.after, int) and change.after > 0
    )
