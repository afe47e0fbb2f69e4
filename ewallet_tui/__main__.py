"""The `ewallet` command: alone it opens the app, with a command it is the engine's."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

TWO_PLACES = "The wallet is at a server or on this machine: give --server or --embedded, not both."
NO_TERMINAL = "ewallet needs a terminal; `ewallet demo` shows the wallet at work without one."
COMMANDS = {
    "demo": "ewallet_core.commands.demo",
    "grant": "ewallet_core.commands.grant",
    "instructions": "ewallet_core.commands.instructions",
    "serve": "ewallet_core.commands.serve",
    "verify": "ewallet_core.commands.verify",
}


class Commands(click.Group):
    """The engine's commands, each imported when it is asked for: the app's start doesn't pay for them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """The names, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, from the module that is named for it."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        return command


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        click.echo(f"ewallet {version('ewallet-tui')}")
        ctx.exit()


@click.group(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--data-dir",
    envvar="EWALLET_DATA_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the wallet is kept; otherwise your own data folder.",
)
@click.option("--server", metavar="HOST:PORT", help="Open the wallet at that server, and remember it.")
@click.option("--embedded", is_flag=True, help="Open the wallet on this machine, and remember that.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Say which it is.",
)
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None, server: str | None, embedded: bool) -> None:
    """Prepaid credits, converted to time and spent by a clock timer, in the terminal."""
    if ctx.invoked_subcommand is None:
        sys.exit(_run_app(data_dir, server, embedded=embedded))


def _run_app(data_dir: Path | None, server: str | None, *, embedded: bool) -> int:
    if not _is_at_terminal():
        click.echo(NO_TERMINAL, err=True)
        return 2
    if embedded and server is not None:
        click.echo(TWO_PLACES, err=True)
        return 2
    try:
        app = _app_on(data_dir, server, embedded=embedded)
    except ValueError as unreadable:
        click.echo(unreadable, err=True)
        return 2
    except OSError as error:
        click.echo(f"The wallet's folder can't be used: {error.strerror}: {error.filename}", err=True)
        return 1
    app.run()
    return app.return_code or 0


def _is_at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _app_on(data_dir: Path | None, server: str | None, *, embedded: bool) -> EWalletApp:
    """The app at that server, or on this machine, or where it was last; raises `ValueError` in words."""
    # Imported here, so that the commands don't wait for the screens.
    from ewallet_core.data_folder import data_folder  # noqa: PLC0415
    from ewallet_core.presentation.formatting import formats_of_system  # noqa: PLC0415
    from ewallet_core.protocol.address import ServerAddress  # noqa: PLC0415
    from ewallet_tui.app import EWalletApp  # noqa: PLC0415
    from ewallet_tui.config.preferences import Preferences  # noqa: PLC0415
    from ewallet_tui.connection import Backends  # noqa: PLC0415

    chosen = None if server is None else ServerAddress.read(server)
    folder = data_folder(data_dir)
    preferences = Preferences.read(folder, formats_of_system())
    place = chosen if embedded or chosen is not None else preferences.last_server
    return EWalletApp(Backends.kept_in(folder), preferences, place)


if __name__ == "__main__":
    main()
