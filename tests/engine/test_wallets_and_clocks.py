"""Wallets and clocks: the same rules for creating, switching, renaming, listing and unlinking."""

from __future__ import annotations

import pytest
from database_file import rows
from examples_wallets_and_clocks import holder_verb
from fakes import MINUTE, SECOND
from instructions import PAUSE, START, STOP, VIEW_ACCOUNT, supply, to_clock, to_credits
from owned_items import HOLDERS, choose, create_holder, owner_data, view_sheet

each_holder = pytest.mark.parametrize("word", HOLDERS)
TITLES = {"ewallet": "Wallet", "clock": "Clock"}
WORDS = {"ewallet": "wallet", "clock": "clock"}
OWNER = {"ewallet": "user", "clock": "ewallet"}


def active(caller, word):
    return owner_data(caller, word)["id"]


def list_holders(caller, word):
    return caller.request(**holder_verb("view", f"{word}s"))[f"{word}s"]


@each_holder
def test_a_new_wallet_or_clock_is_empty_and_not_active(converted, word):
    before = owner_data(converted, word)
    number = create_holder(converted, word)
    (new,) = [each for each in list_holders(converted, word) if each["id"] == number]
    assert new.get("credits", 0) == new.get("credit_clock_ms", 0) == 0
    assert [len(new[key]) for key in new if key.endswith("_archive")] == [1] * (3 if word == "ewallet" else 2)
    assert owner_data(converted, word) == before


@each_holder
def test_a_new_wallet_or_clock_is_numbered_or_has_the_given_reference(ada, word):
    create_holder(ada, word)
    create_holder(ada, word, reference="Savings")
    assert [each["reference"] for each in list_holders(ada, word)] == [
        f"{TITLES[word]} 1",
        f"{TITLES[word]} 2",
        "Savings",
    ]


@each_holder
def test_the_number_of_an_unlinked_wallet_or_clock_is_not_reused(ada, word):
    ada.request(**choose("unlink", word, create_holder(ada, word)))
    create_holder(ada, word)
    assert [each["reference"] for each in list_holders(ada, word)] == [
        f"{TITLES[word]} 1",
        f"{TITLES[word]} 3",
    ]


def test_a_new_clock_belongs_to_the_active_wallet(ada):
    second = create_holder(ada, "ewallet")
    ada.request(**choose("switch", "ewallet", second))
    clock = ada.request(**holder_verb("new", "clock"))["clock_data"]
    assert clock["ewallet"] == second
    assert list(owner_data(ada, "ewallet")["clock_archive"].values()) == ["Clock 1", "Clock 2"]


@each_holder
def test_a_switch_changes_the_active_one_and_updates_the_owners_write_date_once(ada, wallclock, word):
    number = create_holder(ada, word)
    wallclock.forward(SECOND)
    answer = ada.request(**choose("switch", word, number))
    assert answer[f"credit_{word}"] == answer[f"{word}_data"]["id"] == active(ada, word) == number
    owner = owner_data(ada, OWNER[word])
    assert owner[word] == number
    wallclock.forward(SECOND)
    ada.request(**choose("switch", word, number))
    assert owner_data(ada, OWNER[word]) == owner


def test_credits_are_supplied_to_the_active_wallet(supplied):
    first, second = active(supplied, "ewallet"), create_holder(supplied, "ewallet")
    supplied.request(**choose("switch", "ewallet", second))
    supplied.request(**supply(7))
    assert {each["id"]: each["credits"] for each in list_holders(supplied, "ewallet")} == {
        first: 100,
        second: 7,
    }


def test_time_is_converted_to_the_active_clock(converted):
    first, second = active(converted, "clock"), create_holder(converted, "clock")
    converted.request(**choose("switch", "clock", second))
    converted.request(**to_clock(3))
    left = {each["id"]: each["credit_clock"] for each in list_holders(converted, "clock")}
    assert left == {first: 20.0, second: 3.0}


@each_holder
def test_switching_does_not_stop_a_timer(running, wallclock, word):
    first = active(running, word)
    running.request(**choose("switch", word, create_holder(running, word)))
    assert running.clock["clock_state"] == "inactive"
    wallclock.forward(5 * MINUTE)
    running.request(**choose("switch", word, first))
    assert (running.clock["clock_state"], running.clock["credit_clock"]) == ("active", 15.0)


@each_holder
def test_the_timer_of_an_inactive_clock_runs_out_on_time(running, wallclock, word):
    first = active(running, word)
    running.request(**choose("switch", word, create_holder(running, word)))
    wallclock.forward(25 * MINUTE)
    running.request(**choose("switch", word, first))
    assert (running.clock["clock_state"], running.clock["credit_clock_ms"]) == ("inactive", 0)
    (record,) = running.records("time")
    assert record["time_stop"] == "2026-11-20T12:20:00.000Z"


