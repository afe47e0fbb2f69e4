"""Backups of the wallet on this computer: those that the settings schedule, and where a new one goes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ewallet_core import client
from ewallet_core.backup.settings import BackupSchedule, default_name
from ewallet_core.data_folder import BACKUP_FOLDER
from ewallet_tui.config.settings import NEVER
from ewallet_tui.export import expanded

if TYPE_CHECKING:
    from ewallet_core.backup.schedule import BackupThread
    from ewallet_tui.config.preferences import Preferences
    from ewallet_tui.work import Notify

NOT_MADE = "The scheduled backup was not made."


def backup_folder(preferences: Preferences) -> Path | None:
    """The folder for backups; `None` if there is no data folder."""
    if preferences.file is None:
        return None
    if preferences.backup_folder:
        return expanded(preferences.backup_folder)
    return preferences.file.parent / BACKUP_FOLDER


def new_backup_file(preferences: Preferences) -> Path | None:
    """The file that a new backup is saved as, unless the user chooses another."""
    folder = backup_folder(preferences)
    return folder / default_name(datetime.now(UTC)) if folder else None


class ScheduledBackups:
    """Makes the backups that the settings schedule, while the wallet is on this computer."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._schedule: BackupSchedule | None = None
        self._thread: BackupThread | None = None

    def follow(self, preferences: Preferences, *, is_embedded: bool) -> None:
        """Go on as these settings say; the engine must be open, because a new wallet has no file before."""
        schedule = _schedule_of(preferences) if is_embedded else None
        if schedule == self._schedule:
            return
        self.stop()
        self._schedule = schedule
        if schedule is not None and preferences.file is not None:
            loop = asyncio.get_running_loop()

            def failed(reason: str) -> None:
                # The app may have ended meanwhile.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._say_failed, reason)

            self._thread = client.scheduled_backups(preferences.file.parent, schedule, failed)

    def stop(self) -> None:
        self._schedule = None
        if self._thread is not None:
            self._thread.close()
            self._thread = None

    def _say_failed(self, reason: str) -> None:
        self._notify(reason, title=NOT_MADE, severity="error")


def _schedule_of(preferences: Preferences) -> BackupSchedule | None:
    folder = backup_folder(preferences)
    if folder is None or preferences.backup_every == NEVER:
        return None
    return BackupSchedule(preferences.backup_every, preferences.backup_keep, folder)
