"""Contacts: created, listed, edited and found by their current text."""

from __future__ import annotations

import json

import pytest
from database_file import rows
from examples_sheets import list_verb, new_contact, record_verb
from fakes import SECOND
from owned_items import create_sheet, switch_list, unlink_list, view_sheet

EVERYTHING = {
    "user_phone": "+1 202 555 0100",
    "user_reference": "Friends",
    "notes": "met in spring",
}


@pytest.fixture
def grace(ada):
    """The id of one of Ada's contacts."""
    return ada.request(**new_contact(**EVERYTHING))["contact_record"]


def contact(caller, number):
    return caller.request(**record_verb("view", "contact", record=number))["record_data"]


def edit(number, **changes):
    return record_verb("edit", "contact", record_id=number, **changes)


def found_by(caller, text):
    rows = caller.request(action="search", search="records", text=text, kind="contact")["rows"]
    return [row["record"] for row in rows]


def test_a_contact_has_the_values_it_was_created_with(ada, grace):
    data = contact(ada, grace)
    del data["create_date"], data["write_date"]
    assert data == {
        "id": grace,
        "contact_list": view_sheet(ada, "contact")["id"],
        "reference": "Friends",
        "name": "Grace",
        "email": "grace@example.org",
        "phone": "+1 202 555 0100",
        "notes": "met in spring",
        "user_name": "Grace",
        "user_email": "grace@example.org",
        "user_phone": "+1 202 555 0100",
        "user_reference": "Friends",
        "payee_account": None,
        "payee_changed": False,
        "payee_caution": None,
    }


def test_a_new_contact_answers_its_name_and_its_list_under_both_keys(ada):
    answer = ada.request(**new_contact())
    active = view_sheet(ada, "contact")["id"]
    assert answer["new_contact"] == "Grace"
    assert (answer["contact_sheet"], answer["contact_list"]) == (active, active)


def test_a_contact_needs_only_a_name_and_an_email(ada):
    data = contact(ada, ada.request(**new_contact())["contact_record"])
    assert (data["reference"], data["phone"], data["notes"]) == ("Contact 1", "", "")


def test_a_contact_is_viewed_by_record_or_record_id(ada, grace):
    views = [
        ada.request(**record_verb("view", "contact", **{argument: grace}))
        for argument in ("record", "record_id")
    ]
    assert views[0] == views[1]


@pytest.mark.parametrize("arguments", [{}, {"record": 1, "record_id": 1}], ids=str)
def test_a_view_names_a_contact_by_exactly_one_argument(ada, grace, nothing_changes, arguments):
    nothing_changes()
    answer = ada.expect_error("arguments_clash", **record_verb("view", "contact", **arguments))
    assert set(answer["details"]["fields"]) == {"record", "record_id"}


@pytest.mark.parametrize("argument", ["contact_sheet", "contact_list"])
def test_a_contact_is_added_to_the_named_list(ada, argument):
    family = create_sheet(ada, "contact", reference="Family")
    answer = ada.request(**new_contact(**{argument: family}))
    assert answer["contact_list"] == family
    assert view_sheet(ada, "contact", list_id=family)["record_count"] == 1
    assert view_sheet(ada, "contact")["record_count"] == 0


@pytest.mark.parametrize("argument", ["contact_sheet", "contact_list"])
def test_an_error_about_a_missing_list_names_the_argument(ada, bob, nothing_changes, argument):
    number = view_sheet(bob, "contact")["id"]
    nothing_changes()
    answer = ada.expect_error("not_found", **new_contact(**{argument: number}))
    assert answer["details"] == {"field": argument}


def test_a_new_contact_names_at_most_one_list(ada, nothing_changes):
    number = view_sheet(ada, "contact")["id"]
    nothing_changes()
    ada.expect_error("arguments_clash", **new_contact(contact_sheet=number, contact_list=number))


