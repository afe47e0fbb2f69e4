"""Where a command gets a password from: a prompt, stdin, or a file. Never from an argument."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ewallet_core.commands.output import can_ask

FILE_VARIABLE = "EWALLET_PASSWORD_FILE"

_NO_SOURCE = (
    "There is no terminal to ask for the password. Give it with --password-stdin, or in the file that "
    f"{FILE_VARIABLE} names."
)

password_stdin_option = click.option(
    "--password-stdin", is_flag=True, help=f"Read the password from stdin. Default: {FILE_VARIABLE}, or ask."
)


class PasswordSource:
    """The passwords for one command: the lines of stdin or of a file, or else what the user types."""

    def __init__(self, *, from_stdin: bool) -> None:
        """Raises `click.UsageError` if there is nowhere to get a password from."""
        file = os.environ.get(FILE_VARIABLE)
        self._lines: list[str] | None = None
        if from_stdin:
            self._lines = _lines_of(sys.stdin.buffer.read() if sys.stdin is not None else b"")
        elif file:
            # An unreadable file is told as every unusable one.
            self._lines = _lines_of(Path(file).expanduser().read_bytes())
        elif not can_ask():
            raise click.UsageError(_NO_SOURCE)

    def next(self, prompt: str, *, is_new: bool = False) -> str:
        """The next password; a new one is typed twice."""
        if self._lines is None:
            return _typed(prompt, is_new=is_new)
        if not self._lines:
            raise click.UsageError(f"{prompt}: there is no more line to read. Put each password on its line.")
        return self._lines.pop(0)


def _lines_of(content: bytes) -> list[str]:
    try:
        return content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise click.UsageError("The password is not text in UTF-8. Check where it comes from.") from None


def _typed(prompt: str, *, is_new: bool) -> str:
    while True:
        password: str = click.prompt(prompt, hide_input=True, err=True)
        if not is_new or password == click.prompt("Repeat password", hide_input=True, err=True):
            return password
        click.echo("The passwords don't match. Type both again.", err=True)
