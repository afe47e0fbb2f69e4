"""`ewallet verify`: check the whole ledger without changing a byte of it."""

from __future__ import annotations

from pathlib import Path

import click

from ewallet_core.data_folder import database_url, find_data_folder
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.verification import Violation, run_checks

EXIT_VIOLATION = 1
EXIT_UNREADABLE = 2


def run(database: str | None, folder: Path | None) -> int:
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