def test_two_clocks_have_two_timers(running, wallclock):
    first, second = active(running, "clock"), create_holder(running, "clock")
    running.request(**choose("switch", "clock", second))
    running.request(**to_clock(10))
    running.request(**START)
    wallclock.forward(5 * MINUTE)
    left = {each["id"]: each["credit_clock"] for each in list_holders(running, "clock")}
    assert left == {first: 15.0, second: 5.0}


def test_a_clock_of_another_wallet_can_be_renamed_but_not_switched_to(ada):
    clock, first = active(ada, "clock"), active(ada, "ewallet")
    ada.request(**choose("switch", "ewallet", create_holder(ada, "ewallet")))
    answer = ada.expect_error("belongs_elsewhere", **choose("switch", "clock", clock))
    assert answer["details"] == {"field": "clock_id", "wallet": first}
    ada.request(**choose("edit", "clock", clock, reference="Of old"))
    ada.request(**choose("switch", "ewallet", first))
    assert ada.clock["reference"] == "Of old"


def test_only_clocks_of_the_active_wallet_are_listed(ada):
    first = active(ada, "clock")
    second = create_holder(ada, "clock")
    assert [each["id"] for each in list_holders(ada, "clock")] == [first, second]
    ada.request(**choose("switch", "ewallet", create_holder(ada, "ewallet")))
    assert [each["id"] for each in list_holders(ada, "clock")] == [active(ada, "clock")]


@each_holder
def test_a_wallet_or_clock_can_be_renamed(ada, wallclock, word):
    before = owner_data(ada, word)
    wallclock.forward(SECOND)
    rename = choose("edit", word, before["id"], reference="Household")
    renamed = ada.request(**rename)[f"{word}_data"]
    assert renamed == {**before, "reference": "Household", "write_date": renamed["write_date"]}
    assert renamed["write_date"] > before["write_date"]
    wallclock.forward(SECOND)
    ada.request(**rename)
    assert owner_data(ada, word) == renamed


@each_holder
@pytest.mark.parametrize("reference", ["", " Household", "x" * 65, "line\nbreak"])
def test_a_reference_must_have_1_to_64_visible_characters(ada, nothing_changes, word, reference):
    nothing_changes()
    for instruction in (holder_verb("new", word), choose("edit", word, active(ada, word))):
        assert ada.expect_error("bad_value", **instruction, reference=reference)["details"] == {
            "field": "reference"
        }


@each_holder
def test_the_last_wallet_or_clock_can_not_be_unlinked(ada, nothing_changes, word):
    number = active(ada, word)
    nothing_changes()
    answer = ada.expect_error("last_one", **choose("unlink", word, number))
    assert answer["details"] == {"field": f"{word}_id"}


@each_holder
def test_the_active_wallet_or_clock_can_not_be_unlinked(ada, nothing_changes, word):
    create_holder(ada, word)
    number = active(ada, word)
    nothing_changes()
    answer = ada.expect_error("still_active", **choose("unlink", word, number))
    assert answer["details"] == {"field": f"{word}_id"}


def test_the_active_clock_of_another_wallet_can_not_be_unlinked(ada):
    clock, spare = active(ada, "clock"), create_holder(ada, "clock")
    ada.request(**choose("switch", "ewallet", create_holder(ada, "ewallet")))
    ada.expect_error("still_active", **choose("unlink", "clock", clock))
    ada.request(**choose("unlink", "clock", spare))
    ada.expect_error("last_one", **choose("unlink", "clock", clock))


def test_a_wallet_with_credits_can_not_be_unlinked(supplied, nothing_changes):
    first = active(supplied, "ewallet")
    supplied.request(**choose("switch", "ewallet", create_holder(supplied, "ewallet")))
    nothing_changes()
    answer = supplied.expect_error("wallet_not_empty", **choose("unlink", "ewallet", first))
    assert answer["details"] == {"field": "ewallet_id", "credits": 100}


@pytest.fixture
def all_on_the_clock(supplied):
    """Ada with 0 credits and 100 minutes."""
    supplied.request(**to_clock(100))
    return supplied


@each_holder
def test_a_clock_with_time_and_its_wallet_can_not_be_unlinked(all_on_the_clock, nothing_changes, word):
    caller = all_on_the_clock
    first, clock = active(caller, word), active(caller, "clock")
    caller.request(**choose("switch", word, create_holder(caller, word)))
    nothing_changes()
    answer = caller.expect_error("clock_not_empty", **choose("unlink", word, first))
    assert answer["details"] == {"field": f"{word}_id", "clock": clock, "credit_clock_ms": 100 * MINUTE}


@each_holder
@pytest.mark.parametrize("steps", [(START,), (START, PAUSE)], ids=["active", "paused"])
def test_a_clock_with_a_timer_and_its_wallet_can_not_be_unlinked(
    all_on_the_clock, nothing_changes, word, steps
):
    caller = all_on_the_clock
    for step in steps:
        caller.request(**step)
    first, clock, state = active(caller, word), active(caller, "clock"), caller.clock["clock_state"]
    caller.request(**choose("switch", word, create_holder(caller, word)))
    nothing_changes()
    answer = caller.expect_error("timer_under_way", **choose("unlink", word, first))
    assert answer["details"] == {"field": f"{word}_id", "clock": clock, "clock_state": state}


