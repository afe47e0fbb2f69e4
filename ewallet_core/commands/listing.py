"""What the commands that list something share: their options, their pages, and how they print."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, NamedTuple

import click

from ewallet_core.commands.output import is_terminal
from ewallet_core.commands.parameters import NUMBER, WholeNumber
from ewallet_core.commands.shell import Shell
from ewallet_core.operations.file_formats import csv_format
from ewallet_core.presentation.formatting import inert, local
from ewallet_core.presentation.past_times import read_moment
from ewallet_core.presentation.periods import EVERYTHING, Period, read_period
from ewallet_core.presentation.tables import Column, Row, Tone, text_lines
from ewallet_core.types import RecordType

Command = Callable[..., None]

LONGEST_PAGE = 1_000
USUAL_LIMIT = 100
RECORD_KINDS = {kind if kind is RecordType.TIME else f"{kind}s": kind for kind in RecordType}
"""The kinds of records as users name them."""
CSV, JSON, TABLE = "csv", "json", "table"

_STYLES: Mapping[Tone, dict[str, Any]] = {
    Tone.HEADING: {"bold": True},
    Tone.GOOD: {"fg": "green"},
    Tone.WARNING: {"fg": "yellow"},
}


def rows_of(
    shell: Shell, instruction: Mapping[str, Any], page_length: int = LONGEST_PAGE
) -> Iterator[dict[str, Any]]:
    """The rows of all pages of the instruction's answers, read as they are needed."""
    cursor: dict[str, Any] = {}
    while True:
        answer = shell.send(**instruction, limit=page_length, **cursor)
        yield from answer["rows"]
        if answer["next"] is None:
            return
        cursor = {"before": answer["next"]}


# Periods


class ChosenPeriod(NamedTuple):
    """The arguments of an instruction for a period, and the period in words; empty for all dates."""

    arguments: Mapping[str, str]
    words: str


def period_options(command: Command) -> Command:
    """Add `--since`, `--until` and `--during`; the command gets them as `period`."""

    @functools.wraps(command)
    def run(shell: Shell, **values: Any) -> None:
        ends = {name: values.pop(name) for name in ("since", "until", "during")}
        command(shell, period=_chosen_period(**ends), **values)

    option: Command = run
    for name, about in (
        ("--during", 'Only in that time: "last month", 2026-11, today, "3 nov to 9 nov".'),
        ("--until", "Only until then, the day included: yesterday, 2026-11-20."),
        ("--since", 'Only since then: "last month", monday, 2026-11-03, "2 hours ago".'),
    ):
        option = click.option(name, metavar="WHEN", help=about)(option)
    return option


def read_days(text: str) -> Period:
    """The period with these words; raises `UsageError`."""
    try:
        return read_period(text, _now().date())
    except ValueError as problem:
        raise click.UsageError(f"{text!r} is not understood. {problem}") from None


def _chosen_period(since: str | None, until: str | None, during: str | None) -> ChosenPeriod:
    if during is None:
        given = {name: text for name, text in (("since", since), ("until", until)) if text is not None}
        ends = [_end(name, text) for name, text in given.items()]
        arguments = {name: value for end in ends for name, value in end.arguments.items()}
        return ChosenPeriod(arguments, " ".join(end.words for end in ends))
    if since is not None or until is not None:
        raise click.UsageError("Give either --during, or --since and --until.")
    period = read_days(during)
    return ChosenPeriod(period.arguments(), "" if period.words == EVERYTHING else f"in {period.words}")


def _end(name: str, text: str) -> ChosenPeriod:
    """One end of a period: a day, or an exact moment."""
    try:
        period = read_period(f"{name} {text}", _now().date())
        return ChosenPeriod(period.arguments(), period.words)
    except ValueError as not_a_day:
        try:
            instant = read_moment(text, _now()).astimezone(UTC)
        except ValueError:
            raise click.UsageError(f"--{name} {text!r} is not understood. {not_a_day}") from None
        written = f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1_000:03}Z"
        return ChosenPeriod({name: written}, f"{name} {text}")


def _now() -> datetime:
    return local(datetime.now(UTC))


# Output


