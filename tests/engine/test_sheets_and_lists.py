"""Sheets and lists of every kind: made, switched, renamed and unlinked by the same rules."""

from __future__ import annotations

import pytest
from database_file import rows
from examples_sheets import list_verb, new_contact, record_verb
from fakes import MINUTE, SECOND
from instructions import START, STOP, supply, to_credits
from owned_items import (
    KINDS,
    OWNER,
    archive,
    choose,
    held,
    listed,
    made,
    named,
    noun,
    owner_data,
    sheet_key,
    switch_list,
    unlink_list,
    unlink_record,
)

each_kind = pytest.mark.parametrize("kind", KINDS)
TITLES = {
    "transfer": "Transfer sheet",
    "invoice": "Invoice sheet",
    "conversion": "Conversion sheet",
    "time": "Time sheet",
    "contact": "Contact list",
}
NOBODYS = 999_999


@pytest.fixture
def busy(running, wallclock):
    """Ada with a record of every kind on her active sheets."""
    wallclock.forward(5 * SECOND)
    running.asks_ok(**STOP)
    running.asks_ok(**new_contact())
    return running


def add_record(caller, kind):
    """One record more of that kind, on the active sheet."""
    for instruction in {
        "transfer": (supply(1),),
        "invoice": (supply(1),),
        "conversion": (to_credits(credits=1),),
        "time": (START, STOP),
        "contact": (new_contact("Alan"),),
    }[kind]:
        caller.asks_ok(**instruction)


@each_kind
def test_a_new_sheet_is_empty_and_leaves_the_active_one_active(busy, kind):
    before = listed(busy, kind)
    new = listed(busy, kind, **named(kind, made(busy, kind)))
    assert (new["record_count"], new["rows"], new["next"]) == (0, [], None)
    assert new[OWNER[kind]] == before[OWNER[kind]]
    assert listed(busy, kind) == before


@each_kind
def test_a_new_sheet_is_numbered_or_has_the_reference_that_it_was_given(ada, kind):
    numbered, called = made(ada, kind), made(ada, kind, reference="Savings")
    of_old = {number: reference for number, reference in archive(ada, kind).items() if reference[-1] == "1"}
    assert archive(ada, kind) == {
        **of_old,
        str(numbered): f"{TITLES[kind]} 2",
        str(called): "Savings",
    }
    assert list(of_old.values()) == [f"{TITLES[kind]} 1"]


@each_kind
def test_no_number_comes_back_after_an_unlink(ada, kind):
    second = made(ada, kind)
    ada.asks_ok(**unlink_list(kind, second))
    third = made(ada, kind)
    assert archive(ada, kind)[str(third)] == f"{TITLES[kind]} 3"


@each_kind
def test_new_records_go_to_the_sheet_that_was_switched_to(busy, kind):
    of_old, new = listed(busy, kind), made(busy, kind)
    answer = busy.asks_ok(**switch_list(kind, new))
    assert answer[sheet_key(kind)] == answer[f"{noun(kind)}_data"]["id"] == new
    add_record(busy, kind)
    assert listed(busy, kind)["record_count"] == 1
    assert listed(busy, kind)["id"] == new
    again = listed(busy, kind, **named(kind, of_old["id"]))
    assert again["rows"] == of_old["rows"]


@each_kind
def test_a_switch_moves_the_owners_date_once(ada, wallclock, kind):
    new = made(ada, kind)
    wallclock.forward(SECOND)
    ada.asks_ok(**switch_list(kind, new))
    switched = owner_data(ada, OWNER[kind])
    wallclock.forward(SECOND)
    ada.asks_ok(**switch_list(kind, new))
    assert switched[sheet_key(kind)] == new
    assert owner_data(ada, OWNER[kind])["write_date"] == switched["write_date"]
    assert switched["write_date"] != switched["create_date"]


