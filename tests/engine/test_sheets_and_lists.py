"""Sheets and lists of every kind: the same rules for creating, switching, renaming and unlinking."""

from __future__ import annotations

import json

import pytest
from database_file import rows
from each import check_each
from examples_sheets import list_verb, new_contact, record_verb
from fakes import MINUTE, SECOND
from instructions import START, STOP, supply, to_credits
from owned_items import (
    KINDS,
    OWNER,
    archive,
    choose,
    create_holder,
    create_sheet,
    named,
    noun,
    owner_data,
    restore_record,
    sheet_key,
    switch_list,
    unlink_list,
    unlink_record,
    view_sheet,
)

each_kind = pytest.mark.parametrize("kind", KINDS)
TITLES = {
    "transfer": "Transfer sheet",
    "invoice": "Invoice sheet",
    "conversion": "Conversion sheet",
    "time": "Time sheet",
    "contact": "Contact list",
}
MISSING_ID = 999_999


@pytest.fixture
def busy(running, wallclock):
    """Ada with a record of every kind on her active sheets."""
    wallclock.forward(5 * SECOND)
    running.request(**STOP)
    running.request(**new_contact())
    return running


def add_record(caller, kind):
    """Add a record of that kind to the active sheet."""
    for instruction in {
        "transfer": (supply(1),),
        "invoice": (supply(1),),
        "conversion": (to_credits(credits=1),),
        "time": (START, STOP),
        "contact": (new_contact("Alan"),),
    }[kind]:
        caller.request(**instruction)


@each_kind
def test_a_new_sheet_is_empty_and_not_active(busy, kind):
    before = view_sheet(busy, kind)
    new = view_sheet(busy, kind, **named(kind, create_sheet(busy, kind)))
    assert (new["record_count"], new["rows"], new["next"]) == (0, [], None)
    assert new[OWNER[kind]] == before[OWNER[kind]]
    assert view_sheet(busy, kind) == before


@each_kind
def test_a_new_sheet_is_numbered_or_has_the_given_reference(ada, kind):
    numbered, called = create_sheet(ada, kind), create_sheet(ada, kind, reference="Savings")
    before = {number: reference for number, reference in archive(ada, kind).items() if reference[-1] == "1"}
    assert archive(ada, kind) == {
        **before,
        str(numbered): f"{TITLES[kind]} 2",
        str(called): "Savings",
    }
    assert list(before.values()) == [f"{TITLES[kind]} 1"]


@each_kind
def test_the_number_of_an_unlinked_sheet_is_not_reused(ada, kind):
    second = create_sheet(ada, kind)
    ada.request(**unlink_list(kind, second))
    third = create_sheet(ada, kind)
    assert archive(ada, kind)[str(third)] == f"{TITLES[kind]} 3"


@each_kind
def test_new_records_go_to_the_active_sheet(busy, kind):
    before, new = view_sheet(busy, kind), create_sheet(busy, kind)
    answer = busy.request(**switch_list(kind, new))
    assert answer[sheet_key(kind)] == answer[f"{noun(kind)}_data"]["id"] == new
    add_record(busy, kind)
    assert view_sheet(busy, kind)["record_count"] == 1
    assert view_sheet(busy, kind)["id"] == new
    again = view_sheet(busy, kind, **named(kind, before["id"]))
    assert again["rows"] == before["rows"]


@each_kind
def test_a_switch_updates_the_owners_write_date_once(ada, wallclock, kind):
    new = create_sheet(ada, kind)
    wallclock.forward(SECOND)
    ada.request(**switch_list(kind, new))
    switched = owner_data(ada, OWNER[kind])
    wallclock.forward(SECOND)
    ada.request(**switch_list(kind, new))
    assert switched[sheet_key(kind)] == new
    assert owner_data(ada, OWNER[kind])["write_date"] == switched["write_date"]
    assert switched["write_date"] != switched["create_date"]


@each_kind
def test_a_sheet_can_be_renamed(ada, wallclock, kind):
    before = view_sheet(ada, kind)
    wallclock.forward(SECOND)
    rename = list_verb("edit", kind, reference="Household", **named(kind, before["id"]))
    renamed = ada.request(**rename)[f"{noun(kind)}_data"]
    assert renamed["reference"] == "Household"
    assert renamed["write_date"] > before["write_date"]
    assert archive(ada, kind) == {str(before["id"]): "Household"}
    wallclock.forward(SECOND)
    ada.request(**rename)
    assert view_sheet(ada, kind) == renamed


