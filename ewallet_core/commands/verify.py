"""`ewallet verify`: check the whole ledger without changing a byte of it."""

from __future__ import annotations

from pathlib import Path

import click

from ewallet_core.backup.archive import is_backup
from ewallet_core.backup.copies import BackupError, BrokenWalletError
from ewallet_core.backup.restore import verify_backup
from ewallet_core.commands.backup import TerminalProgress, describe
from ewallet_core.data_folder import database_url, find_data_folder, url_of
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.verification import Violation, run_checks

EXIT_VIOLATION = 1
EXIT_UNREADABLE = 2


def run(database: str | None, folder: Path | None, file: Path | None) -> int:
    if file is not None:
        if is_backup(file):
            return _verify_backup(file)
        database = url_of(file)
    try:
        with open_read_only(database or database_url(find_data_folder(folder))) as transaction:
            for finding in run_checks(transaction):
                if isinstance(finding, Violation):
                    click.echo(finding.sentence, err=True)
                    return EXIT_VIOLATION
                click.echo(finding.line)
    except StorageUnavailableError as error:
        click.echo(f"{error.error} {error.warning}", err=True)
        return EXIT_UNREADABLE
    return 0


def _verify_backup(file: Path) -> int:
    progress = TerminalProgress()
    try:
        manifest, lines = verify_backup(file, progress)
    except BackupError as error:
        progress.end()
        click.echo(error, err=True)
        return EXIT_VIOLATION if isinstance(error, BrokenWalletError) else EXIT_UNREADABLE
    progress.end()
    click.echo(describe(manifest))
    for line in lines:
        click.echo(line)
    return 0
