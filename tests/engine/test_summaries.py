"""Summaries: credits received, sent and converted, and time spent, by day, week or month."""

from __future__ import annotations

import pytest
from database_file import execute_sql, rows
from engine_client import EngineClient
from examples_payments import pay, refund
from fakes import DAY, FRIDAY_NOON, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import START, STOP, supply, to_clock, to_credits
from reports import SUMMARY, iso, timed_user

FRIDAY = FRIDAY_NOON - DAY // 2
NOT_MOVED = dict.fromkeys(("moved_in", "moved_in_ms", "moved_out", "moved_out_ms"))
NOTHING = {
    "credits_in": 0,
    "credits_out": 0,
    "converted_to_time": 0,
    "converted_to_credits": 0,
    "minutes_spent": 0.0,
    "minutes_spent_ms": 0,
    "minutes_begun": 0.0,
    "minutes_begun_ms": 0,
    # Of the whole account, nothing moves between its own wallets and clocks.
    **NOT_MOVED,
}


def sums(row: dict) -> dict:
    return {name: row[name] for name in NOTHING}


@pytest.fixture
def busy(running: EngineClient, wallclock) -> EngineClient:
    """Ada, who was supplied 100 credits, converted 20 and spent 5 minutes, and converted 3 back."""
    wallclock.forward(5 * MINUTE)
    running.request(**STOP)
    running.request(**to_credits(credits=3))
    return running


BUSY = NOTHING | {
    "credits_in": 100,
    "credits_out": 0,
    "converted_to_time": 20,
    "converted_to_credits": 3,
    "minutes_spent": 5.0,
    "minutes_spent_ms": 5 * MINUTE,
    **NOT_MOVED,
}


def test_a_summary_has_received_converted_and_spent_amounts(busy):
    answer = busy.request(**SUMMARY, since="2026-11-20", until="2026-11-21")
    assert answer["rows"] == [{"start": iso(FRIDAY), "end": iso(FRIDAY + DAY), **BUSY}]
    assert answer["totals"] == BUSY


def test_payments_and_refunds_count_as_received_or_sent(supplied, bob):
    supplied.request(**pay("bob@example.org", 30))
    bob.request(**refund(bob.records("transfer")[0]["id"], credits=10))
    for caller, received, sent in ((supplied, 110, 30), (bob, 30, 10)):
        totals = caller.request(**SUMMARY)["totals"]
        assert (totals["credits_in"], totals["credits_out"]) == (received, sent)


def test_a_summary_covers_the_last_30_days_by_default(busy, wallclock):
    answer = busy.request(**SUMMARY)
    assert answer["by"] == "day"
    assert answer["until"] == iso(wallclock.now + 1)
    assert answer["since"] == iso(wallclock.now + 1 - 30 * DAY)
    assert (len(answer["rows"]), answer["totals"]) == (31, BUSY)


@pytest.mark.parametrize(
    ("by", "since", "count"),
    [("week", iso(FRIDAY_NOON + 1 - 84 * DAY), 13), ("month", "2025-11-20T12:00:00.001Z", 13)],
)
def test_a_summary_by_week_or_month_covers_the_last_twelve_by_default(ada, by, since, count):
    answer = ada.request(**SUMMARY, by=by)
    assert (answer["since"], len(answer["rows"])) == (since, count)


def test_periods_without_movements_are_rows_of_zeros(busy):
    answer = busy.request(**SUMMARY, since="2026-11-18", until="2026-11-23")
    assert [sums(row) for row in answer["rows"]] == [NOTHING, NOTHING, BUSY, NOTHING, NOTHING]


def test_the_first_and_the_last_row_are_cut_at_the_period(ada):
    answer = ada.request(**SUMMARY, by="week", since="2026-11-20T12:00:00Z", until="2026-12-01")
    assert [(row["start"][:10], row["end"][:10]) for row in answer["rows"]] == [
        ("2026-11-20", "2026-11-23"),
        ("2026-11-23", "2026-11-30"),
        ("2026-11-30", "2026-12-01"),
    ]


def test_since_is_inclusive_and_until_is_exclusive(supplied):
    def received_in(since: int, until: int) -> int:
        return supplied.request(**SUMMARY, since=iso(since), until=iso(until))["totals"]["credits_in"]

    assert received_in(FRIDAY_NOON, FRIDAY_NOON + 1) == 100
    assert received_in(FRIDAY_NOON + 1, FRIDAY_NOON + 2) == received_in(FRIDAY_NOON - 1, FRIDAY_NOON) == 0


def test_an_empty_period_has_no_rows(busy):
    answer = busy.request(**SUMMARY, since="2026-11-20", until="2026-11-20")
    assert (answer["rows"], answer["totals"]) == ([], NOTHING)


