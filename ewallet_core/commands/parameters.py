"""The kinds of arguments and options that several commands have."""

from __future__ import annotations

import re
from typing import Any

import click

from ewallet_core.ledger.rates import MOST_CREDITS

_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


class WholeNumber(click.IntRange):
    """A whole number in ASCII digits alone, without a sign, a space or an underscore."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not (value.isascii() and value.isdigit()):
            self.fail(f"{value!r} is not a whole number. Write it in digits alone, such as 10.", param, ctx)
        return super().convert(value, param, ctx)


class Lifetime(click.ParamType[int]):
    """A duration such as `30m`, `12h` or `7d`, in minutes."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = _DURATION.fullmatch(value.strip().lower())
        if found is None:
            self.fail(f"{value!r} is not a duration. Write it as 30m, 12h or 7d.", param, ctx)
        return int(found[1]) * _MINUTES[found[2]]


CREDITS = WholeNumber(1, MOST_CREDITS)

note_option = click.option("--note", "notes", metavar="TEXT", help="What it is for.")
yes_option = click.option("--yes", is_flag=True, help="Don't ask.")


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments of an instruction that have a value."""
    return {name: value for name, value in arguments.items() if value is not None}
