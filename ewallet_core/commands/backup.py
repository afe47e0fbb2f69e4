"""`ewallet backup` and `ewallet restore`: save all of a wallet in one file, and get it back."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from ewallet_core.backup.archive import (
    SERVER_SETTINGS,
    Manifest,
    files_beside,
    read_manifest,
    read_small,
    write_backup,
)
from ewallet_core.backup.copies import BackupError
from ewallet_core.backup.restore import Restored, RestoreTarget, restore_backup
from ewallet_core.backup.settings import default_name
from ewallet_core.data_folder import DATABASE_FILE, data_folder, database_url, find_data_folder
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.presentation.formatting import file_size, moment
from ewallet_core.server.settings import Settings, SettingsError
from ewallet_core.storage.sqlite import database_file

EXIT_FAILED = 1
EXIT_NOT_CONFIRMED = 2
PROGRESS_AFTER_SECONDS = 1.0

_IN_POSTGRESQL = (
    "This wallet is in PostgreSQL, which has tools of its own. Use {tool}; the settings and certificates are"
    " in the data folder."
)


class TerminalProgress:
    """Shows on a terminal how far a long piece of work has come."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._begun_at = time.monotonic()
        self._shown = ""

    def __call__(self, doing: str, done: int, total: int) -> None:
        if self._is_terminal and time.monotonic() - self._begun_at > PROGRESS_AFTER_SECONDS:
            self._show(f"{doing} … {done * 100 // total} %" if total > 1 else f"{doing} …")

    def end(self) -> None:
        if self._shown:
            self._show("")

    def _show(self, words: str) -> None:
        if words != self._shown:
            click.echo(f"\r{words:<{len(self._shown)}}" + ("" if words else "\r"), err=True, nl=False)
            self._shown = words


def back_up(
    file: Path, database: str | None, folder: Path | None, config: Path | None, *, force: bool
) -> int:
    now, progress = datetime.now(UTC), TerminalProgress()
    try:
        named = file / default_name(now) if file.is_dir() else file
        settings = None if config is None else Settings.read(config)
        data = find_data_folder(folder)
        wallet = _database_file(_url(database, settings, data), "pg_dump --format=custom")
        replaces = named.exists() and (force or _may_replace(named))
        others = files_beside(data, config)
        manifest = write_backup(named, wallet, others, now, replace=replaces, progress=progress)
    except (BackupError, SettingsError) as reason:
        progress.end()
        click.echo(reason, err=True)
        return EXIT_FAILED
    progress.end()
    click.echo(
        f"Saved and verified: {named} ({file_size(named.stat().st_size)}), with {_contents(manifest)}."
    )
    return 0


def restore(
    file: Path,
    database: str | None,
    folder: Path | None,
    config: Path | None,
    *,
    yes: bool,
    replace_files: bool,
) -> int:
    now, progress = datetime.now(UTC), TerminalProgress()
    try:
        manifest = read_manifest(file)
        settings = None if config is None else _settings_after(file, config)
        data = data_folder(folder)
        wallet = _database_file(_url(database, settings, data), "pg_restore --clean --if-exists")
        if not (yes or _confirms(manifest, wallet)):
            return EXIT_NOT_CONFIRMED
        target = RestoreTarget(wallet, data, config)
        restored = restore_backup(file, target, now, replaces_files=replace_files, progress=progress)
    except (BackupError, SettingsError) as reason:
        progress.end()
        click.echo(reason, err=True)
        return EXIT_FAILED
    progress.end()
    _report(restored, target)
    return 0


def _may_replace(file: Path) -> bool:
    if not (_is_at_terminal() and _asks(f"{file} exists. Replace it?")):
        raise BackupError(f"{file} exists already. Choose another name, or replace it with --force.")
    return True


def _url(database: str | None, settings: Settings | None, folder: Path) -> str:
    return database or (settings and settings.database) or database_url(folder)


def _settings_after(file: Path, config: Path) -> Settings:
    """The server's settings as they are after the restore: the backup's, if there are none."""
    content = None if config.exists() else read_small(file, SERVER_SETTINGS)
    return Settings.read(config) if content is None else Settings.parse(content, config)


def _database_file(url: str, tool: str) -> Path:
    """The file of a database in SQLite; raises `BackupError` with the tool for one in PostgreSQL."""
    if url.startswith("postgres"):
        raise BackupError(_IN_POSTGRESQL.format(tool=tool))
    try:
        return database_file(url)
    except StorageUnavailableError as error:
        raise BackupError(f"{error.error} {error.warning}") from error


def _confirms(manifest: Manifest, wallet: Path) -> bool:
    if not _is_at_terminal():
        click.echo("A restore replaces the wallet. Add --yes if you want that.", err=True)
        return False
    click.echo(describe(manifest), err=True)
    if wallet.exists():
        click.echo(f"It replaces {wallet}, which is kept under a new name. Everyone is logged out.", err=True)
    else:
        click.echo(f"There is no wallet {wallet} yet: it is made from the backup.", err=True)
    return _asks("Restore it?")


def _is_at_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _asks(question: str) -> bool:
    return click.confirm(question, err=True)


def _report(restored: Restored, target: RestoreTarget) -> None:
    click.echo(f"Restored the wallet as it was {_moment(restored.manifest)}: {target.database}")
    if restored.kept is not None:
        click.echo(f"The wallet that was there is kept as {restored.kept}.")
    for file in restored.files:
        click.echo(f"Restored {file}.")
    for name, place in restored.left.items():
        if place is None:
            click.echo(f"Not restored: {name}. Name the server's settings file with --config to restore it.")
        else:
            click.echo(
                f"Left as it is: {place}, which differs from the backup's. --replace-files replaces it."
            )
    click.echo("Everyone must log in again.")


def describe(manifest: Manifest) -> str:
    made = f"made {_moment(manifest)} by release {manifest.release}"
    return f"A backup {made}, with {_contents(manifest)}."


def _contents(manifest: Manifest) -> str:
    """What the backup has: `the wallet, preferences.toml and known_servers`."""
    *others, last = ["the wallet", *(name for name in manifest.names if name != DATABASE_FILE)]
    return f"{', '.join(others)} and {last}" if others else last


def _moment(manifest: Manifest) -> str:
    return moment(manifest.created, datetime.now(UTC))
