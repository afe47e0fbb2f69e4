"""Who else may change the database file: an owner's is made private, another's refused."""

from __future__ import annotations

import logging
import os
import shlex
import stat
from pathlib import Path

from ewallet_core.errors.server import StorageUnavailableError

PRIVATE = 0o600
_BESIDE = ("", "-wal", "-shm")

_log = logging.getLogger("ewallet_core")


def require_private(file: Path) -> None:
    """Create the database file if it is missing, and let only its owner change it and its logs.

    The owner may let a group read them. Raises `StorageUnavailableError` if everybody can change or replace
    them, and the user of this process can't mend that.
    """
    file = file.resolve()
    _require_safe_folder(file.parent)
    file.touch(mode=PRIVATE)
    for name in _BESIDE:
        beside = file.with_name(f"{file.name}{name}")
        if beside.exists():
            _tighten(beside)


def _require_safe_folder(folder: Path) -> None:
    found = folder.stat()
    # With the sticky bit, as on /tmp, others can't replace what is not theirs.
    if not found.st_mode & stat.S_IWOTH or found.st_mode & stat.S_ISVTX:
        return
    if found.st_uid == os.geteuid() and _change(folder, stat.S_IMODE(found.st_mode) & ~stat.S_IWOTH):
        return
    raise StorageUnavailableError(
        f"everybody can replace the files in {folder}",
        f"Run `chmod o-w {shlex.quote(str(folder))}` as its owner.",
    )


def _tighten(file: Path) -> None:
    found = file.stat()
    mode = stat.S_IMODE(found.st_mode)
    is_ours = os.geteuid() in (0, found.st_uid)
    # What others may read was shared by accident; only with a group it may be on purpose.
    private = mode & (PRIVATE if mode & stat.S_IRWXO else PRIVATE | stat.S_IRGRP)
    if mode == private or (is_ours and _change(file, private)):
        return
    if mode & stat.S_IWOTH:
        raise StorageUnavailableError(
            f"everybody can change {file}", f"Run `chmod 600 {shlex.quote(str(file))}` as its owner."
        )
    _log.warning("%s belongs to another user, and has mode %o", file, mode)


def _change(path: Path, mode: int) -> bool:
    """Change the mode; returns whether the file system keeps it."""
    before = stat.S_IMODE(path.stat().st_mode)
    try:
        path.chmod(mode)
    except OSError:
        return False
    if stat.S_IMODE(path.stat().st_mode) != mode:
        return False
    _log.warning("%s had mode %o, now it has %o", path, before, mode)
    return True
