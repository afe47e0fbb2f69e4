"""`ewallet history`, `search` and `statement`: records and movements, the newest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from ewallet_core.commands.listing import (
    LONGEST_PAGE,
    RECORD_KINDS,
    ChosenPeriod,
    Listing,
    Output,
    limit_option,
    output_options,
    period_options,
    rows_of,
)
from ewallet_core.commands.lookup import clocks_of, find_wallet
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.commands.suggestions import suggest_wallets
from ewallet_core.presentation.formatting import grouped, one_line
from ewallet_core.presentation.history import (
    FOUND,
    HISTORY,
    INVOICES,
    VALUES,
    found_row,
    history_row,
    history_values,
    invoice_row,
)
from ewallet_core.presentation.movements import Record, is_move
from ewallet_core.presentation.summaries import STATEMENT, STATEMENT_VALUES, statement_row
from ewallet_core.types import RecordType

Found = dict[str, Any]
"""A row of a search: `kind`, `record` and `record_data`."""
SEARCH = {"action": "search", "search": "records"}
BEGINNING = "They begin with credits: see `ewallet supply --help`, or ask your server's operator for some."


class KindOfHistory(NamedTuple):
    """What `--kind` can name: records of these types, of which only some may count."""

    types: Sequence[RecordType]
    counts: Callable[[Record], bool] = lambda _record: True


def _is_payment(transfer: Record) -> bool:
    """Whether credits went from one person to another."""
    return transfer["transfer_type"] != "supply" and not is_move(transfer)


def _is_supply(transfer: Record) -> bool:
    return str(transfer["transfer_type"]) == "supply"


KINDS: Mapping[str, KindOfHistory] = {
    "payments": KindOfHistory([RecordType.TRANSFER], _is_payment),
    "supplies": KindOfHistory([RecordType.TRANSFER], _is_supply),
    "transfers": KindOfHistory([RecordType.TRANSFER]),
    "conversions": KindOfHistory([RecordType.CONVERSION]),
    "time": KindOfHistory([RecordType.TIME]),
    "invoices": KindOfHistory([RecordType.INVOICE]),
}
MOVEMENTS = KindOfHistory([RecordType.TRANSFER, RecordType.CONVERSION, RecordType.TIME])


@shell_command("history")
@period_options
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only these. Default: all but invoices.")
@click.option(
    "--wallet",
    metavar="NAME",
    shell_complete=suggest_wallets,
    help="Only of that wallet of yours, and of its clocks.",
)
@limit_option
@output_options
def history_command(
    shell: Shell, period: ChosenPeriod, kind: str | None, wallet: str | None, output: Output
) -> None:
    """List what came and went: credits and time, the newest first.

    `payments` are between people, `transfers` also supplies and what you moved between your wallets.

    \b
    ewallet history --since "last month" --kind payments
    ewallet history --during 2026-11 --format csv > november.csv
    """
    chosen = KINDS[kind] if kind else MOVEMENTS
    searches = (
        [{"kind": type} for type in chosen.types]
        if wallet is None
        else _searches_of(shell, wallet, chosen.types)
    )
    sources = [
        rows_of(shell, {**SEARCH, **search, **period.arguments}, output.page_length) for search in searches
    ]
    found = heapq.merge(*sources, key=lambda row: str(row["record_data"]["create_date"]), reverse=True)
    listing = _records(INVOICES if kind == "invoices" else HISTORY, _nothing(kind, wallet, period))
    output.show_newest(listing, (row for row in found if chosen.counts(row["record_data"])))


_SHEETS = {
    RecordType.TRANSFER: "transfer_sheet_archive",
    RecordType.INVOICE: "invoice_sheet_archive",
    RecordType.CONVERSION: "conversion_sheet_archive",
    RecordType.TIME: "time_sheet_archive",
}


def _searches_of(shell: Shell, wallet: str, types: Sequence[RecordType]) -> list[dict[str, Any]]:
    """The kind and the sheet of each search: the sheets of the wallet, and those of its clocks."""
    owner = find_wallet(shell, wallet)
    owners = [owner, *clocks_of(shell, owner["id"])]
    sheets = ((type, id) for type in types for each in owners for id in each.get(_SHEETS[type], ()))
    return [{"kind": type, "sheet_id": int(id)} for type, id in sheets]


def _nothing(kind: str | None, wallet: str | None, period: ChosenPeriod) -> str:
    nothing = f"No {kind or 'movements'}"
    if wallet is None and not period.words:
        return f"{nothing} yet. {BEGINNING}"
    of_wallet = f" of {one_line(wallet)}" if wallet else ""
    return f"{nothing}{of_wallet} {period.words}".rstrip() + ". Leave out an option to list more."


def _records(columns: Any, empty: str) -> Listing:
    """Rows of a search, in those columns."""
    now = datetime.now(UTC)

    def row(found: Found) -> Sequence[str]:
        kind, record = found["kind"], found["record_data"]
        if columns is INVOICES:
            return invoice_row(record, now)
        return found_row(kind, record, now) if columns is FOUND else history_row(kind, record, now)

    def values(found: Found) -> Mapping[str, Any]:
        return history_values(found["kind"], found["record_data"])

    return Listing(columns, row, VALUES, values, empty)


@shell_command("search")
@click.argument("text", default="")
@click.option("--kind", type=click.Choice(list(RECORD_KINDS)), help="Only records of that kind.")
@click.option("--tag", multiple=True, help="Only runs with that tag; `ac*` is any that begins so.")
@period_options
@limit_option
@output_options
def search_command(
    shell: Shell, text: str, kind: str | None, tag: tuple[str, ...], period: ChosenPeriod, output: Output
) -> None:
    """Search all records for TEXT: in notes, names and emails.

    The first column is the kind and the number of a record, as instructions take them.
    """
    filters: dict[str, Any] = {"text": text, **period.arguments}
    filters |= {"kind": RECORD_KINDS[kind]} if kind else {}
    filters |= {"tag": list(tag)} if tag else {}
    listing = _records(FOUND, f"Nothing found {period.words}".rstrip() + ".")
    output.show_newest(listing, rows_of(shell, SEARCH | filters, output.page_length))


@shell_command("statement")
@period_options
@click.option(
    "--wallet",
    metavar="NAME",
    shell_complete=suggest_wallets,
    help="That wallet of yours. Default: the active one.",
)
@limit_option
@output_options
def statement_command(shell: Shell, period: ChosenPeriod, wallet: str | None, output: Output) -> None:
    """Print a wallet's statement, the newest movement first.

    It begins with the balance before and after the period. It is made from the journal, so it also has
    movements whose records were removed.
    """
    chosen = _active_wallet(shell) if wallet is None else find_wallet(shell, wallet)
    answer = _statement(shell, output.most, {"ewallet_id": chosen["id"], **period.arguments})
    now = datetime.now(UTC)
    listing = Listing(
        STATEMENT,
        lambda movement: statement_row(movement, now),
        STATEMENT_VALUES,
        lambda movement: movement,
        f"No movements {period.words}." if period.words else f"No movements yet. {BEGINNING}",
    )
    of_wallet = " ".join(filter(None, (one_line(chosen["reference"]), period.words)))
    balances = f"opening balance {grouped(answer['opening'])}, closing balance {grouped(answer['closing'])}"
    output.show(listing, answer["rows"], answer, f"{of_wallet}: {balances}")
    if answer["next"] is not None:
        output.say_there_are_more()


def _active_wallet(shell: Shell) -> dict[str, Any]:
    wallet: dict[str, Any] = shell.send(action="view", view="credit", credit="ewallet")["ewallet_data"]
    return wallet


def _statement(shell: Shell, most: int | None, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to `view statement` with so many of its rows, as if they were on one page."""
    instruction = {"action": "view", "view": "statement", **arguments}
    answer = shell.send(**instruction, limit=_page(most))
    rows, following = list(answer["rows"]), answer["next"]
    while following is not None and (most is None or len(rows) < most):
        rest = None if most is None else most - len(rows)
        page = shell.send(**instruction, limit=_page(rest), before=following)
        rows, following = rows + page["rows"], page["next"]
    return {**answer, "rows": rows, "next": following}


def _page(most: int | None) -> int:
    return LONGEST_PAGE if most is None else min(most, LONGEST_PAGE)
