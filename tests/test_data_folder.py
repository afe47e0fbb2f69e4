"""The data folder: the chosen folder, whatever its name."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import DATABASE_FILE, FOLDER_VARIABLE, data_folder, database_url


@pytest.mark.parametrize("name", ["plain", "with space", "a%20b", "q?x=1", "été", "#1", "c:d"])
def test_the_database_is_in_the_chosen_folder(tmp_path: Path, name: str) -> None:
    folder = data_folder(tmp_path / name)
    EWalletSessionManager(database_url(folder)).close()
    assert {file.name for file in folder.iterdir()} == {DATABASE_FILE, f"{DATABASE_FILE}.lock"}


def test_a_created_folder_is_accessible_only_by_its_owner(tmp_path: Path) -> None:
    assert stat.S_IMODE(data_folder(tmp_path / "new").stat().st_mode) == 0o700


def test_the_environment_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "named"))
    assert data_folder() == tmp_path / "named"
    assert data_folder(tmp_path / "chosen") == tmp_path / "chosen"


def test_an_existing_folder_is_not_changed(tmp_path: Path) -> None:
    assert data_folder(tmp_path) == tmp_path
    assert data_folder(tmp_path) == tmp_path