@each_kind
def test_a_reference_must_have_1_to_64_visible_characters(ada, nothing_changes, kind):
    edit = list_verb("edit", kind, **named(kind, view_sheet(ada, kind)["id"]))
    nothing_changes()

    def check(reference: str) -> None:
        for asked in (list_verb("new", kind), edit):
            answer = ada.expect_error("bad_value", **asked, reference=reference)
            assert answer["details"] == {"field": "reference"}

    wrong = ("", " ", " begins so", "ends so ", "x" * 65, "tab\tin it", "line\nbreak")
    check_each({repr(reference): reference for reference in wrong}, check)


@each_kind
def test_a_valid_reference_is_stored_unchanged(ada, kind):
    for reference in ("x", "é" * 64, "Ada & Bob, 2026: 50 %"):
        number = create_sheet(ada, kind, reference=reference)
        assert archive(ada, kind)[str(number)] == reference


@each_kind
def test_the_last_sheet_can_not_be_unlinked(busy, nothing_changes, kind):
    number = view_sheet(busy, kind)["id"]
    nothing_changes()
    answer = busy.expect_error("last_one", **unlink_list(kind, number))
    assert answer["details"] == {"field": "list_id"}


@each_kind
def test_the_active_sheet_can_not_be_unlinked(busy, nothing_changes, kind):
    create_sheet(busy, kind)
    number = view_sheet(busy, kind)["id"]
    nothing_changes()
    answer = busy.expect_error("still_active", **unlink_list(kind, number))
    assert answer["details"] == {"field": "list_id"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if noun(kind) == "sheet"])
def test_an_unlink_names_the_sheet_by_exactly_one_argument(ada, kind):
    number = create_sheet(ada, kind)
    for arguments in ({}, {"list_id": number, "sheet_id": number}):
        answer = ada.expect_error("arguments_clash", **list_verb("unlink", kind, **arguments))
        assert answer["details"]["fields"] == ["list_id", "sheet_id"]
    ada.request(**list_verb("unlink", kind, sheet_id=number))
    answer = ada.expect_error("not_found", **list_verb("unlink", kind, sheet_id=number))
    assert answer["details"] == {"field": "sheet_id"}


@each_kind
def test_an_unlinked_sheet_and_its_records_are_not_found(busy, wallet_url, kind):
    old = view_sheet(busy, kind)
    busy.request(**switch_list(kind, create_sheet(busy, kind)))
    assert busy.request(**unlink_list(kind, old["id"]))[sheet_key(kind)] == old["id"]
    gone = named(kind, old["id"])
    for asked in (
        list_verb("view", kind, **gone),
        list_verb("edit", kind, reference="Household", **gone),
        switch_list(kind, old["id"]),
        unlink_list(kind, old["id"]),
        record_verb("view", kind, record_id=old["rows"][0]["id"]),
        record_verb("unlink", kind, record_id=old["rows"][0]["id"]),
    ):
        busy.expect_error("not_found", **asked)
    assert str(old["id"]) not in archive(busy, kind)
    linked = f"SELECT id FROM {kind}_records WHERE sheet_id = ? AND unlinked_at IS NULL"
    assert rows(wallet_url, linked, old["id"]) == []


@pytest.mark.parametrize("kind", ["transfer", "invoice"])
def test_unlinking_a_sheet_changes_no_balance_and_no_records_of_the_partner(busy, wallet_url, kind):
    kept = ("SELECT * FROM balances", "SELECT * FROM postings", "SELECT * FROM entries")
    of_the_issuer = f"SELECT * FROM {kind}_records WHERE account_id = 1"
    before = [rows(wallet_url, sql) for sql in (*kept, of_the_issuer)]
    old = view_sheet(busy, kind)
    busy.request(**unlink_record(kind, old["rows"][0]["id"]))
    busy.request(**switch_list(kind, create_sheet(busy, kind)))
    busy.request(**unlink_list(kind, old["id"]))
    assert [rows(wallet_url, sql) for sql in (*kept, of_the_issuer)] == before


@each_kind
def test_an_unlinked_record_is_not_counted_by_its_sheet(busy, wallclock, kind):
    add_record(busy, kind)
    before = view_sheet(busy, kind)
    wallclock.forward(SECOND)
    taken, *others = before["rows"]
    answer = busy.request(**unlink_record(kind, taken["id"]))
    assert (answer[sheet_key(kind)], answer[f"{kind}_record"]) == (before["id"], taken["id"])
    after = view_sheet(busy, kind)
    assert after["rows"] == others
    assert after["record_count"] == before["record_count"] - 1 == len(others)
    assert after["write_date"] > before["write_date"]
    busy.expect_error("not_found", **record_verb("view", kind, record_id=taken["id"]))
    busy.expect_error("not_found", **unlink_record(kind, taken["id"]))


