"""The overview: everything that a home screen shows, from one consistent read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from engine_client import EngineClient
from fakes import DAY, HOUR, MINUTE
from instructions import (
    PAUSE,
    START,
    STOP,
    VIEW_ACCOUNT,
    VIEW_CLOCK,
    VIEW_WALLET,
    supply,
    to_clock,
    to_credits,
)
from reports import SEARCH

from ewallet_core.storage.transaction import Transaction

OVERVIEW = {"action": "view", "view": "overview"}


def overview(caller: EngineClient, **more):
    return caller.request(**OVERVIEW, **more)


def history(caller: EngineClient, **more):
    return {row["day"]: row["credits"] for row in overview(caller, **more)["balance_history"]}


def milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@pytest.fixture
def back(engine, wallclock):
    """Moves the clock to that moment, and logs ada in anew: her session may have ended."""

    def move(moment: datetime) -> EngineClient:
        wallclock.now = milliseconds(moment)
        return EngineClient(engine).open_session().log_in()

    return move


def test_it_shows_what_the_views_of_the_account_the_wallet_and_the_clock_show(running):
    shown = overview(running)
    for view in (VIEW_ACCOUNT, VIEW_WALLET, VIEW_CLOCK):
        answer = running.request(**view)
        for key in ("account", "account_data", "ewallet_data", "clock_data"):
            if key in answer:
                assert shown[key] == answer[key]


def test_activity_is_of_three_kinds_newest_first_as_a_search_shows_it(supplied, bob, wallclock):
    for instruction in (to_clock(20), START, STOP, to_credits(credits=3)):
        wallclock.forward(MINUTE)
        supplied.request(**instruction)
    supplied.request(action="pay", pay="bob@example.org", credits=5)
    bob.request(action="refund", refund="payment", record_id=bob.records("transfer")[0]["id"])
    activity = overview(supplied)["activity"]
    assert [row["kind"] for row in activity] == [
        "transfer",
        "transfer",
        "conversion",
        "time",
        "conversion",
        "transfer",
    ]
    assert activity[0]["record_data"]["refund_of"] == activity[1]["record"]
    found = supplied.request(**SEARCH)["rows"]
    assert activity == [row for row in found if row["kind"] not in ("invoice", "contact")]


def test_activity_is_as_long_as_the_limit_says(supplied):
    for _ in range(25):
        supplied.request(**to_clock(1))
    assert len(overview(supplied)["activity"]) == 20
    assert len(overview(supplied, limit=3)["activity"]) == 3
    assert len(overview(supplied, limit=100)["activity"]) == 26


def test_an_unlinked_record_is_no_activity(supplied):
    record = supplied.records("transfer")[0]["id"]
    supplied.request(action="unlink", unlink="transfer", transfer="record", record_id=record)
    assert overview(supplied)["activity"] == []


def test_timers_are_all_that_have_begun_also_on_the_clock_of_another_wallet(converted):
    converted.request(**START)
    first = converted.request(**VIEW_CLOCK)["credit_clock"]
    assert [timer["id"] for timer in overview(converted)["timers"]] == [first]
    other = converted.request(action="new", new="credit", credit="wallet")["credit_ewallet"]
    converted.request(action="switch", switch="credit", credit="wallet", ewallet_id=other)
    converted.request(**supply(10))
    converted.request(**to_clock(10))
    converted.request(**START)
    converted.request(**PAUSE)
    second = converted.request(**VIEW_CLOCK)["credit_clock"]
    shown = overview(converted)
    assert [(timer["id"], timer["clock_state"]) for timer in shown["timers"]] == [
        (first, "active"),
        (second, "paused"),
    ]
    assert shown["timers"][1] == shown["clock_data"]


def test_a_timer_that_has_run_out_is_settled_first(running, wallclock):
    wallclock.forward(20 * MINUTE)
    shown = overview(running)
    assert shown["timers"] == []
    assert shown["activity"][0]["kind"] == "time"
    assert shown["event_sequence"] == running.engine.events(**running.credentials).sequence == 4


def test_the_history_has_thirty_days_up_to_now(supplied):
    days = list(history(supplied))
    assert (days[0], days[-1], len(days)) == ("2026-10-22", "2026-11-20", 30)
    assert list(history(supplied).values()) == [0] * 29 + [100]


def test_a_day_has_what_the_active_wallet_held_at_its_end(supplied, back):
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    back(noon + timedelta(days=2)).request(**supply(7))
    back(noon + timedelta(days=2, hours=1)).request(**to_clock(50))
    ada = back(noon + timedelta(days=4))
    assert list(history(ada).values())[-6:] == [0, 100, 100, 57, 57, 57]
    other = ada.request(action="new", new="credit", credit="wallet")["credit_ewallet"]
    ada.request(action="switch", switch="credit", credit="wallet", ewallet_id=other)
    assert set(history(ada).values()) == {0}


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (None, "2026-11-20"),
        ("Asia/Tokyo", "2026-11-21"),
        ("America/Los_Angeles", "2026-11-20"),
        ("Pacific/Kiritimati", "2026-11-21"),
    ],
)
def test_the_time_zone_says_which_day_it_is(ada, back, zone, day):
    ada = back(datetime(2026, 11, 20, 22, 30, tzinfo=UTC))
    ada.request(**supply(9))
    shown = history(ada, **({} if zone is None else {"time_zone": zone}))
    assert list(shown)[-1] == day
    assert shown[day] == 9


@pytest.mark.parametrize(
    ("zone", "changes_on"),
    [("Europe/Berlin", (2026, 10, 25)), ("Europe/Berlin", (2026, 3, 29)), ("Africa/Cairo", (2026, 4, 24))],
    ids=["an hour more", "an hour less", "an hour less at midnight"],
)
def test_a_day_ends_at_midnight_also_when_the_clocks_change(ada, back, wallclock, zone, changes_on):
    local = ZoneInfo(zone)
    midnight = datetime(*changes_on, tzinfo=local) + timedelta(days=1)
    wallclock.now = milliseconds(midnight) - DAY * 40
    ada = EngineClient(ada.engine).open_session().register("cleo").log_in("cleo")
    for before, credits in ((1, 10), (0, 5)):
        wallclock.now = milliseconds(midnight) - before
        ada = EngineClient(ada.engine).open_session().log_in("cleo")
        ada.request(**supply(credits))
    wallclock.forward(HOUR * 3)
    ada = EngineClient(ada.engine).open_session().log_in("cleo")
    shown = history(ada, time_zone=zone)
    day = date(*changes_on)
    assert shown[str(day)] == 10
    assert shown[str(day + timedelta(days=1))] == 15
    assert len(shown) == 30


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "Europe", "../etc/passwd", "/etc/localtime", "", "tzdata.zi", "x" * 65]
)
def test_an_unknown_time_zone_is_refused(ada, zone):
    answer = ada.expect_error("bad_value", **OVERVIEW, time_zone=zone)
    assert answer["details"] == {"field": "time_zone"}


def test_it_is_one_read_that_changes_nothing(supplied, nothing_changes):
    nothing_changes()
    overview(supplied)


def test_the_events_after_it_are_what_it_does_not_contain(supplied, bob):
    shown = overview(supplied)
    supplied.request(action="pay", pay="bob@example.org", credits=30)
    (event,) = supplied.engine.events(**supplied.credentials, since=shown["event_sequence"]).events
    assert event["data"]["ewallet_credits"] == shown["ewallet_data"]["credits"] - 30


def test_it_takes_as_many_statements_for_much_activity_as_for_little(supplied, monkeypatch):
    counted: list[object] = []
    run = Transaction.run
    monkeypatch.setattr(
        Transaction,
        "run",
        lambda self, statement, **values: counted.append(1) or run(self, statement, **values),
    )
    overview(supplied)
    few = len(counted)
    for _ in range(10):
        supplied.request(**supply(1))
        supplied.request(**to_clock(1))
    counted.clear()
    assert len(overview(supplied)["activity"]) == 20
    assert len(counted) == few <= 30
