"""Summaries of one wallet or clock, and in other time zones."""

from __future__ import annotations

from typing import Any

import pytest
from engine_client import EngineClient
from examples_payments import pay
from fakes import DAY, FRIDAY_NOON, HOUR, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import START, STOP, supply, to_clock, to_credits
from owned_items import choose, create_holder
from reports import SUMMARY, iso, timed_user

HOLDERS = ("ewallet", "clock")


def totals(caller: EngineClient, **arguments: Any) -> dict[str, Any]:
    """The totals that are not zero, with times in milliseconds only."""
    found = caller.request(**SUMMARY, **arguments)["totals"]
    return {name: value for name, value in found.items() if value and name != "minutes_spent"}


def active(caller: EngineClient) -> tuple[int, int]:
    """The ids of the active wallet and its active clock."""
    clock = caller.clock
    return clock["ewallet"], clock["id"]


@pytest.fixture
def two_of_each(
    running: EngineClient, bob: EngineClient, wallclock
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Ada's first wallet and its clock, with 5 minutes spent; her second, with 2 of 9 credits converted."""
    wallclock.forward(5 * MINUTE)
    running.request(**STOP)
    running.request(**to_credits(credits=3))
    first = active(running)
    running.request(**choose("switch", "ewallet", create_holder(running, "ewallet")))
    running.request(**supply(10))
    running.request(**pay("bob@example.org", 1))
    running.request(**to_clock(2))
    return first, active(running)


def test_a_summary_can_be_limited_to_one_wallet(ada, two_of_each):
    (first, _), (second, _) = two_of_each
    assert totals(ada, ewallet_id=first) == {
        "credits_in": 100,
        "converted_to_time": 20,
        "converted_to_credits": 3,
    }
    assert totals(ada, ewallet_id=second) == {"credits_in": 10, "credits_out": 1, "converted_to_time": 2}


def test_a_summary_can_be_limited_to_one_clock(ada, two_of_each):
    (_, first), (_, second) = two_of_each
    assert totals(ada, clock_id=first) == {
        "converted_to_time": 20,
        "converted_to_credits": 3,
        "minutes_spent_ms": 5 * MINUTE,
    }
    assert totals(ada, clock_id=second) == {"converted_to_time": 2}


def test_a_summary_of_one_clock_has_a_row_for_each_day(ada, two_of_each, wallclock):
    (_, first), _ = two_of_each
    wallclock.forward(DAY)
    ada.open_session().log_in()
    days = ada.request(**SUMMARY, clock_id=first, since="2026-11-19", until="2026-11-22")["rows"]
    assert [day["minutes_spent_ms"] for day in days] == [0, 5 * MINUTE, 0]


def test_a_summary_can_not_name_both_a_wallet_and_a_clock(ada, nothing_changes):
    wallet, clock = active(ada)
    nothing_changes()
    answer = ada.expect_error("arguments_clash", **SUMMARY, ewallet_id=wallet, clock_id=clock)
    assert answer["details"]["fields"] == ["ewallet_id", "clock_id"]


@pytest.mark.parametrize("word", HOLDERS)
def test_an_unlinked_wallet_or_clock_is_not_found(ada, nothing_changes, word):
    number = create_holder(ada, word)
    assert totals(ada, **{f"{word}_id": number}) == {}
    ada.request(**choose("unlink", word, number))
    nothing_changes()
    answer = ada.expect_error("not_found", **SUMMARY, **{f"{word}_id": number})
    assert answer["details"] == {"field": f"{word}_id"}


@pytest.mark.parametrize(
    ("utc_offset", "begins"),
    [
        (0, ["2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"]),
        (60, ["2026-11-19T23:00:00.000Z", "2026-11-20T23:00:00.000Z"]),
        (-330, ["2026-11-20T05:30:00.000Z", "2026-11-21T05:30:00.000Z"]),
        (840, ["2026-11-19T10:00:00.000Z", "2026-11-20T10:00:00.000Z"]),
    ],
)
def test_a_day_begins_at_midnight_of_the_utc_offset(ada, utc_offset, begins):
    answer = ada.request(**SUMMARY, since="2026-11-20", until="2026-11-22", utc_offset=utc_offset)
    assert [row["start"] for row in answer["rows"]] == begins
    # A date is the first moment of that day, so both days are whole.
    assert [row["end"] for row in answer["rows"]] == [begins[1], answer["until"]]
    assert answer["since"] == begins[0]
    instants = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-22T00:00:00Z"}
    answer = ada.request(**SUMMARY, **instants, utc_offset=utc_offset)
    assert (answer["since"], answer["until"]) == ("2026-11-20T00:00:00.000Z", "2026-11-22T00:00:00.000Z")


@pytest.mark.parametrize(
    ("by", "utc_offset", "begins"),
    [
        ("week", 120, ["2026-11-22T22:00:00.000Z", "2026-11-29T22:00:00.000Z"]),
        ("month", -480, ["2026-12-01T08:00:00.000Z"]),
    ],
)
def test_a_week_and_a_month_begin_at_midnight_of_the_utc_offset(ada, by, utc_offset, begins):
    answer = ada.request(**SUMMARY, since="2026-11-20", until="2026-12-04", by=by, utc_offset=utc_offset)
    assert [row["start"] for row in answer["rows"][1:]] == begins


def test_a_movement_counts_for_the_day_in_the_utc_offset(supplied, wallclock):
    wallclock.forward(11 * HOUR + 30 * MINUTE)
    supplied.open_session().log_in()
    supplied.request(**supply(7))

    def by_day(utc_offset: int) -> list[int]:
        period = {"since": "2026-11-20T05:00:00Z", "until": "2026-11-22T00:00:00Z"}
        rows = supplied.request(**SUMMARY, **period, utc_offset=utc_offset)["rows"]
        return [row["credits_in"] for row in rows]

    assert by_day(0) == [107, 0]
    assert by_day(60) == [100, 7, 0]


@pytest.mark.parametrize("utc_offset", [-841, 841, 5.5, "6e1"])
def test_a_utc_offset_beyond_14_hours_is_refused(ada, nothing_changes, utc_offset):
    nothing_changes()
    answer = ada.expect_error("bad_value", **SUMMARY, utc_offset=utc_offset)
    assert answer["details"] == {"field": "utc_offset"}


@pytest.mark.parametrize("by", ["day", "week", "month"])
@pytest.mark.parametrize("utc_offset", [-840, 840])
@pytest.mark.parametrize(
    "period",
    [{"until": "1970-01-02"}, {"since": "9999-12-31T01:00:00Z", "until": "9999-12-31T23:59:59.999Z"}],
    ids=["first", "last"],
)
def test_the_first_and_the_last_instants_have_a_day_in_every_utc_offset(ada, by, utc_offset, period):
    answer = ada.request(**SUMMARY, **period, by=by, utc_offset=utc_offset)
    assert answer["rows"][0]["start"] == answer["since"]
    assert answer["rows"][-1]["end"] == answer["until"]


actions = some.sampled_from(
    (
        *(supply(7), to_clock(3), to_credits(credits=2), START, STOP, pay("bob@example.org", 2)),
        *({"new": word} for word in HOLDERS),
    )
)
steps = some.lists(some.tuples(some.integers(0, 2 * DAY), actions), max_size=10)


@settings(max_examples=30, deadline=None)
@given(steps, some.sampled_from(("day", "week", "month")), some.integers(-840, 840))
def test_the_summaries_of_all_wallets_and_clocks_add_up_to_the_whole(new_wallet, steps, by, utc_offset):
    with timed_user(new_wallet) as user:
        wallets, clocks = ({number} for number in active(user.caller))
        for after, action in steps:
            if word := action.get("new"):
                user.request(**choose("switch", word, create_holder(user.caller, word)))
            else:
                user.request_after(after, **action)
            wallet, clock = active(user.caller)
            wallets.add(wallet)
            clocks.add(clock)
        period = {"since": iso(FRIDAY_NOON), "until": iso(user.wallclock.now + 1), "by": by}
        period["utc_offset"] = utc_offset
        of_all = user.request(**SUMMARY, **period)["rows"]
        of_wallets = [user.request(**SUMMARY, **period, ewallet_id=each)["rows"] for each in wallets]
        of_clocks = [user.request(**SUMMARY, **period, clock_id=each)["rows"] for each in clocks]
        plain = {name: value for name, value in period.items() if name != "utc_offset"}
        in_utc = user.request(**SUMMARY, **plain)["totals"]
    for place, row in enumerate(of_all):
        for name in ("credits_in", "credits_out", "converted_to_time", "converted_to_credits"):
            assert sum(rows[place][name] for rows in of_wallets) == row[name]
        for name in ("converted_to_time", "converted_to_credits", "minutes_spent_ms", "minutes_begun_ms"):
            assert sum(rows[place][name] for rows in of_clocks) == row[name]
    for name in ("credits_in", "credits_out", "converted_to_time", "minutes_spent_ms"):
        assert sum(row[name] for row in of_all) == in_utc[name]
