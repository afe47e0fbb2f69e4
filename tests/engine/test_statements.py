"""Wallet statements: opening and closing balances of a period, and every movement in it."""

from __future__ import annotations

import pytest
from database_file import erase_by_hand, rows
from engine_client import EngineClient
from examples_payments import pay, refund
from examples_sheets import record_verb
from fakes import DAY, FRIDAY_NOON, HOUR, MINUTE, SECOND
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import supply, to_clock, to_credits
from reports import STATEMENT, TimedUser, iso, pages, timed_user

CORE = "core@ewallet.local"


def movements(page: dict) -> list[tuple[str, int, int]]:
    return [(row["kind"], row["credits"], row["balance"]) for row in page["rows"]]


@pytest.fixture
def busy(ada: EngineClient, wallclock) -> EngineClient:
    """Ada, with movements at noon, a minute later and two minutes later."""
    ada.request(**supply(100, notes="lunch"))
    wallclock.forward(MINUTE)
    ada.request(**to_clock(20, notes="an hour"))
    wallclock.forward(MINUTE)
    ada.request(**to_credits(credits=3))
    return ada


def test_a_statement_has_every_movement_with_its_balance_newest_first(busy):
    page = busy.request(**STATEMENT)
    assert (page["opening"], page["closing"]) == (0, 83)
    assert (page["since"], page["until"], page["next"]) == (None, None, None)
    assert movements(page) == [("clock2credits", 3, 83), ("credits2clock", -20, 80), ("supply", 100, 100)]
    assert [row["time"] for row in page["rows"]] == [iso(FRIDAY_NOON + n * MINUTE) for n in (2, 1, 0)]


def test_a_movement_names_the_partner_and_a_conversion_has_none(busy):
    assert [row["partner"] for row in busy.request(**STATEMENT)["rows"]] == [None, None, CORE]


def test_a_payment_and_its_refund_name_the_partner(supplied, bob):
    supplied.request(**pay("bob@example.org", 30))
    bob.request(**refund(bob.records("transfer")[0]["id"], credits=10))
    assert [
        (row["kind"], row["credits"], row["partner"]) for row in supplied.request(**STATEMENT)["rows"]
    ] == [("refund", 10, "bob@example.org"), ("payment", -30, "bob@example.org"), ("supply", 100, CORE)]
    assert [row["partner"] for row in bob.request(**STATEMENT)["rows"]] == ["ada@example.org"] * 2


def test_an_erased_partner_is_shown_as_a_deleted_account(supplied, bob, wallet_url):
    supplied.request(**pay("bob@example.org", 30))
    erase_by_hand(wallet_url, "bob")
    assert supplied.request(**STATEMENT)["rows"][0]["partner"] == "deleted account"


def test_a_movement_has_the_id_and_notes_of_the_wallets_own_record(busy):
    third, second, first = busy.request(**STATEMENT)["rows"]
    assert first["transfer_record"] == busy.records("transfer")[0]["id"]
    assert [second["conversion_record"], third["conversion_record"]] == [
        record["id"] for record in reversed(busy.records("conversion"))
    ]
    assert [row["notes"] for row in (first, second, third)] == ["lunch", "an hour", ""]


def test_a_movement_stays_when_its_record_is_unlinked(busy):
    record_id = busy.request(**STATEMENT)["rows"][-1]["transfer_record"]
    busy.request(**record_verb("unlink", "transfer", record_id=record_id))
    row = busy.request(**STATEMENT)["rows"][-1]
    assert (row["credits"], row["transfer_record"], row["notes"]) == (100, None, None)


def test_since_is_inclusive_and_until_is_exclusive(busy):
    first, second, third = (FRIDAY_NOON + n * MINUTE for n in range(3))
    page = busy.request(**STATEMENT, since=iso(second), until=iso(third))
    assert movements(page) == [("credits2clock", -20, 80)]
    assert (page["opening"], page["closing"]) == (100, 80)
    assert (page["since"], page["until"]) == (iso(second), iso(third))
    assert movements(busy.request(**STATEMENT, since=iso(second + 1), until=iso(third))) == []
    assert busy.request(**STATEMENT, since=iso(first), until=iso(third + 1))["closing"] == 83


def test_a_date_stands_for_its_midnight(busy):
    assert len(busy.request(**STATEMENT, since="2026-11-20", until="2026-11-21")["rows"]) == 3
    before = busy.request(**STATEMENT, until="2026-11-20")
    assert (before["rows"], before["closing"]) == ([], 0)
    after = busy.request(**STATEMENT, since="2026-11-21")
    assert (after["rows"], after["opening"], after["closing"]) == ([], 83, 83)


def test_a_time_can_be_given_in_any_time_zone(busy):
    page = busy.request(**STATEMENT, since="2026-11-20T13:01:00+01:00")
    assert (page["since"], page["opening"]) == (iso(FRIDAY_NOON + MINUTE), 100)


def test_an_empty_period_has_equal_opening_and_closing_balances(busy):
    now = iso(FRIDAY_NOON + MINUTE)
    page = busy.request(**STATEMENT, since=now, until=now)
    assert (page["rows"], page["opening"], page["closing"]) == ([], 100, 100)


def test_a_period_that_ends_before_it_begins_is_refused(busy, nothing_changes):
    nothing_changes()
    answer = busy.expect_error(
        "period_backwards", **STATEMENT, since="2026-11-20T00:00:00.001Z", until="2026-11-20"
    )
    assert answer["details"]["fields"] == ["since", "until"]


@pytest.mark.parametrize("end", ["since", "until"])
@pytest.mark.parametrize(
    "value", ["yesterday", "2026-02-30", "1969-12-31", "2026-11-20T12:00:00", 1], ids=str
)
def test_an_invalid_time_is_refused(busy, nothing_changes, end, value):
    nothing_changes()
    assert busy.expect_error("bad_value", **STATEMENT, **{end: value})["details"] == {"field": end}


