"""`ewallet invoice`: one invoice, or all of a month, as text or as a page."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import click

from ewallet_core.commands.listing import print_exactly, read_days, rows_of
from ewallet_core.commands.lookup import find_wallet
from ewallet_core.commands.parameters import NUMBER
from ewallet_core.commands.problems import CommandError
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.commands.suggestions import suggest_wallets
from ewallet_core.presentation import invoice_html, invoice_text
from ewallet_core.presentation.invoices import Invoice, Month, Party
from ewallet_core.presentation.movements import Record
from ewallet_core.presentation.periods import Period

LIST_THEM = "`ewallet history --kind invoices` lists them."


@shell_command("invoice")
@click.argument("number", type=NUMBER, required=False)
@click.option(
    "--wallet",
    metavar="NAME",
    shell_complete=suggest_wallets,
    help="Of that wallet of yours. Default: the active one.",
)
@click.option("--record", type=NUMBER, metavar="ID", help="The record with that id instead.")
@click.option("--month", metavar="MONTH", help='All invoices of a month instead: 2026-11, "last month".')
@click.option("--html", is_flag=True, help="As a page for a browser, without any active content.")
def invoice_command(
    shell: Shell, number: int | None, wallet: str | None, record: int | None, month: str | None, html: bool
) -> None:
    """Print invoice NUMBER, as text or as a page.

    `ewallet history --kind invoices` lists the numbers.

    \b
    ewallet invoice 12
    ewallet invoice 12 --html > invoice-12.html
    ewallet invoice --month "last month" --html > invoices.html
    """
    if sum(choice is not None for choice in (number, record, month)) != 1:
        raise click.UsageError("Give the number of an invoice, or --record, or --month.")
    page = invoice_html if html else invoice_text
    if month is not None:
        _show_month(shell, read_days(month), page)
        return
    record_id = record if record is not None else _find(shell, number or 0, wallet)
    answer = _view(shell, "invoice", record_id)
    invoice = answer["record_data"]
    transfer = invoice["transfer_record"]
    linked = None if transfer is None else _view(shell, "transfer", transfer)["record_data"]
    if shell.as_json:
        shell.print_json(answer)
    else:
        print_exactly(page.one(Invoice.read(invoice, linked)))


def _find(shell: Shell, number: int, wallet: str | None) -> int:
    """The id of the invoice with that number on the wallet's sheet."""
    sheet = {} if wallet is None else {"sheet_id": find_wallet(shell, wallet)["invoice_sheet"]}
    # Its number is its position, so it comes first below the next one.
    view = {"action": "view", "view": "invoice", "invoice": "list", "limit": 1, "before": number + 1}
    rows: list[Record] = shell.send(**view, **sheet)["sheet_data"]["rows"]
    if not rows or rows[0]["reference"] != f"Invoice {number}":
        raise CommandError(f"There is no invoice {number} on that sheet. {LIST_THEM}")
    found: int = rows[0]["id"]
    return found


def _view(shell: Shell, kind: str, record_id: int) -> dict[str, Any]:
    return shell.send(action="view", view=kind, **{kind: "record"}, record_id=record_id)


def _show_month(shell: Shell, period: Period, page: ModuleType) -> None:
    """Print all invoices of the account in the period, the oldest first."""
    account = shell.send(action="view", view="account")["account_data"]
    transfers = {record["id"]: record for record in _records(shell, "transfer", period)}
    records = list(_records(shell, "invoice", period))[::-1]
    if not records:
        raise CommandError(f"There are no invoices in {period.words}. {LIST_THEM}")
    if shell.as_json:
        shell.print_json({"failed": False, "rows": records})
        return
    invoices = [Invoice.read(record, transfers.get(record["transfer_record"])) for record in records]
    for part in page.month(Month(period.words, Party(account["email"], account["name"]), invoices)):
        print_exactly(part)


def _records(shell: Shell, kind: str, period: Period) -> Iterator[Record]:
    search = {"action": "search", "search": "records", "kind": kind, **period.arguments()}
    return (found["record_data"] for found in rows_of(shell, search))
