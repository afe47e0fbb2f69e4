"""Wallets and clocks: made, switched, renamed, listed and unlinked by the same rules."""

from __future__ import annotations

import pytest
from database_file import rows
from examples_wallets_and_clocks import holding_verb
from fakes import MINUTE, SECOND
from instructions import PAUSE, START, STOP, VIEW_ACCOUNT, supply, to_clock, to_credits
from owned_items import HOLDINGS, choose, held, listed, owner_data

each_holding = pytest.mark.parametrize("word", HOLDINGS)
TITLES = {"ewallet": "Wallet", "clock": "Clock"}
WORDS = {"ewallet": "wallet", "clock": "clock"}
OWNER = {"ewallet": "user", "clock": "ewallet"}


def active(caller, word):
    return owner_data(caller, word)["id"]


def listing(caller, word):
    return caller.asks_ok(**holding_verb("view", f"{word}s"))[f"{word}s"]


@each_holding
def test_a_new_one_is_empty_with_sheets_of_its_own_and_leaves_the_active_one_active(converted, word):
    before = owner_data(converted, word)
    number = held(converted, word)
    (new,) = [each for each in listing(converted, word) if each["id"] == number]
    assert new.get("credits", 0) == new.get("credit_clock_ms", 0) == 0
    assert [len(new[key]) for key in new if key.endswith("_archive")] == [1] * (3 if word == "ewallet" else 2)
    assert owner_data(converted, word) == before


@each_holding
def test_a_new_one_is_numbered_or_has_the_reference_that_it_was_given(ada, word):
    held(ada, word)
    held(ada, word, reference="Savings")
    assert [each["reference"] for each in listing(ada, word)] == [
        f"{TITLES[word]} 1",
        f"{TITLES[word]} 2",
        "Savings",
    ]


@each_holding
def test_no_number_comes_back_after_an_unlink(ada, word):
    ada.asks_ok(**choose("unlink", word, held(ada, word)))
    held(ada, word)
    assert [each["reference"] for each in listing(ada, word)] == [f"{TITLES[word]} 1", f"{TITLES[word]} 3"]


def test_a_new_clock_belongs_to_the_active_wallet(ada):
    second = held(ada, "ewallet")
    ada.asks_ok(**choose("switch", "ewallet", second))
    clock = ada.asks_ok(**holding_verb("new", "clock"))["clock_data"]
    assert clock["ewallet"] == second
    assert list(owner_data(ada, "ewallet")["clock_archive"].values()) == ["Clock 1", "Clock 2"]


@each_holding
def test_a_switch_makes_it_the_active_one_and_moves_its_owners_date_once(ada, wallclock, word):
    number = held(ada, word)
    wallclock.forward(SECOND)
    answer = ada.asks_ok(**choose("switch", word, number))
    assert answer[f"credit_{word}"] == answer[f"{word}_data"]["id"] == active(ada, word) == number
    owner = owner_data(ada, OWNER[word])
    assert owner[word] == number
    wallclock.forward(SECOND)
    ada.asks_ok(**choose("switch", word, number))
    assert owner_data(ada, OWNER[word]) == owner


def test_credits_go_to_the_wallet_that_is_active_and_stay_in_the_other(supplied):
    first, second = active(supplied, "ewallet"), held(supplied, "ewallet")
    supplied.asks_ok(**choose("switch", "ewallet", second))
    supplied.asks_ok(**supply(7))
    assert {each["id"]: each["credits"] for each in listing(supplied, "ewallet")} == {first: 100, second: 7}


def test_time_goes_to_the_clock_that_is_active_and_stays_on_the_other(converted):
    first, second = active(converted, "clock"), held(converted, "clock")
    converted.asks_ok(**choose("switch", "clock", second))
    converted.asks_ok(**to_clock(3))
    left = {each["id"]: each["credit_clock"] for each in listing(converted, "clock")}
    assert left == {first: 20.0, second: 3.0}