@each_kind
def test_the_number_of_an_unlinked_record_is_not_reused(busy, kind):
    add_record(busy, kind)
    taken = view_sheet(busy, kind)["rows"][0]
    busy.request(**unlink_record(kind, taken["id"]))
    add_record(busy, kind)
    assert view_sheet(busy, kind)["rows"][0]["reference"] not in (taken["reference"], "")


@each_kind
def test_pages_skip_unlinked_records(busy, kind):
    for _ in range(3):
        add_record(busy, kind)
    numbers = [row["id"] for row in view_sheet(busy, kind)["rows"]]
    busy.request(**unlink_record(kind, numbers[1]))
    first = view_sheet(busy, kind, limit=1)
    second = view_sheet(busy, kind, limit=1, before=first["next"])
    assert [row["id"] for page in (first, second) for row in page["rows"]] == [numbers[0], numbers[2]]


@each_kind
def test_removed_records_are_viewed_by_cursor_and_one_by_one(busy, wallclock, kind):
    for _ in range(3):
        add_record(busy, kind)
    linked = view_sheet(busy, kind)["rows"]
    wallclock.forward(SECOND)
    for taken in (linked[0], linked[2]):
        busy.request(**unlink_record(kind, taken["id"]))
    first = view_sheet(busy, kind, removed=True, limit=1)
    second = view_sheet(busy, kind, removed=True, limit=1, before=first["next"])
    found = [row for page in (first, second) for row in page["rows"]]
    assert [{**row, "write_date": ""} for row in found] == [
        {**linked[0], "write_date": ""},
        {**linked[2], "write_date": ""},
    ]
    assert found[0]["write_date"] > linked[0]["write_date"]
    assert second["next"] is None
    busy.expect_error("arguments_clash", **list_verb("view", kind, removed=True, skip=1))
    removed = {"record_id": linked[0]["id"], "removed": True}
    assert busy.request(**record_verb("view", kind, **removed))["record_data"] == found[0]


@each_kind
def test_a_restored_record_is_back_where_it_was(busy, wallclock, kind):
    for _ in range(2):
        add_record(busy, kind)
    before = view_sheet(busy, kind)
    taken = before["rows"][1]
    busy.request(**unlink_record(kind, taken["id"]))
    wallclock.forward(SECOND)
    answer = busy.request(**restore_record(kind, taken["id"]))
    assert (answer[sheet_key(kind)], answer[f"{kind}_record"]) == (before["id"], taken["id"])
    after = view_sheet(busy, kind)
    assert [row["id"] for row in after["rows"]] == [row["id"] for row in before["rows"]]
    assert after["record_count"] == before["record_count"]
    assert after["rows"][1]["write_date"] > taken["write_date"]
    assert view_sheet(busy, kind, removed=True)["rows"] == []
    found = busy.request(action="search", search="records", kind=kind)["rows"]
    assert taken["id"] in [row["record"] for row in found]


@each_kind
def test_only_an_own_removed_record_of_a_kept_sheet_can_be_restored(busy, bob, nothing_changes, kind):
    old = view_sheet(busy, kind)
    record = old["rows"][0]["id"]
    busy.expect_error("not_removed", **restore_record(kind, record))
    busy.request(**unlink_record(kind, record))
    bob.expect_error("not_found", **restore_record(kind, record))
    busy.request(**switch_list(kind, create_sheet(busy, kind)))
    busy.request(**unlink_list(kind, old["id"]))
    nothing_changes()
    assert busy.expect_error("sheet_removed", **restore_record(kind, record))["error"]


@each_kind
def test_a_sheet_of_another_kind_is_not_found(ada, nothing_changes, kind):
    other = next(each for each in KINDS if each != kind)
    number = view_sheet(ada, other)["id"]
    nothing_changes()
    for asked in (list_verb("view", kind, **named(kind, number)), switch_list(kind, number)):
        ada.expect_error("not_found", **asked)
    ada.expect_error("not_found", **unlink_list(kind, number))


@each_kind
def test_sheets_and_records_of_another_account_are_not_found(busy, bob, nothing_changes, kind):
    sheet = view_sheet(busy, kind)
    nothing_changes()
    record = sheet["rows"][0]["id"]
    for asked, nowhere in (
        (list_verb("view", kind, **named(kind, sheet["id"])), named(kind, MISSING_ID)),
        (list_verb("edit", kind, reference="Mine", **named(kind, sheet["id"])), named(kind, MISSING_ID)),
        (switch_list(kind, sheet["id"]), named(kind, MISSING_ID)),
        (unlink_list(kind, sheet["id"]), {"list_id": MISSING_ID}),
        (unlink_record(kind, record), {"record_id": MISSING_ID}),
        (record_verb("view", kind, record_id=record), {"record_id": MISSING_ID}),
    ):
        assert bob.expect_error("not_found", **asked) == bob.expect_error("not_found", **{**asked, **nowhere})


