"""Records in another order than by date, page by page, and the totals of what is found."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from database_file import execute_sql
from engine_client import EngineClient
from examples_payments import pay
from examples_sheets import new_contact
from fakes import SECOND
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from instructions import START, STOP, supply, to_clock, to_credits, view_list
from owned_items import KINDS, unlink_record, view_sheet
from reports import SEARCH

from ewallet_core.storage.record_order import SORTS
from ewallet_core.types import user_key

Row = dict[str, Any]
NAMES = ("Zoë", "anna", "Émile", "Bob", "anna", "Ada", "ßeta", "bob")


@pytest.fixture
def busy(ada: EngineClient, bob: EngineClient, wallclock) -> EngineClient:
    """Ada with records of every kind, several of them equal in what they can be sorted by."""
    for credits, cost in ((100, "9.5"), (30, "100"), (30, "9.50"), (7, "0"), (12, "20.25")):
        wallclock.forward(SECOND)
        ada.request(**supply(credits, cost=cost, notes=f"{cost} paid"))
    for credits in (5, 30, 5):
        wallclock.forward(SECOND)
        ada.request(**pay("bob@example.org", credits, notes="Lunch"))
    bob.request(**pay("ada@example.org", 3, notes="back"))
    for credits in (10, 4):
        ada.request(**to_clock(credits))
        ada.request(**START)
        wallclock.forward((5 - credits // 4) * SECOND)
        ada.request(**STOP)
    ada.request(**to_credits(credits=2))
    for name in NAMES:
        ada.request(**new_contact(name))
    return ada


def pages_of(read: Callable[..., Row], limit: int) -> list[Row]:
    """All rows, read by their cursors."""
    page = read(limit=limit)
    rows = list(page["rows"])
    while page["next"] is not None:
        page = read(limit=limit, before=page["next"])
        assert len(page["rows"]) <= limit
        rows += page["rows"]
    return rows


def listed(caller: EngineClient, kind: str, **arguments: Any) -> Callable[..., Row]:
    return lambda **page: view_sheet(caller, kind, **arguments, **page)


def found(caller: EngineClient, kind: str, **arguments: Any) -> Callable[..., Row]:
    def read(**page: Any) -> Row:
        answer = caller.request(**SEARCH, kind=kind, **arguments, **page)
        return answer | {"rows": [row["record_data"] for row in answer["rows"]]}

    return read


def partner_of(row: Row) -> str:
    if "direction" in row:
        return row["buyer_email"] if row["direction"] == "sale" else row["seller_email"]
    if row["transfer_type"] == "supply":
        return ""
    return row["transfer_from"] if row["transfer_type"] == "incoming" else row["transfer_to"]


KEYS: dict[str, Callable[[Row], Any]] = {
    "cost": lambda row: Decimal(row["cost"] or 0),
    "currency": lambda row: row["currency"] or "",
    "reference": lambda row: row["id"],
    "name": lambda row: user_key(row["name"]),
    "email": lambda row: user_key(row["email"]),
    "notes": lambda row: user_key(row["notes"]),
    "tags": lambda row: "".join(f" {tag} " for tag in row["tags"]),
    "partner": partner_of,
}


def signed(row: Row) -> int:
    what = row.get("transfer_type") or row["conversion_type"]
    comes_in = what in ("supply", "incoming", "clock2credits")
    return row["credits"] if comes_in else -row["credits"]


def key_of(row: Row, column: str) -> Any:
    if column == "signed_credits":
        return row["signed_credits"] if "signed_credits" in row else signed(row)
    return KEYS[column](row) if column in KEYS else row[column]


@pytest.mark.parametrize("kind", KINDS)
def test_every_order_is_total_and_the_same_by_page(busy, kind):
    newest_first = view_sheet(busy, kind, limit=100)["rows"]
    for column in SORTS[kind]:
        for sign in ("", "-"):
            sort = f"{sign}{column}"
            whole = view_sheet(busy, kind, sort=sort, limit=100)["rows"]
            expected = sorted(newest_first, key=lambda row: key_of(row, column), reverse=bool(sign))
            assert [key_of(row, column) for row in whole] == [key_of(row, column) for row in expected], sort
            assert sorted(row["id"] for row in whole) == sorted(row["id"] for row in newest_first)
            # Equal ones are newest first.
            for one, other in pairwise(whole):
                assert key_of(one, column) != key_of(other, column) or one["id"] > other["id"], sort
            for read in (listed(busy, kind, sort=sort), found(busy, kind, sort=sort)):
                assert pages_of(read, 2) == whole, sort
            assert view_sheet(busy, kind, sort=sort, limit=2, skip=1)["rows"] == whole[1:3]


def test_an_email_that_is_shown_is_sorted_by(busy, wallet_url):
    """On an invoice from before it kept its parties, and of an account without a key of its own."""
    execute_sql(
        wallet_url,
        "UPDATE invoice_records SET seller_name = NULL, seller_email = NULL, buyer_name = NULL,"
        " buyer_email = NULL, search_key = '' WHERE entry_id % 2 = 1",
    )
    execute_sql(
        wallet_url,
        "UPDATE accounts SET email = 'Ada@example.org', email_key = NULL, email_looks_like_id = 2,"
        " email_skeleton = (SELECT email_skeleton FROM accounts WHERE id = 2) WHERE id = 3",
    )
    for kind in ("invoice", "transfer"):
        whole = view_sheet(busy, kind, sort="partner", limit=100)["rows"]
        partners = [partner_of(row) for row in whole]
        assert partners == sorted(partners), kind
        assert pages_of(listed(busy, kind, sort="partner"), 2) == whole
        assert pages_of(found(busy, kind, sort="-partner"), 100)[0]["id"] in {
            row["id"] for row in whole if partner_of(row) == partners[-1]
        }


def test_a_page_goes_on_after_its_record_although_that_was_removed(busy):
    first = view_sheet(busy, "contact", sort="name", limit=2)
    whole = view_sheet(busy, "contact", sort="name")["rows"]
    busy.request(**unlink_record("contact", first["rows"][-1]["id"]))
    rest = view_sheet(busy, "contact", sort="name", before=first["next"])
    assert [row["id"] for row in rest["rows"]] == [row["id"] for row in whole[2:]]
    removed = view_sheet(busy, "contact", removed=True, sort="-name", totals=True)
    assert [row["id"] for row in removed["rows"]] == [first["rows"][-1]["id"]]
    assert removed["totals"] == {"count": 1}


def test_a_filter_is_sorted_and_added_up(busy):
    answer = busy.request(**SEARCH, kind="transfer", text="lunch", sort="-credits", totals=True)
    assert [row["record_data"]["credits"] for row in answer["rows"]] == [30, 5, 5]
    assert answer["totals"] == {"count": 3, "credits_in": 0, "credits_out": 40}
    # A page has the totals of all pages.
    page = busy.request(**SEARCH, kind="transfer", text="lunch", totals=True, limit=1)
    assert page["totals"] == answer["totals"]
    nothing = busy.request(**SEARCH, kind="transfer", text="xyzzy", totals=True)
    assert nothing["totals"] == {"count": 0, "credits_in": 0, "credits_out": 0}
    now = busy.request(**SEARCH, kind="transfer", totals=True, sort="credits", until="2000-01-01")
    assert (now["rows"], now["totals"]["count"]) == ([], 0)


def test_totals_are_those_of_the_records(busy):
    transfers = view_sheet(busy, "transfer", totals=True, limit=1)["totals"]
    assert transfers == {"count": 9, "credits_in": 182, "credits_out": 40}
    invoices = view_sheet(busy, "invoice", totals=True)["totals"]
    assert invoices == {
        "count": 9,
        "credits_in": 182,
        "credits_out": 40,
        "money_in": {},
        "money_out": {"EUR": "139.25"},
    }
    conversions = view_sheet(busy, "conversion", totals=True)["totals"]
    assert (conversions["credits_in"], conversions["credits_out"]) == (2, 14)
    assert (conversions["minutes_in"], conversions["minutes_out_ms"]) == (14, 120_000)
    rows = view_sheet(busy, "time")["rows"]
    times = view_sheet(busy, "time", totals=True)["totals"]
    assert times["time_spent_ms"] == sum(row["time_spent_ms"] for row in rows) > 0
    assert view_sheet(busy, "contact", totals=True)["totals"] == {"count": len(NAMES)}
    assert view_sheet(busy, "contact")["totals"] is None


def test_totals_beyond_an_integer_of_the_database_are_exact(busy, database, engine):
    most = 2**62

    def inflate(transaction: Any) -> None:
        transaction._connection.execute(f"UPDATE time_records SET time_spent = {most}")

    database.write(inflate)
    assert view_sheet(busy, "time", totals=True)["totals"]["time_spent_ms"] == 2 * most

    def restore(transaction: Any) -> None:
        transaction._connection.execute("UPDATE time_records SET time_spent = time_stop - time_start")

    database.write(restore)


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({**view_list("transfer"), "sort": "name"}, "bad_value", "sort"),
        ({**view_list("transfer"), "sort": "--credits"}, "bad_value", "sort"),
        ({**view_list("transfer"), "sort": "credits", "before": 999}, "bad_value", "before"),
        ({**SEARCH, "sort": "credits"}, "missing_argument", "kind"),
        ({**SEARCH, "totals": True}, "missing_argument", "kind"),
        ({**SEARCH, "kind": "time", "sort": "cost"}, "bad_value", "sort"),
        ({**SEARCH, "kind": "transfer", "sort": "credits", "before": "1-transfer-1"}, "bad_value", "before"),
    ],
)
def test_an_order_that_can_not_be_is_refused(busy, nothing_changes, arguments, code, field):
    nothing_changes()
    error = busy.send(**arguments)
    assert (error["code"], error["details"]["field"]) == (code, field)


def test_a_cursor_tells_nothing_of_another_account(busy, bob):
    """Record 1 is not ada's: its place in the order is not told."""
    error = bob.send(**SEARCH, kind="contact", sort="name", before="1-contact-1")
    assert error["code"] == "bad_value"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.integers(1, 12), some.sampled_from(sorted(SORTS["transfer"])), some.sampled_from("lp9"))
def test_pages_of_any_length_are_the_whole(busy, limit, sort, text):
    read = found(busy, "transfer", sort=sort, text=text)
    assert pages_of(read, limit) == read(limit=100)["rows"]
