"""The `ewallet` command: alone it opens the app, with a command it is the engine's."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from ewallet_core.commands import LazyCommands
from ewallet_core.commands.problems import ExitCode
from ewallet_core.data_folder import NoHomeError

TWO_PLACES = "The wallet is at a server or on this computer: give --server or --embedded, not both."
NO_TERMINAL = "ewallet needs a terminal; `ewallet demo` shows the wallet at work without one."
DUMB_TERMINAL = "ewallet needs a terminal that can move the cursor. Set TERM to yours, as to xterm-256color."
CHECK = "Check that it is there, and its permissions."


class _Commands(LazyCommands):
    """Commands that say in one sentence what their environment lacks, and exit with 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # Without a locale for it, a character is replaced.
                stream.reconfigure(errors="replace")
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            with contextlib.suppress(OSError):
                click.echo(_what_is_missing(error), err=True)
            _drop_unwritten()
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        if os.environ.get("NO_COLOR"):
            ctx.color = False
        try:
            done = super().invoke(ctx)
        except KeyboardInterrupt:
            # A command that has begun tells it by itself.
            ctx.exit(ExitCode.INTERRUPTED)
        if sys.stdout is not None:
            # An output that is full is noticed here.
            sys.stdout.flush()
        return done


def _what_is_missing(error: OSError) -> str:
    if isinstance(error, NoHomeError):
        return str(error)
    used = error.filename or "its input or output"
    return f"ewallet can't use {used}: {(error.strerror or str(error)).lower()}. {CHECK}"


def _drop_unwritten() -> None:
    """Let the interpreter not complain again about what could not be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--data-dir",
    envvar="EWALLET_DATA_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the wallet. Default: your own data folder.",
)
@click.option(
    "--server",
    metavar="HOST:PORT",
    help="Open the wallet at that server, or at several with commas between, and remember it.",
)
@click.option("--embedded", is_flag=True, help="Open the wallet on this computer, and remember that.")
@click.version_option(
    package_name="ewallet-tui", prog_name="ewallet", message="%(prog)s %(version)s", help="Print the version."
)
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None, server: str | None, embedded: bool) -> None:
    """Prepaid credits, converted to time and spent by a clock timer, in the terminal."""
    if ctx.invoked_subcommand is None:
        sys.exit(_run_app(data_dir, server, embedded=embedded))


def _run_app(data_dir: Path | None, server: str | None, *, embedded: bool) -> int:
    if not _is_at_terminal():
        click.echo(NO_TERMINAL, err=True)
        return 1
    if os.environ.get("TERM") == "dumb":
        click.echo(DUMB_TERMINAL, err=True)
        return 1
    if embedded and server is not None:
        click.echo(TWO_PLACES, err=True)
        return 2
    # Imports leave no garbage, so the collector waits for the first paint.
    gc.disable()
    try:
        return _open_app(data_dir, server, embedded=embedded)
    finally:
        gc.enable()


def _open_app(data_dir: Path | None, server: str | None, *, embedded: bool) -> int:
    # Imported here: the commands don't wait for the app.
    from ewallet_tui.app import open_app
    from ewallet_tui.terminal import restored_terminal

    try:
        app = open_app(data_dir, server, embedded=embedded)
    except ValueError as unreadable:
        click.echo(unreadable, err=True)
        return 2
    except NoHomeError:
        raise
    except OSError as error:
        reason = f"{error.filename or 'it'}: {(error.strerror or str(error)).lower()}"
        click.echo(f"The wallet's folder can't be used: {reason}. Choose another with --data-dir.", err=True)
        return 1
    with restored_terminal():
        app.run()
    return app.return_code or 0


def _is_at_terminal() -> bool:
    # A closed one is None.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


if __name__ == "__main__":
    main()
