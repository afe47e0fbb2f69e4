"""Reports cut days in a time zone: a run over midnight counts for both, as a change of the clocks has it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from database_file import execute_sql
from engine_client import EngineClient
from examples_payments import pay, refund
from fakes import FRIDAY_NOON, HOUR, MINUTE
from instructions import PAUSE, RESUME, START, STOP, supply, to_clock
from reports import EXPORT, SEARCH, STATEMENT, SUMMARY, iso


@pytest.fixture
def at(ada, wallclock):
    """Sends ada's instruction at a local time of a zone."""

    def send(zone: str, moment: str, **instruction):
        local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
        wallclock.now = int(local.timestamp()) * 1_000
        return EngineClient(ada.engine).open_session().log_in().request(**instruction)

    return send


def minutes_by(row_key: str, answer) -> dict[str, float]:
    return {row[row_key]: row["minutes_spent"] for row in answer["rows"] if row["minutes_spent"]}


def minutes_by_day(answer, zone: str) -> dict[str, float]:
    local = ZoneInfo(zone)
    return {
        str(datetime.fromisoformat(start).astimezone(local).date()): minutes
        for start, minutes in minutes_by("start", answer).items()
    }


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia"])
@pytest.mark.parametrize("is_paused", [False, True], ids=["straight", "with a pause"])
def test_a_run_over_midnight_counts_for_both_days(at, zone, is_paused):
    at(zone, "2026-11-20 22:00", **supply(100))
    at(zone, "2026-11-20 22:00", **to_clock(100))
    at(zone, "2026-11-20 23:30", **START)
    if is_paused:
        at(zone, "2026-11-20 23:50", **PAUSE)
        at(zone, "2026-11-21 00:10", **RESUME)
    at(zone, "2026-11-21 00:30", **STOP)
    each = 20.0 if is_paused else 30.0
    answer = at(zone, "2026-11-21 12:00", **SUMMARY, time_zone=zone)
    assert minutes_by_day(answer, zone) == {"2026-11-20": each, "2026-11-21": each}
    assert answer["totals"]["minutes_spent"] == 2 * each
    cut = {"since": "2026-11-21", "until": "2026-11-22", "time_zone": zone}
    assert at(zone, "2026-11-21 12:00", **SUMMARY, **cut)["totals"]["minutes_spent"] == each


def test_a_run_until_the_clock_is_empty_counts_for_both_days(at):
    berlin = "Europe/Berlin"
    at(berlin, "2026-11-20 22:00", **supply(100))
    at(berlin, "2026-11-20 22:00", **to_clock(60))
    at(berlin, "2026-11-20 23:30", **START)
    answer = at(berlin, "2026-11-21 12:00", **SUMMARY, time_zone=berlin)
    assert minutes_by_day(answer, berlin) == {"2026-11-20": 30.0, "2026-11-21": 30.0}


@pytest.mark.parametrize(
    ("night", "stop", "used"),
    [
        ("2026-10-24 23:00", "2026-10-25 23:59", [60.0, 25 * 60.0 - 1]),
        ("2026-03-28 23:00", "2026-03-29 23:59", [60.0, 23 * 60.0 - 1]),
    ],
    ids=["a day of 25 hours", "a day of 23 hours"],
)
def test_the_day_on_which_the_clocks_change_has_as_many_hours_as_it_lasts(at, night, stop, used):
    berlin = "Europe/Berlin"
    for instruction in (supply(9_999), to_clock(9_999), START):
        at(berlin, night, **instruction)
    at(berlin, stop, **STOP)
    answer = at(berlin, stop, **SUMMARY, time_zone=berlin)
    assert list(minutes_by_day(answer, berlin).values()) == used


def test_weeks_and_months_are_cut_in_the_time_zone(at):
    apia = "Pacific/Apia"
    at(apia, "2026-05-31 22:00", **supply(100))
    at(apia, "2026-05-31 22:00", **to_clock(100))
    # A Sunday, the last of the month.
    at(apia, "2026-05-31 23:30", **START)
    at(apia, "2026-06-01 00:15", **STOP)
    for by in ("week", "month"):
        answer = at(apia, "2026-06-03 12:00", **SUMMARY, by=by, time_zone=apia)
        assert list(minutes_by("start", answer).values()) == [30.0, 15.0]


def test_a_run_that_has_not_stopped_counts_as_begun_on_each_day(at):
    kolkata = "Asia/Kolkata"
    at(kolkata, "2026-11-20 22:00", **supply(100))
    at(kolkata, "2026-11-20 22:00", **to_clock(100))
    at(kolkata, "2026-11-20 23:30", **START)
    at(kolkata, "2026-11-20 23:40", **PAUSE)
    at(kolkata, "2026-11-20 23:45", **RESUME)
    answer = at(kolkata, "2026-11-21 00:05", **SUMMARY, time_zone=kolkata)
    assert [row["minutes_begun"] for row in answer["rows"][-2:]] == [25.0, 5.0]
    assert (answer["totals"]["minutes_begun"], answer["totals"]["minutes_spent"]) == (30.0, 0.0)
    at(kolkata, "2026-11-21 00:05", **STOP)
    answer = at(kolkata, "2026-11-21 00:05", **SUMMARY, time_zone=kolkata)
    assert [row["minutes_spent"] for row in answer["rows"][-2:]] == [25.0, 5.0]
    assert answer["totals"]["minutes_begun"] == 0.0


