"""`ewallet backup` and `ewallet restore`: save all of a wallet in one file, and get it back."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
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
from ewallet_core.backup.copies import BackupError, BrokenWalletError
from ewallet_core.backup.restore import Restored, RestoreTarget, restore_backup
from ewallet_core.backup.settings import default_name
from ewallet_core.commands.output import print_result, tell_failure
from ewallet_core.commands.problems import VIOLATION, CommandError, failure
from ewallet_core.data_folder import DATABASE_FILE, data_folder, database_url, find_data_folder
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.instructions.envelope import Answer, timestamp
from ewallet_core.presentation.formatting import file_size, moment
from ewallet_core.server.settings import Settings, SettingsError
from ewallet_core.storage.database_url import database_file, is_postgresql

EXIT_FAILED = 1
EXIT_NOT_CONFIRMED = 2
PROGRESS_AFTER_SECONDS = 1.0
BAR_WIDTH = 30

_IN_POSTGRESQL = (
    "This wallet is in PostgreSQL, which has tools of its own. Use {tool}; the settings and certificates are"
    " in the data folder."
)


class _NotConfirmedError(BackupError):
    """The user does not agree to a restore."""


def progress_bar(doing: str, done: int, total: int) -> str:
    """What is being done, with a bar unless it is one step."""
    if total <= 1:
        return f"{doing} …"
    filled = "#" * (done * BAR_WIDTH // total)
    return f"{doing} [{filled:-<{BAR_WIDTH}}] {done * 100 // total:3} %"


class TerminalProgress:
    """Shows on a terminal how far a long piece of work has come."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._begun_at = time.monotonic()
        self._shown = ""

    def __call__(self, doing: str, done: int, total: int) -> None:
        if self._is_terminal and time.monotonic() - self._begun_at > PROGRESS_AFTER_SECONDS:
            self._show(progress_bar(doing, done, total))

    def end(self) -> None:
        if self._shown:
            self._show("")

    def _show(self, words: str) -> None:
        if words != self._shown:
            click.echo(f"\r{words:<{len(self._shown)}}" + ("" if words else "\r"), err=True, nl=False)
            self._shown = words


def back_up(
    file: Path,
    database: str | None,
    folder: Path | None,
    config: Path | None,
    *,
    force: bool,
    as_json: bool,
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
        tell_failure(failure_of(reason), as_json=as_json)
        return EXIT_FAILED
    progress.end()
    size = named.stat().st_size
    answer = {"failed": False, "file": str(named), "size": size, **facts_of(manifest)}
    saved = f"Saved and verified: {named} ({file_size(size)}), with {_contents(manifest)}."
    print_result(answer, saved, as_json=as_json)
    return 0


def restore(
    file: Path,
    database: str | None,
    folder: Path | None,
    config: Path | None,
    *,
    yes: bool,
    replace_files: bool,
    as_json: bool,
) -> int:
    now, progress = datetime.now(UTC), TerminalProgress()
    try:
        manifest = read_manifest(file)
        settings = None if config is None else _settings_after(file, config)
        data = data_folder(folder)
        wallet = _database_file(_url(database, settings, data), "pg_restore --clean --if-exists")
        if not yes:
            _confirm(manifest, wallet)
        target = RestoreTarget(wallet, data, config)
        restored = restore_backup(file, target, now, replaces_files=replace_files, progress=progress)
    except (BackupError, SettingsError) as reason:
        progress.end()
        tell_failure(failure_of(reason), as_json=as_json)
        return EXIT_NOT_CONFIRMED if isinstance(reason, _NotConfirmedError) else EXIT_FAILED
    progress.end()
    print_result(_as_data(restored, target), "\n".join(_lines(restored, target)), as_json=as_json)
    return 0


def failure_of(reason: BackupError | SettingsError) -> Answer:
    """Why there is no backup, or none was restored, for a program."""
    return failure(str(reason), VIOLATION if isinstance(reason, BrokenWalletError) else CommandError.code)


def facts_of(manifest: Manifest) -> Answer:
    """When and by which release a backup was made, and what it has, for a program."""
    made = {"created": timestamp(int(manifest.created.timestamp() * 1000)), "release": manifest.release}
    return {**made, "contents": sorted(manifest.names)}


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
    try:
        if is_postgresql(url):
            raise BackupError(_IN_POSTGRESQL.format(tool=tool))
        return database_file(url)
    except StorageUnavailableError as error:
        raise BackupError(f"{error.error} {error.warning}") from error


def _confirm(manifest: Manifest, wallet: Path) -> None:
    """Go on if the user agrees to what is replaced; raises `_NotConfirmedError` if not."""
    if not _is_at_terminal():
        raise _NotConfirmedError("A restore replaces the wallet. Add --yes if you want that.")
    click.echo(describe(manifest), err=True)
    if wallet.exists():
        click.echo(f"It replaces {wallet}, which is kept under a new name. Everyone is logged out.", err=True)
    else:
        click.echo(f"There is no wallet {wallet} yet: it is made from the backup.", err=True)
    if not _asks("Restore it?"):
        raise _NotConfirmedError("Nothing was restored.")


def _is_at_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _asks(question: str) -> bool:
    return click.confirm(question, err=True)


def _as_data(restored: Restored, target: RestoreTarget) -> Answer:
    return {
        "failed": False,
        "database": str(target.database),
        "kept": restored.kept and str(restored.kept),
        "restored": [str(file) for file in restored.files],
        "left": {name: place and str(place) for name, place in restored.left.items()},
        **facts_of(restored.manifest),
    }


def _lines(restored: Restored, target: RestoreTarget) -> Iterator[str]:
    yield f"Restored the wallet as it was {_moment(restored.manifest)}: {target.database}"
    if restored.kept is not None:
        yield f"The wallet that was there is kept as {restored.kept}."
    for file in restored.files:
        yield f"Restored {file}."
    for name, place in restored.left.items():
        if place is None:
            yield f"Not restored: {name}. Name the server's settings file with --config to restore it."
        else:
            yield f"Left as it is: {place}, which differs from the backup's. --replace-files replaces it."
    yield "Everyone must log in again."


def describe(manifest: Manifest) -> str:
    made = f"made {_moment(manifest)} by release {manifest.release}"
    return f"A backup {made}, with {_contents(manifest)}."


def _contents(manifest: Manifest) -> str:
    """What the backup has: `the wallet, preferences.toml and known_servers`."""
    *others, last = ["the wallet", *(name for name in manifest.names if name != DATABASE_FILE)]
    return f"{', '.join(others)} and {last}" if others else last


def _moment(manifest: Manifest) -> str:
    return moment(manifest.created, datetime.now(UTC))
