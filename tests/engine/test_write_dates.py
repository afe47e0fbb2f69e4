"""Write dates: whatever an instruction changes says when it was changed, and nothing else does."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from database_file import OpenRows, open_rows
from example import Example
from examples import EXAMPLES
from examples_accounts import UNLINK
from examples_sheets import SECOND_SHEET as SECOND_LIST
from examples_sheets import list_verb, new_contact, new_list
from examples_system import cleanup
from fakes import DAY, SECOND, Wallclock
from instructions import ANOTHER_PASSWORD, VIEW_WALLET, edit_account, login

from ewallet_core.storage import schema
from ewallet_core.types import RecordType

ISSUER = 1
# Kept elsewhere, or no change.
NOT_A_CHANGE = {"written_at", "event_sequence"}
# Sessions and client ids have no write date in answers.
DATED = [
    table.name
    for table in schema.metadata.sorted_tables
    if "written_at" in table.c and table.name not in ("sessions", "client_ids", "permissions")
]


def _archive(of: str, owner: str) -> str:
    """The ids and references of the linked items of that owner."""
    return _listed(f"id || reference AS item FROM {of} WHERE unlinked_at IS NULL AND {owner} ORDER BY id")


def _listed(items: str) -> str:
    return f"(SELECT {{concatenate}}(item, ' ') FROM (SELECT {items}) AS listed)"


_SHEETS = "owner_id = o.id AND kind IN"
_BALANCE = "(SELECT amount FROM balances WHERE id = o.balance_id)"
# What an item holds in other tables, as its data in answers shows it.
HELD = {
    "accounts": [
        _archive("ewallets", "account_id = o.id"),
        _archive("sheets", f"{_SHEETS} ('contact')"),
    ],
    "ewallets": [
        _BALANCE,
        _archive("clocks", "ewallet_id = o.id"),
        _archive("sheets", f"{_SHEETS} ('transfer', 'invoice')"),
    ],
    "clocks": [_BALANCE, _archive("sheets", f"{_SHEETS} ('time', 'conversion')")],
    # A sheet shows its records, so it changes with them.
    "sheets": [
        f"(SELECT max(written_at) FROM {kind}_records WHERE sheet_id = o.id AND o.kind = '{kind}')"
        for kind in RecordType
    ],
    "workers": [_listed("CAST(id AS text) AS item FROM sessions WHERE worker_id = o.id ORDER BY id")],
}
MORE = (
    # These change nothing: the same values again.
    Example("logged in", edit_account(user_name="ada"), {}),
    Example("logged in", VIEW_WALLET, {}),
    Example("logged in", login(), {}),
    Example("registered", {**login(), "new_pass": ANOTHER_PASSWORD}, {}),
    # A list with its contacts.
    Example(
        "logged in",
        list_verb("unlink", "contact", list_id=SECOND_LIST),
        {},
        before=(new_list("contact"), new_contact(contact_list=SECOND_LIST)),
    ),
    # An erasure, which needs 30 days.
    Example("stopped", cleanup("accounts"), {}, before=(UNLINK,)),
)
# When an item was changed, where that is not only what it keeps itself.
CHANGED_AT = {
    "ewallets": "{greatest}(written_at, (SELECT moved_at FROM balances WHERE id = o.balance_id))",
}
Dated = dict[tuple[str, int], dict[str, Any]]


def dated_rows(stored: OpenRows) -> Dated:
    """Every row that has a write date, with what it holds, except the issuer's sheets, whose are derived."""
    found: Dated = {}
    for table in DATED:
        held = [f"{each} AS held_{number}" for number, each in enumerate(HELD.get(table, []))]
        changed_at = f"{CHANGED_AT.get(table, 'written_at')} AS written_at"
        query = f"SELECT {', '.join(['o.*', *held, changed_at])} FROM {table} o"
        for row in stored.rows(query.format(**stored.functions)):
            if table != "sheets" or row["account_id"] != ISSUER:
                found[table, row["id"]] = row
    return found


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in after if after[name] != before[name]} - NOT_A_CHANGE


@pytest.mark.parametrize("example", [*(each for each in EXAMPLES if each.found.changes), *MORE], ids=str)
def test_a_write_date_moves_with_its_row_and_only_then(
    at_example, wallclock: Wallclock, wallet_url: str, example: Example
):
    with contextlib.closing(open_rows(wallet_url)) as stored:
        before = dated_rows(stored)
        wallclock.forward(30 * DAY if example is MORE[-1] else SECOND)
        assert at_example.send(**example.instruction)["failed"] is False
        after = dated_rows(stored)
    for key in before.keys() & after.keys():
        is_written = after[key]["written_at"] != before[key]["written_at"]
        assert is_written == bool(changed(before[key], after[key])), (key, before[key], after[key])
    for key in after.keys() - before.keys():
        assert after[key]["written_at"] == after[key]["created_at"] == wallclock.now, (key, after[key])
