"""Contacts: written down, shown by name, edited and found by what they say now."""

from __future__ import annotations

import pytest
from database_file import rows
from examples_sheets import list_verb, new_contact, record_verb
from fakes import SECOND
from owned_items import listed, made, switch_list, unlink_list

EVERYTHING = {
    "user_phone": "+1 202 555 0100",
    "user_reference": "Friends",
    "notes": "met in spring",
}


@pytest.fixture
def grace(ada):
    """The number of a contact of Ada's."""
    return ada.asks_ok(**new_contact(**EVERYTHING))["contact_record"]


def contact(caller, number):
    return caller.asks_ok(**record_verb("view", "contact", record=number))["record_data"]


def edit(number, **changes):
    return record_verb("edit", "contact", record_id=number, **changes)


def found_by(caller, text):
    rows = caller.asks_ok(action="search", search="records", text=text, kind="contact")["rows"]
    return [row["record"] for row in rows]


def test_a_contact_says_what_was_written_down(ada, grace):
    said = contact(ada, grace)
    del said["create_date"], said["write_date"]
    assert said == {
        "id": grace,
        "contact_list": listed(ada, "contact")["id"],
        "reference": "Friends",
        "name": "Grace",
        "email": "grace@example.org",
        "phone": "+1 202 555 0100",
        "notes": "met in spring",
    }


def test_a_contact_is_answered_by_name_with_its_list_under_both_names(ada):
    answer = ada.asks_ok(**new_contact())
    active = listed(ada, "contact")["id"]
    assert answer["new_contact"] == "Grace"
    assert (answer["contact_sheet"], answer["contact_list"]) == (active, active)


def test_a_name_and_an_email_are_enough(ada):
    said = contact(ada, ada.asks_ok(**new_contact())["contact_record"])
    assert (said["reference"], said["phone"], said["notes"]) == ("Contact 1", "", "")


def test_a_contact_is_viewed_as_record_and_as_record_id(ada, grace):
    views = [
        ada.asks_ok(**record_verb("view", "contact", **{argument: grace}))
        for argument in ("record", "record_id")
    ]
    assert views[0] == views[1]


@pytest.mark.parametrize("arguments", [{}, {"record": 1, "record_id": 1}], ids=str)
def test_exactly_one_argument_says_which_contact(ada, grace, nothing_changes, arguments):
    nothing_changes()
    answer = ada.is_refused("arguments_clash", **record_verb("view", "contact", **arguments))
    assert set(answer["details"]["fields"]) == {"record", "record_id"}


@pytest.mark.parametrize("argument", ["contact_sheet", "contact_list"])
def test_a_contact_goes_on_the_list_that_is_named(ada, argument):
    family = made(ada, "contact", reference="Family")
    answer = ada.asks_ok(**new_contact(**{argument: family}))
    assert answer["contact_list"] == family
    assert listed(ada, "contact", list_id=family)["record_count"] == 1
    assert listed(ada, "contact")["record_count"] == 0


@pytest.mark.parametrize("argument", ["contact_sheet", "contact_list"])
def test_a_list_that_is_not_there_is_named_by_its_argument(ada, bob, nothing_changes, argument):
    number = listed(bob, "contact")["id"]
    nothing_changes()
    answer = ada.is_refused("not_found", **new_contact(**{argument: number}))
    assert answer["details"] == {"field": argument}


def test_a_contact_is_not_put_on_two_lists(ada, nothing_changes):
    number = listed(ada, "contact")["id"]
    nothing_changes()
    ada.is_refused("arguments_clash", **new_contact(contact_sheet=number, contact_list=number))


def test_a_list_names_its_contacts_in_the_order_of_its_rows(ada):
    for name in ("Grace", "Alan", "Barbara"):
        ada.asks_ok(**new_contact(name))
    answer = ada.asks_ok(**list_verb("view", "contact", limit=2))
    assert list(answer["contact_records"].values()) == ["Barbara", "Alan"]
    assert list(answer["contact_records"]) == [str(row["id"]) for row in answer["list_data"]["rows"]]
    assert answer["list_data"]["record_count"] == 3


