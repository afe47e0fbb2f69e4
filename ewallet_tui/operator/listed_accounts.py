"""The accounts as operators see them: a row each, and the facts of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.content import Content

from ewallet_tui.text import one_line, plain
from ewallet_tui.widgets.columns import Column
from ewallet_tui.widgets.record_pages import Row
from ewallet_tui.words import full_day, parse_timestamp

AccountRow = Mapping[str, Any]

ACTIVE, FROZEN, LEAVING = "active", "frozen", "unlink_pending"
LONGEST_NAME = 20
COLUMNS = (
    Column("Name"),
    Column("Email", fills=True),
    Column("Role", from_width=60),
    Column("State"),
    Column("Since", from_width=66),
)
ROLE_STYLES = {"operator": "$text-accent", "auditor": "$text-secondary"}


def account_row(account: AccountRow) -> Row:
    """A line of the list."""
    cells = (
        plain(account["name"], LONGEST_NAME),
        account["email"],
        Content.styled(account["role"], ROLE_STYLES.get(account["role"], "")),
        state_of(account),
        full_day(parse_timestamp(account["create_date"])),
    )
    return Row(str(account["id"]), cells, account)


def state_of(account: AccountRow) -> Content:
    """How the account stands, by sign, word and colour."""
    if account["state"] == FROZEN:
        return Content.styled("‖ frozen", "$text-warning")
    if account["state"] == LEAVING:
        return Content.styled(f"○ erased on {_last_day(account)}", "$foreground-muted")
    return Content.styled("● active", "$text-success")


def facts_of(account: AccountRow) -> list[tuple[str, str]]:
    """All that operators see of the account."""
    return [
        ("Name", account["name"]),
        ("Email", account["email"]),
        ("Role", account["role"]),
        ("State", state_of(account).plain),
        ("Since", full_day(parse_timestamp(account["create_date"]))),
        ("Changed", full_day(parse_timestamp(account["write_date"]))),
        ("Number", str(account["id"])),
    ]


def called(account: AccountRow) -> str:
    """The name, for a sentence."""
    return one_line(account["name"])


def _last_day(account: AccountRow) -> str:
    return full_day(parse_timestamp(account["to_unlink_timestamp"]))
