"""The verification notices a change of any value that something else in the database determines."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from pathlib import Path

import pytest
from changed_content import Change, changes_of, connect, fill, make
from database_file import find_violations
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.storage.transaction import Statements, Transaction

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
    """Whether the value can be told from the right one; the table of the migrations is not the engine's."""
    if change.table == "alembic_version":
        return False
    is_date_within_range = change.column.endswith(DATES) or change.column == "at"
    is_own_key = change.column == "id"
    return change.column not in ANYTHING.get(change.table, "").split() and not (
        (is_date_within_range or is_own_key) and isinstance(change.after, int) and change.after > 0
    )


@pytest.fixture
def filled_file(wallet_file: Path, wallclock, open_engine) -> Path:
    engine = open_engine()
    fill(engine, wallclock)
    engine.close()
    return wallet_file


def test_a_change_of_what_something_else_determines_is_found(filled_file):
    statements = Statements(SQLiteDialect_pysqlite())
    unnoticed: dict[str, list[str]] = defaultdict(list)
    tried = set()
    with contextlib.closing(connect(filled_file)) as connection:
        assert find_violations(Transaction(connection, statements, writes=False)) == []
        for change in changes_of(connection):
            # One change of each column: the first that is possible.
            if (change.table, change.column) in tried or not can_be_proven(change):
                continue
            connection.execute("BEGIN")
            if make(connection, change):
                tried.add((change.table, change.column))
                connection.execute("PRAGMA ignore_check_constraints = OFF")
                if not find_violations(Transaction(connection, statements, writes=False)):
                    unnoticed[f"{change.table}.{change.column}"].append(str(change))
            connection.execute("ROLLBACK")
            connection.execute("PRAGMA ignore_check_constraints = ON")
    assert unnoticed == {}
    assert len(tried) > 100
