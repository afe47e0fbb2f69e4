"""What a run is for, and private notes on transfers."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from database_file import cells_containing, rows
from engine_client import EngineClient
from examples_payments import pay
from fakes import MINUTE, SECOND
from hypothesis import example, given
from hypothesis import strategies as some
from instructions import (
    EDIT_TIMER,
    PAUSE,
    START,
    STOP,
    edit_record,
    supply,
    to_clock,
    view_list,
    view_record,
)
from reports import EXPORT, SEARCH

from ewallet_core.types import LONGEST_TAG, MOST_TAGS, are_tags, stored_tags, tags_in

OVERVIEW = {"action": "view", "view": "overview"}
FOR_ACME = {"notes": "Invoices of May", "tags": ["acme", "urgent"]}


def label(holder: dict[str, Any]) -> dict[str, Any]:
    """The note and tags of a record or an answer, or of a clock's run."""
    prefix = "timer_" if "timer_tags" in holder else ""
    return {name: holder[f"{prefix}{name}"] for name in ("notes", "tags")}


def run(caller: EngineClient, wallclock, **described: Any) -> int:
    """A run of a minute; returns its record's id."""
    caller.request(**START, **described)
    wallclock.forward(MINUTE)
    return caller.request(**STOP)["time_record"]


def found(caller: EngineClient, **arguments: Any) -> list[int]:
    rows = caller.request(**SEARCH, **arguments)["rows"]
    return [row["record"] for row in rows if row["kind"] == "time"]


# What a run is for


def test_a_run_keeps_its_note_and_tags_until_its_record_has_them(converted, wallclock):
    answer = converted.request(**START, **FOR_ACME)
    assert label(answer) == label(converted.clock) == FOR_ACME
    converted.request(**PAUSE)
    overview = converted.request(**OVERVIEW)
    assert label(overview["clock_data"]) == label(overview["timers"][0]) == FOR_ACME
    record = converted.request(**STOP)["record_data"]
    assert label(record) == label(converted.records("time")[0]) == FOR_ACME
    assert label(converted.clock) == {"notes": "", "tags": []}
    assert label(converted.request(**START)) == {"notes": "", "tags": []}


def test_a_run_that_runs_out_keeps_its_note_and_tags(converted, wallclock):
    converted.request(**START, **FOR_ACME)
    wallclock.forward(25 * MINUTE)
    assert label(converted.records("time")[0]) == FOR_ACME
    assert label(converted.clock) == {"notes": "", "tags": []}


def test_a_conversion_does_not_change_what_a_run_is_for(converted):
    converted.request(**START, **FOR_ACME)
    converted.request(**to_clock(5))
    assert label(converted.clock) == FOR_ACME


def test_what_a_run_is_for_can_be_changed_while_it_runs_or_is_paused(converted, wallclock, wallet_url):
    converted.request(**START, **FOR_ACME)
    wallclock.forward(SECOND)
    assert label(converted.request(**EDIT_TIMER, notes="Offers")) == {**FOR_ACME, "notes": "Offers"}
    assert converted.clock["write_date"] == "2026-11-20T12:00:01.000Z"
    converted.request(**PAUSE)
    assert label(converted.request(**EDIT_TIMER, tags="")) == {"notes": "Offers", "tags": []}
    event = rows(wallet_url, "SELECT kind, data FROM events ORDER BY id DESC LIMIT 1")[0]
    assert event["kind"] == "belongings_changed"
    assert json.loads(event["data"]) == {"what": "timer", "id": 2, "change": "edited"}
    assert label(converted.request(**STOP)["record_data"]) == {"notes": "Offers", "tags": []}
    assert converted.expect_error("timer_state", **EDIT_TIMER, notes="late")["error"] == (
        "The timer does not run."
    )


def test_what_a_finished_run_was_for_can_be_changed(converted, wallclock, bob):
    record_id = run(converted, wallclock, **FOR_ACME)
    wallclock.forward(SECOND)
    edited = converted.request(**edit_record("time", record_id, tags="Acme, offers"))["record_data"]
    assert label(edited) == {"notes": "Invoices of May", "tags": ["acme", "offers"]}
    assert edited["write_date"] > edited["create_date"]
    assert edited == converted.request(**view_record("time", record_id))["record_data"]
    assert found(converted, text="offers") == found(converted, tag="offers") == [record_id]
    assert found(converted, text="urgent") == found(converted, tag="urgent") == []
    bob.expect_error("not_found", **edit_record("time", record_id, notes="mine"))


def test_an_edit_that_changes_nothing_writes_nothing(converted, wallclock, nothing_changes):
    record_id = run(converted, wallclock, **FOR_ACME)
    converted.request(**START, **FOR_ACME)
    wallclock.forward(SECOND)
    nothing_changes()
    converted.request(**edit_record("time", record_id, tags="#ACME urgent acme"))
    converted.request(**EDIT_TIMER, **FOR_ACME)


@pytest.mark.parametrize(
    "tags", ["Acme urgent", "##acme, #urgent,", " urgent\tACME\n", ["Acme", "#urgent", "acme"]], ids=repr
)
def test_tags_are_sent_as_text_or_as_a_list(converted, tags):
    assert set(converted.request(**START, tags=tags)["tags"]) == {"acme", "urgent"}


@pytest.mark.parametrize(
    "tags",
    [
        "a b c d e f g h i j k",
        "x" * (LONGEST_TAG + 1),
        ["two words"],
        ["with,comma"],
        "star*",
        [""],
        "\u200d",
        "bell\x07",
        ["line\nbreak"],
        "\ud800",
        [1],
        7,
        {"acme": 1},
    ],
    ids=ascii,
)
def test_other_tags_are_refused(converted, nothing_changes, tags):
    nothing_changes()
    assert converted.expect_error("bad_value", **START, tags=tags)["details"] == {"field": "tags"}


