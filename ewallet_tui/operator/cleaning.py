"""The cleaners of an engine, and what each removes: by itself, or when it is told to."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from textual.content import Content

from ewallet_tui.widgets.columns import Column
from ewallet_tui.widgets.form_plan import Answer
from ewallet_tui.widgets.record_pages import Row
from ewallet_tui.words import count

ALL = "all"
COLUMNS = (Column("Cleaner"), Column("State"), Column("What goes", fills=True))


@dataclass(frozen=True)
class Cleaner:
    """One of them."""

    name: str
    """What it is called where it is started and stopped."""
    title: str
    """What it is called where it is read."""
    cleans: str
    """What `cleanup` is told, to have the same done at once; and where its answer says what went."""
    goes: str
    noun: str
    """What one of those that go is called."""
    warning: str = ""
    """What is said first, where what goes may be missed by somebody."""


CLEANERS = (
    Cleaner("clock", "timers", "clocks", "timers that have run out: they stop", "timer"),
    Cleaner("session", "sessions", "sessions", "sessions that have expired", "session"),
    Cleaner("stoken", "session tokens", "stokens", "session tokens that have expired", "session token"),
    Cleaner("ctoken", "client ids", "ctokens", "client ids that have expired", "client id"),
    Cleaner("worker", "workers", "workers", "workers that have no session", "worker"),
    Cleaner(
        "account",
        "accounts",
        "accounts",
        "accounts whose 30 days are over",
        "account",
        "Accounts whose 30 days are over are erased for good, with all that says whose they were.",
    ),
    Cleaner(
        "history",
        "history",
        "history",
        "events and requests over 30 days old",
        "day",
        "Events, decided requests and refused requests of more than 30 days ago are forgotten.",
    ),
)


def cleaner_rows(running: AbstractSet[str] | None) -> list[Row]:
    """A line each, and one for all; `None`: it has not been told yet which are running."""
    rows = [Row(each.name, (each.title, _state(each.name, running), each.goes), each) for each in CLEANERS]
    return [*rows, Row(ALL, (ALL, _state_of_all(running), "all of these"))]


def cleaned(cleaner: Cleaner, answer: Answer) -> str:
    """What came of cleaning at once: `2 sessions went.`"""
    if "forgotten_before" in answer:
        return "What is older than 30 days is forgotten."
    went = answer[cleaner.cleans]
    number = went if isinstance(went, int) else len(went)
    verb = "stopped" if cleaner.name == "clock" else "removed"
    return f"{count(number, cleaner.noun)} {verb}." if number else "There was nothing to clean up."


def _state(name: str, running: AbstractSet[str] | None) -> Content:
    if running is None:
        return Content.styled("? unknown", "$foreground-muted")
    if name in running:
        return Content.styled("● running", "$text-success")
    return Content.styled("○ stopped", "$foreground-muted")


def _state_of_all(running: AbstractSet[str] | None) -> Content:
    return Content("" if running is None else f"{len(running)} of {len(CLEANERS)}")
