"""What grows for ever is removed after a while, a slice at a time, and the file gets smaller."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from database_file import Place, execute_sql, rows
from engine_client import EngineClient
from examples_accounts import report_issue
from examples_operators import VIEW_ISSUES
from examples_system import cleanup
from fakes import DAY, FRIDAY_NOON, HOUR, MINUTE, SECOND

from ewallet_core.engine.cleanup import BETWEEN_SLICES_MS, CLEANERS, Scheduler
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage.retention import FREE_PAGES_KEPT, ROWS_IN_A_SLICE, Retention
from ewallet_core.storage.sessions import SESSIONS_IN_A_SLICE

HISTORY = cleanup("history")
OLD = FRIDAY_NOON - 1_000 * DAY
INSERTED = {
    "events": ("account_id, sequence, kind, data, at", "1, {number}, 'account_changed', '{text}', {at}"),
    "seen_requests": (
        "scope, request_id, fingerprint, answer, seen_at",
        "'system', '{number}', ?, '{text}', {at}",
    ),
    "refused_requests": ("account_id, role, instruction, address, at", "NULL, 'user', '{text}', '', {at}"),
    "login_records": ("account_id, kind, outcome, address, at", "1, 'login', 'refused', '{text}', {at}"),
    "issue_reports": (
        "account_id, reference, name, details, log, email, address, at",
        "NULL, '{number}', '', '{text}', '', '', '', {at}",
    ),
}
"""The columns and the values of rows that are old enough to be removed; `?` is a fingerprint."""


def fill(place: Place, table: str, count: int, at: int = OLD, size: int = 10) -> None:
    first = count_of(place, table) + 1_000
    columns, values = INSERTED[table]
    inserted = [values.format(number=first + number, text="x" * size, at=at) for number in range(count)]
    fingerprints = [bytes(1)] * values.count("?") * count
    execute_sql(
        place,
        f"INSERT INTO {table} ({columns}) VALUES {', '.join(f'({row})' for row in inserted)}",
        *fingerprints,
    )


def count_of(place: Place, table: str) -> int:
    return int(rows(place, f"SELECT count(*) AS n FROM {table}")[0]["n"])


def count_all(url: str) -> int:
    return sum(count_of(url, table) for table in INSERTED)


@pytest.fixture
def scheduler(engine, wallclock) -> Scheduler:
    made = Scheduler(
        CLEANERS,
        engine.dispatcher.database.read,
        lambda what: engine.answer({"ctype": "action", **cleanup(what)}),
        wallclock,
    )
    made.start("all")
    return made


@pytest.mark.parametrize("table", INSERTED)
def test_no_transaction_removes_more_than_a_slice(anonymous, wallet_url, table):
    fill(wallet_url, table, 2 * ROWS_IN_A_SLICE + 1)
    for left in (ROWS_IN_A_SLICE + 1, 1, 0):
        anonymous.request(**HISTORY)
        assert count_of(wallet_url, table) == left


def test_the_slices_of_all_kinds_together_are_no_larger(anonymous, wallet_url):
    for table in INSERTED:
        fill(wallet_url, table, ROWS_IN_A_SLICE - 1)
    before = count_all(wallet_url)
    while before:
        anonymous.request(**HISTORY)
        after = count_all(wallet_url)
        assert 0 < before - after <= ROWS_IN_A_SLICE
        before = after


def test_the_cleaner_goes_on_until_all_is_removed_and_then_rests(scheduler, wallet_url, wallclock):
    fill(wallet_url, "events", 3 * ROWS_IN_A_SLICE)
    for _ in range(2):
        assert scheduler.turn() == BETWEEN_SLICES_MS
        wallclock.forward(BETWEEN_SLICES_MS)
    scheduler.turn()
    assert count_of(wallet_url, "events") == 0
    fill(wallet_url, "events", 1)
    wallclock.forward(HOUR - SECOND)
    scheduler.turn()
    assert count_of(wallet_url, "events") == 1
    wallclock.forward(SECOND)
    scheduler.turn()
    assert count_of(wallet_url, "events") == 0


def test_sessions_that_ended_are_removed_in_slices(anonymous, wallclock, wallet_url):
    for _ in range(2 * SESSIONS_IN_A_SLICE + 1):
        EngineClient(anonymous.engine).open_session()
    wallclock.forward(30 * MINUTE)
    for left in (SESSIONS_IN_A_SLICE + 1, 1, 0):
        anonymous.request(**cleanup("ctokens"))
        assert (count_of(wallet_url, "sessions"), count_of(wallet_url, "client_ids")) == (left, left)


def test_an_account_is_not_erased_before_the_events_that_may_name_it(anonymous, wallclock, wallet_url):
    fill(wallet_url, "events", ROWS_IN_A_SLICE)
    ada = EngineClient(anonymous.engine).open_session().register().log_in()
    ada.request(action="unlink", unlink="account", user_pass="rubber duck tune")
    wallclock.forward(30 * DAY)
    assert anonymous.request(**cleanup("accounts"))["accounts"] == []
    assert anonymous.request(**cleanup("accounts"))["accounts"] == [2]


@pytest.mark.parametrize(
    ("table", "setting"),
    [
        ("events", "events_ms"),
        ("seen_requests", "requests_ms"),
        ("refused_requests", "refused_ms"),
        ("login_records", "logins_ms"),
        ("issue_reports", "issues_ms"),
    ],
)
def test_each_kind_is_kept_as_long_as_it_is_configured(open_engine, wallclock, wallet_url, table, setting):
    fill(wallet_url, table, 1, at=wallclock.now)
    engine = open_engine(config=EngineConfig(retention=Retention(**{setting: 3 * DAY})))
    anonymous = EngineClient(engine)
    wallclock.forward(3 * DAY)
    anonymous.request(**HISTORY)
    assert count_of(wallet_url, table) == 1
    wallclock.forward(1)
    anonymous.request(**HISTORY)
    assert count_of(wallet_url, table) == 0


def test_logins_with_unknown_names_go_before_those_of_accounts(anonymous, ada, wallclock, wallet_url):
    EngineClient(ada.engine).open_session().expect_error(
        "login_refused", action="login", user_name="nobody here", user_pass="whatever it is"
    )
    wallclock.forward(30 * DAY + 1)
    anonymous.request(**HISTORY)
    assert rows(wallet_url, "SELECT account_id FROM login_records") == [{"account_id": 2}]
    wallclock.forward(335 * DAY)
    anonymous.request(**HISTORY)
    assert count_of(wallet_url, "login_records") == 0


def test_the_oldest_reports_of_strangers_make_room_for_new_ones(open_engine, wallet_url):
    engine = open_engine(config=EngineConfig(retention=Retention(issues=3)))
    ada = EngineClient(engine).open_session().register().log_in()
    ada.request(**report_issue())
    stranger = EngineClient(engine).open_session()
    for _ in range(5):
        stranger.request(**report_issue())
    kept = [report["issue"] for report in ada.request(**VIEW_ISSUES)["issues"]]
    assert kept == ["ISSUE-000006", "ISSUE-000005", "ISSUE-000004", "ISSUE-000001"]


def pages_of(file: Path) -> tuple[int, int]:
    """How many pages the file has, and how many of them are free."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        (count,), (free,) = (
            connection.execute(f"PRAGMA {what}").fetchone() for what in ("page_count", "freelist_count")
        )
        return count, free


