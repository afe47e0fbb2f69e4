"""Who may ask what: the catalogue's word, what an operator changes of it, and every refusal written down."""

from __future__ import annotations

import pytest
from database_file import changed_by_hand, rows
from engine_client import EngineClient
from examples import EXAMPLES
from examples_permissions import VIEW_PERMISSIONS, VIEW_REFUSALS, edit_permission
from instructions import NEW_WORKER, PASSWORD, START, VIEW_WALLET, new_account, supply, to_clock

from ewallet_core.operations.context import EngineConfig

ELSEWHERE = "192.0.2.7"
SUPPLY = "client action supply credits"

on_the_sheet = [example for example in EXAMPLES if example.found.is_on_permission_sheet]
each_example = pytest.mark.parametrize("example", on_the_sheet, ids=str)
each_role = pytest.mark.parametrize("role", ["user", "operator", "auditor"])


@pytest.fixture
def becomes(wallet_file):
    """Give an account a role, and let its client call from another machine."""

    def become(caller: EngineClient, role: str, name: str = "ada") -> EngineClient:
        changed_by_hand(wallet_file, "UPDATE accounts SET role = ? WHERE name = ?", role, name)
        caller.address = ELSEWHERE
        return caller

    return become


def expected(example, role: str) -> bool:
    return role in example.found.roles


@each_role
@each_example
def test_a_role_may_ask_what_the_catalogue_says_and_nothing_else(
    nobody, wallclock, becomes, wallet_file, example, role
):
    caller = example.arrange(nobody, wallclock)
    if caller.ask(**VIEW_WALLET)["failed"]:
        caller.opens_a_session().registers("eve").logs_in("eve")
        becomes(caller, role, "eve")
    becomes(caller, role)
    answer = caller.ask(**example.instruction)
    refused = rows(wallet_file, "SELECT role, instruction, address FROM refused_requests")
    if expected(example, role):
        assert answer.get("code") != "not_permitted"
        assert refused == []
    else:
        assert answer["code"] == "not_permitted"
        assert refused == [{"role": role, "instruction": example.found.name, "address": ELSEWHERE}]


@each_example
def test_what_is_not_permitted_changes_nothing(nobody, wallclock, becomes, nothing_changes, example):
    caller = example.arrange(nobody, wallclock)
    if caller.ask(**VIEW_WALLET)["failed"]:
        caller.opens_a_session().registers("eve").logs_in("eve")
    for role in ("user", "operator", "auditor"):
        EngineClient(caller.engine).asks_ok(**_forbid(example.found.name, role))
    becomes(caller, "auditor")
    becomes(caller, "auditor", "eve")
    nothing_changes()
    caller.is_refused("not_permitted", **example.instruction)


def _forbid(name: str, role: str) -> dict[str, object]:
    if name == "system action edit permission" and role == "operator":
        role = "auditor"
    return edit_permission(name, role, False)


def test_the_sheet_lists_every_instruction_of_an_account_for_every_role(nobody):
    sheet = nobody.asks_ok(**VIEW_PERMISSIONS)["permissions"]
    assert set(sheet) == {example.found.name for example in on_the_sheet}
    assert sheet["client action transfer credits"] == {"user": True, "operator": True, "auditor": False}
    assert sheet["client action view account"] == {"user": True, "operator": True, "auditor": True}
    assert sheet["system action new worker"] == {"user": False, "operator": True, "auditor": False}


def test_what_the_sheet_forbids_is_refused_at_once_also_in_process(nobody, supplied):
    nobody.asks_ok(**edit_permission("client action convert credits2clock", "user", False))
    supplied.is_refused("not_permitted", **to_clock(5))
    nobody.asks_ok(**edit_permission("client action convert credits2clock", "user", True))
    supplied.asks_ok(**to_clock(5))


def test_what_the_sheet_allows_is_carried_out(nobody, converted, becomes):
    auditor = becomes(converted, "auditor")
    auditor.is_refused("not_permitted", **START)
    nobody.asks_ok(**edit_permission("client action start clock_timer", "auditor", True))
    auditor.asks_ok(**START)


def test_an_operator_edits_the_sheet_from_elsewhere_and_a_user_does_not(ada, bob, becomes):
    change = edit_permission(SUPPLY, "user", False)
    becomes(ada, "operator").asks_ok(**change)
    becomes(bob, "user", "bob").is_refused("not_permitted", **change)
    bob.is_refused("not_permitted", **supply())