@each_holding
def test_switching_stops_no_timer(running, wallclock, word):
    first = active(running, word)
    running.asks_ok(**choose("switch", word, held(running, word)))
    assert running.clock["clock_state"] == "inactive"
    wallclock.forward(5 * MINUTE)
    running.asks_ok(**choose("switch", word, first))
    assert (running.clock["clock_state"], running.clock["credit_clock"]) == ("active", 15.0)


@each_holding
def test_a_timer_elsewhere_runs_out_when_it_is_due(running, wallclock, word):
    first = active(running, word)
    running.asks_ok(**choose("switch", word, held(running, word)))
    wallclock.forward(25 * MINUTE)
    running.asks_ok(**choose("switch", word, first))
    assert (running.clock["clock_state"], running.clock["credit_clock_ms"]) == ("inactive", 0)
    (record,) = running.records("time")
    assert record["time_stop"] == "2026-11-20T12:20:00.000Z"


def test_two_clocks_have_two_timers(running, wallclock):
    first, second = active(running, "clock"), held(running, "clock")
    running.asks_ok(**choose("switch", "clock", second))
    running.asks_ok(**to_clock(10))
    running.asks_ok(**START)
    wallclock.forward(5 * MINUTE)
    left = {each["id"]: each["credit_clock"] for each in listing(running, "clock")}
    assert left == {first: 15.0, second: 5.0}


def test_a_clock_of_another_wallet_is_renamed_but_not_switched_to(ada):
    clock, first = active(ada, "clock"), active(ada, "ewallet")
    ada.asks_ok(**choose("switch", "ewallet", held(ada, "ewallet")))
    answer = ada.is_refused("belongs_elsewhere", **choose("switch", "clock", clock))
    assert answer["details"] == {"field": "clock_id", "wallet": first}
    ada.asks_ok(**choose("edit", "clock", clock, reference="Of old"))
    ada.asks_ok(**choose("switch", "ewallet", first))
    assert ada.clock["reference"] == "Of old"


def test_clocks_are_listed_of_the_active_wallet(ada):
    first = active(ada, "clock")
    second = held(ada, "clock")
    assert [each["id"] for each in listing(ada, "clock")] == [first, second]
    ada.asks_ok(**choose("switch", "ewallet", held(ada, "ewallet")))
    assert [each["id"] for each in listing(ada, "clock")] == [active(ada, "clock")]


@each_holding
def test_one_is_called_what_it_is_renamed_to(ada, wallclock, word):
    before = owner_data(ada, word)
    wallclock.forward(SECOND)
    rename = choose("edit", word, before["id"], reference="Household")
    renamed = ada.asks_ok(**rename)[f"{word}_data"]
    assert renamed == {**before, "reference": "Household", "write_date": renamed["write_date"]}
    assert renamed["write_date"] > before["write_date"]
    wallclock.forward(SECOND)
    ada.asks_ok(**rename)
    assert owner_data(ada, word) == renamed


@each_holding
@pytest.mark.parametrize("reference", ["", " Household", "x" * 65, "line\nbreak"])
def test_a_reference_is_1_to_64_visible_characters(ada, nothing_changes, word, reference):
    nothing_changes()
    for asked in (holding_verb("new", word), choose("edit", word, active(ada, word))):
        assert ada.is_refused("bad_value", **asked, reference=reference)["details"] == {"field": "reference"}


@each_holding
def test_the_last_one_is_not_unlinked(ada, nothing_changes, word):
    number = active(ada, word)
    nothing_changes()
    answer = ada.is_refused("last_one", **choose("unlink", word, number))
    assert answer["details"] == {"field": f"{word}_id"}


@each_holding
def test_the_active_one_is_not_unlinked(ada, nothing_changes, word):
    held(ada, word)
    number = active(ada, word)
    nothing_changes()
    answer = ada.is_refused("still_active", **choose("unlink", word, number))
    assert answer["details"] == {"field": f"{word}_id"}


