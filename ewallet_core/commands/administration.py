"""The commands that look after a wallet or a server, and their options.

Each imports its module when it runs, so that `--help` does not wait for the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ewallet_core.commands.parameters import WholeNumber
from ewallet_core.types import PEOPLE

_PORT = WholeNumber(0, 65_535)
_FILE = click.Path(path_type=Path)
_SEEN_IN_PS = (
    "The password in the URL can be seen by other users of this machine, in `ps`."
    " Put it into PGPASSWORD, ~/.pgpass or a service file instead."
)
_ANY_PATH = click.Path(path_type=Path, readable=False)

# Without `envvar`: it would win over a `--data-dir` before the command's name.
_data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the wallet. Default: your own data folder.",
)


def _warn_of_password(_ctx: click.Context, _param: click.Parameter, url: str | None) -> str | None:
    """Warn if the URL has a password: other users of the machine see it in the list of processes."""
    if url is not None:
        from ewallet_core.storage.database_url import has_password

        if has_password(url):
            click.echo(_SEEN_IN_PS, err=True)
    return url


_database_option = click.option(
    "--database",
    metavar="URL",
    callback=_warn_of_password,
    help="The database's URL, instead of a folder.",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print it for a program.")


def _chosen_folder(ctx: click.Context, data_dir: Path | None) -> Path | None:
    """The `--data-dir` after the command's name, else the one before it."""
    return data_dir or (ctx.parent.params.get("data_dir") if ctx.parent else None)