def test_an_auditor_views_the_sheet_and_can_not_edit_it(ada, becomes):
    auditor = becomes(ada, "auditor")
    auditor.asks_ok(**VIEW_PERMISSIONS)
    auditor.asks_ok(**VIEW_REFUSALS)
    auditor.is_refused("not_permitted", **edit_permission(SUPPLY, "user", False))


def test_operators_can_not_lock_themselves_out(nobody, nothing_changes):
    nothing_changes()
    nobody.is_refused(
        "operators_own_permission", **edit_permission("system action edit permission", "operator", False)
    )


def test_an_instruction_that_is_not_on_the_sheet_is_answered_with_the_nearest(nobody, nothing_changes):
    nothing_changes()
    asked = edit_permission("client action transfer credit", "user", False)
    answer = nobody.is_refused("unknown_instruction", **asked)
    assert "client action transfer credits" in answer["details"]["nearest"]


@pytest.mark.parametrize("role", ["issuer", "USER", "", "root"])
def test_a_role_is_one_that_people_have(nobody, nothing_changes, role):
    nothing_changes()
    nobody.is_refused("bad_value", **edit_permission(SUPPLY, role, True))


def test_the_refusals_are_shown_the_latest_first(nobody, ada, bob, becomes):
    becomes(ada, "user").is_refused("not_permitted", **NEW_WORKER)
    becomes(bob, "auditor", "bob").is_refused("not_permitted", **supply())
    answer = nobody.asks_ok(**VIEW_REFUSALS)
    assert [(row["account"], row["role"], row["instruction"]) for row in answer["refusals"]] == [
        ("bob@example.org", "auditor", SUPPLY),
        ("ada@example.org", "user", "system action new worker"),
    ]
    first = nobody.asks_ok(**VIEW_REFUSALS, limit=1)
    rest = nobody.asks_ok(**VIEW_REFUSALS, before=first["next"])
    assert first["refusals"] + rest["refusals"] == answer["refusals"]
    assert rest["next"] is None


def test_a_refusal_by_the_sheet_is_not_remembered(nobody, ada):
    nobody.asks_ok(**edit_permission(SUPPLY, "user", False))
    ada.is_refused("not_permitted", **supply(), request_id="request one")
    nobody.asks_ok(**edit_permission(SUPPLY, "user", True))
    ada.asks_ok(**supply(), request_id="request one")


def test_the_sheet_outlives_the_engine(nobody, ada, open_engine):
    nobody.asks_ok(**edit_permission(SUPPLY, "user", False))
    ada.at(open_engine()).is_refused("not_permitted", **supply())


# Who may supply (PROTOCOL section 5)


def test_where_users_do_not_supply_themselves_they_are_refused_until_the_sheet_says_so(ada, open_engine):
    server = open_engine(config=EngineConfig(self_supply=False))
    at_server = ada.at(server)
    at_server.is_refused("not_permitted", **supply())
    EngineClient(server).asks_ok(**edit_permission(SUPPLY, "user", True))
    at_server.asks_ok(**supply())


@pytest.mark.parametrize(("self_supply", "may"), [(None, False), (False, False), (True, True)])
def test_who_comes_over_a_socket_supplies_itself_only_where_the_engine_was_started_so(
    ada, open_engine, self_supply, may
):
    elsewhere = EngineClient(
        open_engine(config=EngineConfig(self_supply=self_supply)), ada.credentials, ELSEWHERE
    )
    assert elsewhere.ask(**supply()).get("code") == (None if may else "not_permitted")
    assert ada.at(open_engine()).ask(**supply())["failed"] is False


def test_that_users_supply_themselves_holds_for_the_process_and_is_not_stored(ada, open_engine, wallet_file):
    ada.asks_ok(**supply())
    assert rows(wallet_file, "SELECT * FROM permissions") == []
    ada.at(open_engine(config=EngineConfig(self_supply=False))).is_refused("not_permitted", **supply())


def test_the_catalogue_has_a_role_for_everything_on_the_sheet():
    assert all(example.found.roles for example in on_the_sheet)


def test_an_operator_can_close_the_door_to_new_accounts(nobody, visitor):
    nobody.asks_ok(**edit_permission("client action new account", "user", False))
    visitor.is_refused("not_permitted", **new_account())
    assert nobody.asks_ok(**VIEW_REFUSALS)["refusals"][0]["account"] is None


def test_an_auditor_does_not_delete_the_account(ada, becomes):
    leave = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}
    becomes(ada, "auditor").is_refused("not_permitted", **leave)
