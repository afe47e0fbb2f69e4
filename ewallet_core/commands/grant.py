"""`ewallet grant`: what an account is here for, said by whoever runs the engine."""

from __future__ import annotations

from pathlib import Path

import click

from ewallet_core.commands.options import chosen_folder, data_folder_option
from ewallet_core.types import PEOPLE

REFUSED = 1
NOTHING_TO_READ = 2


@click.command()
@data_folder_option
@click.argument("role", type=click.Choice([str(role) for role in PEOPLE]))
@click.argument("email")
@click.option("--database", metavar="URL", help="The database's URL, instead of a folder.")
@click.pass_context
def grant(ctx: click.Context, /, data_dir: Path | None, role: str, email: str, database: str | None) -> None:
    """Make the account with that EMAIL a user's, an operator's or an auditor's.

    So a server gets its first operator, also while it runs. Exits 0 when it is done, 1 when it is refused, 2
    when there is no database that can be opened.
    """
    # Imported here, so that asking for the list of commands does not load the engine.
    from ewallet_core.data_folder import database_url, find_data_folder  # noqa: PLC0415
    from ewallet_core.errors.server import StorageUnavailableError  # noqa: PLC0415

    try:
        folder = find_data_folder(chosen_folder(ctx, data_dir))
        ctx.exit(_grant(database or database_url(folder), email, role))
    except StorageUnavailableError as error:
        click.echo(f"{error.error} {error.warning}", err=True)
        ctx.exit(NOTHING_TO_READ)


def _grant(url: str, email: str, role: str) -> int:
    from ewallet_core.manager import EWalletSessionManager  # noqa: PLC0415
    from ewallet_core.storage.sqlite import open_read_only  # noqa: PLC0415

    # An account to grant it to is in a database that is there: none is made.
    with open_read_only(url):
        pass
    with EWalletSessionManager(url) as engine:
        answer = engine.session_manager_controller(
            controller="system", ctype="action", action="grant", grant="role", account=email, role=role
        )
    if answer["failed"]:
        click.echo(f"{answer['error']} {answer['warning']}", err=True)
        return REFUSED
    click.echo(f"{answer['account']} has the role {answer['role']} now.")
    return 0
