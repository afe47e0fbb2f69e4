"""The session workers, and the facts of a session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from textual.content import Content

from ewallet_tui.text import one_line
from ewallet_tui.widgets.columns import Column
from ewallet_tui.widgets.form_plan import Answer
from ewallet_tui.widgets.record_pages import Row
from ewallet_tui.words import grouped, moment, parse_timestamp

Worker = Mapping[str, Any]

VACANT = "vacant"
COLUMNS = (
    Column("Worker"),
    Column("State"),
    Column("Sessions", align="right"),
    Column("Limit", align="right"),
    Column("Since", fills=True),
)
STATES = {
    VACANT: Content.styled("○ vacant", "$foreground-muted"),
    "available": Content.styled("● has room", "$text-success"),
    "full": Content.styled("■ full", "$text-warning"),
}


def worker_rows(workers: Mapping[str, Worker], now: datetime) -> list[Row]:
    """A line each, by number."""
    return [_row(workers[number], now) for number in sorted(workers, key=int)]


def _row(worker: Worker, now: datetime) -> Row:
    cells = (
        str(worker["id"]),
        STATES.get(worker["state"], Content(worker["state"])),
        grouped(worker["session_count"]),
        grouped(worker["session_limit"]),
        moment(parse_timestamp(worker["create_date"]), now),
    )
    return Row(str(worker["id"]), cells, worker)


def session_facts(answer: Answer, now: datetime) -> list[tuple[str, str]]:
    """What there is to know of a session, from the answer to its interrogation."""
    session = answer["session_data"]
    members = session["session_account_archive"]
    return [
        ("Session", str(answer["session_id"])),
        ("Worker", str(answer["worker"])),
        ("Address", answer["address"]),
        *((label, moment(parse_timestamp(answer[key]), now)) for label, key in TIMES),
        ("Active", session["session_user_account"] or "nobody is logged in"),
        ("Accounts", ", ".join(f"{one_line(name)} <{email}>" for email, name in members.items())),
    ]


TIMES = (("Since", "since"), ("Last use", "last_use"), ("Until", "expires"))
