"""`ewallet report` and `ewallet export`: sums of what came, went and was used, and whole sheets as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from ewallet_core.commands.listing import (
    CSV,
    JSON,
    LONGEST_PAGE,
    RECORD_KINDS,
    ChosenPeriod,
    Output,
    output_options,
    period_options,
    print_exactly,
)
from ewallet_core.commands.lookup import find_clock, find_wallet
from ewallet_core.commands.parameters import NUMBER
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.commands.suggestions import suggest_clocks, suggest_wallets
from ewallet_core.presentation.contact_files import write_vcard
from ewallet_core.presentation.periods import system_zone_name
from ewallet_core.presentation.summaries import sum_columns, sum_keys, sum_rows

DIVISIONS = ("day", "week", "month", "person", "tag")


@shell_command("report")
@click.option("--by", type=click.Choice(DIVISIONS), default="day", help="What is summed up. Default: day.")
@period_options
@click.option("--wallet", metavar="NAME", shell_complete=suggest_wallets, help="Only that wallet of yours.")
@click.option("--clock", metavar="NAME", shell_complete=suggest_clocks, help="Only that clock of yours.")
@output_options
def report_command(
    shell: Shell, by: str, period: ChosenPeriod, wallet: str | None, clock: str | None, output: Output
) -> None:
    """Sum up credits and time by day, week, month or person.

    Also by tag. By default of the last 30 days, 12 weeks or 12 months. A table has only the rows with
    something in them.

    \b
    ewallet report --by month
    ewallet report --by tag --during "last month"
    """
    of: dict[str, Any] = dict(period.arguments)
    if wallet is not None:
        of["ewallet_id"] = find_wallet(shell, wallet)["id"]
    if clock is not None:
        of["clock_id"] = find_clock(shell, clock)["id"]
    answer = shell.send(action="view", view="summary", by=by, time_zone=system_zone_name(), **of)
    rows, totals = answer["rows"], answer["totals"]
    if output.format == CSV:
        output.show_csv(sum_keys(by, totals), rows)
        return
    empty = f"Nothing came, went or was used {period.words or 'in that time'}."
    output.show_table(sum_columns(by, totals), sum_rows(by, rows, totals), answer, empty=empty)


VCARD = "vcf"
SEPARATORS = ("comma", "semicolon", "tab")


@shell_command("export")
@click.argument("kind", type=click.Choice(list(RECORD_KINDS)))
@click.option(
    "--format",
    type=click.Choice([CSV, JSON, "jsonl", VCARD]),
    default=CSV,
    help="vcf is for contacts. Default: csv.",
)
@click.option("--raw", is_flag=True, help="The engine's own names and values, for a program.")
@period_options
@click.option("--text", default="", help="Only records with that text.")
@click.option(
    "--sheet", "sheet_id", type=NUMBER, metavar="NUMBER", help="That sheet. Default: the active one."
)
@click.option("--separator", type=click.Choice(SEPARATORS), help="What separates the columns of csv.")
def export_command(
    shell: Shell, kind: str, format: str, raw: bool, period: ChosenPeriod, **filters: Any
) -> None:
    """Print a whole sheet as a file, the newest record first.

    \b
    ewallet export transfers --during 2026-11 > november.csv
    ewallet export contacts --format vcf > contacts.vcf
    """
    if format == VCARD and kind != "contacts":
        raise click.UsageError("Only contacts can be exported as vcf. Choose csv, json or jsonl.")
    given = {name: value for name, value in filters.items() if value}
    style = {"style": "raw"} if raw else {"style": "people", "time_zone": system_zone_name()}
    arguments = {"kind": RECORD_KINDS[kind], "format": format, **style, **period.arguments, **given}
    if format == VCARD:
        _print_pages(shell, _vcards, **arguments | {"format": "jsonl", "style": "people"})
    else:
        _print_pages(shell, str, **arguments)


def _print_pages(shell: Shell, written: Callable[[str], str], **arguments: Any) -> None:
    """Print the pages of an export, each as soon as it is read; with `--json`, the answers."""
    cursor: dict[str, Any] = {}
    while True:
        answer = shell.send(action="export", export="sheet", limit=LONGEST_PAGE, **arguments, **cursor)
        if shell.as_json:
            shell.print_json(answer)
        else:
            print_exactly(written(answer["content"]))
        if answer["next"] is None:
            return
        cursor = {"before": answer["next"]}


def _vcards(lines: str) -> str:
    """The contacts of an export in JSON lines, as vCards."""
    contacts = map(json.loads, lines.splitlines())
    return "".join(
        write_vcard(each["Name"], each["Email"], each["Phone"], each["Notes"]) for each in contacts
    )
