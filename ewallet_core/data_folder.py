"""The folder that holds the user's wallets on this machine."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from urllib.parse import quote

import platformdirs

FOLDER_VARIABLE = "EWALLET_DATA_DIR"
DATABASE_FILE = "wallet.sqlite3"
KNOWN_SERVERS_FILE = "known_servers"
SESSIONS_FILE = "sessions.json"
"""The sessions of the commands. No backup has it: a restored wallet has ended them."""
PREFERENCES_FILE = "preferences.toml"
TLS_FOLDER = "tls"
"""The folder in it that has the server's own certificate."""
BACKUP_FOLDER = "backups"
"""The folder in it for scheduled backups, unless another is chosen."""


class NoHomeError(OSError):
    """The user has no home folder, as in a container, and no folder was chosen."""

    def __init__(self) -> None:
        super().__init__(
            errno.ENOENT,
            f"You have no home folder here. Name the wallet's folder with --data-dir or {FOLDER_VARIABLE}",
        )

    def __str__(self) -> str:
        return f"{self.strerror}."


def home_folder() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def find_data_folder(chosen: Path | None = None) -> Path:
    """The chosen folder, else that of EWALLET_DATA_DIR, else the user's default; it may not exist yet.

    Raises `NoHomeError` if there is no default.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if chosen or named:
        return chosen or Path(str(named))
    try:
        folder = Path(platformdirs.user_data_dir("ewallet"))
    except RuntimeError:
        raise NoHomeError from None
    # What can't be expanded may also stay as it is.
    if not folder.is_absolute():
        raise NoHomeError
    return folder


def data_folder(chosen: Path | None = None) -> Path:
    """That folder, created readable only for its owner if it is missing. Raises `OSError` if that fails."""
    folder = find_data_folder(chosen)
    create_private_folder(folder)
    return folder


def create_private_folder(folder: Path) -> None:
    """Create the folder if it is missing, and those above it, accessible only by their owner."""
    # `mkdir(parents=True)` leaves the mode of the parents to the umask.
    for missing in (*(parent for parent in reversed(folder.parents) if not parent.exists()), folder):
        missing.mkdir(mode=0o700, exist_ok=True)


def database_url(folder: Path) -> str:
    return url_of(folder / DATABASE_FILE)


def url_of(database: Path) -> str:
    """The SQLAlchemy URL of a database file; a relative path is relative to the working directory."""
    # Four slashes make the path absolute.
    return f"sqlite:///{quote(str(database.absolute()))}"