@each_kind
def test_a_sheet_is_called_what_it_is_renamed_to(ada, wallclock, kind):
    before = listed(ada, kind)
    wallclock.forward(SECOND)
    rename = list_verb("edit", kind, reference="Household", **named(kind, before["id"]))
    renamed = ada.asks_ok(**rename)[f"{noun(kind)}_data"]
    assert renamed["reference"] == "Household"
    assert renamed["write_date"] > before["write_date"]
    assert archive(ada, kind) == {str(before["id"]): "Household"}
    wallclock.forward(SECOND)
    ada.asks_ok(**rename)
    assert listed(ada, kind) == renamed


@each_kind
@pytest.mark.parametrize(
    "reference", ["", " ", " begins so", "ends so ", "x" * 65, "tab\tin it", "line\nbreak"]
)
def test_a_reference_is_1_to_64_visible_characters(ada, nothing_changes, kind, reference):
    nothing_changes()
    for asked in (list_verb("new", kind), list_verb("edit", kind, **named(kind, listed(ada, kind)["id"]))):
        answer = ada.is_refused("bad_value", **asked, reference=reference)
        assert answer["details"] == {"field": "reference"}


@each_kind
@pytest.mark.parametrize("reference", ["x", "é" * 64, "Ada & Bob, 2026: 50 %"], ids=len)
def test_a_reference_within_its_limits_is_kept_as_it_is(ada, kind, reference):
    number = made(ada, kind, reference=reference)
    assert archive(ada, kind)[str(number)] == reference


@each_kind
def test_the_last_sheet_is_not_unlinked(busy, nothing_changes, kind):
    number = listed(busy, kind)["id"]
    nothing_changes()
    answer = busy.is_refused("last_one", **unlink_list(kind, number))
    assert answer["details"] == {"field": "list_id"}


@each_kind
def test_the_active_sheet_is_not_unlinked(busy, nothing_changes, kind):
    made(busy, kind)
    number = listed(busy, kind)["id"]
    nothing_changes()
    answer = busy.is_refused("still_active", **unlink_list(kind, number))
    assert answer["details"] == {"field": "list_id"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if noun(kind) == "sheet"])
def test_a_sheet_is_unlinked_by_exactly_one_of_the_names_of_the_argument(ada, kind):
    number = made(ada, kind)
    for arguments in ({}, {"list_id": number, "sheet_id": number}):
        answer = ada.is_refused("arguments_clash", **list_verb("unlink", kind, **arguments))
        assert answer["details"]["fields"] == ["list_id", "sheet_id"]
    ada.asks_ok(**list_verb("unlink", kind, sheet_id=number))
    answer = ada.is_refused("not_found", **list_verb("unlink", kind, sheet_id=number))
    assert answer["details"] == {"field": "sheet_id"}


@each_kind
def test_an_unlinked_sheet_and_its_records_are_not_found_any_more(busy, wallet_file, kind):
    old = listed(busy, kind)
    busy.asks_ok(**switch_list(kind, made(busy, kind)))
    assert busy.asks_ok(**unlink_list(kind, old["id"])) == {"failed": False, sheet_key(kind): old["id"]}
    gone = named(kind, old["id"])
    for asked in (
        list_verb("view", kind, **gone),
        list_verb("edit", kind, reference="Household", **gone),
        switch_list(kind, old["id"]),
        unlink_list(kind, old["id"]),
        record_verb("view", kind, record_id=old["rows"][0]["id"]),
        record_verb("unlink", kind, record_id=old["rows"][0]["id"]),
    ):
        busy.is_refused("not_found", **asked)
    assert str(old["id"]) not in archive(busy, kind)
    linked = f"SELECT id FROM {kind}_records WHERE sheet_id = ? AND unlinked_at IS NULL"
    assert rows(wallet_file, linked, old["id"]) == []