def test_the_space_of_removed_rows_is_given_back_in_slices(scheduler, anonymous, wallet_file, wallclock):
    fill(wallet_file, "events", 1_500, size=4_000)
    grown, _ = pages_of(wallet_file)
    for _ in range(100):
        if scheduler.turn() > BETWEEN_SLICES_MS:
            break
        wallclock.forward(BETWEEN_SLICES_MS)
    count, free = pages_of(wallet_file)
    assert count < grown - 400
    assert 0 < free <= FREE_PAGES_KEPT


def test_a_file_of_an_earlier_release_keeps_its_free_pages(open_engine, wallet_file, wallclock):
    with contextlib.closing(sqlite3.connect(wallet_file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")
    fill(wallet_file, "events", FREE_PAGES_KEPT + 200, size=4_000)
    anonymous = EngineClient(open_engine())
    grown, _ = pages_of(wallet_file)
    for _ in range(4):
        anonymous.request(**HISTORY)
    assert pages_of(wallet_file)[0] >= grown
    assert pages_of(wallet_file)[1] > FREE_PAGES_KEPT


def test_an_engine_that_only_reads_a_file_writes_nothing_to_it(open_engine, wallet_file):
    open_engine().close()
    before = wallet_file.read_bytes()
    engine = open_engine()
    assert engine.active_accounts([1]) == {}
    engine.close()
    assert wallet_file.read_bytes() == before


def test_a_reader_is_connected_while_another_process_writes(open_engine, wallet_file):
    engine = open_engine()
    with contextlib.closing(sqlite3.connect(wallet_file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert engine.active_accounts([1]) == {}