def test_a_summary_has_at_most_400_rows(ada, nothing_changes):
    nothing_changes()
    assert len(ada.request(**SUMMARY, since="2020-01-01", until="2021-02-04")["rows"]) == 400
    answer = ada.expect_error("too_many_periods", **SUMMARY, since="2020-01-01", until="2021-02-05")
    assert answer["details"]["most"] == 400
    assert "400 periods" in answer["error"]
    ada.expect_error("too_many_periods", **SUMMARY, since="1970-01-01", until="9999-12-31", by="month")


def test_too_many_tags_are_not_called_periods(busy, wallet_url):
    tags = " ".join(f"tag{number}" for number in range(401))
    execute_sql(wallet_url, f"UPDATE time_records SET tags = ' {tags} '")
    answer = busy.expect_error("too_many_periods", **SUMMARY, by="tag")
    execute_sql(wallet_url, "UPDATE time_records SET tags = ''")
    assert (answer["error"], answer["warning"]) == (
        "That summary has more than 400 tags.",
        "Choose a shorter time.",
    )


@pytest.mark.parametrize(
    "period",
    [{"since": "2026-11-21", "until": "2026-11-20"}, {"since": "2026-11-21"}],
    ids=["both said", "until now"],
)
def test_a_period_that_ends_before_it_begins_is_refused(ada, nothing_changes, period):
    nothing_changes()
    ada.expect_error("period_backwards", **SUMMARY, **period)


def test_a_summary_can_begin_in_1970(ada):
    for by in ("day", "week", "month"):
        assert ada.request(**SUMMARY, until="1970-01-02", by=by)["since"] == iso(0)


def test_another_unit_than_day_week_or_month_is_refused(ada, nothing_changes):
    nothing_changes()
    assert ada.expect_error("bad_value", **SUMMARY, by="year")["details"] == {"field": "by"}


def test_a_summary_does_not_count_other_accounts(busy, bob):
    assert bob.request(**SUMMARY)["totals"] == NOTHING


def test_unlinked_wallets_and_clocks_count(open_engine, wallet_url):
    ada = EngineClient(open_engine()).open_session().register().log_in()
    for instruction in (supply(100), to_clock(20), START, STOP):
        ada.request(**instruction)
    before = ada.request(**SUMMARY)
    execute_sql(wallet_url, "UPDATE ewallets SET unlinked_at = 1")
    execute_sql(wallet_url, "UPDATE clocks SET unlinked_at = 1")
    assert ada.request(**SUMMARY) == before


def test_sums_do_not_overflow_64_bits(open_engine, wallet_url):
    ada = EngineClient(open_engine()).open_session().register().log_in()
    ada.request(**supply(1))
    supplied = rows(wallet_url, "SELECT * FROM postings WHERE amount > 0")[0]
    largest, many = 2**63 - 1, 50
    for number in range(many):
        execute_sql(
            wallet_url,
            "INSERT INTO postings (entry_id, position, balance_id, unit, amount, balance_after, at)"
            " VALUES (?, ?, ?, 'credit', ?, 1, ?), (?, ?, ?, 'credit', ?, 1, ?)",
            *(supplied["entry_id"], 1_000 + number, supplied["balance_id"], largest, FRIDAY_NOON),
            *(supplied["entry_id"], 2_000 + number, supplied["balance_id"], -largest, FRIDAY_NOON),
        )
    totals = ada.request(**SUMMARY)["totals"]
    assert totals["credits_in"] == many * largest + 1
    assert totals["credits_out"] == many * largest


PAY = pay("bob@example.org", 2)
steps = some.lists(
    some.tuples(
        some.integers(0, 20 * DAY),
        some.sampled_from(
            (supply(7), to_clock(3), to_credits(credits=2), START, STOP, pay("bob@example.org", 2))
        ),
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(steps, some.sampled_from(("day", "week", "month")))
def test_the_rows_of_a_summary_add_up_to_its_totals_and_to_the_movements(new_wallet, steps, by):
    with timed_user(new_wallet) as user:
        done = [user.request_after(after, **instruction) for after, instruction in steps]
        until = iso(user.wallclock.now + 1)
        answer = user.request(**SUMMARY, by=by, since=iso(FRIDAY_NOON), until=until)
        credits, clock = user.caller.credits, user.caller.clock
    totals = answer["totals"]
    added = {name: sum(row[name] for row in answer["rows"]) for name in set(totals) - set(NOT_MOVED)}
    rounded = {name: totals[name] for name in ("minutes_spent", "minutes_begun")}
    assert totals == {**added, **NOT_MOVED, **rounded}
    assert totals["credits_in"] == sum(answer.get("supplied_credits", 0) for answer in done)
    converted = totals["converted_to_time"] - totals["converted_to_credits"]
    assert totals["credits_out"] == sum(answer.get("spent_credits", 0) for answer in done)
    assert credits == totals["credits_in"] - totals["credits_out"] - converted
    assert totals["minutes_begun_ms"] == clock["minutes_spent_ms"]
    assert (
        totals["minutes_spent_ms"] + totals["minutes_begun_ms"]
        == converted * MINUTE - clock["credit_clock_ms"]
    )
