"""Wallet files of every earlier release open in this one, with all their data."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from database_file import rows, violations_in
from engine_client import EngineClient
from fakes import DAY, FRIDAY_NOON, MINUTE
from instructions import RESUME, START, STOP

from ewallet_core.client.embedded import THIS_MACHINE
from ewallet_core.storage.schema_version import SCHEMA_VERSION

pytestmark = pytest.mark.sqlite_only("files of earlier releases")

DUMPS = sorted((Path(__file__).parents[1] / "released_schemas").glob("schema-*.sql"))


@pytest.fixture(params=DUMPS, ids=lambda kept: kept.stem)
def released_file(request, tmp_path) -> Path:
    """A wallet file written by that release."""
    file = tmp_path / "kept.sqlite3"
    connection = sqlite3.connect(file)
    connection.executescript(request.param.read_text())
    connection.close()
    return file


@pytest.fixture
def reopened(released_file, open_engine, wallclock) -> EngineClient:
    """Ada, logged in a day later."""
    wallclock.forward(DAY)
    return EngineClient(open_engine(database_url=f"sqlite:///{released_file}")).open_session().log_in()


def test_there_is_a_dump_of_the_current_schema():
    assert DUMPS[-1].stem == f"schema-{SCHEMA_VERSION}"


def test_the_ledger_of_every_release_verifies(released_file, open_engine):
    open_engine(database_url=f"sqlite:///{released_file}").close()
    assert violations_in(released_file) == []
    assert rows(released_file, "SELECT version_num FROM alembic_version") == [{"version_num": SCHEMA_VERSION}]


def test_the_answers_that_every_release_remembered_are_kept(released_file, open_engine):
    remembered = "SELECT scope, request_id, fingerprint, answer, seen_at FROM seen_requests ORDER BY "
    before = rows(released_file, f"{remembered} seen_at")
    open_engine(database_url=f"sqlite:///{released_file}").close()
    assert len(before) == 2
    assert rows(released_file, f"{remembered} id") == before


def test_a_wallet_of_every_release_keeps_its_credits(reopened, released_file):
    assert reopened.credits == 87
    assert [record["credits"] for record in reopened.records("conversion")] == [7, 20]
    assert violations_in(released_file) == []


def test_a_paused_timer_of_every_release_can_be_resumed(reopened):
    reopened.log_in("bob")
    reopened.request(**RESUME)
    assert reopened.milliseconds_left == 9 * MINUTE


def test_time_from_before_segments_were_kept_is_told_apart(tmp_path, open_engine, wallclock):
    file = tmp_path / "kept.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((DUMPS[0].parent / "schema-0003.sql").read_text())
    wallclock.forward(DAY)
    bob = EngineClient(open_engine(database_url=f"sqlite:///{file}")).open_session().log_in("bob")
    bob.request(**RESUME)
    wallclock.forward(2 * MINUTE)
    record = bob.request(**STOP)["time_record"]
    spent = rows(file, "SELECT id, time_spent, time_unsegmented FROM time_records ORDER BY id")
    assert spent[0]["time_spent"] == spent[0]["time_unsegmented"] == 5 * MINUTE
    assert spent[-1] == {"id": record, "time_spent": 3 * MINUTE, "time_unsegmented": MINUTE}
    resumed_at = wallclock.now - 2 * MINUTE
    paused_at = FRIDAY_NOON + 9 * MINUTE
    assert rows(
        file, "SELECT started_at, stopped_at FROM time_segments WHERE time_record_id = ?", record
    ) == [
        {"started_at": paused_at, "stopped_at": paused_at},
        {"started_at": resumed_at, "stopped_at": resumed_at + 2 * MINUTE},
    ]
    bob.request(**START)
    assert rows(file, "SELECT DISTINCT timer_unsegmented FROM clocks") == [{"timer_unsegmented": 0}]
    assert violations_in(file) == []


def test_a_login_from_the_reworded_address_of_this_machine_is_not_new(tmp_path, open_engine):
    file = tmp_path / "kept.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((DUMPS[0].parent / "schema-0002.sql").read_text())
        connection.execute("UPDATE login_records SET address = 'this machine'")
        connection.commit()
    open_engine(database_url=f"sqlite:///{file}").close()
    assert {row["address"] for row in rows(file, "SELECT address FROM login_records")} == {THIS_MACHINE}
