"""The `ewallet` command: alone it opens the app, with a command it is the engine's."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ewallet_core.commands import add_commands

TWO_PLACES = "The wallet is at a server or on this computer: give --server or --embedded, not both."
NO_TERMINAL = "ewallet needs a terminal; `ewallet demo` shows the wallet at work without one."


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data-dir",
    envvar="EWALLET_DATA_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the wallet. Default: your own data folder.",
)
@click.option("--server", metavar="HOST:PORT", help="Open the wallet at that server, and remember it.")
@click.option("--embedded", is_flag=True, help="Open the wallet on this computer, and remember that.")
@click.version_option(
    package_name="ewallet-tui", prog_name="ewallet", message="%(prog)s %(version)s", help="Print the version."
)
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None, server: str | None, embedded: bool) -> None:
    """Prepaid credits, converted to time and spent by a clock timer, in the terminal."""
    if ctx.invoked_subcommand is None:
        sys.exit(_run_app(data_dir, server, embedded=embedded))


add_commands(main)


def _run_app(data_dir: Path | None, server: str | None, *, embedded: bool) -> int:
    if not _is_at_terminal():
        click.echo(NO_TERMINAL, err=True)
        return 2
    if embedded and server is not None:
        click.echo(TWO_PLACES, err=True)
        return 2
    # Imported here: the commands don't wait for the app.
    from ewallet_tui.app import open_app
    from ewallet_tui.terminal import restored_terminal

    try:
        app = open_app(data_dir, server, embedded=embedded)
    except ValueError as unreadable:
        click.echo(unreadable, err=True)
        return 2
    except OSError as error:
        click.echo(f"The wallet's folder can't be used: {error.strerror}: {error.filename}", err=True)
        return 1
    with restored_terminal():
        app.run()
    return app.return_code or 0


def _is_at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


if __name__ == "__main__":
    main()
