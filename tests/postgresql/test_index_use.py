"""PostgreSQL's plans: what instructions and cleaners read is found by an index in tables with many rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from postgresql_server import PostgresqlServer
from postgresql_statements import DIALECT, compile_for, open_new_database, types_of
from psycopg import sql
from sqlalchemy import Column, Executable, LargeBinary, Table, Text
from storage_statements import ADDED_UP, BY_ID, IN_ANY_ORDER

from ewallet_core.storage import (
    callers,
    cleanup,
    events,
    journal,
    linked_records,
    logins,
    operators,
    overview,
    payees,
    retention,
    schema,
    search,
    sessions,
    sheets,
    statements,
    time_segments,
    wallets,
)
from ewallet_core.storage.described_records import DESCRIBED

ROWS = 25_000
"""In fewer rows, PostgreSQL rather reads all than some hundreds by an index."""
MANY, FEW = 1, 2
"""The ids of accounts, sheets, wallets, clocks and balances with a quarter of all rows, and with few."""
OWNER = f"CASE WHEN n % 4 = 0 THEN {MANY} ELSE n % 1000 + {FEW} END"
EXPRESSIONS = {
    **dict.fromkeys(("account_id", "sheet_id", "balance_id", "ewallet_id", "clock_id", "owner_id"), OWNER),
    **{f"ewallets.{name}": "n" for name in ("account_id", "balance_id", "clock_id")},
    **{f"clocks.{name}": "n" for name in ("account_id", "balance_id", "ewallet_id")},
    "accounts.ewallet_id": "n",
    "balances.account_id": "n",
    "sheets.account_id": "n",
    "sessions.account_id": "n",
    "sessions.client_id": "n",
    "sessions.worker_id": "n / 100 + 1",
    "sessions.token_hash": "decode(md5(n::text), 'hex')",
    "workers.id": "n",
    "accounts.email_key": "'key' || n",
    "accounts.name_key": "'key' || n",
    "accounts.name_skeleton": "'skeleton' || n",
    "accounts.email_skeleton": "'skeleton' || n",
    "contact_records.payee_account_id": "n",
    "clocks.runs_out_at": "CASE WHEN n % 100 = 0 THEN n END",
    "time_segments.time_record_id": "n",
    "entries.reverses_id": "CASE WHEN n % 100 = 0 THEN n - 1 END",
    "role": "'user'",
    "state": "'active'",
    "unit": "'credit'",
    "entries.kind": "'transfer'",
    "login_records.kind": "'login'",
    "login_records.account_id": OWNER,
    "sheets.kind": "'transfer'",
    "timer_state": "'inactive'",
    "issues": "0",
    "balances.amount": "0",
    "record_count": "20",
}
"""What columns have in the row of number `n`; others have that number or a text with it, or nothing."""
VALUES: dict[str, Any] = {
    "before": ROWS,
    "until": ROWS,
    "at": ROWS,
    "below": ROWS,
    "since": 0,
    "after": 0,
    "now": 100,
    "ahead": 10**12,
    "most": 51,
    "skip": 0,
    "email_key": "key5",
    "scope": "text 5",
    "skeleton": "skeleton5",
    "pattern": "%text%",
    "email_pattern": "%text%",
}


def expression(column: Column[Any]) -> str:
    name = f"{column.table.name}.{column.name}"
    if column.name == "id":
        return "n"
    if found := EXPRESSIONS.get(name, EXPRESSIONS.get(column.name)):
        return found
    if column.nullable:
        return "NULL"
    if isinstance(column.type, LargeBinary):
        return "decode(md5(n::text), 'hex')"
    return "'text ' || n" if isinstance(column.type, Text) else "n"


def fill(driver: psycopg.Connection[Any], table: Table) -> None:
    names = ", ".join(column.name for column in table.c)
    expressions = ", ".join(map(expression, table.c))
    count = ROWS // 100 if table is schema.workers else ROWS
    driver.execute(
        f"INSERT INTO {table} ({names}) SELECT {expressions} FROM generate_series(1, {count + 1}) AS n"
    )


@pytest.fixture(scope="module")
def driver(postgresql_server: PostgresqlServer) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database with many rows in all tables, of which PostgreSQL has the statistics."""
    with open_new_database(postgresql_server) as driver:
        # The plans are those of a server's usual connections.
        driver.execute("SET plan_cache_mode = auto")
        # Their references lead anywhere.
        driver.execute("SET session_replication_role = replica")
        for table in schema.metadata.sorted_tables:
            fill(driver, table)
        driver.execute("ANALYZE")
        yield driver