def test_a_statement_can_name_the_wallet(busy):
    own = busy.request(**STATEMENT)["credit_ewallet"]
    assert busy.request(**STATEMENT, ewallet_id=own) == busy.request(**STATEMENT)


@pytest.mark.parametrize("ewallet_id", [1, 2, 999])
def test_a_wallet_of_another_account_is_answered_like_a_missing_one(busy, bob, nothing_changes, ewallet_id):
    nothing_changes()
    answer = bob.expect_error("not_found", **STATEMENT, ewallet_id=ewallet_id)
    assert answer["details"] == {"field": "ewallet_id"}


def test_a_statement_has_the_costs_by_currency_before_and_after(ada, wallclock):
    for credits, money in (
        (1, {"cost": "12.50", "currency": "EUR"}),
        (2, {"cost": "3", "currency": "USD"}),
        (3, {"cost": "0.25", "currency": "EUR"}),
    ):
        ada.request(**supply(credits, **money))
        wallclock.forward(MINUTE)
    ada.request(**to_clock(1))
    page = ada.request(**STATEMENT, since=iso(FRIDAY_NOON + MINUTE))
    assert page["opening_costs"] == {"EUR": "12.50"}
    assert page["closing_costs"] == {"EUR": "12.75", "USD": "3"}
    assert [(row["currency"], row["cost"], row["cost_total"]) for row in page["rows"]] == [
        (None, None, None),
        ("EUR", "0.25", "12.75"),
        ("USD", "3", "3"),
    ]


def test_a_wallet_without_movements_has_an_empty_statement(ada):
    page = ada.request(**STATEMENT)
    assert (page["opening"], page["closing"], page["rows"], page["next"]) == (0, 0, [], None)
    assert (page["opening_costs"], page["closing_costs"]) == ({}, {})


def test_a_cursor_after_the_period_begins_at_its_end(busy):
    page = busy.request(**STATEMENT, until=iso(FRIDAY_NOON + MINUTE), before=2**63 - 1)
    assert movements(page) == [("supply", 100, 100)]


def test_a_page_begins_below_any_cursor(busy):
    ids = list(range(1, 20))
    whole = busy.request(**STATEMENT)
    found = {before: busy.request(**STATEMENT, before=before)["rows"] for before in ids}
    cursors = [busy.request(**STATEMENT, limit=limit)["next"] for limit in (1, 2)]
    assert [found[cursor] for cursor in cursors] == [whole["rows"][1:], whole["rows"][2:]]
    lengths = [len(found[before]) for before in ids]
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (0, 3)


def test_postings_of_one_instant_are_on_successive_pages(ada, wallclock):
    for credits in (1, 2, 3, 4):
        ada.request(**supply(credits))
        wallclock.forward(-SECOND)
    found = [page["rows"] for page in pages(ada, STATEMENT, limit=1)]
    assert [row["credits"] for (row,) in found] == [4, 3, 2, 1]
    assert {row["time"] for (row,) in found} == {iso(FRIDAY_NOON)}


PAY = pay("bob@example.org", 4)
steps = some.lists(
    some.tuples(
        some.integers(-HOUR, DAY) | some.just(0),
        some.sampled_from(
            (supply(7), supply(1), to_clock(3), to_credits(credits=2), to_credits(minutes=1), PAY)
        ),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(steps, some.data())
def test_the_movements_of_any_period_add_up_to_the_closing_balance(new_wallet, steps, data):
    with timed_user(new_wallet) as user:
        moved = _perform(user, steps)
        dates = some.sampled_from([at + by for at, _ in moved for by in (-1, 0, 1)] or [FRIDAY_NOON])
        since, until = sorted((data.draw(dates), data.draw(dates)))
        between = {"since": iso(since), "until": iso(until)}
        whole = user.request(**STATEMENT, **between)
        found = list(pages(user.caller, STATEMENT, **between, limit=data.draw(some.integers(1, 4))))
        everything = user.request(**STATEMENT)
    assert [row["credits"] for row in whole["rows"]] == [
        credits for at, credits in reversed(moved) if since <= at < until
    ]
    assert whole["opening"] == sum(credits for at, credits in moved if at < since)
    assert whole["closing"] == whole["opening"] + sum(row["credits"] for row in whole["rows"])
    balance = whole["opening"]
    for row in reversed(whole["rows"]):
        balance += row["credits"]
        assert row["balance"] == balance
    assert [row for page in found for row in page["rows"]] == whole["rows"]
    assert {(page["opening"], page["closing"]) for page in found} == {(whole["opening"], whole["closing"])}
    assert everything["closing"] == sum(credits for _, credits in moved)


def _perform(user: TimedUser, steps) -> list[tuple[int, int]]:
    """The time and amount of each movement; times never decrease, even if the clock was set back."""
    moved: list[tuple[int, int]] = []
    for after, instruction in steps:
        before = user.caller.credits
        user.request_after(after, **instruction)
        if by := user.caller.credits - before:
            moved.append((max([user.wallclock.now, *(at for at, _ in moved)]), by))
    return moved


def test_the_closing_balance_is_the_current_balance_after_the_clock_was_set_back(busy, wallclock):
    wallclock.forward(-SECOND)
    busy.request(**supply(5))
    assert busy.request(**STATEMENT)["closing"] == busy.credits == 88


def test_a_statement_has_a_row_for_every_entry(busy, wallet_url):
    page = busy.request(**STATEMENT)
    entries = {row["id"] for row in rows(wallet_url, "SELECT id FROM entries")}
    assert {row["entry"] for row in page["rows"]} == entries
