"""A database can be read on a read-only medium, and where there is no room for temporary files."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from database_file import find_violations
from instructions import supply

from ewallet_core.errors.server import StorageDamagedError, StorageUnavailableError
from ewallet_core.storage import read_only
from ewallet_core.storage.database_file import log_of
from ewallet_core.storage.read_only import open_read_only

pytestmark = pytest.mark.sqlite_only("files that others have open")

A_USER = 65534
SORTED = """
    WITH RECURSIVE many(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < 30000)
    SELECT count(*) FROM (SELECT randomblob(200) AS x FROM many ORDER BY x LIMIT 1 OFFSET 29999)
"""


@contextmanager
def read_only_folder(folder: Path) -> Iterator[None]:
    """No user may write there; permissions do not apply to root, so it becomes another user meanwhile."""
    for path in (*folder.iterdir(), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.seteuid(A_USER)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        folder.chmod(0o755)


@pytest.fixture
def medium() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        # The one that a test gets from pytest can't be entered by other users.
        yield Path(folder)


def violations(file: Path) -> list[str]:
    with open_read_only(f"sqlite:///{file}") as transaction:
        return find_violations(transaction)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_copy_on_a_read_only_medium_is_verified(supplied, wallet_file, medium):
    supplied.engine.close()
    copy = Path(shutil.copy(wallet_file, medium))
    with read_only_folder(medium):
        assert violations(copy) == []
    assert names(medium) == {copy.name}


def test_a_copy_with_its_log_on_a_read_only_medium_is_verified(supplied, wallet_file, medium):
    supplied.request(**supply(7))
    copy = Path(shutil.copy(wallet_file, medium))
    shutil.copy(log_of(wallet_file), medium)
    with read_only_folder(medium), open_read_only(f"sqlite:///{copy}") as transaction:
        assert transaction._connection.execute("SELECT count(*) FROM entries").fetchone() == (2,)
        assert find_violations(transaction) == []
    assert names(medium) == {copy.name, log_of(copy).name}


def test_an_empty_log_on_a_read_only_medium_is_ignored(supplied, wallet_file, medium):
    supplied.engine.close()
    copy = Path(shutil.copy(wallet_file, medium))
    log_of(copy).touch()
    with read_only_folder(medium):
        assert violations(copy) == []


def test_a_database_that_is_opened_meanwhile_is_not_trusted(supplied, wallet_file, monkeypatch):
    supplied.engine.close()
    monkeypatch.setattr(read_only, "_can_be_written", lambda file: False)
    with (
        pytest.raises(StorageUnavailableError, match="began to use it"),
        open_read_only(f"sqlite:///{wallet_file}"),
    ):
        log_of(wallet_file).write_bytes(b"a change")


def test_a_damaged_file_is_called_so(wallet_file):
    wallet_file.write_bytes(b"no database" * 1000)
    with (
        pytest.raises(StorageDamagedError, match="file is not a database"),
        open_read_only(f"sqlite:///{wallet_file}"),
    ):
        pass


# Temporary files


@contextmanager
def full_disk_for_temporary_files() -> Iterator[None]:
    """No file can grow, as on a disk for temporary files that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def sort_many(transaction) -> int:
    return transaction._connection.execute(SORTED).fetchone()[0]


def test_a_reader_sorts_in_memory_if_there_is_no_room_for_a_file(database):
    with full_disk_for_temporary_files():
        assert database.read(sort_many) == 1
    assert database.read(sort_many) == 1


def test_a_verification_without_room_for_temporary_files_names_the_cause(wallet_file):
    with (
        full_disk_for_temporary_files(),
        pytest.raises(StorageUnavailableError) as refused,
        open_read_only(f"sqlite:///{wallet_file}") as transaction,
    ):
        sort_many(transaction)
    assert "no temporary file can be written" in refused.value.error
    assert refused.value.warning == "Set SQLITE_TMPDIR to a folder with free space."
