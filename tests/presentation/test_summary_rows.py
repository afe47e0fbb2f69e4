"""The sums of a summary, and the movements of a statement, as rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ewallet_core.presentation.formatting import MINUS, use_zone
from ewallet_core.presentation.summaries import statement_row, sum_columns, sum_keys, sum_rows
from ewallet_core.types import SYSTEM_CORE_EMAIL

ZERO = {
    **dict.fromkeys(("credits_in", "credits_out", "converted_to_time", "converted_to_credits"), 0),
    "minutes_spent_ms": 0,
    "minutes_begun_ms": 0,
    **dict.fromkeys(("moved_in", "moved_in_ms", "moved_out", "moved_out_ms")),
}


@pytest.fixture(autouse=True)
def _in_berlin() -> Iterator[None]:
    use_zone(ZoneInfo("Europe/Berlin"))
    yield
    use_zone(None)


def sums(**values: Any) -> dict[str, Any]:
    return {**ZERO, **values}


def span(start: str, end: str) -> dict[str, str]:
    return {"start": f"2026-{start}:00.000Z", "end": f"2026-{end}:00.000Z"}


def test_sums_have_signs_and_running_time_counts_as_used() -> None:
    row = sums(
        partner="bob@example.org",
        credits_in=7,
        credits_out=1_240,
        converted_to_time=20,
        converted_to_credits=5,
        minutes_spent_ms=60_000,
        minutes_begun_ms=30_000,
    )
    found, total = sum_rows("person", [row], row)
    assert found == ("bob@example.org", "+7", f"{MINUS}1,240", f"{MINUS}20", "+5", "1:30")
    assert total == ("Total", *found[1:])


def test_rows_without_anything_are_left_out_and_without_rows_there_is_no_total() -> None:
    used = sums(tag="acme", minutes_spent_ms=1_000)
    assert [row[0] for row in sum_rows("tag", [sums(tag="idle"), used], used)] == ["#acme", "Total"]
    assert sum_rows("tag", [sums(tag="idle")], sums()) == []


@pytest.mark.parametrize(
    ("by", "row", "name"),
    [
        ("day", span("10-24T22:00", "10-25T23:00"), "Sun 25 Oct 2026"),
        ("week", span("10-18T22:00", "10-25T23:00"), "19 Oct 2026 to 25 Oct 2026"),
        ("week", span("10-21T13:30", "10-25T23:00"), "21 Oct 2026 to 25 Oct 2026"),
        ("week", span("10-25T13:30", "10-25T23:00"), "25 Oct 2026"),
        ("month", span("09-30T22:00", "10-31T23:00"), "Oct 2026"),
        ("day", span("10-24T13:30", "10-24T22:00"), "Sat 24 Oct 2026"),
        ("person", {"partner": SYSTEM_CORE_EMAIL}, "supplies"),
        ("person", {"partner": None}, "own conversions and time"),
        ("tag", {"tag": None}, "without a tag"),
    ],
)
def test_a_row_is_named_after_its_days_its_person_or_its_tag(by: str, row: dict[str, Any], name: str) -> None:
    found = sums(credits_in=1, **row)
    assert sum_rows(by, [found], found)[0][0] == name


def test_one_wallet_or_clock_also_has_what_was_moved() -> None:
    assert "Moved in" not in [column.heading for column in sum_columns("day", ZERO)]
    wallet = sums(tag="a", moved_in=30, moved_out=5)
    assert sum_rows("tag", [wallet], wallet)[0][-2:] == ("+30", f"{MINUS}5")
    assert sum_keys("tag", wallet)[-2:] == ("moved_in", "moved_out")
    clock = sums(tag="a", moved_in=1.0, moved_in_ms=60_000, moved_out=0.0, moved_out_ms=0)
    assert sum_rows("tag", [clock], clock)[0][-2:] == ("+1:00", "")
    assert sum_keys("tag", clock)[-2:] == ("moved_in_ms", "moved_out_ms")
    assert len(sum_columns("tag", clock)) == len(sum_rows("tag", [clock], clock)[0])


@pytest.mark.parametrize(
    ("movement", "cells"),
    [
        (
            {"kind": "supply", "credits": 100, "currency": "EUR", "cost": "12.5"},
            ("supplied", "+100", "EUR 12.5"),
        ),
        ({"kind": "payment", "credits": -10}, ("paid", f"{MINUS}10", "bob@example.org")),
        ({"kind": "payment", "credits": 10}, ("received", "+10", "bob@example.org")),
        ({"kind": "refund", "credits": 10}, ("got back", "+10", "bob@example.org")),
        ({"kind": "credits2clock", "credits": -20}, ("converted", f"{MINUS}20", "credits → time")),
        (
            {"kind": "transfer", "credits": -3, "from_reference": "Main", "to_reference": "Holidays"},
            ("moved", f"{MINUS}3", "to Holidays"),
        ),
    ],
)
def test_a_movement_says_what_it_was_and_the_balance_after_it(
    movement: dict[str, Any], cells: tuple[str, str, str]
) -> None:
    usual = {"time": "2026-11-20T14:02:00.000Z", "balance": 1_100, "partner": "bob@example.org"}
    empty = {"notes": None, "currency": None, "cost": None, "from_reference": None}
    row = statement_row({**usual, **empty, **movement}, datetime(2026, 11, 20, 15, 0, tzinfo=UTC))
    assert row == ("today 15:02", cells[0], cells[1], "1,100", cells[2], "")