def test_an_edit_changes_what_it_names_and_nothing_else(ada, grace, wallclock):
    before = contact(ada, grace)
    wallclock.forward(SECOND)
    answer = ada.asks_ok(**edit(grace, user_name="Grace Hopper"))
    after = contact(ada, grace)
    assert answer["record_data"] == after
    assert {key for key in after if after[key] != before[key]} == {"name", "write_date"}
    assert (answer["contact_list"], answer["contact_record"]) == (after["contact_list"], grace)


@pytest.mark.parametrize(
    ("argument", "key", "value"),
    [
        ("user_name", "name", "Rear Admiral"),
        ("user_email", "email", "hopper@example.org"),
        ("user_phone", "phone", ""),
        ("user_reference", "reference", "Navy"),
        ("notes", "notes", ""),
    ],
)
def test_every_field_of_a_contact_can_be_edited(ada, grace, argument, key, value):
    assert ada.asks_ok(**edit(grace, **{argument: value}))["record_data"][key] == value


def test_an_edit_that_changes_nothing_moves_no_date(ada, grace, wallclock, nothing_changes):
    wallclock.forward(SECOND)
    nothing_changes()
    for changes in ({}, {"user_name": "Grace", **EVERYTHING}):
        ada.asks_ok(**edit(grace, **changes))


def test_an_edited_contact_is_found_by_its_new_words_and_not_by_the_old(ada, grace):
    assert found_by(ada, "SPRING") == [grace]
    ada.asks_ok(**edit(grace, notes="met in autumn", user_name="Amazing Grace"))
    assert found_by(ada, "autumn") == found_by(ada, "amazing") == found_by(ada, "friends") == [grace]
    assert found_by(ada, "spring") == []


def test_an_unlinked_contact_is_neither_listed_nor_found_nor_edited(ada, grace):
    ada.asks_ok(**record_verb("unlink", "contact", record_id=grace))
    assert ada.asks_ok(**list_verb("view", "contact"))["contact_records"] == {}
    assert found_by(ada, "grace") == []
    ada.is_refused("not_found", **edit(grace, user_name="Nobody"))
    ada.is_refused("not_found", **record_verb("view", "contact", record=grace))


def test_the_contacts_of_an_unlinked_list_are_not_found(ada, grace):
    old = listed(ada, "contact")["id"]
    ada.asks_ok(**switch_list("contact", made(ada, "contact")))
    ada.asks_ok(**unlink_list("contact", old))
    assert found_by(ada, "grace") == []
    ada.is_refused("not_found", **new_contact(contact_list=old))


@pytest.mark.parametrize("name", ["", " ", " Grace", "x" * 65, "bell\x07"])
@pytest.mark.parametrize("asked", [new_contact(), edit(1)], ids=["new", "edit"])
def test_a_name_is_1_to_64_visible_characters(ada, grace, nothing_changes, asked, name):
    nothing_changes()
    answer = ada.is_refused("bad_value", **{**asked, "user_name": name})
    assert answer["details"] == {"field": "user_name"}


def test_a_contact_need_not_be_an_account_and_may_be_there_twice(ada):
    numbers = [
        ada.asks_ok(**new_contact("Nobody @ work", user_email="n@example.org"))["contact_record"]
        for _ in range(2)
    ]
    assert len(set(numbers)) == 2


def test_a_repeated_request_writes_one_contact_down(ada):
    first = ada.asks_ok(**new_contact(), request_id="write-grace-down")
    assert ada.asks_ok(**new_contact(), request_id="write-grace-down") == first
    assert listed(ada, "contact")["record_count"] == 1


def test_what_becomes_of_a_contact_is_an_event(ada, grace, wallet_file):
    ada.asks_ok(**edit(grace, user_name="Grace Hopper"))
    ada.asks_ok(**edit(grace, user_name="Grace Hopper"))
    ada.asks_ok(**record_verb("unlink", "contact", record_id=grace))
    question = "SELECT json_extract(data, '$.change') change FROM events WHERE kind = 'belongings_changed'"
    assert [event["change"] for event in rows(wallet_file, question)] == ["made", "edited", "unlinked"]
