"""Scheduled backups: made when they are due, pruned, and never in the way of a change."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from demo_wallet import credits_of, log_in, open_wallet_in, run_demo_in, supply
from serve_process import TIMEOUT_SECONDS, served
from test_backup import ewallet

from ewallet_core.backup import copies, schedule
from ewallet_core.backup.archive import write_backup
from ewallet_core.backup.copies import BackupError
from ewallet_core.backup.schedule import LONGEST_WAIT_MS, RETRY_MS, BackupMaker, write_in_own_process
from ewallet_core.backup.settings import BackupSchedule
from ewallet_core.commands.demo import ForwardClock
from ewallet_core.commands.serve import STOP_SIGNALS

HOUR = 3_600_000
NOON = 1_700_000_000_000


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wallet")
    run_demo_in(folder).close()
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def clock() -> ForwardClock:
    return ForwardClock(NOON)


@pytest.fixture
def maker(wallet: Path, shelf: Path, clock: ForwardClock) -> BackupMaker:
    """Makes a backup each hour, and keeps three."""
    schedule = BackupSchedule("1h", 3, shelf)
    return BackupMaker(schedule, wallet / "wallet.sqlite3", wallet, clock, write=write_backup)


def names_in(shelf: Path) -> list[str]:
    return sorted(file.name for file in shelf.iterdir())


def test_a_backup_is_made_when_it_is_due_and_not_before(maker, shelf, clock):
    assert maker.turn() == LONGEST_WAIT_MS
    assert names_in(shelf) == ["ewallet-scheduled-20231114T221320Z.tar"]
    assert ewallet("verify", *shelf.iterdir()).exit_code == 0
    clock.advance(HOUR - 1_000)
    assert maker.turn() == 1_000
    assert len(names_in(shelf)) == 1
    clock.advance(1_000)
    maker.turn()
    assert len(names_in(shelf)) == 2


def test_what_was_missed_while_no_program_ran_is_made_up_for_once(maker, shelf, clock):
    maker.turn()
    clock.advance(100 * HOUR)
    maker.turn()
    maker.turn()
    assert len(names_in(shelf)) == 2


def test_only_the_newest_scheduled_backups_are_kept(maker, shelf, clock):
    shelf.mkdir()
    others = {"ewallet-20200101T000000Z.tar", "ewallet-scheduled-notes.txt"}
    for name in others:
        (shelf / name).touch()
    # Made while the clock was wrong.
    (shelf / "ewallet-scheduled-20991231T000000Z.tar").touch()
    made = []
    for _ in range(4):
        maker.turn()
        made.append(max(name for name in names_in(shelf) if name.startswith("ewallet-scheduled-2023")))
        clock.advance(HOUR)
    assert set(names_in(shelf)) == {*made[1:], *others}


def test_a_failure_is_logged_in_a_line_and_tried_again_later(maker, shelf, clock, caplog):
    shelf.write_text("no folder")
    with caplog.at_level(logging.WARNING):
        assert maker.turn() == LONGEST_WAIT_MS
        maker.turn()
    (record,) = caplog.records
    assert record.getMessage().startswith("the scheduled backup was not made: ")
    shelf.unlink()
    clock.advance(RETRY_MS)
    maker.turn()
    assert len(names_in(shelf)) == 1


def test_backups_are_made_on_a_network_folder_that_has_no_locks(maker, shelf, monkeypatch):
    def refuse(*_args):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(schedule, "flock", refuse)
    maker.turn()
    assert len(names_in(shelf)) == 1


def test_the_process_that_makes_a_backup_says_why_it_could_not(wallet, tmp_path):
    with pytest.raises(BackupError, match=r"^There is no wallet .*nowhere\. Check the folder"):
        write_in_own_process(tmp_path / "file", wallet / "nowhere", {}, datetime.now(UTC))


def test_the_process_that_makes_a_backup_ends_when_its_server_is_stopped(wallet, tmp_path):
    """A service manager stops both, and waits until both have ended."""
    os.mkfifo(settings := tmp_path / "server.toml")
    arguments = (tmp_path / "saved.tar", wallet / "wallet.sqlite3", "2026-01-01", "server.toml", settings)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        process = subprocess.Popen([sys.executable, "-m", "ewallet_core.backup", *map(str, arguments)])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    # It waits for the content of the settings.
    with settings.open("wb"):
        process.terminate()
        try:
            assert process.wait(TIMEOUT_SECONDS) == -signal.SIGTERM
        finally:
            process.kill()


def test_a_change_is_made_while_a_backup_is_read(tmp_path, monkeypatch):
    """Every change during the copying is made at once, and the copy is of the moment before all of them."""
    monkeypatch.setattr(copies, "PAGES_AT_ONCE", 10)
    (folder := tmp_path / "wallet").mkdir()
    run_demo_in(folder).close()
    answers = []
    with open_wallet_in(folder) as engine:
        mine = log_in(engine)

        def change(done: int, total: int) -> None:
            assert done <= total
            answers.append(supply(engine, mine)["failed"])

        (tmp_path / "copy").mkdir()
        copies.copy_database(folder / "wallet.sqlite3", tmp_path / "copy" / "wallet.sqlite3", change)
        assert credits_of(engine, mine) == 80 + len(answers)
    assert len(answers) > 5
    assert not any(answers)
    with open_wallet_in(tmp_path / "copy") as copied:
        assert credits_of(copied, log_in(copied)) == 80


def test_a_server_makes_backups_as_its_settings_say(tmp_path):
    (config := tmp_path / "served.toml").write_text('[backup]\nevery = "1d"\nfolder = "saved"\n')
    with served(tmp_path / "wallet", "--config", config, "--in-port", 0, "--out-port", 0):
        until = time.monotonic() + TIMEOUT_SECONDS
        while not list((tmp_path / "saved").glob("*.tar")):
            assert time.monotonic() < until
            time.sleep(0.05)
    (made,) = (tmp_path / "saved").glob("*.tar")
    assert "server.toml" in ewallet("verify", made).stdout
