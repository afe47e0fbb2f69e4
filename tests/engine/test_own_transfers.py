"""Transfers of credits between an account's own wallets, and of time between its own clocks."""

from __future__ import annotations

import shutil

import pytest
from database_file import rows, violations_after, violations_in
from engine_client import EngineClient
from examples_payments import VIEW_LIMIT, edit_limit, move_credits, move_time, pay, refund, transfer
from examples_wallets_and_clocks import holder_verb
from fakes import DAY, MINUTE
from instructions import PASSWORD, PAUSE, START, STOP, VIEW_CLOCK, supply, to_clock, view_list, view_record
from reports import EXPORT, STATEMENT, SUMMARY, iso

ADA = "ada@example.org"
OVERVIEW = {"action": "view", "view": "overview"}


def new(caller: EngineClient, word: str, name: str = "Holidays") -> int:
    return int(caller.request(**holder_verb("new", word, reference=name))[f"credit_{word}"])


def first(caller: EngineClient, word: str) -> int:
    return int(caller.request(**holder_verb("view", word))[f"credit_{word}"])


def credits_by_wallet(caller: EngineClient) -> list[int]:
    return [wallet["credits"] for wallet in caller.request(**holder_verb("view", "ewallets"))["ewallets"]]


def records_of(caller: EngineClient, word: str, holder_id: int, kind: str) -> list[dict]:
    """The records of another wallet or clock; the active one stays."""
    active = first(caller, word)
    caller.request(**holder_verb("switch", word, **{f"{word}_id": holder_id}))
    found = caller.records(kind)
    caller.request(**holder_verb("switch", word, **{f"{word}_id": active}))
    return found


def newest_events(caller: EngineClient, count: int) -> list[dict]:
    return caller.engine.events(**caller.credentials, since=0).events[-count:]


# Credits


def test_credits_move_to_another_wallet_and_back(supplied, wallet_url):
    main, holidays = first(supplied, "ewallet"), new(supplied, "ewallet")
    answer = supplied.request(**move_credits(holidays, 30, notes="for the summer"))
    assert answer["transfered_to"] == ADA
    assert (answer["from_ewallet"], answer["to_ewallet"]) == (main, holidays)
    assert (answer["ewallet_credits"], answer["transfered_credits"]) == (70, 30)
    assert credits_by_wallet(supplied) == [70, 30]
    back = supplied.request(**move_credits(main, 10, ewallet_id=holidays))
    assert (back["from_ewallet"], back["to_ewallet"], back["ewallet_credits"]) == (holidays, main, 20)
    assert credits_by_wallet(supplied) == [80, 20]
    assert rows(wallet_url, "SELECT count(*) AS n FROM invoice_records WHERE account_id = 2") == [{"n": 1}]
    assert violations_in(wallet_url) == []


def test_both_wallets_get_a_record_with_the_names_of_both(supplied):
    main, holidays = first(supplied, "ewallet"), new(supplied, "ewallet")
    mine = supplied.request(**move_credits(holidays, 30, notes="for the summer"))["transfer_record"]
    (theirs,) = records_of(supplied, "ewallet", holidays, "transfer")
    own = supplied.request(**view_record("transfer", mine))
    for record, kind in ((own["record_data"], "transfer"), (theirs, "incoming")):
        assert record["transfer_type"] == kind
        assert (record["transfer_from"], record["transfer_to"]) == (ADA, ADA)
        assert (record["from_ewallet"], record["to_ewallet"]) == (main, holidays)
        assert record["to_reference"] == "Holidays"
        assert (record["credits"], record["notes"]) == (30, "for the summer")
    assert own["left_to_refund"] is None
    supplied.request(**move_credits(main, 30, ewallet_id=holidays))
    supplied.request(**holder_verb("unlink", "ewallet", ewallet_id=holidays))
    # The name of a wallet that was removed is still shown.
    assert supplied.records("transfer")[0]["from_reference"] == "Holidays"
    assert supplied.request(**EXPORT, kind="transfer")["content"].count("Holidays") == 2


