"""What records of each kind say in a table and in a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ewallet_core.presentation.formatting import MINUS
from ewallet_core.presentation.history import VALUES, found_row, history_row, history_values, invoice_row
from ewallet_core.presentation.tables import Tone, ToneText

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
COMMON = {"id": 7, "create_date": "2026-11-19T14:02:00.000Z", "reference": "Record 7", "notes": "lunch"}


def transfer(kind: str, **more: Any) -> dict[str, Any]:
    ends = {"transfer_from": "ada@example.org", "transfer_to": "bob@example.org"}
    return {**COMMON, **ends, "transfer_type": kind, "credits": 1_200, "private_notes": "", **more}


def conversion(kind: str, **more: Any) -> dict[str, Any]:
    return {**COMMON, "conversion_type": kind, "credits": 20, "minutes_ms": 1_200_000, **more}


RUN = {**COMMON, "time_spent_ms": 90_500, "tags": ["acme", "urgent"]}
INVOICE = {
    **COMMON,
    "direction": "sale",
    "credits": 1_200,
    "signed_credits": 1_200,
    "currency": "EUR",
    "signed_cost": "12.50",
    "buyer_email": "bob@example.org",
    "seller_email": "ada@example.org",
}
CONTACT = {**COMMON, "name": "Bob", "email": "bob@example.org"}
FROM_MAIN = {"from_reference": "Main", "to_reference": "Holidays"}


@pytest.mark.parametrize(
    ("kind", "record", "cells"),
    [
        ("transfer", transfer("supply"), ("supplied", "+1,200", "", "", "lunch")),
        ("transfer", transfer("payment"), ("paid", f"{MINUS}1,200", "", "bob@example.org", "lunch")),
        ("transfer", transfer("incoming"), ("received", "+1,200", "", "ada@example.org", "lunch")),
        ("transfer", transfer("refund"), ("refunded", f"{MINUS}1,200", "", "bob@example.org", "lunch")),
        (
            "transfer",
            transfer("transfer", **FROM_MAIN),
            ("moved", f"{MINUS}1,200", "", "to Holidays", "lunch"),
        ),
        ("transfer", transfer("incoming", **FROM_MAIN), ("moved", "+1,200", "", "from Main", "lunch")),
        ("conversion", conversion("credits2clock"), ("converted", f"{MINUS}20", "+20:00", "", "lunch")),
        ("conversion", conversion("clock2credits"), ("converted", "+20", f"{MINUS}20:00", "", "lunch")),
        (
            "conversion",
            conversion("transfer", **FROM_MAIN),
            ("moved", "", f"{MINUS}20:00", "to Holidays", "lunch"),
        ),
        ("time", RUN, ("used", "", f"{MINUS}1:30", "", "lunch  #acme #urgent")),
        ("invoice", INVOICE, ("sold", "+1,200", "", "bob@example.org", "lunch")),
        ("contact", CONTACT, ("Bob", "", "", "bob@example.org", "lunch")),
    ],
)
def test_a_record_says_what_came_or_went_and_with_whom(
    kind: str, record: dict[str, Any], cells: tuple[str, ...]
) -> None:
    assert history_row(kind, record, NOW)[1:] == cells
    assert found_row(kind, record, NOW)[0] == f"{kind} 7"
    assert set(history_values(kind, record)) == set(VALUES)


def test_only_what_came_in_is_marked_as_good() -> None:
    came = history_row("transfer", transfer("incoming"), NOW)[2]
    went = history_row("transfer", transfer("payment"), NOW)[2]
    assert isinstance(came, ToneText)
    assert came.tone is Tone.GOOD
    assert not (isinstance(went, ToneText) and went.tone is Tone.GOOD)


def test_a_private_note_says_that_only_its_owner_sees_it() -> None:
    record = transfer("payment", private_notes="he owes me one")
    assert history_row("transfer", record, NOW)[-1] == "lunch · only you: he owes me one"


def test_a_file_has_exact_numbers_with_their_signs() -> None:
    values = history_values("conversion", conversion("clock2credits"))
    assert (values["credits"], values["milliseconds"]) == (20, -1_200_000)
    assert history_values("time", RUN)["milliseconds"] == -90_500
    assert history_values("invoice", INVOICE)["cost"] == "12.50"


def test_an_invoice_has_its_number_and_its_cost() -> None:
    assert invoice_row(INVOICE, NOW)[1:] == ("Record 7", "+1,200", "EUR 12.50", "bob@example.org", "lunch")
    in_credits = {**INVOICE, "currency": None, "signed_cost": None}
    assert invoice_row(in_credits, NOW)[3] == ""
