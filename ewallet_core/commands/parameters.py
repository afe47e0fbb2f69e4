"""The kinds of arguments and options that several commands have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import LONGEST_REQUEST_ID, SHORTEST_REQUEST_ID
from ewallet_core.instructions.validation import accepts, meta_of

SERVER_VARIABLE = "EWALLET_SERVER"

_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_MOST_DIGITS = 20
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


class WholeNumber(click.ParamType[int]):
    """A whole number in ASCII digits alone, without a sign, a space or an underscore."""

    name = "number"

    def __init__(self, least: int, most: int) -> None:
        self.least = least
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit()):
            self.fail(f"{text!r} is not a whole number. Write it in digits alone, such as 10.", param, ctx)
        # Python refuses to read very long numbers.
        number = int(text.lstrip("0")[:_MOST_DIGITS] or "0")
        if not self.least <= number <= self.most:
            self.fail(f"It must be a number from {self.least:,} to {self.most:,}.", param, ctx)
        return number


class Lifetime(click.ParamType[int]):
    """A duration such as `30m`, `12h` or `7d`, in minutes."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = _DURATION.fullmatch(value.strip().lower())
        if found is None:
            self.fail(f"{value!r} is not a duration. Write it as 30m, 12h or 7d.", param, ctx)
        minutes = int(found[1]) * _MINUTES[found[2]]
        if not accepts(fields.Lifetime, minutes):
            longest = (meta_of(fields.Lifetime).le or 0) // _MINUTES["d"]
            self.fail(f"A session lasts at most {longest} days. Choose a shorter time.", param, ctx)
        return minutes


CREDITS = WholeNumber(1, fields.MOST_CREDITS)
NOT_AN_AMOUNT = "An amount is a whole number above 0, such as 10."
NUMBER = WholeNumber(1, 2**63 - 1)
"""The number of a record, an invoice, a sheet or a session."""

_NEGATIVE = re.compile(r"-[0-9.]")


class AmountCommand(click.Command):
    """A command that says of a negative amount what an amount is, and not that there is no such option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as unknown:
            amount = next((param for param in self.params if param.type is CREDITS), None)
            if amount is None or not _NEGATIVE.match(unknown.option_name):
                raise
            raise click.BadParameter(NOT_AN_AMOUNT, ctx, amount) from None


note_option = click.option("--note", "notes", metavar="TEXT", help="What it is for.")
yes_option = click.option("--yes", is_flag=True, help="Don't ask.")


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments of an instruction that have a value."""
    return {name: value for name, value in arguments.items() if value is not None}


def shell_options(*, changes: bool) -> list[click.Parameter]:
    """The options of every command that acts in a session."""
    options: list[click.Parameter] = [
        click.Option(
            ["--server"],
            metavar="HOST:PORT",
            help="The server with the wallet; or several of the same wallets, with commas between. "
            f"Default: {SERVER_VARIABLE}, else the wallet on this computer.",
        ),
        click.Option(["--embedded"], is_flag=True, help="Use the wallet on this computer."),
        click.Option(
            ["--data-dir"],
            type=click.Path(file_okay=False, path_type=Path),
            help="The folder of the wallet and of your sessions. Default: your own data folder.",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Print the whole answer, for a program."),
    ]
    if changes:
        about = "The id of this change: sent again under the same id, it is done once."
        options.append(click.Option(["--request-id"], metavar="ID", callback=_checked_id, help=about))
    return options


LONGEST_ID = LONGEST_REQUEST_ID - 8
"""The longest id that a command takes: further changes, and lines of `send`, add their number to it."""


def _checked_id(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not SHORTEST_REQUEST_ID <= len(value) <= LONGEST_ID:
        limits = f"{SHORTEST_REQUEST_ID} to {LONGEST_ID}"
        raise click.BadParameter(f"a request id has {limits} characters.", ctx, param)
    return value
