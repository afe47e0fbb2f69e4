"""One record in full: its facts, its place in the journal, and the records that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ewallet_tui.record_kinds import RecordKind
from ewallet_tui.text import one_line
from ewallet_tui.words import grouped

LABEL_WIDTH = 11
LONGEST_VALUE = 2_000
RELATIONS = {
    "invoice": "Invoice",
    "transfer": "Transfer",
    "refund_of": "Gives back",
    "refunded_by": "Given back",
}


class RecordDetail(VerticalScroll, can_focus=False):
    """The facts of a record, a line each; long notes are wrapped."""

    DEFAULT_CSS = """
    RecordDetail {
        height: auto; max-height: 1fr;
        .fact-title { text-style: bold; color: $text-accent; margin-bottom: 1; height: 1; }
        .fact { layout: horizontal; height: auto; }
        Static { height: auto; }
    }
    """

    def compose(self) -> ComposeResult:
        """A title, and the facts."""
        yield Static("", classes="fact-title", markup=False)
        yield Static("", id="facts", markup=False)

    def show(
        self, kind: RecordKind, answer: Mapping[str, Any], now: datetime, *, with_links: bool = True
    ) -> None:
        """Show what a view of a record of `kind` has answered."""
        record = answer["record_data"]
        self.query_one(".fact-title", Static).update(
            Content(one_line(record.get("name") or record["reference"]))
        )
        linked = _links(answer) if with_links else []
        facts = [*kind.facts(record, now), *_of_the_journal(answer), *linked]
        self.query_one("#facts", Static).update(Content("\n").join(_line(*fact) for fact in facts))
        self.scroll_home(animate=False)

    def clear(self) -> None:
        """Show nothing."""
        for static in self.query(Static):
            static.update("")


def _of_the_journal(answer: Mapping[str, Any]) -> list[tuple[str, str | Content]]:
    facts: list[tuple[str, str | Content]] = []
    if answer.get("entry") is not None:
        facts.append(("Journal", f"entry {grouped(answer['entry'])}"))
    if answer.get("left_to_refund"):
        facts.append(("To refund", f"{grouped(answer['left_to_refund'])} left"))
    return facts


def _links(answer: Mapping[str, Any]) -> list[tuple[str, str | Content]]:
    linked = answer.get("linked_records", ())
    return [(RELATIONS.get(each["relation"], each["relation"]), each["reference"]) for each in linked]


def _line(label: str, value: str | Content) -> Content:
    if isinstance(value, str):
        value = (
            Content(one_line(value[:LONGEST_VALUE])) if value else Content.styled("—", "$foreground-muted")
        )
    return Content.assemble((f"{label:<{LABEL_WIDTH}}", "$foreground-muted"), value)