@pytest.mark.parametrize("kind", ["transfer", "invoice"])
def test_unlinking_a_sheet_changes_no_balance_and_nothing_of_the_other_side(busy, wallet_file, kind):
    kept = ("SELECT * FROM balances", "SELECT * FROM postings", "SELECT * FROM entries")
    of_the_issuer = f"SELECT * FROM {kind}_records WHERE account_id = 1"
    before = [rows(wallet_file, question) for question in (*kept, of_the_issuer)]
    old = listed(busy, kind)
    busy.asks_ok(**unlink_record(kind, old["rows"][0]["id"]))
    busy.asks_ok(**switch_list(kind, made(busy, kind)))
    busy.asks_ok(**unlink_list(kind, old["id"]))
    assert [rows(wallet_file, question) for question in (*kept, of_the_issuer)] == before


@each_kind
def test_an_unlinked_record_leaves_its_sheet_counting_the_others(busy, wallclock, kind):
    add_record(busy, kind)
    before = listed(busy, kind)
    wallclock.forward(SECOND)
    taken, *others = before["rows"]
    answer = busy.asks_ok(**unlink_record(kind, taken["id"]))
    assert answer == {"failed": False, sheet_key(kind): before["id"], f"{kind}_record": taken["id"]}
    after = listed(busy, kind)
    assert after["rows"] == others
    assert after["record_count"] == before["record_count"] - 1 == len(others)
    assert after["write_date"] > before["write_date"]
    busy.is_refused("not_found", **record_verb("view", kind, record_id=taken["id"]))
    busy.is_refused("not_found", **unlink_record(kind, taken["id"]))


@each_kind
def test_the_record_after_an_unlinked_one_has_a_number_of_its_own(busy, kind):
    add_record(busy, kind)
    taken = listed(busy, kind)["rows"][0]
    busy.asks_ok(**unlink_record(kind, taken["id"]))
    add_record(busy, kind)
    assert listed(busy, kind)["rows"][0]["reference"] not in (taken["reference"], "")


@each_kind
def test_pages_go_on_below_an_unlinked_record(busy, kind):
    for _ in range(3):
        add_record(busy, kind)
    numbers = [row["id"] for row in listed(busy, kind)["rows"]]
    busy.asks_ok(**unlink_record(kind, numbers[1]))
    first = listed(busy, kind, limit=1)
    second = listed(busy, kind, limit=1, before=first["next"])
    assert [row["id"] for page in (first, second) for row in page["rows"]] == [numbers[0], numbers[2]]


@each_kind
def test_a_sheet_of_another_kind_is_not_found(ada, nothing_changes, kind):
    other = next(each for each in KINDS if each != kind)
    number = listed(ada, other)["id"]
    nothing_changes()
    for asked in (list_verb("view", kind, **named(kind, number)), switch_list(kind, number)):
        ada.is_refused("not_found", **asked)
    ada.is_refused("not_found", **unlink_list(kind, number))


@each_kind
def test_nobody_elses_sheet_or_record_is_found(busy, bob, nothing_changes, kind):
    sheet = listed(busy, kind)
    nothing_changes()
    record = sheet["rows"][0]["id"]
    for asked, nowhere in (
        (list_verb("view", kind, **named(kind, sheet["id"])), named(kind, NOBODYS)),
        (list_verb("edit", kind, reference="Mine", **named(kind, sheet["id"])), named(kind, NOBODYS)),
        (switch_list(kind, sheet["id"]), named(kind, NOBODYS)),
        (unlink_list(kind, sheet["id"]), {"list_id": NOBODYS}),
        (unlink_record(kind, record), {"record_id": NOBODYS}),
        (record_verb("view", kind, record_id=record), {"record_id": NOBODYS}),
    ):
        assert bob.is_refused("not_found", **asked) == bob.is_refused("not_found", **{**asked, **nowhere})


@pytest.mark.parametrize("kind", ["transfer", "invoice"])
def test_a_sheet_of_another_wallet_is_viewed_and_renamed_but_not_switched_to(supplied, kind):
    old = listed(supplied, kind)
    supplied.asks_ok(**choose("switch", "ewallet", held(supplied, "ewallet")))
    assert listed(supplied, kind)["id"] != old["id"]
    assert listed(supplied, kind, sheet_id=old["id"]) == old
    answer = supplied.is_refused("belongs_elsewhere", **switch_list(kind, old["id"]))
    assert answer["details"] == {"field": "sheet_id", "wallet": old["ewallet"]}
    supplied.asks_ok(**list_verb("edit", kind, sheet_id=old["id"], reference="Of old"))
    assert listed(supplied, kind, sheet_id=old["id"])["reference"] == "Of old"


