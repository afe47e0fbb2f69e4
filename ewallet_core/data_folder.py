"""The folder that holds the user's wallets on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import platformdirs

FOLDER_VARIABLE = "EWALLET_DATA_DIR"
DATABASE_FILE = "wallet.sqlite3"
KNOWN_SERVERS_FILE = "known_servers"


def find_data_folder(chosen: Path | None = None) -> Path:
    """The chosen folder, else that of EWALLET_DATA_DIR, else the user's default; it may not exist yet."""
    named = os.environ.get(FOLDER_VARIABLE)
    return chosen or (Path(named) if named else Path(platformdirs.user_data_dir("ewallet")))


def data_folder(chosen: Path | None = None) -> Path:
    """That folder, created readable only for its owner if it is missing. Raises `OSError` if that fails."""
    folder = find_data_folder(chosen)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def database_url(folder: Path) -> str:
    # Four slashes make the path absolute; a relative folder is relative to the working directory.
    return f"sqlite:///{quote(str(folder.absolute() / DATABASE_FILE))}"