def test_each_side_has_an_event(supplied):
    main, holidays = first(supplied, "ewallet"), new(supplied, "ewallet")
    supplied.request(**move_credits(holidays, 30, notes="sun"), request_id="request-1")
    left, arrived = newest_events(supplied, 2)
    assert (left["event"], arrived["event"]) == ("credits_left", "credits_arrived")
    for event, wallet, credits in ((left, main, 70), (arrived, holidays, 30)):
        assert (event["movement"], event["request_id"]) == ("own_transfer", "request-1")
        data = event["data"]
        assert (data["ewallet"], data["ewallet_credits"], data["credits"]) == (wallet, credits, 30)
        assert (data["from_ewallet"], data["to_ewallet"], data["notes"]) == (main, holidays, "sun")
        assert data["invoice_record"] is None


def test_own_transfers_are_beside_the_daily_limit(supplied, bob):
    holidays = new(supplied, "ewallet")
    supplied.request(**edit_limit(20))
    supplied.request(**move_credits(holidays, 90))
    limit = supplied.request(**VIEW_LIMIT)
    assert (limit["spent_today"], limit["left_today"]) == (0, 20)
    supplied.request(**pay("bob@example.org", 10))
    assert supplied.request(**VIEW_LIMIT)["left_today"] == 10


def test_summaries_of_the_account_leave_own_transfers_out(supplied, bob):
    main, holidays = first(supplied, "ewallet"), new(supplied, "ewallet")
    supplied.request(**transfer("bob@example.org", 5))
    supplied.request(**move_credits(holidays, 30))
    supplied.request(**move_credits(main, 10, ewallet_id=holidays))
    totals = supplied.request(**SUMMARY)["totals"]
    assert (totals["credits_in"], totals["credits_out"], totals["moved_in"]) == (100, 5, None)
    for wallet, credits_in, credits_out, moved_in, moved_out in (
        (main, 100, 5, 10, 30),
        (holidays, 0, 0, 30, 10),
    ):
        totals = supplied.request(**SUMMARY, ewallet_id=wallet)["totals"]
        assert (totals["credits_in"], totals["credits_out"]) == (credits_in, credits_out)
        assert (totals["moved_in"], totals["moved_out"]) == (moved_in, moved_out)


def test_a_statement_names_both_wallets_and_moves_no_cost(supplied):
    main, holidays = first(supplied, "ewallet"), new(supplied, "ewallet")
    supplied.request(**move_credits(holidays, 30))
    answer = supplied.request(**STATEMENT)
    newest = answer["rows"][0]
    assert (newest["kind"], newest["credits"], newest["balance"]) == ("transfer", -30, 70)
    assert (newest["partner"], newest["from_ewallet"], newest["to_ewallet"]) == (None, main, holidays)
    assert (newest["cost"], answer["closing_costs"]) == (None, {"EUR": "12.50"})
    other = supplied.request(**STATEMENT, ewallet_id=holidays)
    assert (other["rows"][0]["credits"], other["rows"][0]["to_reference"]) == (30, "Holidays")
    assert other["rows"][0]["transfer_record"] != newest["transfer_record"]
    assert other["closing_costs"] == {}
    assert [row["from_ewallet"] for row in answer["rows"]] == [main, None]


def test_the_same_wallet_is_refused_in_words(supplied, nothing_changes):
    main = first(supplied, "ewallet")
    nothing_changes()
    answer = supplied.expect_error("same_holder", **move_credits(main))
    assert answer["details"] == {"field": "to_ewallet"}
    assert answer["error"] == "That is the wallet from which you move."
    answer = supplied.expect_error("same_holder", **move_time(first(supplied, "clock")))
    assert answer["error"] == "That is the clock from which you move."


def test_more_credits_than_there_are_are_refused(supplied, nothing_changes):
    holidays = new(supplied, "ewallet")
    nothing_changes()
    supplied.expect_error("not_enough_credits", **move_credits(holidays, 101))
    supplied.expect_error("not_enough_credits", **move_credits(2, 1, ewallet_id=holidays))