tag_text = some.text(max_size=20) | some.text(some.sampled_from("#a ,"), max_size=5)


@given(some.one_of(some.text(max_size=60), tag_text, some.lists(tag_text, max_size=12)))
@example("##acme")
@example(["#", "# #a"])
def test_valid_tags_are_the_same_when_they_are_read_again(words):
    if are_tags(words):
        stored = stored_tags(words)
        assert stored_tags(stored) == stored
        assert tags_in(stored) == tags_in(words) == tuple(stored.split())
        assert len(stored.split()) <= MOST_TAGS
        assert are_tags(stored)
        assert all(f" {tag} " in stored for tag in tags_in(words))


def test_time_records_are_filtered_by_tags_and_by_text(converted, wallclock):
    acme = run(converted, wallclock, **FOR_ACME)
    acme_too = run(converted, wallclock, notes="urgent offer", tags="acme_2 acme")
    run(converted, wallclock, tags="acme_22 a%")
    assert found(converted, tag="ACME") == [acme_too, acme]
    assert found(converted, tag="#acme_2") == [acme_too]
    assert found(converted, tag="urgent") == found(converted, tag=["urgent", "acme"]) == [acme]
    assert found(converted, text="urgent") == [acme_too, acme]
    assert found(converted, text="urgent", tag="acme_2") == [acme_too]
    assert found(converted, tag="acm") == found(converted, tag="%") == []
    assert found(converted, tag="ACM*") == found(converted, tag="*") == [3, acme_too, acme]
    assert found(converted, tag="acme_2* acme") == [acme_too]
    for refused in ("a*b", "x" * (LONGEST_TAG + 1) + "*", ["two words*"], ["a"] * 3 + [""]):
        assert converted.expect_error("bad_value", **SEARCH, tag=refused)["details"] == {"field": "tag"}
    sheet = converted.request(**view_list("time"))["time_sheet"]
    assert found(converted, tag="acme", kind="time", sheet_id=sheet) == [acme_too, acme]
    rows = converted.request(**SEARCH, tag="acme")["rows"]
    assert {row["kind"] for row in rows} == {"time"}
    refused = converted.expect_error("bad_value", **SEARCH, tag="acme", kind="transfer")
    assert refused["details"] == {"field": "kind"}


def test_an_export_has_notes_and_tags_and_can_be_limited_to_a_tag(converted, wallclock):
    run(converted, wallclock, **FOR_ACME)
    run(converted, wallclock, notes="=1+1", tags="other")
    (one,) = json.loads(converted.request(**EXPORT, kind="time", format="json", tag="acme")["content"])
    assert label(one) == FOR_ACME
    table = csv.DictReader(io.StringIO(converted.request(**EXPORT, kind="time")["content"]))
    assert [(row["notes"], row["tags"]) for row in table] == [
        ("'=1+1", "other"),
        ("Invoices of May", "acme urgent"),
    ]
    converted.expect_error("bad_value", **EXPORT, kind="invoice", tag="acme")


# Private notes


@pytest.fixture
def payment(ada: EngineClient, bob: EngineClient) -> tuple[int, int]:
    """The records of a payment on ada's and on bob's side."""
    ada.request(**supply(20))
    paid = ada.request(**pay("bob@example.org", 5, notes="lunch"))["transfer_record"]
    return paid, bob.records("transfer")[0]["id"]


def test_each_side_of_a_transfer_has_a_private_note_of_its_own(ada, bob, payment, wallet_url):
    adas, bobs = payment
    answer = ada.request(**edit_record("transfer", adas, private_notes="owes me a favour"))
    assert answer["record_data"]["private_notes"] == "owes me a favour"
    bob.request(**edit_record("transfer", bobs, private_notes="never again"))
    assert ada.records("transfer")[0] == answer["record_data"]
    for caller, record, secret in ((ada, adas, "never again"), (bob, bobs, "favour")):
        shown = [
            caller.request(**view_record("transfer", record)),
            caller.records("transfer"),
            caller.request(**SEARCH),
            caller.request(**EXPORT, kind="transfer"),
            caller.request(**OVERVIEW),
            caller.engine.events(**caller.credentials, since=0).events,
        ]
        assert secret not in str(shown)
        assert caller.request(**SEARCH, text=secret)["rows"] == []
    assert len(ada.request(**SEARCH, text="FAVOUR")["rows"]) == 1
    (row, *_) = csv.DictReader(io.StringIO(ada.request(**EXPORT, kind="transfer")["content"]))
    assert (row["notes"], row["private_notes"]) == ("lunch", "owes me a favour")
    places = {cell.partition(":")[0] for cell in cells_containing(wallet_url, "favour", "never again")}
    assert places == {"transfer_records.private_notes", "transfer_records.search_key"}


def test_a_private_note_changes_no_entry_and_can_be_removed(ada, payment, wallet_url):
    journal = "SELECT * FROM entries JOIN postings ON postings.entry_id = entries.id"
    before, (adas, bobs) = rows(wallet_url, journal), payment
    ada.request(**edit_record("transfer", adas, private_notes="owes me"))
    ada.request(**edit_record("transfer", adas, private_notes=""))
    assert ada.records("transfer")[0]["private_notes"] == ""
    assert ada.request(**SEARCH, text="owes me")["rows"] == []
    assert rows(wallet_url, journal) == before
    ada.expect_error("not_found", **edit_record("transfer", bobs, private_notes="mine"))
    ada.expect_error("missing_argument", **edit_record("transfer", adas))
