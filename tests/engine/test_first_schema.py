"""A wallet file of the first release opens in this one, with all its data."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from database_file import rows, violations_in
from engine_client import EngineClient
from fakes import DAY, MINUTE
from instructions import RESUME
from migrated_file import run_migrations

from ewallet_core.storage.sqlite import upgrade_file

pytestmark = pytest.mark.sqlite_only("files of the first schema")

DUMP = Path(__file__).parents[1] / "released_schemas" / "schema-0001.sql"


def write_dump(file: Path) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(DUMP.read_text())
    return file


@pytest.fixture
def released_file(tmp_path) -> Path:
    """A wallet file written by the first release."""
    return write_dump(tmp_path / "kept.sqlite3")


@pytest.fixture(scope="module")
def upgraded_file(tmp_path_factory) -> Path:
    """The file after all later migrations, which take longer than what most tests do with it."""
    file = write_dump(tmp_path_factory.mktemp("upgraded") / "kept.sqlite3")
    upgrade_file(file)
    return file


@pytest.fixture
def reopened(released_file, upgraded_file, open_engine, wallclock) -> EngineClient:
    """Ada, logged in a day later."""
    shutil.copy(upgraded_file, released_file)
    wallclock.forward(DAY)
    return EngineClient(open_engine(database_url=f"sqlite:///{released_file}")).open_session().log_in()


def schema_of(file: Path) -> set[tuple[str, str]]:
    found = rows(
        file, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    )
    return {(row["name"], " ".join(row["sql"].replace('"', "").split())) for row in found}


def test_the_first_migration_is_unchanged(released_file, tmp_path):
    run_migrations(file := tmp_path / "first.sqlite3", "0001")
    assert schema_of(released_file) == schema_of(file)


def test_postings_of_the_first_release_get_their_dates(reopened, released_file):
    matching = "FROM postings JOIN entries ON entries.id = entry_id AND entries.at = postings.at"
    dated = rows(released_file, f"SELECT count(*) AS dated {matching}")[0]["dated"]
    assert dated == len(rows(released_file, "SELECT * FROM postings")) > 10


def test_records_of_the_first_release_can_be_searched(reopened, released_file):
    found = rows(released_file, "SELECT account_id, search_key FROM conversion_records WHERE id = 1")
    assert found == [{"account_id": 2, "search_key": "conversion 1 an hour"}]


def test_costs_of_the_first_release_are_totalled(reopened, released_file):
    found = rows(released_file, "SELECT currency, cost, total FROM costs ORDER BY entry_id")
    assert found == [{"currency": "EUR", "cost": "12.50", "total": "12.50"}] * 2


def test_the_journal_of_the_first_release_verifies(reopened, released_file):
    assert violations_in(released_file) == []
    assert len(rows(released_file, "SELECT * FROM seals")) > 5


def test_a_wallet_of_the_first_release_keeps_its_credits(reopened):
    assert reopened.credits == 87
    assert [record["credits"] for record in reopened.records("transfer")] == [100]
    assert [record["credits"] for record in reopened.records("conversion")] == [7, 20]


def test_a_timer_of_the_first_release_runs_out_on_time(reopened):
    stops = [(record["time_stop"], record["time_spent"]) for record in reopened.records("time")]
    assert stops == [("2026-11-20T13:08:00.000Z", 8.0), ("2026-11-20T12:08:00.000Z", 5.0)]
    assert reopened.milliseconds_left == 0


def test_a_paused_timer_of_the_first_release_can_be_resumed(reopened):
    reopened.log_in("bob")
    reopened.request(**RESUME)
    assert reopened.milliseconds_left == 9 * MINUTE


def test_a_request_id_of_the_first_release_is_still_known(reopened):
    answer = reopened.request(
        action="supply",
        supply="credits",
        credits=100,
        currency="EUR",
        cost="12.50",
        request_id="first supply",
    )
    assert (answer["total_credits"], reopened.credits) == (100, 87)


def test_a_long_journal_of_the_first_release_is_dated_in_one_pass(released_file, open_engine):
    """The cost of the migration must not grow with the square of the number of postings."""
    with sqlite3.connect(released_file) as connection:
        last = connection.execute("SELECT max(id) FROM entries").fetchone()[0]
        added = range(last + 1, last + 20_001)
        entry = "INSERT INTO entries (id, kind, at) VALUES (?, 'transfer', ?)"
        connection.executemany(entry, ((number, 2_000_000_000_000 - number) for number in added))
        columns = "(entry_id, balance_id, unit, amount, balance_after)"
        posting = f"INSERT INTO postings {columns} VALUES (?, 3, 'credit', ?, 1)"
        # Both directions, so that each entry sums to zero.
        moved = ((number, amount) for number in added for amount in (1, -1))
        connection.executemany(posting, moved)
    open_engine(database_url=f"sqlite:///{released_file}")
    found = rows(released_file, "SELECT DISTINCT at FROM postings WHERE entry_id > ?", last)
    assert found == [{"at": 2_000_000_000_000 - last - 1}]