@dataclass(frozen=True)
class Listing:
    """What a command lists, as a table and as the lines of a csv file."""

    columns: Sequence[Column]
    row: Callable[[Any], Row]
    """The cells of an item."""
    names: Sequence[str]
    """The columns of the file."""
    values: Callable[[Any], Mapping[str, Any]]
    """The values of an item, by these names."""
    empty: str = ""
    """What is said if there is nothing to list."""


class Output:
    """How a command prints what it lists: as a table, as csv, or its answer as JSON."""

    def __init__(self, shell: Shell, format: str, limit: int | None) -> None:
        self._shell = shell
        self.format = format
        self.most = USUAL_LIMIT if limit is None and format == TABLE else limit or None
        """How many are listed at most; None for all of them."""

    @property
    def page_length(self) -> int:
        """How long a page is worth to be read, to know also whether there are more than are listed."""
        return LONGEST_PAGE if self.most is None else min(self.most + 1, LONGEST_PAGE)

    def show_newest(self, listing: Listing, items: Iterable[Any]) -> None:
        """Print the first of the items, and say if there are more; as csv, each as soon as it is read."""
        if self.format == CSV:
            self.show_csv(listing.names, map(listing.values, islice(items, self.most)))
            return
        found = list(islice(items, None if self.most is None else self.most + 1))
        shown = found[: self.most]
        self.show(listing, shown, {"failed": False, "rows": shown})
        if len(found) > len(shown):
            self.say_there_are_more()

    def say_there_are_more(self) -> None:
        self._shell.say("There are more. --limit 0 lists all.")

    def show(self, listing: Listing, items: Sequence[Any], answer: Any, above: str = "") -> None:
        """Print the items, and `above` before a table; the JSON is the `answer`."""
        if self.format == CSV:
            self.show_csv(listing.names, map(listing.values, items))
        else:
            rows = [listing.row(item) for item in items] if self.format == TABLE else []
            self.show_table(listing.columns, rows, answer, empty=listing.empty, above=above)

    def show_table(
        self, columns: Sequence[Column], rows: Sequence[Row], answer: Any, *, empty: str, above: str = ""
    ) -> None:
        """Print `above` and the rows, or say `empty` if there are none. The JSON is the `answer`."""
        lines = [above] if above else []
        if rows:
            lines += self._lines(columns, rows)
        if lines or self.format == JSON:
            self._shell.show(answer, "\n".join(lines), long=True)
        if not rows and self.format == TABLE:
            self._shell.say(empty)

    def _lines(self, columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[str]:
        """The lines of a table: as wide as the terminal, or uncut if it goes elsewhere."""

        def paint(text: str, tone: Tone) -> str:
            return self._shell.styled(text, **_STYLES[tone]) if tone in _STYLES else text

        width = shutil.get_terminal_size().columns if is_terminal() else None
        return text_lines(columns, rows, width, paint)

    def show_csv(self, names: Sequence[str], lines: Iterable[Mapping[str, Any]]) -> None:
        """Print a csv file, a line at a time. No spreadsheet finds a formula in it."""
        file, unread = csv_format(",", with_byte_order_mark=False), iter(lines)
        # Read before anything is printed: it may be refused.
        first = list(islice(unread, 1))
        print_exactly(file.begin(names))
        for line in chain(first, unread):
            print_exactly(file.add(names, {name: _in_csv(line[name]) for name in names}, False))


def _in_csv(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def print_exactly(text: str) -> None:
    """Print the text of a file, with its own line ends; on a terminal, without what would act on it."""
    click.echo(inert(text) if is_terminal() else text, nl=False, color=True)


def output_options(command: Command) -> Command:
    """Add `--format`, of which `json` is the same as `--json`; the command gets an `Output`."""

    @functools.wraps(command)
    def run(shell: Shell, *, format: str, limit: int | None = None, **values: Any) -> None:
        chosen = JSON if shell.as_json else format
        shell.as_json = chosen == JSON
        command(shell, output=Output(shell, chosen, limit), **values)

    about = "A table for people, csv for spreadsheets, or json (as --json). Default: table."
    return click.option("--format", type=click.Choice([TABLE, CSV, JSON]), default=TABLE, help=about)(run)


def limit_option(command: Command) -> Command:
    """Add `--limit`, for the `Output` of `output_options`."""
    about = f"At most that many, the newest; 0 is all. Default: {USUAL_LIMIT} in a table, else all."
    return click.option("--limit", type=WholeNumber(0, NUMBER.most), metavar="N", help=about)(command)