@click.command()
@_data_dir_option
@click.argument("file", type=_FILE)
@_database_option
@click.option("--config", type=_FILE, metavar="FILE", help="The server's settings: they are saved too.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@_json_option
@click.pass_context
def backup_command(
    ctx: click.Context,
    /,
    data_dir: Path | None,
    file: Path,
    database: str | None,
    config: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Save the wallet in FILE.

    The app or a server may use it meanwhile. FILE gets everything: the database, the settings, the
    certificates and the known servers. If it is a folder, the backup gets a name with the date there. It is
    verified before it gets its name. Exits 0 on success, 1 if there is no backup.
    """
    from ewallet_core.commands.backup import back_up

    folder = _chosen_folder(ctx, data_dir)
    ctx.exit(back_up(file, database, folder, config, force=force, as_json=as_json))


@click.command()
@click.option(
    "--from",
    "source",
    metavar="URL",
    callback=_warn_of_password,
    help="The database to copy. Default: that of the folder.",
)
@click.option(
    "--to",
    "target",
    metavar="URL",
    required=True,
    callback=_warn_of_password,
    help="The new database. It must hold no wallet.",
)
@click.option("--live", is_flag=True, help="Copy it although a server or the app uses it.")
@_data_dir_option
@_json_option
@click.pass_context
def copy_command(
    ctx: click.Context,
    /,
    source: str | None,
    target: str,
    live: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Copy the whole wallet into another database.

    A URL is sqlite:////folder/file or postgresql+psycopg://user@host/database. Everything is copied, also
    the sessions, and then compared and verified; until then nothing of it is in the new database. Stop the
    server first: with --live, what changes while it is copied is not in the copy. Exits 0 on success, 1 if
    nothing was copied, 3 if that is not known.
    """
    from ewallet_core.commands.copy import run

    ctx.exit(run(source, target, _chosen_folder(ctx, data_dir), live=live, as_json=as_json))


@click.command()
def demo_command() -> None:
    """Show the main features, one instruction after another.

    The database for it is temporary.
    """
    from ewallet_core.commands.demo import run

    run()


@click.command()
@click.option("--data-dir", type=_ANY_PATH, help="The folder of the wallet. Default: your own data folder.")
@_database_option
@click.option("--config", type=_ANY_PATH, metavar="FILE", help="A server's settings, to be examined too.")
@click.option("--full", is_flag=True, help="Also check the whole ledger, as `ewallet verify` does.")
@_json_option
@click.option(
    "--confirm-clock",
    is_flag=True,
    help="Say that the clock of the wallet's machine is right; do nothing else.",
)
@click.option(
    "--compact", is_flag=True, help="Write the database anew without its free space; do nothing else."
)
@click.pass_context
def doctor_command(
    ctx: click.Context, /, data_dir: Path | None, database: str | None, config: Path | None, **flags: bool
) -> None:
    """Print what a bug report needs, and what is wrong here.

    Versions, files, integrity, clock, locale, terminal and a server's settings, but no names, emails,
    amounts or tokens. Exits 0 if nothing is wrong, 1 if something is; each problem comes with advice.

    While an engine doubts the clock of its machine, it changes nothing; with --confirm-clock it goes on.
    --compact needs the wallet for itself, and twice as much free space on its disk as the database has.
    """
    try:
        from ewallet_core.commands.diagnostics import Target
        from ewallet_core.commands.doctor import run
        from ewallet_core.commands.maintenance import compact_file, confirm_clock
    except ImportError as missing:
        click.echo(f"This installation of ewallet is not complete: {missing}. Install it again.", err=True)
        ctx.exit(1)
    target = Target(_chosen_folder(ctx, data_dir), database, config, flags["full"])
    for flag, carry_out in (("confirm_clock", confirm_clock), ("compact", compact_file)):
        if flags[flag]:
            ctx.exit(carry_out(target))
    ctx.exit(run(target, as_json=flags["as_json"]))


@click.command()
@_data_dir_option
@click.argument("role", type=click.Choice([str(role) for role in PEOPLE]))
@click.argument("email")
@_database_option
@_json_option
@click.pass_context
def grant_command(
    ctx: click.Context, /, data_dir: Path | None, role: str, email: str, database: str | None, as_json: bool
) -> None:
    """Give the account with that EMAIL a ROLE.

    This is how a server gets its first operator; the server may be running. Exits 0 on success, 1 if the
    engine refuses, 2 if there is no database that can be opened.
    """
    from ewallet_core.commands.grant import run

    ctx.exit(run(database, _chosen_folder(ctx, data_dir), email, role, as_json=as_json))


@click.command()
@click.argument("words", nargs=-1)
@_json_option
@click.option("--markdown", is_flag=True, help="Print the whole reference as a page of Markdown.")
@click.pass_context
def instructions_command(ctx: click.Context, words: tuple[str, ...], as_json: bool, markdown: bool) -> None:
    """List every instruction, or show those with these WORDS.

    `ewallet instructions transfer credits` shows its arguments, its answer, its roles, and an example.
    """
    from ewallet_core.commands.instructions import run

    ctx.exit(run(" ".join(words), as_json=as_json, markdown=markdown))


@click.command()
@_data_dir_option
@_database_option
@click.option("--grant-to", metavar="ROLE", help="At PostgreSQL: let this role serve with the tables.")
@_json_option
@click.pass_context
def migrate_command(
    ctx: click.Context,
    /,
    data_dir: Path | None,
    database: str | None,
    grant_to: str | None,
    as_json: bool,
) -> None:
    """Create or upgrade the tables of a database.

    A file is copied first. At PostgreSQL the tables belong to the role that runs this; a server needs less,
    which --grant-to gives to another role: it can't change the tables, nor what was posted. The roles that
    could serve before can do so afterwards. Exits 0 on success, 1 if nothing was changed.
    """
    from ewallet_core.commands.migrate import run

    ctx.exit(run(database, _chosen_folder(ctx, data_dir), grant_to, as_json=as_json))


@click.command()
@_data_dir_option
@click.argument("file", type=_FILE)
@_database_option
@click.option("--config", type=_FILE, metavar="FILE", help="The server's settings; restored if missing.")
@click.option("--replace-files", is_flag=True, help="Replace settings, certificates and known servers too.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@_json_option
@click.pass_context
def restore_command(
    ctx: click.Context,
    /,
    data_dir: Path | None,
    file: Path,
    database: str | None,
    config: Path | None,
    **flags: bool,
) -> None:
    """Restore the wallet of the backup FILE.

    It takes the place of the present one, which is kept under a new name. No app and no server may use the
    wallet. The backup is verified first. Settings, certificates and known servers are restored only if they
    are missing. Everyone must log in again. Exits 0 on success, 1 if nothing was replaced, 2 if it was not
    confirmed.
    """
    from ewallet_core.commands.backup import restore

    folder = _chosen_folder(ctx, data_dir)
    ctx.exit(restore(file, database, folder, config, **flags))


@click.command()
@_data_dir_option
@click.option("--config", type=_FILE, metavar="FILE", help="Settings in TOML; options win.")
@click.option("--host", metavar="HOST", help="The address to listen on. Default: 127.0.0.1.")
@click.option("--in-port", type=_PORT, help="The port for instructions. Default: 8080; 0 is any free one.")
@click.option("--out-port", type=_PORT, help="The port for events. Default: 8081; 0 is any free one.")
@click.option("--http-port", type=_PORT, help="Serve HTTP too, on this port; 0 is any free one.")
@_database_option
@click.option("--tls-cert", metavar="FILE", help="A certificate, and those up to its CA, in PEM form.")
@click.option("--tls-key", metavar="FILE", help="The certificate's private key, in PEM form.")
@click.option(
    "--self-signed/--no-self-signed",
    default=None,
    help="Make a certificate, and store it in the data folder.",
)
@click.option("--insecure/--no-insecure", default=None, help="Serve other machines without encryption.")
@click.option(
    "--self-supply/--no-self-supply", default=None, help="Let users supply themselves with credits."
)
@click.pass_context
def serve_command(ctx: click.Context, /, config: Path | None, data_dir: Path | None, **options: Any) -> None:
    """Serve the wallets to clients until SIGTERM or SIGINT.

    Prints one line with its ports when it is ready. Exits 0 when it is stopped, 1 if it can't serve, 2 if the
    settings are invalid.
    """
    from ewallet_core.commands.serve import run

    ctx.exit(run(config, _chosen_folder(ctx, data_dir), options))


@click.command()
@_data_dir_option
@click.argument("file", type=_FILE, required=False)
@_database_option
@_json_option
@click.pass_context
def verify_command(
    ctx: click.Context, /, data_dir: Path | None, file: Path | None, database: str | None, as_json: bool
) -> None:
    """Check the whole ledger. It is only read, and the app or a server may have it open.

    With FILE, a backup is checked, or a database in that file.

    Prints what was checked. Exits 0 if everything is correct, 1 at the first violation, 2 if the database
    can't be read.
    """
    from ewallet_core.commands.verify import run

    ctx.exit(run(database, _chosen_folder(ctx, data_dir), file, as_json=as_json))