def test_the_recipient_is_one_of_the_two(supplied, bob, nothing_changes):
    holidays = new(supplied, "ewallet")
    nothing_changes()
    both = {**transfer("bob@example.org"), "to_ewallet": holidays}
    neither = {"action": "transfer", "transfer": "credits", "credits": 20}
    for clash in (both, neither, {**transfer("bob@example.org"), "ewallet_id": holidays}):
        supplied.expect_error("arguments_clash", **clash)


def test_a_transfer_to_the_own_email_advises_the_wallet(supplied):
    answer = supplied.expect_error("own_account", **transfer(ADA))
    assert "`to_ewallet`" in answer["warning"]


def test_an_own_transfer_is_not_refunded(supplied):
    holidays = new(supplied, "ewallet")
    mine = supplied.request(**move_credits(holidays, 30))["transfer_record"]
    (theirs,) = records_of(supplied, "ewallet", holidays, "transfer")
    for record_id in (mine, theirs["id"]):
        supplied.expect_error("not_a_payment", **refund(record_id))


def test_a_wallet_that_was_emptied_is_removed(supplied, wallet_url):
    holidays = new(supplied, "ewallet")
    supplied.request(**move_credits(holidays, 30))
    refused = supplied.expect_error(
        "wallet_not_empty", **holder_verb("unlink", "ewallet", ewallet_id=holidays)
    )
    assert "to_ewallet" in refused["warning"]
    supplied.request(**move_credits(2, 30, ewallet_id=holidays))
    supplied.request(**holder_verb("unlink", "ewallet", ewallet_id=holidays))
    assert violations_in(wallet_url) == []


# Time


def test_time_moves_to_another_clock(converted, wallet_url):
    clock, other = first(converted, "clock"), new(converted, "clock", "Reading")
    answer = converted.request(**move_time(other, "7.5", notes="books"))
    assert (answer["clock"], answer["to_clock"]) == (clock, other)
    assert (answer["credit_clock"], answer["credit_clock_ms"]) == (12.5, 750_000)
    assert (answer["transfered_minutes"], answer["transfered_minutes_ms"]) == (7.5, 450_000)
    mine = converted.request(**view_record("conversion", answer["conversion_record"]))["record_data"]
    (theirs,) = records_of(converted, "clock", other, "conversion")
    for record, kind in ((mine, "transfer"), (theirs, "incoming")):
        assert (record["conversion_type"], record["credits"], record["minutes"]) == (kind, 0, 7.5)
        assert (record["from_clock"], record["to_clock"], record["to_reference"]) == (clock, other, "Reading")
        assert record["notes"] == "books"
    assert violations_in(wallet_url) == []


def test_time_moves_between_clocks_of_two_wallets(converted, wallet_url):
    clock = first(converted, "clock")
    holidays = converted.request(**holder_verb("new", "ewallet"))["ewallet_data"]
    converted.request(**move_time(holidays["clock"], 5))
    converted.request(**move_time(clock, 2, clock_id=holidays["clock"]))
    assert converted.milliseconds_left == 17 * MINUTE
    converted.expect_error("clock_not_empty", **holder_verb("unlink", "ewallet", ewallet_id=holidays["id"]))
    converted.request(**move_time(clock, 3, clock_id=holidays["clock"]))
    converted.request(**holder_verb("unlink", "ewallet", ewallet_id=holidays["id"]))
    assert violations_in(wallet_url) == []


def test_each_clock_has_an_event(converted):
    clock, other = first(converted, "clock"), new(converted, "clock")
    converted.request(**move_time(other, 5, notes="books"), request_id="request-2")
    out, into = newest_events(converted, 2)
    assert (out["event"], into["event"]) == ("time_moved_out", "time_moved_in")
    for event, number, left in ((out, clock, 15.0), (into, other, 5.0)):
        assert (event["movement"], event["request_id"]) == ("own_transfer", "request-2")
        data = event["data"]
        assert (data["clock"], data["credit_clock"], data["minutes"]) == (number, left, 5.0)
        assert (data["from_clock"], data["to_clock"], data["notes"]) == (clock, other, "books")