def test_a_list_names_its_contacts_in_the_order_of_its_rows(ada):
    for name in ("Grace", "Alan", "Barbara"):
        ada.request(**new_contact(name))
    answer = ada.request(**list_verb("view", "contact", limit=2))
    assert list(answer["contact_records"].values()) == ["Barbara", "Alan"]
    assert list(answer["contact_records"]) == [str(row["id"]) for row in answer["list_data"]["rows"]]
    assert answer["list_data"]["record_count"] == 3


def test_an_edit_changes_only_the_named_fields(ada, grace, wallclock):
    before = contact(ada, grace)
    wallclock.forward(SECOND)
    answer = ada.request(**edit(grace, user_name="Grace Hopper"))
    after = contact(ada, grace)
    assert answer["record_data"] == after
    assert {key for key in after if after[key] != before[key]} == {"name", "user_name", "write_date"}
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
    assert ada.request(**edit(grace, **{argument: value}))["record_data"][key] == value


def test_an_edit_without_changes_does_not_update_the_write_date(ada, grace, wallclock, nothing_changes):
    wallclock.forward(SECOND)
    nothing_changes()
    for changes in ({}, {"user_name": "Grace", **EVERYTHING}):
        ada.request(**edit(grace, **changes))


def test_an_edited_contact_is_found_by_its_new_text_only(ada, grace):
    assert found_by(ada, "SPRING") == [grace]
    ada.request(**edit(grace, notes="met in autumn", user_name="Amazing Grace"))
    assert found_by(ada, "autumn") == found_by(ada, "amazing") == found_by(ada, "friends") == [grace]
    assert found_by(ada, "spring") == []


def test_an_unlinked_contact_can_not_be_listed_found_or_edited(ada, grace):
    ada.request(**record_verb("unlink", "contact", record_id=grace))
    assert ada.request(**list_verb("view", "contact"))["contact_records"] == {}
    assert found_by(ada, "grace") == []
    ada.expect_error("not_found", **edit(grace, user_name="Nobody"))
    ada.expect_error("not_found", **record_verb("view", "contact", record=grace))


def test_the_contacts_of_an_unlinked_list_are_not_found(ada, grace):
    old = view_sheet(ada, "contact")["id"]
    ada.request(**switch_list("contact", create_sheet(ada, "contact")))
    ada.request(**unlink_list("contact", old))
    assert found_by(ada, "grace") == []
    ada.expect_error("not_found", **new_contact(contact_list=old))


@pytest.mark.parametrize("name", ["", " ", " Grace", "x" * 65, "bell\x07"])
@pytest.mark.parametrize("instruction", [new_contact(), edit(1)], ids=["new", "edit"])
def test_a_name_is_1_to_64_visible_characters(ada, grace, nothing_changes, instruction, name):
    nothing_changes()
    answer = ada.expect_error("bad_value", **{**instruction, "user_name": name})
    assert answer["details"] == {"field": "user_name"}


def test_a_contact_need_not_be_an_account_and_may_exist_twice(ada):
    numbers = [
        ada.request(**new_contact("Nobody @ work", user_email="n@example.org"))["contact_record"]
        for _ in range(2)
    ]
    assert len(set(numbers)) == 2


def test_a_repeated_request_creates_one_contact(ada):
    first = ada.request(**new_contact(), request_id="write-grace-down")
    assert ada.request(**new_contact(), request_id="write-grace-down") == first
    assert view_sheet(ada, "contact")["record_count"] == 1


def test_each_change_of_a_contact_is_an_event(ada, grace, wallet_url):
    ada.request(**edit(grace, user_name="Grace Hopper"))
    ada.request(**edit(grace, user_name="Grace Hopper"))
    ada.request(**record_verb("unlink", "contact", record_id=grace))
    found = rows(wallet_url, "SELECT data FROM events WHERE kind = 'belongings_changed' ORDER BY id")
    assert [json.loads(event["data"])["change"] for event in found] == ["made", "edited", "unlinked"]