@pytest.mark.parametrize("kind", ["conversion", "time"])
def test_a_sheet_of_another_clock_is_not_switched_to(supplied, kind):
    old = listed(supplied, kind)
    supplied.asks_ok(**choose("switch", "clock", held(supplied, "clock")))
    answer = supplied.is_refused("belongs_elsewhere", **switch_list(kind, old["id"]))
    assert answer["details"] == {"field": "sheet_id", "clock": old["clock"]}


@pytest.mark.parametrize("kind", ["transfer", "invoice"])
def test_the_active_sheet_of_another_wallet_is_not_unlinked_either(supplied, kind):
    old, second = listed(supplied, kind)["id"], made(supplied, kind)
    supplied.asks_ok(**choose("switch", "ewallet", held(supplied, "ewallet")))
    supplied.is_refused("still_active", **unlink_list(kind, old))
    supplied.asks_ok(**unlink_list(kind, second))
    supplied.is_refused("last_one", **unlink_list(kind, old))


@each_kind
def test_a_request_that_is_repeated_makes_and_unlinks_one_sheet(ada, kind):
    asked = list_verb("new", kind)
    first = ada.asks_ok(**asked, request_id="make-it-once")
    assert ada.asks_ok(**asked, request_id="make-it-once") == first
    unlink = unlink_list(kind, first[sheet_key(kind)])
    gone = ada.asks_ok(**unlink, request_id="unlink-it-once")
    assert ada.asks_ok(**unlink, request_id="unlink-it-once") == gone
    assert len(archive(ada, kind)) == 1


@each_kind
def test_each_change_of_a_sheet_is_an_event_of_its_account(busy, wallet_file, kind):
    new = made(busy, kind)
    busy.asks_ok(**list_verb("edit", kind, reference="Household", **named(kind, new)))
    old = listed(busy, kind)["id"]
    busy.asks_ok(**switch_list(kind, new))
    busy.asks_ok(**switch_list(kind, old))
    busy.asks_ok(**switch_list(kind, old))
    busy.asks_ok(**unlink_list(kind, new))
    question = (
        "SELECT json_extract(data, '$.change') change, json_extract(data, '$.id') id FROM events"
        " WHERE kind = 'belongings_changed' AND json_extract(data, '$.what') = ? ORDER BY id, sequence"
    )
    found = rows(wallet_file, question, f"{kind} {noun(kind)}")
    assert sorted((event["change"], event["id"]) for event in found) == sorted(
        [("made", new), ("renamed", new), ("switched", new), ("switched", old), ("unlinked", new)]
    )


@each_kind
def test_every_sheet_is_named_by_its_own_argument(ada, kind):
    other = "sheet_id" if noun(kind) == "list" else "list_id"
    answer = ada.is_refused("unknown_argument", **list_verb("view", kind), **{other: 1})
    assert answer["details"]["field"] == other


def test_a_run_that_ends_while_its_clocks_sheet_is_not_the_active_one_goes_to_its_own_clock(
    running, wallclock
):
    own = listed(running, "time")["id"]
    running.asks_ok(**choose("switch", "clock", held(running, "clock")))
    wallclock.forward(21 * MINUTE)
    assert listed(running, "time")["rows"] == []
    assert [row["time_spent_ms"] for row in listed(running, "time", sheet_id=own)["rows"]] == [20 * MINUTE]


def test_a_timers_record_goes_to_the_sheet_that_is_active_when_it_stops(running, wallclock):
    old, new = listed(running, "time")["id"], made(running, "time")
    running.asks_ok(**switch_list("time", new))
    running.asks_ok(**unlink_list("time", old))
    wallclock.forward(SECOND)
    running.asks_ok(**STOP)
    assert listed(running, "time")["record_count"] == 1
