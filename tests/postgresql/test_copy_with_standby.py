"""`ewallet copy` from a standby, and to a primary that waits for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from copied_wallets import content_of_database, content_of_file, copy, sqlite_url, verify
from demo_wallet import run_demo_in
from replication import Replication, running_replication, wait_until

from ewallet_core.database_copy import postgresql


@pytest.fixture(scope="module")
def replication() -> Iterator[Replication]:
    with running_replication() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    run_demo_in(tmp_path).close()
    return tmp_path / "wallet.sqlite3"


def test_a_standby_is_copied_only_if_it_is_said_that_others_may_use_it(replication, file, tmp_path):
    database = replication.primary.new_database()
    assert copy(sqlite_url(file), replication.primary.url(database)).exit_code == 0
    conninfo = replication.standby.conninfo(database)
    # The primary waits until the standby has the change, which it replays a little later.
    wait_until(lambda: verify(replication.standby.url(database)).exit_code == 0)
    assert content_of_database(conninfo) == content_of_file(file)
    (folder := tmp_path / "new").mkdir()
    new = folder / "wallet.sqlite3"
    done = copy(replication.standby.url(database), sqlite_url(new))
    assert (done.exit_code, "--live" in done.stderr, new.exists()) == (1, True, False)
    assert copy(replication.standby.url(database), sqlite_url(new), "--live").exit_code == 0
    assert content_of_file(new) == content_of_file(file)


def test_a_standby_gets_no_copy(replication, file):
    database = replication.primary.new_database()
    wait_until(lambda: (database,) in replication.standby.execute("SELECT datname::text FROM pg_database"))
    done = copy(sqlite_url(file), replication.standby.url(database))
    assert (done.exit_code, "its server is a standby" in done.stderr) == (1, True), done.stderr


def test_a_copy_that_the_standby_may_lack_is_told_as_not_known(replication, file, monkeypatch):
    database = replication.primary.new_database()
    url = replication.primary.url(database)
    monkeypatch.setattr(postgresql, "COMMIT_SECONDS", 2.0)
    replication.standby.freeze()
    try:
        done = copy(sqlite_url(file), url)
    finally:
        replication.standby.thaw()
    assert (done.exit_code, done.stdout) == (3, "")
    assert "not known whether the last step was done" in done.stderr
    assert verify(url).exit_code == 0