def test_only_the_unused_time_of_a_running_timer_moves(running, wallclock, wallet_url):
    other = new(running, "clock")
    wallclock.forward(5 * MINUTE)
    refused = running.expect_error("not_enough_time", **move_time(other, 16))
    assert (refused["details"]["there_ms"], refused["details"]["field"]) == (15 * MINUTE, "minutes")
    answer = running.request(**move_time(other, 10))
    assert answer["credit_clock_ms"] == 5 * MINUTE
    # It runs out earlier now, and what moved is untouched.
    wallclock.forward(5 * MINUTE)
    assert running.clock["clock_state"] == "inactive"
    assert running.records("time")[0]["time_spent_ms"] == 10 * MINUTE
    assert violations_in(wallet_url) == []


def test_a_timer_whose_time_all_moved_has_run_out(running, wallclock):
    other = new(running, "clock")
    wallclock.forward(MINUTE)
    assert running.request(**move_time(other, 19))["credit_clock_ms"] == 0
    assert running.clock["clock_state"] == "inactive"
    assert running.records("time")[0]["time_spent_ms"] == MINUTE


def test_moved_time_lets_a_running_timer_run_longer(running, wallclock):
    clock, other = first(running, "clock"), new(running, "clock")
    running.request(**move_time(other, 5))
    wallclock.forward(10 * MINUTE)
    running.request(**move_time(clock, 5, clock_id=other))
    wallclock.forward(9 * MINUTE)
    assert (running.clock["clock_state"], running.milliseconds_left) == ("active", MINUTE)


def test_time_of_a_paused_timer_moves(running, wallclock):
    other = new(running, "clock")
    wallclock.forward(5 * MINUTE)
    running.request(**PAUSE)
    running.request(**move_time(other, 15))
    assert (running.clock["clock_state"], running.milliseconds_left) == ("paused", 0)
    running.request(**STOP)
    assert running.records("time")[0]["time_spent_ms"] == 5 * MINUTE


def test_less_than_a_millisecond_is_refused(converted, nothing_changes):
    other = new(converted, "clock")
    nothing_changes()
    answer = converted.expect_error("bad_value", **move_time(other, "0.000016"))
    assert answer["details"] == {"field": "minutes"}
    assert "millisecond" in answer["error"]


def test_summaries_of_a_clock_have_what_moved(converted):
    clock, other = first(converted, "clock"), new(converted, "clock")
    converted.request(**move_time(other, 5))
    converted.request(**move_time(clock, 2, clock_id=other))
    for number, moved_in, moved_out in ((clock, 2.0, 5.0), (other, 5.0, 2.0)):
        totals = converted.request(**SUMMARY, clock_id=number)["totals"]
        assert (totals["moved_in"], totals["moved_out"]) == (moved_in, moved_out)
        assert totals["moved_out_ms"] == moved_out * MINUTE
        assert (totals["minutes_spent"], totals["converted_to_credits"]) == (0.0, 0)
    totals = converted.request(**SUMMARY)["totals"]
    assert (totals["minutes_spent"], totals["converted_to_time"], totals["moved_in"]) == (0.0, 20, None)


@pytest.mark.parametrize("by", ["person", "tag"])
def test_own_transfers_alone_make_no_row_of_the_account(converted, wallclock, by):
    wallet, holidays = first(converted, "ewallet"), new(converted, "ewallet")
    clock, other = first(converted, "clock"), new(converted, "clock")
    wallclock.forward(MINUTE)
    converted.request(**move_credits(holidays, 3))
    converted.request(**move_time(other, 5))
    summary = {**SUMMARY, "by": by, "since": iso(wallclock.now)}
    assert converted.request(**summary)["rows"] == []
    (of_wallet,) = converted.request(**summary, ewallet_id=wallet)["rows"]
    (of_clock,) = converted.request(**summary, clock_id=clock)["rows"]
    assert (of_wallet["moved_out"], of_clock["moved_out"]) == (3, 5.0)