def test_the_active_clock_of_another_wallet_is_not_unlinked_either(ada):
    clock, spare = active(ada, "clock"), held(ada, "clock")
    ada.asks_ok(**choose("switch", "ewallet", held(ada, "ewallet")))
    ada.is_refused("still_active", **choose("unlink", "clock", clock))
    ada.asks_ok(**choose("unlink", "clock", spare))
    ada.is_refused("last_one", **choose("unlink", "clock", clock))


def test_a_wallet_with_credits_is_not_unlinked(supplied, nothing_changes):
    first = active(supplied, "ewallet")
    supplied.asks_ok(**choose("switch", "ewallet", held(supplied, "ewallet")))
    nothing_changes()
    answer = supplied.is_refused("wallet_not_empty", **choose("unlink", "ewallet", first))
    assert answer["details"] == {"field": "ewallet_id", "credits": 100}


@pytest.fixture
def all_on_the_clock(supplied):
    """Ada with 0 credits and 100 minutes."""
    supplied.asks_ok(**to_clock(100))
    return supplied


@each_holding
def test_what_has_time_on_a_clock_is_not_unlinked(all_on_the_clock, nothing_changes, word):
    caller = all_on_the_clock
    first, clock = active(caller, word), active(caller, "clock")
    caller.asks_ok(**choose("switch", word, held(caller, word)))
    nothing_changes()
    answer = caller.is_refused("clock_not_empty", **choose("unlink", word, first))
    assert answer["details"] == {"field": f"{word}_id", "clock": clock, "credit_clock_ms": 100 * MINUTE}


@each_holding
@pytest.mark.parametrize("steps", [(START,), (START, PAUSE)], ids=["active", "paused"])
def test_what_has_a_timer_under_way_is_not_unlinked(all_on_the_clock, nothing_changes, word, steps):
    caller = all_on_the_clock
    for step in steps:
        caller.asks_ok(**step)
    first, clock, state = active(caller, word), active(caller, "clock"), caller.clock["clock_state"]
    caller.asks_ok(**choose("switch", word, held(caller, word)))
    nothing_changes()
    answer = caller.is_refused("timer_under_way", **choose("unlink", word, first))
    assert answer["details"] == {"field": f"{word}_id", "clock": clock, "clock_state": state}


@each_holding
def test_what_has_run_out_is_unlinked(ada, wallclock, word):
    for step in (supply(20), to_clock(20), START):
        ada.asks_ok(**step)
    first = active(ada, word)
    ada.asks_ok(**choose("switch", word, held(ada, word)))
    wallclock.forward(20 * MINUTE)
    assert ada.asks_ok(**choose("unlink", word, first))[f"credit_{word}"] == first


def test_a_wallet_that_was_emptied_is_unlinked_with_its_clocks_and_all_their_sheets(
    converted, bob, wallet_file, wallclock
):
    converted.asks_ok(**START)
    wallclock.forward(MINUTE)
    converted.asks_ok(**STOP)
    converted.asks_ok(**to_credits(credits=19))
    first, clock = active(converted, "ewallet"), active(converted, "clock")
    records = {
        kind: converted.records(kind)[0]["id"] for kind in ("transfer", "invoice", "conversion", "time")
    }
    converted.asks_ok(action="pay", pay="bob@example.org", credits=99)
    money = [rows(wallet_file, f"SELECT * FROM {name}") for name in ("balances", "postings", "entries")]
    theirs = [bob.records("transfer"), bob.records("invoice")]
    converted.asks_ok(**choose("switch", "ewallet", held(converted, "ewallet")))
    converted.asks_ok(**choose("unlink", "ewallet", first))
    for asked in (
        choose("switch", "ewallet", first),
        choose("edit", "ewallet", first, reference="Gone"),
        choose("unlink", "ewallet", first),
        choose("switch", "clock", clock),
        choose("edit", "clock", clock, reference="Gone"),
        *(
            {"action": "view", "view": kind, kind: "record", "record_id": number}
            for kind, number in records.items()
        ),
    ):
        converted.is_refused("not_found", **asked)
    assert [each["id"] for each in listing(converted, "ewallet")] == [active(converted, "ewallet")]
    assert str(first) not in converted.asks_ok(**VIEW_ACCOUNT)["account_data"]["ewallet_archive"]
    owned = "SELECT id FROM sheets WHERE unlinked_at IS NULL AND kind IN (?, ?) AND owner_id = ?"
    assert rows(wallet_file, owned, "transfer", "invoice", first) == []
    assert rows(wallet_file, owned, "time", "conversion", clock) == []
    assert [bob.records("transfer"), bob.records("invoice")] == theirs
    new_balances = 2
    after = [rows(wallet_file, f"SELECT * FROM {name}") for name in ("balances", "postings", "entries")]
    assert [after[0][:-new_balances], *after[1:]] == money


