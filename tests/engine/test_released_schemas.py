"""The file of somebody who has used any earlier release still opens, and everything in it goes on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from database_file import faults_in, rows
from engine_client import EngineClient
from fakes import DAY, MINUTE
from instructions import RESUME

from ewallet_core.storage.migration import SCHEMA_VERSION

KEPT = sorted((Path(__file__).parents[1] / "released_schemas").glob("schema-*.sql"))


@pytest.fixture(params=KEPT, ids=lambda kept: kept.stem)
def kept_file(request, tmp_path) -> Path:
    """The wallet file of somebody who has used that release."""
    file = tmp_path / "kept.sqlite3"
    connection = sqlite3.connect(file)
    connection.executescript(request.param.read_text())
    connection.close()
    return file


@pytest.fixture
def reopened(kept_file, open_engine, wallclock) -> EngineClient:
    """Ada, back a day later."""
    wallclock.forward(DAY)
    return EngineClient(open_engine(database_url=f"sqlite:///{kept_file}")).opens_a_session().logs_in()


def test_every_schema_is_kept():
    assert KEPT[-1].stem == f"schema-{SCHEMA_VERSION}"


def test_the_ledger_of_every_release_is_in_order_in_this_one(kept_file, open_engine):
    open_engine(database_url=f"sqlite:///{kept_file}").close()
    assert faults_in(kept_file) == []
    assert rows(kept_file, "SELECT version_num FROM alembic_version") == [{"version_num": SCHEMA_VERSION}]


def test_what_a_wallet_held_it_still_holds(reopened, kept_file):
    assert reopened.credits == 87
    assert [record["credits"] for record in reopened.records("conversion")] == [7, 20]
    assert faults_in(kept_file) == []


def test_a_paused_timer_of_every_release_can_be_resumed(reopened):
    reopened.logs_in("bob")
    reopened.asks_ok(**RESUME)
    assert reopened.milliseconds_left == 9 * MINUTE