def test_the_overview_shows_both_sides(converted, wallclock):
    wallclock.forward(MINUTE)
    other, holidays = new(converted, "clock"), new(converted, "ewallet")
    converted.request(**move_time(other, 5))
    converted.request(**move_credits(holidays, 30))
    activity = [row["record_data"] for row in converted.request(**OVERVIEW)["activity"][:4]]
    names = [record.get("transfer_type") or record.get("conversion_type") for record in activity]
    assert sorted(names) == ["incoming", "incoming", "transfer", "transfer"]
    assert all("to_reference" in record for record in activity)


# Verification

FOREIGN_CLOCK = "(SELECT balance_id FROM clocks WHERE account_id = 1)"
ENTRY_OF_TIME = "SELECT entry_id FROM conversion_records WHERE from_clock_id IS NOT NULL"


@pytest.fixture
def file_with_moves(converted, wallet_file):
    holidays, other = new(converted, "ewallet"), new(converted, "clock")
    converted.request(**move_credits(holidays, 30))
    converted.request(**move_time(other, 5))
    converted.engine.close()
    return shutil.copy(wallet_file, wallet_file.with_name("moved.sqlite3"))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE transfer_records SET to_ewallet_id = from_ewallet_id", "names other own wallets"),
        ("UPDATE transfer_records SET from_ewallet_id = NULL", "names other own wallets"),
        ("UPDATE transfer_records SET from_ewallet_id = 2", "names other own wallets"),
        (
            "UPDATE transfer_records SET transfer_type = 'incoming' WHERE transfer_type = 'transfer'",
            "is not of the type that its entry is on its side",
        ),
        ("UPDATE conversion_records SET to_clock_id = from_clock_id", "names other own clocks"),
        ("UPDATE conversion_records SET to_clock_id = NULL", "names other own clocks"),
        ("UPDATE conversion_records SET from_clock_id = 2", "names other own clocks"),
        (
            "UPDATE conversion_records SET conversion_type = 'transfer' WHERE conversion_type = 'incoming'",
            "is not of the type that its entry is",
        ),
        ("UPDATE conversion_records SET credits = 1 WHERE credits = 0", "its entry moved others"),
        ("UPDATE conversion_records SET milliseconds = milliseconds + 1", "its entry moved others"),
        (
            f"UPDATE postings SET balance_id = {FOREIGN_CLOCK}"
            f" WHERE amount > 0 AND entry_id IN ({ENTRY_OF_TIME})",
            "moved time from one account to another",
        ),
    ],
)
def test_a_planted_fault_is_found(file_with_moves, statement, message):
    assert violations_in(file_with_moves) == []
    assert any(message in sentence for sentence in violations_after(file_with_moves, statement))


def test_an_erased_account_with_own_transfers_verifies(converted, wallclock, wallet_url):
    holidays, other = new(converted, "ewallet"), new(converted, "clock")
    converted.request(**move_credits(holidays, 30))
    converted.request(**move_time(other, 5))
    converted.request(action="unlink", unlink="account", user_pass=PASSWORD)
    wallclock.forward(31 * DAY)
    converted.request(controller="system", action="cleanup", cleanup="accounts")
    assert violations_in(wallet_url) == []


@pytest.mark.parametrize("fixture", [START, to_clock(1), supply(1)], ids=str)
def test_only_own_transfers_are_called_so(converted, bob, fixture):
    converted.request(**fixture)
    assert newest_events(converted, 1)[0]["movement"] != "own_transfer"
    assert converted.request(**VIEW_CLOCK)["failed"] is False
    assert "from_clock" not in converted.request(**view_list("conversion"))["sheet_data"]["rows"][0]