def value_for(name: str, of: str, owner: int) -> Any:
    if name in VALUES:
        return VALUES[name]
    if name.endswith("_id") or name.startswith("id_"):
        return owner
    return {"int8": 5, "int4": 1, "bytea": b"5"}.get(of, "text 5")


def plan_of(
    driver: psycopg.Connection[Any],
    statement: Executable,
    owner: int,
    *,
    by_cursor: bool = False,
) -> list[str]:
    """The steps of the plan that PostgreSQL has for a statement once it has run it several times."""
    compiled = compile_for(DIALECT, statement)
    types, _ = types_of(driver, str(compiled))
    values = [
        value_for(name, of, owner) if compiled.binds[name].required else compiled.params[name]
        for name, of in zip(compiled.positiontup or [], types, strict=True)
    ]
    literals = [sql.Literal(value).as_string(driver) for value in values]
    if by_cursor:
        text = re.sub(r"\$(\d+)", lambda found: literals[int(found[1]) - 1], str(compiled))
        return [step for (step,) in driver.execute(f"EXPLAIN DECLARE found CURSOR FOR {text}")]
    driver.execute(f"PREPARE planned AS {compiled}")
    arguments = f"({', '.join(literals)})" if literals else ""
    # The first five plans are made for the values; the next may be one for all values.
    for _ in range(6):
        found = driver.execute(f"EXPLAIN EXECUTE planned{arguments}").fetchall()
    driver.execute("DEALLOCATE planned")
    return [step for (step,) in found]


RECORDS = (sheets.transfers, sheets.invoices, sheets.conversions, sheets.times, sheets.contacts)
LOOKUPS: dict[str, Executable] = {
    "a caller with credentials": callers._BY_CREDENTIALS,
    "a live session": callers._BY_SESSION,
    "an account with its wallet": wallets._ONE_PARTY,
    "a partner with the wallet": payees._PARTNER,
    "the move of a balance": journal._MOVE,
    "the places on sheets": sheets._places_on(4),
    "the number of the next event": events._COUNT,
    "the events of an account": events._SINCE,
    "the events of all accounts": events._AFTER.limit(51),
    "what was spent": statements._SPENT_SINCE,
    "refunds": journal._REFUNDED,
    "the last seal": journal._LAST_SEAL,
    "the next currency": journal._NEXT_CURRENCY,
    "the cost until an entry": journal._UP_TO,
    "timers that have run out": wallets._DUE,
    "timers of all accounts that have run out": wallets._ALL_DUE,
    "the wallets of an account": wallets.wallets._select("account_id"),
    "what an account owns": wallets._OWNED_BY_ACCOUNT,
    "what a wallet owns": wallets._OWNED_BY_WALLET,
    "shown clocks": overview._SHOWN,
    "balances before": overview._BALANCES_BEFORE,
    "the sums of wallets": statements._WALLET_SUMS,
    "the sums of a wallet": statements._ONE_WALLETS_SUMS,
    "the sums of a clock": statements._ONE_CLOCKS_SUMS,
    "the credits of a clock": statements._ONE_CLOCKS_CREDITS,
    "the sums by partner": statements._PARTNER_SUMS,
    "segments": time_segments._SEGMENTS,
    "the name of a contact": sheets._CONTACT_NAME,
    "contacts without payee": payees._KEEP_PAYEE,
    "emails saved by others": payees._SAVED_BY_OTHERS,
    "the looks of a name": payees._NAME.last_with,
    "a login from an address": logins._ACCEPTED_FROM_ADDRESS,
    "own sessions": logins._OWN_SESSIONS,
    "origins": logins._FORGET_EARLIER_ORIGINS,
    "reports of an address": operators._REPORT_TIME,
    "active accounts of sessions": sessions._ACTIVE_ACCOUNTS,
    "sessions of a worker": sessions._SESSION_COUNT,
    "an answered request": sessions.seen_requests._select("scope", "request_id"),
    **{f"the end of a session, {number}": statement for number, statement in enumerate(sessions._END_ONE)},
    **{
        f"expired sessions, {number}": statement
        for number, statement in enumerate(
            [sessions._END_EXPIRED.locking, *sessions._END_EXPIRED.removals[1:]]
        )
    },
    "expired client ids": sessions._DROP_EXPIRED_CLIENT_IDS,
    "the first session to expire": cleanup.SESSION_ENDS,
    "the first client id to expire": cleanup.CLIENT_ID_ENDS,
    "the first timer to run out": cleanup.TIMER_RUNS_OUT,
    "the first account to be erased": cleanup.ACCOUNT_IS_ERASED,
    **{f"old {kept.dates.table}, {kept.setting}": kept.due for kept in retention._KEPT},
    **{f"the removal of {kept.dates.table}, {kept.setting}": kept.removal for kept in retention._KEPT},
    **{f"one of {records.table}": records._own for records in RECORDS},
    **{f"what is erased, {number}": statement for number, statement in enumerate(cleanup.ERASING)},
    **{
        f"{relation} of {kind} records": statement
        for kind, links in linked_records.LINKS.items()
        for relation, _, statement in links
    },
    **BY_ID,
    **IN_ANY_ORDER,
    **ADDED_UP,
}
PAGES: dict[str, Executable] = {
    **{f"{kind} records of a sheet": DESCRIBED[kind]._page for kind in DESCRIBED},
    **{f"recent {kind} records": statement for kind, statement, _ in overview._RECENT},
    "a statement": statements._ROWS,
    "the posting before an instant": statements._LAST_BEFORE,
    "logins": logins.login_records._latest("account_id", "kind"),
    "events": events._SINCE,
}
SEARCHES = {
    f"{found.kind} records {'of a sheet' if is_of_sheet else 'of an account'}": found._select_found(
        is_of_sheet, 0
    )
    for found in search.FOUND
    for is_of_sheet in (False, True)
}


