"""An engine whose file is replaced refuses everything, and the log of another file is not used."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import forked_process
import pytest
from database_file import execute_sql, rows, violations_in
from engine_client import EngineClient
from instructions import VIEW_WALLET, supply

from ewallet_core.errors.server import StorageDamagedError, StorageUnavailableError
from ewallet_core.storage import database_file
from ewallet_core.storage.damage import check_after_unclean_end
from ewallet_core.storage.database_file import DatabaseFile, log_of
from ewallet_core.storage.file_lock import lock_file_of

pytestmark = pytest.mark.usefixtures("on_disk")


@pytest.fixture(autouse=True)
def _readers_look_always(monkeypatch):
    monkeypatch.setattr(database_file, "READERS_CHECK_SECONDS", -1)


@pytest.fixture
def supplied(open_engine, prepared):
    """Ada with 100 credits, on an engine whose file is not verified at the end of the test."""
    return EngineClient(open_engine(), dict(prepared.credentials))


def snapshot(file: Path, name: str) -> Path:
    """A copy of the database as `ewallet backup` makes one, without a log."""
    copy = file.with_name(name)
    execute_sql(file, "VACUUM INTO ?", str(copy))
    return copy


def supplies(file: Path) -> int:
    return rows(file, "SELECT count(*) AS number FROM entries")[0]["number"]


# The file is replaced while an engine has it open


def test_a_replaced_file_gets_no_change_that_is_acknowledged(supplied, wallet_file):
    backup = snapshot(wallet_file, "backup.sqlite3")
    backup.replace(wallet_file)
    refused = supplied.expect_error("storage_replaced", **supply(5), request_id="after it 1")
    assert refused["error"] == (
        "The database file was replaced while it was in use, so it is no longer read or written."
    )
    assert "ewallet restore" in refused["warning"]
    supplied.engine.close()
    log_of(wallet_file).unlink(missing_ok=True)
    assert violations_in(wallet_file) == []
    assert supplies(wallet_file) == 1


def test_a_replaced_file_is_not_read(supplied, wallet_file):
    snapshot(wallet_file, "backup.sqlite3").replace(wallet_file)
    supplied.expect_error("storage_replaced", **VIEW_WALLET)


def test_a_file_that_comes_back_is_not_used_again(supplied, wallet_file):
    elsewhere = wallet_file.rename(wallet_file.with_name("elsewhere.sqlite3"))
    shutil.copy(elsewhere, wallet_file)
    supplied.expect_error("storage_replaced", **supply(5))
    elsewhere.replace(wallet_file)
    supplied.expect_error("storage_replaced", **supply(5))
    supplied.expect_error("storage_replaced", **VIEW_WALLET)


def test_a_deleted_file_is_refused(supplied, wallet_file):
    wallet_file.unlink()
    assert "was deleted" in supplied.expect_error("storage_replaced", **supply(5))["error"]
    supplied.expect_error("storage_replaced", **VIEW_WALLET)


def test_a_deleted_log_is_refused(supplied, wallet_file):
    log_of(wallet_file).unlink()
    assert "separated from its log" in supplied.expect_error("storage_replaced", **supply(5))["error"]


def test_a_refused_request_is_carried_out_once_the_file_is_back(supplied, wallet_file, open_engine):
    elsewhere = wallet_file.rename(wallet_file.with_name("elsewhere.sqlite3"))
    supplied.expect_error("storage_replaced", **supply(5), request_id="once again")
    elsewhere.rename(wallet_file)
    supplied.engine.close()
    supplied.engine = open_engine()
    assert supplied.request(**supply(5), request_id="once again")["total_credits"] == supplied.credits


def test_no_engine_opens_the_new_file_while_another_one_uses_the_old_one(supplied, wallet_file, open_engine):
    snapshot(wallet_file, "backup.sqlite3").replace(wallet_file)
    with pytest.raises(StorageUnavailableError, match="still uses the earlier file"):
        open_engine()


# A log is left beside the file

KILLED_ENGINE = """
import os, sys
from ewallet_core import EWalletSessionManager
from ewallet_core.storage.sessions import workers
engine = EWalletSessionManager(sys.argv[1])
engine._database.write(lambda change: workers.insert(change, session_limit=9, created_at=1, written_at=1))
os._exit(0)
"""


def leave_log(file: Path) -> None:
    """An engine changes the file and is killed, so its log is left beside the file."""
    assert forked_process.run([f"sqlite:///{file}"], script=KILLED_ENGINE).returncode == 0
    assert log_of(file).stat().st_size > 0


def test_the_log_of_a_killed_engine_is_used(wallet_file, open_engine):
    leave_log(wallet_file)
    open_engine()
    assert violations_in(wallet_file) == []


def test_a_copy_of_a_whole_folder_is_opened_with_its_log(wallet_file, open_engine, tmp_path):
    leave_log(wallet_file)
    shutil.copytree(wallet_file.parent, tmp_path / "copy")
    open_engine(database_url=f"sqlite:///{tmp_path / 'copy' / wallet_file.name}")


def test_the_log_of_an_earlier_file_is_not_used(wallet_file, open_engine):
    backup = snapshot(wallet_file, "backup.sqlite3")
    leave_log(wallet_file)
    content = backup.read_bytes()
    backup.replace(wallet_file)
    for _ in range(2):
        with pytest.raises(StorageDamagedError) as refused:
            open_engine()
        assert "is the log of the earlier file" in refused.value.error
        assert "Move that log to another folder" in refused.value.warning
    assert wallet_file.read_bytes() == content
    log_of(wallet_file).unlink()
    open_engine()


def test_the_log_of_an_earlier_file_is_not_used_if_a_backup_was_made_when_the_engine_started(
    wallet_file, open_engine
):
    backup = snapshot(wallet_file, "backup.sqlite3")
    made = DatabaseFile(wallet_file)
    leave_log(wallet_file)
    made.release()
    backup.replace(wallet_file)
    with pytest.raises(StorageDamagedError, match="is the log of the earlier file"):
        open_engine()


def test_the_disk_has_the_note_of_a_new_file_before_it_is_changed(wallet_file, open_engine, monkeypatch):
    """Without it, a power failure would leave the note of the earlier file beside the log of the new one."""
    open_engine().close()
    shutil.copy(wallet_file, backup := wallet_file.with_name("backup.sqlite3"))
    backup.replace(wallet_file)
    synced = []
    monkeypatch.setattr(
        os, "fsync", lambda file: synced.append((os.fstat(file).st_ino, os.pread(file, 80, 0)))
    )
    DatabaseFile(wallet_file).release()
    ((lock, note),) = synced
    assert lock == lock_file_of(wallet_file).stat().st_ino
    assert note.split() == [b"%d" % number for number in (lock, wallet_file.stat().st_ino, 0)]
    DatabaseFile(wallet_file).release()
    assert len(synced) == 1


def test_a_log_that_does_not_fit_the_content_is_not_used(supplied, wallet_file, open_engine):
    """The file is overwritten in its place, so only its content shows that the log is not its own."""
    supplied.engine.close()
    backup = shutil.copy(wallet_file, wallet_file.with_name("backup.sqlite3"))
    supplied.engine = open_engine()
    supplied.request(**supply(5))
    log = log_of(wallet_file).read_bytes()
    supplied.engine.close()
    execute_sql(Path(backup), "DELETE FROM sqlite_sequence")
    execute_sql(Path(backup), "VACUUM")
    wallet_file.write_bytes(Path(backup).read_bytes())
    log_of(wallet_file).write_bytes(log)
    before = wallet_file.read_bytes()
    with pytest.raises(StorageDamagedError, match="don't fit"):
        open_engine()
    assert wallet_file.read_bytes() == before
    assert log_of(wallet_file).read_bytes() == log


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE balances SET amount = amount + 1 WHERE issues = 0 AND unit = 'credit'",
        "INSERT INTO entries (kind, at) VALUES ('supply', 1)",
    ],
)
def test_pages_of_different_moments_are_told_apart(supplied, wallet_file, statement):
    supplied.engine.close()
    check_after_unclean_end(wallet_file)
    execute_sql(wallet_file, statement)
    with pytest.raises(StorageDamagedError, match="don't fit"):
        check_after_unclean_end(wallet_file)
