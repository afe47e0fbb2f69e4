"""Where a user's wallets are kept on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import platformdirs

FOLDER_VARIABLE = "EWALLET_DATA_DIR"
DATABASE_FILE = "wallet.sqlite3"


def named_folder(chosen: Path | None = None) -> Path:
    """The chosen folder, else the one that EWALLET_DATA_DIR names, else the user's own; it may be absent."""
    named = os.environ.get(FOLDER_VARIABLE)
    return chosen or (Path(named) if named else Path(platformdirs.user_data_dir("ewallet")))


def data_folder(chosen: Path | None = None) -> Path:
    """The folder of that name, made when absent.

    Only its owner may look into a folder that is made here. Raises `OSError` where it can't be made.
    """
    folder = named_folder(chosen)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def database_url(folder: Path) -> str:
    """The URL of the database in that folder."""
    # Four slashes make the path absolute: a folder named relatively is meant from where the user stands.
    return f"sqlite:///{quote(str(folder.absolute() / DATABASE_FILE))}"