def test_runs_from_before_segments_were_kept_are_split_in_proportion(running, wallclock, wallet_url):
    running.request(**PAUSE)
    wallclock.forward(12 * HOUR - 10 * MINUTE)
    ada = EngineClient(running.engine).open_session().log_in()
    ada.request(**RESUME)
    wallclock.forward(20 * MINUTE)
    ada = EngineClient(running.engine).open_session().log_in()
    totals = ada.request(**SUMMARY)["totals"]
    # As if 12 of its 20 minutes were used before, from noon on; 10 minutes with a segment end at midnight.
    execute_sql(wallet_url, "UPDATE time_segments SET started_at = stopped_at - ?", 8 * MINUTE)
    execute_sql(wallet_url, "UPDATE time_records SET time_unsegmented = ?", 12 * MINUTE)
    since = f"{iso(FRIDAY_NOON)[:-1]}Z"
    first_hour = {"since": since, "until": iso(FRIDAY_NOON + HOUR)}
    found = ada.request(**SUMMARY, **first_hour)["totals"]["minutes_spent_ms"]
    assert found == 12 * MINUTE * HOUR // (12 * HOUR + 2 * MINUTE)
    after = ada.request(**SUMMARY)
    assert after["totals"] == totals
    assert sum(row["minutes_spent_ms"] for row in after["rows"]) == 20 * MINUTE


def test_dates_and_months_of_all_reports_begin_in_the_time_zone(supplied, wallclock):
    # Supplied at 17:30 of the 20th in India; this is at 00:30 of the 21st.
    wallclock.forward(7 * HOUR)
    ada = EngineClient(supplied.engine).open_session().log_in()
    ada.request(**supply(7))
    in_india = {"time_zone": "Asia/Kolkata"}
    day = {"since": "2026-11-21", "until": "2026-11-22"}
    assert [row["credits"] for row in ada.request(**STATEMENT, **day, **in_india)["rows"]] == [7]
    assert ada.request(**STATEMENT, **day)["rows"] == []
    found = ada.request(**SEARCH, kind="transfer", **day, **in_india)["rows"]
    assert [row["record_data"]["credits"] for row in found] == [7]
    assert ada.request(**EXPORT, kind="invoice", **day, **in_india)["records"] == 1
    assert ada.request(**SUMMARY, **day, **in_india)["totals"]["credits_in"] == 7


def test_a_month_of_invoices_begins_in_the_time_zone(at):
    kolkata = "Asia/Kolkata"
    at(kolkata, "2026-12-01 00:30", **supply(3))
    month = {"kind": "invoice", "month": "2026-12"}
    assert at(kolkata, "2026-12-01 00:30", **EXPORT, **month, time_zone=kolkata)["records"] == 1
    assert at(kolkata, "2026-12-01 00:30", **EXPORT, **month)["records"] == 0


@pytest.mark.parametrize("report", [SUMMARY, STATEMENT, SEARCH, {**EXPORT, "kind": "time"}], ids=str)
def test_an_unknown_time_zone_is_refused(ada, nothing_changes, report):
    nothing_changes()
    answer = ada.expect_error("bad_value", **report, time_zone="Mars/Olympus")
    assert answer["details"] == {"field": "time_zone"}


def test_a_time_zone_and_an_offset_clash(ada, nothing_changes):
    nothing_changes()
    answer = ada.expect_error("arguments_clash", **SUMMARY, time_zone="Asia/Kolkata", utc_offset=0)
    assert answer["details"]["fields"] == ["time_zone", "utc_offset"]


# By person and by tag


def test_a_summary_by_person_has_what_came_from_and_went_to_each(supplied, bob, wallclock):
    supplied.request(**pay("bob@example.org", 30))
    bob.request(**refund(bob.records("transfer")[0]["id"], credits=10))
    for instruction in (to_clock(20), START):
        supplied.request(**instruction)
    wallclock.forward(5 * MINUTE)
    supplied.request(**STOP)
    answer = supplied.request(**SUMMARY, by="person")
    rows = [(row["partner"], row["credits_in"], row["credits_out"]) for row in answer["rows"]]
    assert rows == [("core@ewallet.local", 100, 0), ("bob@example.org", 10, 30), (None, 0, 0)]
    assert (answer["rows"][2]["converted_to_time"], answer["rows"][2]["minutes_spent"]) == (20, 5.0)
    assert answer["totals"] == supplied.request(**SUMMARY)["totals"]
    clock = supplied.clock
    of_clock = supplied.request(**SUMMARY, by="person", clock_id=clock["id"])["rows"]
    assert [row["partner"] for row in of_clock] == [None]
    of_wallet = supplied.request(**SUMMARY, by="person", ewallet_id=clock["ewallet"])["rows"]
    assert [(row["partner"], row["minutes_spent"]) for row in of_wallet] == [
        ("core@ewallet.local", 0.0),
        ("bob@example.org", 0.0),
        (None, 0.0),
    ]


def test_a_summary_by_tag_counts_a_run_for_each_of_its_tags(running, wallclock, wallet_url):
    for tags in (" home ", " work home ", ""):
        wallclock.forward(2 * MINUTE)
        record = running.request(**STOP)["time_record"]
        execute_sql(
            wallet_url, "UPDATE time_records SET tags = ?, search_key = '' WHERE id = ?", tags, record
        )
        running.request(**START)
    execute_sql(wallet_url, "UPDATE clocks SET timer_tags = ' work ' WHERE timer_state = 'active'")
    wallclock.forward(MINUTE)
    answer = running.request(**SUMMARY, by="tag")
    rows = [(row["tag"], row["minutes_spent"], row["minutes_begun"]) for row in answer["rows"]]
    assert rows == [("home", 4.0, 0.0), ("work", 2.0, 1.0), (None, 2.0, 0.0)]
    assert answer["rows"][2]["credits_in"] == 100
    assert answer["totals"] == running.request(**SUMMARY)["totals"]


def test_a_summary_by_person_or_tag_of_nothing_has_no_rows(ada):
    for by in ("person", "tag"):
        assert ada.request(**SUMMARY, by=by)["rows"] == []
