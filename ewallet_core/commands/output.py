"""Printing: what acts on a terminal is made harmless, and long texts go through a pager."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from typing import Any

import click

from ewallet_core.instructions.envelope import Answer
from ewallet_core.presentation.formatting import inert

_STYLE = re.compile(r"(\x1b\[[0-9;]*m)")


def harmless(text: str) -> str:
    """The text without what would move the cursor or change its direction; styles stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(part if at % 2 else inert(part) for at, part in enumerate(_STYLE.split(text)))


def print_text(text: str, *, long: bool) -> None:
    """Print data; a `long` text that does not fit the terminal goes through `$PAGER`."""
    text = harmless(text)
    if long and is_terminal() and text.count("\n") >= shutil.get_terminal_size().lines - 1:
        # As git: colours stay, and what was read is not cleared from the screen.
        os.environ.setdefault("LESS", "FRX")
        click.echo_via_pager(text if text.endswith("\n") else f"{text}\n", color=has_colour())
    else:
        click.echo(text, color=has_colour())


def print_json(value: Any, *, on_one_line: bool) -> None:
    """Print a value as JSON; unless it is to be on one line, it is indented on a terminal."""
    indent = 2 if is_terminal() and not on_one_line else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    click.echo(harmless(text) if is_terminal() else text)


def print_result(answer: Answer, text: str, *, as_json: bool) -> None:
    """Print what a command has done: as JSON, or in words."""
    if as_json:
        print_json(answer, on_one_line=False)
    else:
        click.echo(text)


def tell_failure(answer: Answer, *, as_json: bool) -> None:
    """Say what went wrong, and print it too if the output is JSON."""
    if as_json:
        print_json(answer, on_one_line=False)
    click.echo(" ".join(filter(None, (answer["error"], answer["warning"]))), err=True)


def is_terminal() -> bool:
    """Whether data is printed on a terminal."""
    # A closed stream is None.
    return sys.stdout is not None and sys.stdout.isatty()


def has_colour() -> bool:
    """Whether the data may have colours: on a terminal, unless `NO_COLOR` is set."""
    return is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def can_ask() -> bool:
    """Whether there is a user to answer questions, at a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
