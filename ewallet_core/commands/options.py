"""The option that names the data folder, before a command's name or after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def data_folder_option(command: Command) -> Command:
    """Let the command take `--data-dir`, of which it makes the folder with `chosen_folder`.

    What the environment says is looked up where no option is given at all: here it would win over the option
    before the command's name.
    """
    option = click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where the wallet is kept; otherwise your own data folder.",
    )
    return option(command)


def chosen_folder(ctx: click.Context, data_dir: Path | None) -> Path | None:
    """The folder that was chosen after the command's name, else before it; None where it was not."""
    return data_dir or (ctx.parent.params.get("data_dir") if ctx.parent else None)
