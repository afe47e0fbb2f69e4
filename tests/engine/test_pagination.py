"""Pages of a sheet by the number of newest records to skip."""

from __future__ import annotations

import pytest
from engine_client import SELECTORS, EngineClient
from examples_sheets import list_verb, new_contact
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import supply, view_list
from owned_items import KINDS, noun, unlink_record, view_sheet
from reports import timed_user

from ewallet_core.instructions.fields import USUAL_PAGE
from ewallet_core.instructions.registry import WorkClass
from ewallet_core.operations.context import SYSTEM_CORE_ID
from ewallet_core.storage.sheets import sheets, transfers

FAR_BEYOND = 2**63 - 1


@pytest.fixture
def five(ada: EngineClient) -> EngineClient:
    """Ada with five contacts."""
    for name in ("Grace", "Edsger", "Barbara", "Alan", "Donald"):
        ada.request(**new_contact(name))
    return ada


def names(caller: EngineClient, **page: int) -> list[str]:
    return [row["name"] for row in view_sheet(caller, "contact", **page)["rows"]]


def test_a_page_begins_after_the_skipped_records(five):
    assert names(five, skip=0) == names(five) == ["Donald", "Alan", "Barbara", "Edsger", "Grace"]
    assert names(five, skip=1, limit=2) == ["Alan", "Barbara"]
    assert names(five, skip=4) == ["Grace"]


@pytest.mark.parametrize("skip", [5, 6, FAR_BEYOND])
def test_skipping_all_records_gives_an_empty_page(five, skip):
    page = view_sheet(five, "contact", skip=skip)
    assert (page["rows"], page["next"], page["record_count"]) == ([], None, 5)


def test_a_skipped_page_has_the_cursor_of_the_next_one(five):
    first = view_sheet(five, "contact", skip=1, limit=2)
    assert names(five, before=first["next"]) == ["Edsger", "Grace"]
    assert view_sheet(five, "contact", skip=3, limit=2)["next"] is None


def test_unlinked_records_are_not_counted_as_skipped(five):
    donald, alan, *_ = view_sheet(five, "contact")["records"]
    five.request(**unlink_record("contact", int(alan)))
    assert names(five, skip=1) == ["Barbara", "Edsger", "Grace"]
    five.request(**unlink_record("contact", int(donald)))
    assert names(five, skip=1) == ["Edsger", "Grace"]


@pytest.mark.parametrize(
    ("page", "work_class"),
    [
        ({}, WorkClass.VIEW),
        ({"before": 7}, WorkClass.VIEW),
        ({"limit": USUAL_PAGE + 1}, WorkClass.LONG),
        ({"skip": 1}, WorkClass.LONG),
        ({"removed": True}, WorkClass.LONG),
        ({"sort": "credits"}, WorkClass.LONG),
        ({"totals": True}, WorkClass.LONG),
    ],
    ids=str,
)
def test_a_page_for_which_all_records_may_be_read_is_long_work(engine, page, work_class):
    """A server carries out short views in its event loop, where nothing else happens meanwhile."""
    assert engine.dispatcher.parse({**SELECTORS, **view_list("transfer", **page)}).work_class is work_class


@pytest.mark.parametrize("kind", KINDS)
def test_skip_and_before_exclude_each_other(ada, nothing_changes, kind):
    nothing_changes()
    answer = ada.expect_error("arguments_clash", **list_verb("view", kind), before=7, skip=0)
    assert answer["details"]["fields"] == ["before", "skip"]


def test_skipping_works_on_the_issuers_sheets(supplied, bob, database):
    for credits in (1, 2, 3):
        supplied.request(**supply(credits))

    def credits_below(newest: int) -> list[int]:
        def look(transaction):
            (sheet,) = sheets.all(transaction, account_id=SYSTEM_CORE_ID, kind="transfer")
            count = transfers.count(transaction, sheet.id)
            below = transfers.below_newest(transaction, sheet, count, newest)
            return [record.credits for record in transfers.page(transaction, sheet.id, below, 9)]

        return database.read(look)

    assert [credits_below(newest) for newest in range(6)] == [
        [3, 2, 1, 100],
        [2, 1, 100],
        [1, 100],
        [100],
        [],
        [],
    ]


unlinked = some.lists(some.integers(0, 11), max_size=5, unique=True)


@settings(max_examples=30, deadline=None)
@given(some.integers(0, 12), unlinked, some.integers(1, 5), some.sampled_from(("transfer", "contact")))
def test_skipped_pages_joined_are_the_sheet(new_wallet, made, unlinked, limit, kind):
    with timed_user(new_wallet) as user:
        for number in range(made):
            user.request(**(new_contact(f"Grace{number}") if kind == "contact" else supply(5)))
        records = view_sheet(user.caller, kind)["rows"]
        for place in (place for place in unlinked if place < made):
            user.request(**unlink_record(kind, records[place]["id"]))
        left = [row for place, row in enumerate(records) if place not in unlinked]
        for skip in range(made + 2):
            page = user.request(**view_list(kind, skip=skip, limit=limit))[f"{noun(kind)}_data"]
            assert page["rows"] == left[skip : skip + limit]
            rest = view_sheet(user.caller, kind, before=page["next"])["rows"] if page["next"] else []
            assert rest == left[skip + limit :]
