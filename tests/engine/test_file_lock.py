"""Every engine holds the lock beside its database file, and what replaces the file holds it alone."""

from __future__ import annotations

import os
import stat
import textwrap
from pathlib import Path
from subprocess import PIPE

import pytest
from forked_process import ForkedProcess

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage import file_lock
from ewallet_core.storage.file_lock import lock_alone, lock_file_of, lock_shared

pytestmark = pytest.mark.sqlite_only("locks of files")

ENGINE_IN_A_PROCESS = """
    import sys
    from ewallet_core import EWalletSessionManager
    engine = EWalletSessionManager(sys.argv[1])
    print("open", flush=True)
    sys.stdin.read()
"""

READER_IN_A_PROCESS = """
    import sqlite3, sys
    connection = sqlite3.connect(sys.argv[1])
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    print("open", flush=True)
    sys.stdin.read()
"""


def test_the_lock_is_not_free_while_an_engine_uses_the_database(open_engine, wallet_file):
    first, second = open_engine(), open_engine()
    for engine in (first, second):
        with pytest.raises(StorageUnavailableError, match="another program uses it"):
            lock_alone(wallet_file)
        engine.close()
    with lock_alone(wallet_file):
        pass


def test_the_lock_is_not_free_while_another_process_uses_the_database(wallet_file):
    script = textwrap.dedent(ENGINE_IN_A_PROCESS)
    with ForkedProcess([f"sqlite:///{wallet_file}"], script=script, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout.readline() == "open\n"
        with pytest.raises(StorageUnavailableError, match="another program uses it"):
            lock_alone(wallet_file)
        process.kill()
    # The lock of a killed process is free.
    lock_alone(wallet_file).release()


def test_the_lock_is_not_free_while_a_program_without_it_uses_the_database(open_engine, wallet_file):
    """Such as an engine of an earlier release, or `ewallet verify`."""
    open_engine().close()
    script = textwrap.dedent(READER_IN_A_PROCESS)
    with ForkedProcess([wallet_file], script=script, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout.readline() == "open\n"
        with pytest.raises(StorageUnavailableError, match="another program uses it"):
            lock_alone(wallet_file)
        process.kill()
    lock_alone(wallet_file).release()


def test_no_engine_opens_a_database_that_is_being_replaced(open_engine, wallet_file, monkeypatch):
    monkeypatch.setattr(file_lock, "SHARED_WAIT_SECONDS", 0)
    with lock_alone(wallet_file), pytest.raises(StorageUnavailableError) as refused:
        open_engine()
    assert str(refused.value) == (
        "The database can't be opened: another program is replacing or compacting it."
    )
    assert refused.value.warning == "Wait until that has finished, then try again."
    open_engine()


def test_an_engine_waits_while_another_program_tries_to_take_the_lock(open_engine, wallet_file, monkeypatch):
    alone = lock_alone(wallet_file)
    monkeypatch.setattr(file_lock.time, "sleep", lambda _seconds: alone.release())
    open_engine()


def test_an_engine_that_can_not_start_releases_the_lock(open_engine, wallet_file):
    wallet_file.write_bytes(b"something else" * 100)
    with pytest.raises(StorageUnavailableError):
        open_engine()
    lock_alone(wallet_file).release()


def test_a_link_to_a_database_has_its_lock(open_engine, wallet_file):
    link = wallet_file.with_name("link.sqlite3")
    link.symlink_to(wallet_file)
    open_engine(database_url=f"sqlite:///{link}")
    with pytest.raises(StorageUnavailableError):
        lock_alone(wallet_file)


def test_the_lock_file_stays_and_is_private(open_engine, wallet_file):
    open_engine().close()
    lock = lock_file_of(wallet_file)
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    before = lock.stat().st_ino
    open_engine().close()
    assert lock.stat().st_ino == before


@pytest.mark.parametrize("exists", [True, False])
def test_root_gives_the_lock_to_the_owner_of_the_database_or_of_its_folder(
    wallet_file, tmp_path, monkeypatch, exists
):
    """A restore as root must not keep the server, which is another user, from a new wallet."""
    given: list[tuple[int, int]] = []
    owner = (wallet_file if exists else tmp_path).stat()
    monkeypatch.setattr(file_lock.os, "geteuid", lambda: 0)
    monkeypatch.setattr(file_lock.os, "fchown", lambda _file, *to: given.append(to))
    monkeypatch.setattr(file_lock.os, "fstat", lambda _file: os.stat_result([0o100600] + [-1] * 9))
    lock_alone(wallet_file if exists else tmp_path / "new.sqlite3").release()
    assert given == [(owner.st_uid, owner.st_gid)]


def test_a_lock_whose_owner_can_not_be_changed_is_used(wallet_file, monkeypatch):
    def refuse(*_args):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(file_lock.os, "fchmod", refuse)
    lock_file_of(wallet_file).touch(0o644)
    lock_shared(wallet_file).release()


def test_a_program_that_finds_the_lock_taken_for_a_moment_can_still_be_the_first(wallet_file, monkeypatch):
    alone = lock_alone(wallet_file)
    monkeypatch.setattr(file_lock.time, "sleep", lambda _seconds: alone.release())
    with lock_shared(wallet_file) as lock:
        assert lock.is_first


def test_a_lock_file_that_is_a_link_is_not_followed(wallet_file):
    elsewhere = wallet_file.with_name("elsewhere")
    lock_file_of(wallet_file).symlink_to(elsewhere)
    with pytest.raises(StorageUnavailableError):
        lock_shared(wallet_file)
    assert not elsewhere.exists()


def test_a_database_in_memory_has_no_lock(tmp_path, monkeypatch, open_engine):
    monkeypatch.chdir(tmp_path)
    open_engine(database_url="sqlite://")
    assert list(Path().iterdir()) == []
