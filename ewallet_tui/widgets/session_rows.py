"""Where an account is logged in, and who has logged in to it and out of it: a row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from textual.content import Content

from ewallet_tui.widgets.columns import Column
from ewallet_tui.widgets.record_pages import Row
from ewallet_tui.words import moment, parse_timestamp

Record = Mapping[str, Any]

ACCEPTED = "accepted"
SESSIONS = (
    Column("Session", align="right"),
    Column("Where"),
    Column("Since", from_width=66),
    Column("Last used"),
    Column("", fills=True),
)
LOGINS = (Column("When"), Column("What"), Column("Where"), Column("", fills=True))
THIS_ONE = Content.styled("● this one", "$text-success")
NEW_ADDRESS = Content.styled("! first time from there", "bold $text-warning")


def session_row(session: Record, now: datetime) -> Row:
    """A session that the account is logged in to."""
    cells = (
        str(session["session_id"]),
        session["address"],
        moment(parse_timestamp(session["since"]), now),
        moment(parse_timestamp(session["last_use"]), now),
        THIS_ONE if session["is_this"] else "",
    )
    return Row(str(session["session_id"]), cells, session)


def login_rows(logins: Iterable[Record], logouts: Iterable[Record], now: datetime) -> list[Row]:
    """Both in one list, the latest first."""
    told = [("in", login) for login in logins] + [("out", logout) for logout in logouts]
    told.sort(key=lambda entry: str(entry[1]["time"]), reverse=True)
    return [_login_row(place, way, record, now) for place, (way, record) in enumerate(told)]


def _login_row(place: int, way: str, record: Record, now: datetime) -> Row:
    mark = NEW_ADDRESS if record.get("is_new_address") else ""
    when = moment(parse_timestamp(record["time"]), now)
    return Row(f"{record['time']} {way} {place}", (when, _what(way, record), record["address"], mark), record)


def _what(way: str, record: Record) -> Content:
    if way == "out":
        return Content.styled("○ logged out", "$foreground-muted")
    if record["outcome"] == ACCEPTED:
        return Content("● logged in")
    return Content.styled("✕ wrong password", "$text-error")
