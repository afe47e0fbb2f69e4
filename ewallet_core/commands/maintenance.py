"""What `ewallet doctor` does to a wallet when it is told to."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ewallet_core.commands.diagnostics import Target
from ewallet_core.commands.diagnostics.postgresql import is_at_postgresql
from ewallet_core.commands.diagnostics.wallet import find_database, find_url
from ewallet_core.data_folder import url_of
from ewallet_core.engine.wall_clock import (
    confirm_database_clock,
    confirm_wall_clock,
    system_boot_clock,
    system_boot_id,
    system_clock,
)
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.storage.compaction import compact
from ewallet_core.storage.database import open_database
from ewallet_core.storage.transaction import Transaction

EXIT_FAILED = 1


def confirm_clock(target: Target) -> int:
    """Store that the clock is right: this machine's, or that of the database's machine if it is remote.

    Engines in other processes see it too.
    """
    try:
        is_remote = is_at_postgresql(target)
        database = open_database(str(find_url(target)) if is_remote else url_of(_require_file(target)))
        try:
            now = database.write(_confirm)
        finally:
            database.close()
    except WalletError as error:
        click.echo(f"{error.error} {error.warning}", err=True)
        return EXIT_FAILED
    whose = "PostgreSQL" if is_remote else "this machine"
    click.echo(f"The clock of {whose} is taken as right: it is {timestamp(now)}.")
    return 0


def _confirm(transaction: Transaction) -> int:
    if (now := confirm_database_clock(transaction)) is None:
        now = system_clock()
        confirm_wall_clock(transaction, now, system_boot_clock(), system_boot_id())
    return now


def compact_file(target: Target) -> int:
    """Give the free space of the wallet's file back to the file system."""
    try:
        if is_at_postgresql(target):
            raise StorageUnavailableError(
                "it is at PostgreSQL, which frees space by itself", "Use VACUUM there if that is not enough."
            )
        file = _require_file(target)
        # SQLite's temporary file is as large as the database, for which the usual folder may be too small.
        os.environ.setdefault("SQLITE_TMPDIR", str(file.resolve().parent))
        before, after = compact(file)
    except WalletError as error:
        click.echo(f"{error.error} {error.warning}", err=True)
        return EXIT_FAILED
    click.echo(f"The database had {before:,} bytes and has {after:,} now.")
    return 0


def _require_file(target: Target) -> Path:
    file = find_database(target)
    if file is None or not file.is_file():
        raise StorageUnavailableError("there is none yet", "Name the folder of the wallet with --data-dir.")
    return file