# A search reads all accounts if its account has far more records. Refused requests have no index on accounts.
MAY_SCAN = re.compile("Seq Scan on (accounts accounts_|refused_requests)")


def scans_in(steps: list[str]) -> list[str]:
    return [step for step in steps if "Seq Scan" in step and not MAY_SCAN.search(step)]


def sorts_in(steps: list[str]) -> list[str]:
    return [step for step in steps if "Sort" in step]


def named(found: Iterator[tuple[str, list[str]]]) -> dict[str, list[str]]:
    """Those with a step that should not be there."""
    return {name: steps for name, steps in found if steps}


def test_what_is_looked_up_is_found_by_an_index(driver):
    scans = ((name, scans_in(plan_of(driver, each, FEW))) for name, each in LOOKUPS.items())
    assert named(scans) == {}


def test_a_page_of_many_rows_is_read_in_the_order_of_an_index(driver):
    plans = ((name, plan_of(driver, each, MANY)) for name, each in PAGES.items())
    assert named((name, scans_in(steps) + sorts_in(steps)) for name, steps in plans) == {}


def test_a_search_begins_without_reading_all(driver):
    with driver.transaction():
        plans = [(name, plan_of(driver, each, MANY, by_cursor=True)) for name, each in SEARCHES.items()]
    assert named((name, scans_in(steps) + sorts_in(steps)) for name, steps in plans) == {}


def test_the_other_party_of_each_found_record_is_looked_up(driver):
    """PostgreSQL would rather read all accounts at once, not knowing that a page has few records."""
    for found in search.FOUND[:2]:
        with driver.transaction():
            steps = "\n".join(plan_of(driver, found._of_account, MANY, by_cursor=True))
        assert steps.count("Seq Scan on accounts") == 1
        assert re.search(r"SubPlan \d\n\s+->  Index Scan using \w+ on accounts accounts_", steps)


def test_a_statement_without_an_index_is_detected(driver):
    assert scans_in(plan_of(driver, sheets.sheets._select("reference"), FEW))
    by_name = wallets.wallets._select("account_id").order_by(None).order_by("reference")
    assert sorts_in(plan_of(driver, by_name, MANY))
