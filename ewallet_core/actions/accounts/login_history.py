"""Who has logged in to the account and out of it, when and from where, and who has tried in vain."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.actions.context import Context
from ewallet_core.actions.shapes import Timestamp
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Request, instruction
from ewallet_core.instructions.envelope import Answer, ok, timestamp
from ewallet_core.storage.logins import LoginRecord, login_records


class ViewHistory(Request, frozen=True):
    """A page of records, from the latest or from a cursor on."""

    limit: fields.PageLength = fields.USUAL_PAGE
    before: fields.Cursor | None = None


class LogoutRow(TypedDict):
    """A logout: when, from which address, and whether it was `accepted` or `refused`."""

    time: Timestamp
    address: str
    outcome: str


class LoginRow(LogoutRow):
    """A login, or a password that was wrong; and whether it was the first from that address."""

    is_new_address: bool


@instruction(
    ViewHistory,
    {"action": "view", "view": "login"},
    changes=False,
    answers={"account": str, "login_records": list[LoginRow], "next": int | None},
)
def view_logins(asked: ViewHistory, context: Context) -> Answer:
    """View the logins to the account, the latest first, those that were refused too."""
    page, following = _page(asked, context, "login")
    rows = [{**_row(record), "is_new_address": bool(record.is_new_address)} for record in page]
    return ok(account=context.account.email, login_records=rows, next=following)


@instruction(
    ViewHistory,
    {"action": "view", "view": "logout"},
    changes=False,
    answers={"account": str, "logout_records": list[LogoutRow], "next": int | None},
)
def view_logouts(asked: ViewHistory, context: Context) -> Answer:
    """View the logouts from the account, the latest first."""
    page, following = _page(asked, context, "logout")
    rows = [_row(record) for record in page]
    return ok(account=context.account.email, logout_records=rows, next=following)


def _page(asked: ViewHistory, context: Context, kind: str) -> tuple[list[LoginRecord], int | None]:
    return login_records.latest(
        context.transaction, asked.before, asked.limit, account_id=context.account.id, kind=kind
    )


def _row(record: LoginRecord) -> dict[str, str | None]:
    return {"time": timestamp(record.at), "address": record.address, "outcome": record.outcome}
