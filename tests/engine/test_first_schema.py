"""The file of somebody who has used the first release still opens, and everything in it goes on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from database_file import faults_in, rows
from engine_client import EngineClient
from fakes import DAY, MINUTE
from instructions import RESUME
from sqlalchemy import create_engine

from ewallet_core.storage import migration

KEPT = Path(__file__).parents[1] / "released_schemas" / "schema-0001.sql"


@pytest.fixture
def kept_file(tmp_path) -> Path:
    """The wallet file of somebody who has used the first release."""
    file = tmp_path / "kept.sqlite3"
    connection = sqlite3.connect(file)
    connection.executescript(KEPT.read_text())
    connection.close()
    return file


@pytest.fixture
def reopened(kept_file, open_engine, wallclock) -> EngineClient:
    """Ada, back a day later."""
    wallclock.forward(DAY)
    return EngineClient(open_engine(database_url=f"sqlite:///{kept_file}")).opens_a_session().logs_in()


def schema_of(file: Path) -> set[tuple[str, str]]:
    found = rows(
        file, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    )
    return {(row["name"], " ".join(row["sql"].replace('"', "").split())) for row in found}


def test_the_first_migration_is_as_it_was_released(kept_file, tmp_path, monkeypatch):
    monkeypatch.setattr(migration, "SCHEMA_VERSION", "0001")
    file = tmp_path / "first.sqlite3"
    engine = create_engine(f"sqlite:///{file}")
    migration.migrate(engine, None)
    engine.dispose()
    assert schema_of(kept_file) == schema_of(file)


def test_the_postings_of_the_first_release_are_dated(reopened, kept_file):
    matching = "FROM postings JOIN entries ON entries.id = entry_id AND entries.at = postings.at"
    dated = rows(kept_file, f"SELECT count(*) AS dated {matching}")[0]["dated"]
    assert dated == len(rows(kept_file, "SELECT * FROM postings")) > 10


def test_the_records_of_the_first_release_can_be_found_by_their_words(reopened, kept_file):
    found = rows(kept_file, "SELECT account_id, search_key FROM conversion_records WHERE id = 1")
    assert found == [{"account_id": 2, "search_key": "conversion 1 an hour"}]


def test_what_was_paid_in_the_first_release_is_totalled(reopened, kept_file):
    found = rows(kept_file, "SELECT currency, cost, total FROM costs ORDER BY entry_id")
    assert found == [{"currency": "EUR", "cost": "12.50", "total": "12.50"}] * 2


def test_the_journal_of_the_first_release_still_checks(reopened, kept_file):
    assert faults_in(kept_file) == []
    assert len(rows(kept_file, "SELECT * FROM seals")) > 5


def test_the_wallet_of_the_first_release_still_holds_its_credits(reopened):
    assert reopened.credits == 87
    assert [record["credits"] for record in reopened.records("transfer")] == [100]
    assert [record["credits"] for record in reopened.records("conversion")] == [7, 20]


def test_the_timer_of_the_first_release_ran_out_when_its_clock_was_empty(reopened):
    stops = [(record["time_stop"], record["time_spent"]) for record in reopened.records("time")]
    assert stops == [("2026-11-20T13:08:00.000Z", 8.0), ("2026-11-20T12:08:00.000Z", 5.0)]
    assert reopened.milliseconds_left == 0


def test_the_paused_timer_of_the_first_release_can_be_resumed(reopened):
    reopened.logs_in("bob")
    reopened.asks_ok(**RESUME)
    assert reopened.milliseconds_left == 9 * MINUTE


def test_a_request_of_the_first_release_is_still_remembered(reopened):
    answer = reopened.asks_ok(
        action="supply",
        supply="credits",
        credits=100,
        currency="EUR",
        cost="12.50",
        request_id="first supply",
    )
    assert (answer["total_credits"], reopened.credits) == (100, 87)


def test_a_long_journal_of_the_first_release_is_dated_in_one_reading(kept_file, open_engine):
    """With every earlier posting looked at for every posting, this would not end while anybody waits."""
    with sqlite3.connect(kept_file) as connection:
        last = connection.execute("SELECT max(id) FROM entries").fetchone()[0]
        added = range(last + 1, last + 20_001)
        entry = "INSERT INTO entries (id, kind, at) VALUES (?, 'transfer', ?)"
        connection.executemany(entry, ((number, 2_000_000_000_000 - number) for number in added))
        columns = "(entry_id, balance_id, unit, amount, balance_after)"
        posting = f"INSERT INTO postings {columns} VALUES (?, 3, 'credit', ?, 1)"
        # There and back, so that the entries are in order.
        moved = ((number, amount) for number in added for amount in (1, -1))
        connection.executemany(posting, moved)
    open_engine(database_url=f"sqlite:///{kept_file}")
    found = rows(kept_file, "SELECT DISTINCT at FROM postings WHERE entry_id > ?", last)
    assert found == [{"at": 2_000_000_000_000 - last - 1}]