@pytest.mark.parametrize("kind", ["transfer", "invoice"])
def test_a_sheet_of_another_wallet_can_be_viewed_and_renamed_but_not_switched_to(supplied, kind):
    old = view_sheet(supplied, kind)
    supplied.request(**choose("switch", "ewallet", create_holder(supplied, "ewallet")))
    assert view_sheet(supplied, kind)["id"] != old["id"]
    assert view_sheet(supplied, kind, sheet_id=old["id"]) == old
    answer = supplied.expect_error("belongs_elsewhere", **switch_list(kind, old["id"]))
    assert answer["details"] == {"field": "sheet_id", "wallet": old["ewallet"]}
    supplied.request(**list_verb("edit", kind, sheet_id=old["id"], reference="Of old"))
    assert view_sheet(supplied, kind, sheet_id=old["id"])["reference"] == "Of old"


@pytest.mark.parametrize("kind", ["conversion", "time"])
def test_a_sheet_of_another_clock_can_not_be_switched_to(supplied, kind):
    old = view_sheet(supplied, kind)
    supplied.request(**choose("switch", "clock", create_holder(supplied, "clock")))
    answer = supplied.expect_error("belongs_elsewhere", **switch_list(kind, old["id"]))
    assert answer["details"] == {"field": "sheet_id", "clock": old["clock"]}


@pytest.mark.parametrize("kind", ["transfer", "invoice"])
def test_the_active_sheet_of_another_wallet_can_not_be_unlinked(supplied, kind):
    old, second = view_sheet(supplied, kind)["id"], create_sheet(supplied, kind)
    supplied.request(**choose("switch", "ewallet", create_holder(supplied, "ewallet")))
    supplied.expect_error("still_active", **unlink_list(kind, old))
    supplied.request(**unlink_list(kind, second))
    supplied.expect_error("last_one", **unlink_list(kind, old))


@each_kind
def test_a_repeated_request_creates_or_unlinks_one_sheet(ada, kind):
    asked = list_verb("new", kind)
    first = ada.request(**asked, request_id="make-it-once")
    assert ada.request(**asked, request_id="make-it-once") == first
    unlink = unlink_list(kind, first[sheet_key(kind)])
    gone = ada.request(**unlink, request_id="unlink-it-once")
    assert ada.request(**unlink, request_id="unlink-it-once") == gone
    assert len(archive(ada, kind)) == 1


@each_kind
def test_each_change_of_a_sheet_is_an_event(busy, wallet_url, kind):
    new = create_sheet(busy, kind)
    busy.request(**list_verb("edit", kind, reference="Household", **named(kind, new)))
    old = view_sheet(busy, kind)["id"]
    busy.request(**switch_list(kind, new))
    busy.request(**switch_list(kind, old))
    busy.request(**switch_list(kind, old))
    busy.request(**unlink_list(kind, new))
    found = [
        json.loads(row["data"])
        for row in rows(wallet_url, "SELECT data FROM events WHERE kind = 'belongings_changed'")
    ]
    of_kind = [event for event in found if event["what"] == f"{kind} {noun(kind)}"]
    assert sorted((event["change"], event["id"]) for event in of_kind) == sorted(
        [("made", new), ("renamed", new), ("switched", new), ("switched", old), ("unlinked", new)]
    )


@each_kind
def test_the_other_argument_for_a_sheet_is_unknown(ada, kind):
    other = "sheet_id" if noun(kind) == "list" else "list_id"
    answer = ada.expect_error("unknown_argument", **list_verb("view", kind), **{other: 1})
    assert answer["details"]["field"] == other


def test_a_run_of_another_clock_is_recorded_on_the_sheet_of_that_clock(running, wallclock):
    own = view_sheet(running, "time")["id"]
    running.request(**choose("switch", "clock", create_holder(running, "clock")))
    wallclock.forward(21 * MINUTE)
    assert view_sheet(running, "time")["rows"] == []
    assert [row["time_spent_ms"] for row in view_sheet(running, "time", sheet_id=own)["rows"]] == [
        20 * MINUTE
    ]


def test_a_time_record_goes_to_the_sheet_that_is_active_when_the_timer_stops(running, wallclock):
    old, new = view_sheet(running, "time")["id"], create_sheet(running, "time")
    running.request(**switch_list("time", new))
    running.request(**unlink_list("time", old))
    wallclock.forward(SECOND)
    running.request(**STOP)
    assert view_sheet(running, "time")["record_count"] == 1