@each_holding
def test_nobody_elses_is_found(ada, bob, nothing_changes, word):
    number = active(ada, word)
    nothing_changes()
    for verb, more in (("switch", {}), ("unlink", {}), ("edit", {"reference": "Mine"})):
        theirs = bob.is_refused("not_found", **choose(verb, word, number, **more))
        assert theirs == bob.is_refused("not_found", **choose(verb, word, 999_999, **more))
        assert WORDS[word] in theirs["error"]


@pytest.mark.parametrize("verb", ["switch", "edit", "unlink"])
def test_a_wallet_is_a_wallet_and_an_ewallet_to_every_verb(ada, verb):
    more = {"reference": "Savings"} if verb == "edit" else {}
    for word in ("wallet", "ewallet"):
        number = ada.asks_ok(**holding_verb("new", word))["credit_ewallet"]
        answer = ada.asks_ok(**holding_verb(verb, word, ewallet_id=number, **more))
        assert answer["credit_ewallet"] == number


@each_holding
def test_a_request_that_is_repeated_makes_one_and_unlinks_it_once(ada, word):
    asked = holding_verb("new", word)
    first = ada.asks_ok(**asked, request_id="make-it-once")
    assert ada.asks_ok(**asked, request_id="make-it-once") == first
    unlink = choose("unlink", word, first[f"credit_{word}"])
    gone = ada.asks_ok(**unlink, request_id="unlink-it-once")
    assert ada.asks_ok(**unlink, request_id="unlink-it-once") == gone
    assert len(listing(ada, word)) == 1


@each_holding
def test_each_change_is_an_event_of_the_account(ada, wallet_file, word):
    old, new = active(ada, word), held(ada, word)
    ada.asks_ok(**choose("edit", word, new, reference="Savings"))
    ada.asks_ok(**choose("edit", word, new, reference="Savings"))
    for number in (new, old, old):
        ada.asks_ok(**choose("switch", word, number))
    ada.asks_ok(**choose("unlink", word, new))
    found = rows(wallet_file, "SELECT data FROM events WHERE kind = 'belongings_changed' ORDER BY sequence")
    assert [event["data"] for event in found] == [
        f'{{"what":"{WORDS[word]}","id":{number},"change":"{change}"}}'
        for change, number in (
            ("made", new),
            ("renamed", new),
            ("switched", new),
            ("switched", old),
            ("unlinked", new),
        )
    ]


def test_the_sheets_of_the_wallet_that_is_active_are_the_active_ones(supplied):
    own = listed(supplied, "transfer")["id"]
    first = active(supplied, "ewallet")
    supplied.asks_ok(**choose("switch", "ewallet", held(supplied, "ewallet")))
    assert listed(supplied, "transfer")["rows"] == []
    supplied.asks_ok(**choose("switch", "ewallet", first))
    assert listed(supplied, "transfer")["id"] == own
