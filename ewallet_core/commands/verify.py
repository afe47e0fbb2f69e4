"""`ewallet verify`: the whole ledger checked, without changing a byte of it."""

from __future__ import annotations

from pathlib import Path

import click

from ewallet_core.commands.options import chosen_folder, data_folder_option


@click.command()
@data_folder_option
@click.option("--database", metavar="URL", help="The database's URL, instead of a folder.")
@click.pass_context
def verify(ctx: click.Context, data_dir: Path | None, database: str | None) -> None:
    """Prove that the ledger is true: it is only read, also while the app has it open.

    Prints what was checked. Exits 0 when all of it is true, 1 at the first lie, 2 when it can't be read.
    """
    # Imported here, so that asking for the list of commands does not load the engine.
    from ewallet_core.data_folder import database_url, find_data_folder  # noqa: PLC0415
    from ewallet_core.errors.server import StorageUnavailableError  # noqa: PLC0415

    try:
        ctx.exit(_examine(database or database_url(find_data_folder(chosen_folder(ctx, data_dir)))))
    except StorageUnavailableError as error:
        click.echo(f"{error.error} {error.warning}", err=True)
        ctx.exit(2)


def _examine(url: str) -> int:
    from ewallet_core.storage.sqlite import open_read_only  # noqa: PLC0415
    from ewallet_core.storage.verification.check import Violation  # noqa: PLC0415
    from ewallet_core.storage.verification.ledger import run_checks  # noqa: PLC0415

    with open_read_only(url) as transaction:
        for finding in run_checks(transaction):
            if isinstance(finding, Violation):
                click.echo(finding.sentence, err=True)
                return 1
            click.echo(finding.line)
    return 0