@each_holder
def test_a_clock_that_ran_out_and_its_wallet_can_be_unlinked(ada, wallclock, word):
    for step in (supply(20), to_clock(20), START):
        ada.request(**step)
    first = active(ada, word)
    ada.request(**choose("switch", word, create_holder(ada, word)))
    wallclock.forward(20 * MINUTE)
    assert ada.request(**choose("unlink", word, first))[f"credit_{word}"] == first


def test_an_empty_wallet_is_unlinked_with_its_clocks_and_sheets(converted, bob, wallet_url, wallclock):
    converted.request(**START)
    wallclock.forward(MINUTE)
    converted.request(**STOP)
    converted.request(**to_credits(credits=19))
    first, clock = active(converted, "ewallet"), active(converted, "clock")
    records = {
        kind: converted.records(kind)[0]["id"] for kind in ("transfer", "invoice", "conversion", "time")
    }
    converted.request(action="pay", pay="bob@example.org", credits=99)
    money = [rows(wallet_url, f"SELECT * FROM {name}") for name in ("balances", "postings", "entries")]
    bobs_records = [bob.records("transfer"), bob.records("invoice")]
    converted.request(**choose("switch", "ewallet", create_holder(converted, "ewallet")))
    converted.request(**choose("unlink", "ewallet", first))
    for instruction in (
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
        converted.expect_error("not_found", **instruction)
    assert [each["id"] for each in list_holders(converted, "ewallet")] == [active(converted, "ewallet")]
    assert str(first) not in converted.request(**VIEW_ACCOUNT)["account_data"]["ewallet_archive"]
    owned = "SELECT id FROM sheets WHERE unlinked_at IS NULL AND kind IN (?, ?) AND owner_id = ?"
    assert rows(wallet_url, owned, "transfer", "invoice", first) == []
    assert rows(wallet_url, owned, "time", "conversion", clock) == []
    assert [bob.records("transfer"), bob.records("invoice")] == bobs_records
    new_balances = 2
    after = [rows(wallet_url, f"SELECT * FROM {name}") for name in ("balances", "postings", "entries")]
    assert [after[0][:-new_balances], *after[1:]] == money


@each_holder
def test_wallets_and_clocks_of_another_account_are_not_found(ada, bob, nothing_changes, word):
    number = active(ada, word)
    nothing_changes()
    for verb, more in (("switch", {}), ("unlink", {}), ("edit", {"reference": "Mine"})):
        bobs_records = bob.expect_error("not_found", **choose(verb, word, number, **more))
        assert bobs_records == bob.expect_error("not_found", **choose(verb, word, 999_999, **more))
        assert WORDS[word] in bobs_records["error"]


@pytest.mark.parametrize("verb", ["switch", "edit", "unlink"])
def test_every_verb_accepts_wallet_and_ewallet(ada, verb):
    more = {"reference": "Savings"} if verb == "edit" else {}
    for word in ("wallet", "ewallet"):
        number = ada.request(**holder_verb("new", word))["credit_ewallet"]
        answer = ada.request(**holder_verb(verb, word, ewallet_id=number, **more))
        assert answer["credit_ewallet"] == number


@each_holder
def test_a_repeated_request_creates_or_unlinks_once(ada, word):
    instruction = holder_verb("new", word)
    first = ada.request(**instruction, request_id="make-it-once")
    assert ada.request(**instruction, request_id="make-it-once") == first
    unlink = choose("unlink", word, first[f"credit_{word}"])
    gone = ada.request(**unlink, request_id="unlink-it-once")
    assert ada.request(**unlink, request_id="unlink-it-once") == gone
    assert len(list_holders(ada, word)) == 1


@each_holder
def test_each_change_of_a_wallet_or_clock_is_an_event(ada, wallet_url, word):
    old, new = active(ada, word), create_holder(ada, word)
    ada.request(**choose("edit", word, new, reference="Savings"))
    ada.request(**choose("edit", word, new, reference="Savings"))
    for number in (new, old, old):
        ada.request(**choose("switch", word, number))
    ada.request(**choose("unlink", word, new))
    found = rows(wallet_url, "SELECT data FROM events WHERE kind = 'belongings_changed' ORDER BY sequence")
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


def test_the_active_sheets_are_those_of_the_active_wallet(supplied):
    own = view_sheet(supplied, "transfer")["id"]
    first = active(supplied, "ewallet")
    supplied.request(**choose("switch", "ewallet", create_holder(supplied, "ewallet")))
    assert view_sheet(supplied, "transfer")["rows"] == []
    supplied.request(**choose("switch", "ewallet", first))
    assert view_sheet(supplied, "transfer")["id"] == own
