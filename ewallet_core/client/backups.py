"""Backups of the wallet in a data folder, for the program that runs its engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ewallet_core.backup.archive import files_beside, no_progress, write_backup
from ewallet_core.backup.copies import BackupError, cannot_write
from ewallet_core.backup.schedule import BackupMaker, BackupThread
from ewallet_core.backup.settings import BackupSchedule
from ewallet_core.data_folder import DATABASE_FILE
from ewallet_core.engine.wall_clock import system_clock

__all__ = ["BackupError", "save_backup", "scheduled_backups"]


def save_backup(folder: Path, file: Path, progress: Callable[[str, int, int], None] = no_progress) -> int:
    """Back up the wallet in that data folder, which may be in use; returns the size of the file, in bytes.

    Its folder is made if that is missing. It may take long. Raises `BackupError`.
    """
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as reason:
        raise cannot_write(file, reason) from reason
    write_backup(
        file, folder / DATABASE_FILE, files_beside(folder, None), datetime.now(UTC), progress=progress
    )
    return file.stat().st_size


def scheduled_backups(folder: Path, schedule: BackupSchedule, failed: Callable[[str], None]) -> BackupThread:
    """Back up that data folder until it is closed; `failed` is called, in its thread, with the reason."""
    return BackupThread(BackupMaker(schedule, folder / DATABASE_FILE, folder, system_clock, failed=failed))
