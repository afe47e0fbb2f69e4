"""`ewallet status`: what the timer does, on one line."""

from __future__ import annotations

import click

from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.commands.status_line import USUAL_FORMAT, fields_now, format_option, read_status


@shell_command("status")
@format_option
def status_command(shell: Shell, line_format: str | None) -> None:
    """Print what the timer does, on one line, for a prompt or a status bar.

    It is no use of your session, so a status bar does not keep you logged in.

    \b
    ewallet status --format '{state} {left}'
    """
    fields = fields_now(read_status(shell))
    if shell.as_json:
        shell.print_json(fields)
    else:
        # The colours in a format are the user's own, also for another program.
        text = USUAL_FORMAT if line_format is None else line_format
        click.echo(text.format_map(fields), color=True)
