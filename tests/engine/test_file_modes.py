"""A database that others can change is made private if it is the user's own, and refused if it is not."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import data_folder, database_url
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage import file_modes
from ewallet_core.storage.file_lock import lock_file_of


@pytest.fixture
def umask_of_zero():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def another_user(monkeypatch):
    """The files belong to another user than the user of this process."""
    monkeypatch.setattr(file_modes.os, "geteuid", lambda: os.getuid() + 1)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask_of_zero")
def test_all_that_is_created_is_private_whatever_the_umask(tmp_path):
    folder = data_folder(tmp_path / "above" / "wallets")
    with EWalletSessionManager(database_url(folder)):
        assert {mode(path) for path in folder.iterdir()} == {0o600}
        assert len(list(folder.iterdir())) == 4
    assert (mode(folder), mode(folder.parent)) == (0o700, 0o700)


@pytest.mark.parametrize(
    ("before", "after"),
    [(0o666, 0o600), (0o644, 0o600), (0o604, 0o600), (0o660, 0o640), (0o640, 0o640), (0o600, 0o600)],
    ids=oct,
)
def test_a_file_of_the_user_is_tightened(wallet_file, open_engine, caplog, before, after):
    wallet_file.chmod(before)
    with caplog.at_level(logging.WARNING, "ewallet_core"):
        open_engine()
    assert mode(wallet_file) == after
    assert mode(wallet_file.with_name(f"{wallet_file.name}-wal")) == after
    assert (f"{wallet_file} had mode" in caplog.text) is (before != after)


@pytest.mark.parametrize("name", ["-wal", "-shm"])
def test_a_log_that_was_left_is_tightened(wallet_file, open_engine, name):
    beside = wallet_file.with_name(f"{wallet_file.name}{name}")
    beside.touch()
    beside.chmod(0o666)
    open_engine()
    assert mode(beside) == 0o600


def test_a_lock_of_the_user_is_tightened(wallet_file, open_engine):
    lock = lock_file_of(wallet_file)
    lock.touch()
    lock.chmod(0o666)
    open_engine()
    assert mode(lock) == 0o600


@pytest.mark.usefixtures("another_user")
def test_a_file_of_another_user_that_everybody_can_change_is_refused(wallet_file, open_engine):
    wallet_file.chmod(0o666)
    with pytest.raises(StorageUnavailableError) as refused:
        open_engine()
    assert refused.value.error == f"The database can't be opened: everybody can change {wallet_file}."
    assert refused.value.warning == f"Run `chmod 600 {wallet_file}` as its owner."
    assert mode(wallet_file) == 0o666


@pytest.mark.usefixtures("another_user")
@pytest.mark.parametrize("kept", [0o640, 0o660, 0o644], ids=oct)
def test_a_file_that_another_user_shares_is_used(wallet_file, open_engine, kept):
    wallet_file.chmod(kept)
    open_engine()
    assert mode(wallet_file) == kept


def test_a_folder_of_the_user_that_everybody_can_write_is_tightened(wallet_file, open_engine):
    wallet_file.parent.chmod(0o777)
    open_engine()
    assert mode(wallet_file.parent) == 0o775


@pytest.mark.usefixtures("another_user")
def test_a_folder_of_another_user_that_everybody_can_write_is_refused_and_not_changed(
    wallet_file, open_engine
):
    wallet_file.parent.chmod(0o777)
    with pytest.raises(StorageUnavailableError) as refused:
        open_engine()
    assert f"everybody can replace the files in {wallet_file.parent}" in refused.value.error
    assert refused.value.warning == f"Run `chmod o-w {wallet_file.parent}` as its owner."
    assert mode(wallet_file.parent) == 0o777


@pytest.mark.usefixtures("another_user")
def test_a_folder_like_the_one_for_temporary_files_is_used(wallet_file, open_engine):
    wallet_file.parent.chmod(0o1777)
    open_engine()
    assert mode(wallet_file.parent) == 0o1777
