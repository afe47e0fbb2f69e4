"""Restoring a backup: verified first, then put in the place of the wallet, which is kept under a new name."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from ewallet_core.backup.archive import (
    SERVER_SETTINGS,
    Manifest,
    Progress,
    no_progress,
    unpack,
)
from ewallet_core.backup.copies import (
    BackupError,
    BrokenWalletError,
    cannot_write,
    check_copy,
    create_private,
    fold_in_log,
    log_out_all,
    sync,
    unfinished_folder,
    upgrade_copy,
)
from ewallet_core.data_folder import DATABASE_FILE, create_private_folder
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.file_lock import lock_alone

LOGS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database file. It belongs to that file, and must never be beside another one."""


@dataclass(frozen=True)
class RestoreTarget:
    """Where a backup is restored to."""

    database: Path
    folder: Path
    """The data folder, for the files besides the database."""
    config: Path | None = None
    """The settings file of the server; without one, the backup's is not restored."""

    def place_of(self, name: str) -> Path | None:
        return self.config if name == SERVER_SETTINGS else self.folder / name


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    kept: Path | None = None
    """The new name of the database that was there before."""
    files: list[Path] = field(default_factory=list)
    """The files besides the database that were restored."""
    left: dict[str, Path | None] = field(default_factory=dict)
    """The members that were not restored, each with the other file that is in its place, if there is one."""


def verify_backup(file: Path, progress: Progress = no_progress) -> tuple[Manifest, list[str]]:
    """Check a backup in a temporary folder; returns its manifest and what was checked.

    Raises `BackupError`.
    """
    with TemporaryDirectory(prefix="ewallet-") as folder:
        try:
            manifest = unpack(file, Path(folder), progress)
        except OSError as reason:
            raise cannot_write(Path(folder), reason) from reason
        copy = Path(folder) / DATABASE_FILE
        progress("Checking", 0, 1)
        upgrade_copy(copy)
        return manifest, check_copy(copy)


def restore_backup(
    file: Path,
    target: RestoreTarget,
    now: datetime,
    *,
    replaces_files: bool = False,
    progress: Progress = no_progress,
) -> Restored:
    """Verify the backup, and put it in the place of the database, which is kept under a new name.

    Files besides the database are restored if they are missing; with `replaces_files`, also others are
    replaced, and kept under new names. Raises `BackupError`; then nothing was replaced.
    """
    database = target.database.resolve()
    try:
        for folder in (database.parent, target.folder):
            create_private_folder(folder)
        with lock_alone(database), unfinished_folder(database.parent) as folder:
            manifest = unpack(file, folder, progress)
            progress("Checking", 0, 1)
            copy = folder / DATABASE_FILE
            upgrade_copy(copy)
            log_out_all(copy)
            check_copy(copy)
            sync(copy)
            restored = Restored(manifest, _new_name(database, now) if database.exists() else None)
            for name in manifest.names:
                if name != DATABASE_FILE:
                    _restore_file(folder, name, target, now if replaces_files else None, restored)
            _replace_database(copy, database, _new_name(database, now))
    except BrokenWalletError as error:
        raise BrokenWalletError(f"{error} Use another backup.") from error
    except StorageUnavailableError as error:
        raise BackupError(f"{error.error} {error.warning}") from error
    except OSError as reason:
        raise cannot_write(database, reason) from reason
    return restored


def _new_name(file: Path, now: datetime) -> Path:
    name = f"{file.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    numbered = (file.with_name(name if number == 1 else f"{name}-{number}") for number in count(1))
    return next(each for each in numbered if not each.exists())


def _replace_database(copy: Path, database: Path, kept: Path) -> None:
    """Put the copy in the place of the database; there is the old one or the new one at any moment."""
    give_to_owner(copy, database if database.exists() else database.parent)
    logs = {database.with_name(database.name + suffix): kept.with_name(kept.name + suffix) for suffix in LOGS}
    for log, kept_log in logs.items():
        if log.exists():
            # SQLite removes the log of a file that it can't read.
            _keep(log, kept_log)
    if database.exists():
        if fold_in_log(database):
            for kept_log in logs.values():
                kept_log.unlink(missing_ok=True)
        _keep(database, kept)
    for log in logs:
        log.unlink(missing_ok=True)
    sync(database.parent)
    copy.replace(database)
    sync(database.parent)


def _keep(file: Path, kept: Path) -> None:
    """Have the file under a second name, too."""
    try:
        kept.hardlink_to(file)
    except OSError:
        # A file system without hard links.
        shutil.copy2(file, kept)
        sync(kept)


def _restore_file(
    folder: Path, name: str, target: RestoreTarget, replaced_at: datetime | None, restored: Restored
) -> None:
    source, place = folder / name, target.place_of(name)
    if place is not None and place.exists():
        if place.read_bytes() == source.read_bytes():
            return
        if replaced_at is not None:
            _keep(place, _new_name(place, replaced_at))
    if place is None or (place.exists() and replaced_at is None):
        restored.left[name] = place
        return
    if not place.parent.is_dir():
        place.parent.mkdir(mode=0o700)
        give_to_owner(place.parent, place.parent.parent)
    partial = place.with_name(f".{place.name}.unfinished")
    # One that a killed restore left, or a link that another user has put there.
    partial.unlink(missing_ok=True)
    with create_private(partial) as written:
        written.write(source.read_bytes())
    give_to_owner(partial, place.parent)
    sync(partial)
    partial.replace(place)
    sync(place.parent)
    restored.files.append(place)


def give_to_owner(file: Path, model: Path) -> None:
    """Give the file to the owner of `model` if root has made it: the server of another user must open it."""
    if os.geteuid() == 0:
        owner = model.stat()
        os.chown(file, owner.st_uid, owner.st_gid, follow_symlinks=False)
