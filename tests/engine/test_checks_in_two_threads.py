"""A file is checked in a thread of its own, beside the other checks; its findings come first."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.read_only import FileSnapshot, open_read_only
from ewallet_core.storage.verification import Check, Violation, run_checks

pytestmark = pytest.mark.sqlite_only("a check of the file")

ENDLESS = text(
    "WITH RECURSIVE many(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many) SELECT count(*) FROM many"
)
INDEX = "ix_transfer_records_entry_id"


@pytest.fixture
def file(supplied, wallet_file: Path, tmp_path: Path) -> Path:
    supplied.engine.close()
    return Path(shutil.copy(wallet_file, tmp_path / "copy.sqlite3"))


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


def damage_an_index(file: Path) -> None:
    """Let the index be one of another column than that whose values it has."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '(entry_id)', '(written_at)') WHERE name = ?",
            (INDEX,),
        )


def test_work_beside_a_snapshot_ends_with_the_block(url):
    with open_read_only(url) as snapshot:
        assert isinstance(snapshot, FileSnapshot)
        with snapshot.beside(lambda other: other.number(ENDLESS)) as doing:
            assert not doing.done()
        assert "interrupted" in str(doing.exception(0))


def test_work_beside_a_snapshot_can_not_write(url):
    insert = text("INSERT INTO workers (session_limit, created_at, written_at) VALUES (1, 1, 1)")
    with open_read_only(url) as snapshot:
        assert isinstance(snapshot, FileSnapshot)
        with snapshot.beside(lambda other: other.run(insert)) as doing:
            assert "readonly" in str(doing.exception()).replace("-", "")


def test_the_file_comes_first_among_what_was_checked(url):
    with open_read_only(url) as snapshot:
        lines = [finding.line for finding in run_checks(snapshot) if isinstance(finding, Check)]
    assert lines[:2] == [
        "the file's pages, indexes and foreign keys are as SQLite needs them",
        "the tables, indexes and triggers are those of this release",
    ]


def test_a_damaged_file_comes_before_what_follows_from_it(url, file):
    damage_an_index(file)
    with open_read_only(url) as snapshot:
        found = [finding.sentence for finding in run_checks(snapshot) if isinstance(finding, Violation)]
    assert "missing from index" in found[0]
    assert f"The definition of {INDEX} is not that of this release." in found[1:]


def test_a_damaged_file_comes_before_the_error_of_another_check(url, file):
    damage_an_index(file)
    found = []
    with pytest.raises(StorageUnavailableError), open_read_only(url) as snapshot:  # noqa: PT012
        # Each later statement of this connection is interrupted.
        snapshot._connection.set_progress_handler(lambda: 1, 1)
        found.extend(run_checks(snapshot))
    assert "missing from index" in found[0].sentence


def test_checks_can_be_left_at_the_first_violation(url, file):
    damage_an_index(file)
    with open_read_only(url) as snapshot:
        assert any(isinstance(finding, Violation) for finding in run_checks(snapshot))
