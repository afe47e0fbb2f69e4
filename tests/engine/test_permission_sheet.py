"""Permissions: the registry's defaults, an operator's changes, and the record of refused requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from arranged import Arranged, in_each
from database_file import OpenRows, execute_sql, open_rows, rows
from engine_client import EngineClient
from examples import EXAMPLES
from examples_permissions import VIEW_PERMISSIONS, VIEW_REFUSALS, edit_permission
from instructions import NEW_WORKER, PASSWORD, START, VIEW_WALLET, new_account, supply, to_clock

from ewallet_core.instructions.envelope import Answer
from ewallet_core.operations.context import EngineConfig

ELSEWHERE = "192.0.2.7"
SUPPLY = "client action supply credits"
REFUSED = "SELECT role, instruction, address FROM refused_requests"

ROLES = ("user", "operator", "auditor")
NEEDS_SESSION = {"client_unknown", "session_unknown", "session_expired", "not_logged_in"}
"""The codes of what is refused before the role counts."""

permitted_examples = [example for example in EXAMPLES if example.found.is_on_permission_sheet]
ENDING_SESSION = {
    "client action end session",
    "client action unlink account",
    "system action freeze account",
    "system action cleanup sessions",
}
ending_session = [example for example in permitted_examples if example.found.name in ENDING_SESSION]


@pytest.fixture
def with_role(wallet_url):
    """Give an account a role, and let its client connect over the network."""

    def set_role(caller: EngineClient, role: str, name: str = "ada") -> EngineClient:
        execute_sql(wallet_url, "UPDATE accounts SET role = ? WHERE name = ?", role, name)
        caller.address = ELSEWHERE
        return caller

    return set_role


@dataclass(frozen=True)
class Stored(Arranged):
    """An example, with what the database holds."""

    database: OpenRows

    def set_role(self, role: str) -> None:
        """Give every account that role."""
        self.database.execute(f"UPDATE accounts SET role = ? WHERE role IN {ROLES}", role)

    def send(self) -> Answer:
        """Send the example over the network."""
        return EngineClient(self.caller.engine, self.caller.credentials, ELSEWHERE).send(
            **self.example.instruction
        )


@pytest.fixture
def arranged(request, arrange, wallet_checker) -> Iterator[Stored]:
    """The example of the parameter, with an account logged in also for an instruction that needs none."""
    with arrange(request.param) as found:
        if found.caller.send(**VIEW_WALLET)["failed"]:
            found.caller.open_session().register("eve").log_in("eve")
        with closing(open_rows(found.url)) as database:
            yield Stored(found.example, found.caller, found.wallclock, found.url, database)
        assert wallet_checker.violations(found.url) == []


def check_role(arranged: Stored, role: str) -> None:
    """Check that the role may send the example if the registry says so, or else is refused and recorded."""
    found, database = arranged.example.found, arranged.database
    refused = database.rows(REFUSED)
    arranged.set_role(role)
    answer = arranged.send()
    assert answer.get("code") not in NEEDS_SESSION
    if role in found.roles:
        assert answer.get("code") != "not_permitted", role
    else:
        assert answer.get("code") == "not_permitted", role
        refused.append({"role": role, "instruction": found.name, "address": ELSEWHERE})
    assert database.rows(REFUSED) == refused


@in_each(example for example in permitted_examples if example not in ending_session)
def test_a_role_is_permitted_what_the_registry_declares_and_nothing_else(arranged):
    """A change that is sent again may be refused for another reason than the role."""
    for role in ROLES:
        check_role(arranged, role)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("arranged", ending_session, ids=str, indirect=True)
def test_a_role_may_end_its_session_only_if_the_registry_declares_it(arranged, role):
    check_role(arranged, role)


@in_each(permitted_examples)
def test_a_request_that_is_not_permitted_changes_nothing(arranged):
    for role in ROLES:
        EngineClient(arranged.caller.engine).request(**_forbid(arranged.example.found.name, role))
    arranged.set_role("auditor")
    before = arranged.database.significant_content()
    answer = arranged.send()
    assert (answer["failed"], answer["code"]) == (True, "not_permitted")
    assert arranged.database.significant_content() == before


def _forbid(name: str, role: str) -> dict[str, object]:
    if name == "system action edit permission" and role == "operator":
        role = "auditor"
    return edit_permission(name, role, False)


def test_the_sheet_lists_every_instruction_for_every_role(anonymous):
    sheet = anonymous.request(**VIEW_PERMISSIONS)["permissions"]
    assert set(sheet) == {example.found.name for example in permitted_examples}
    assert sheet["client action transfer credits"] == {"user": True, "operator": True, "auditor": False}
    assert sheet["client action view account"] == {"user": True, "operator": True, "auditor": True}
    assert sheet["system action new worker"] == {"user": False, "operator": True, "auditor": False}


def test_a_permission_taken_away_applies_at_once_also_in_process(anonymous, supplied):
    anonymous.request(**edit_permission("client action convert credits2clock", "user", False))
    supplied.expect_error("not_permitted", **to_clock(5))
    anonymous.request(**edit_permission("client action convert credits2clock", "user", True))
    supplied.request(**to_clock(5))


def test_a_permission_granted_applies_at_once(anonymous, converted, with_role):
    auditor = with_role(converted, "auditor")
    auditor.expect_error("not_permitted", **START)
    anonymous.request(**edit_permission("client action start clock_timer", "auditor", True))
    auditor.request(**START)


def test_over_the_network_an_operator_can_edit_the_sheet_and_a_user_can_not(ada, bob, with_role):
    change = edit_permission(SUPPLY, "user", False)
    with_role(ada, "operator").request(**change)
    with_role(bob, "user", "bob").expect_error("not_permitted", **change)
    bob.expect_error("not_permitted", **supply())


def test_an_auditor_can_view_the_sheet_but_not_edit_it(ada, with_role):
    auditor = with_role(ada, "auditor")
    auditor.request(**VIEW_PERMISSIONS)
    auditor.request(**VIEW_REFUSALS)
    auditor.expect_error("not_permitted", **edit_permission(SUPPLY, "user", False))


def test_operators_can_not_lose_the_permission_to_edit_permissions(anonymous, nothing_changes):
    nothing_changes()
    anonymous.expect_error(
        "operators_own_permission", **edit_permission("system action edit permission", "operator", False)
    )


def test_an_unknown_instruction_is_answered_with_the_nearest(anonymous, nothing_changes):
    nothing_changes()
    asked = edit_permission("client action transfer credit", "user", False)
    answer = anonymous.expect_error("unknown_instruction", **asked)
    assert "client action transfer credits" in answer["details"]["nearest"]


@pytest.mark.parametrize("role", ["issuer", "USER", "", "root"])
def test_an_unknown_role_is_refused(anonymous, nothing_changes, role):
    nothing_changes()
    anonymous.expect_error("bad_value", **edit_permission(SUPPLY, role, True))


def test_refused_requests_are_listed_newest_first(anonymous, ada, bob, with_role):
    with_role(ada, "user").expect_error("not_permitted", **NEW_WORKER)
    with_role(bob, "auditor", "bob").expect_error("not_permitted", **supply())
    answer = anonymous.request(**VIEW_REFUSALS)
    assert [(row["account"], row["role"], row["instruction"]) for row in answer["refusals"]] == [
        ("bob@example.org", "auditor", SUPPLY),
        ("ada@example.org", "user", "system action new worker"),
    ]
    first = anonymous.request(**VIEW_REFUSALS, limit=1)
    rest = anonymous.request(**VIEW_REFUSALS, before=first["next"])
    assert first["refusals"] + rest["refusals"] == answer["refusals"]
    assert rest["next"] is None


def test_a_missing_permission_is_not_stored_for_the_request_id(anonymous, ada):
    anonymous.request(**edit_permission(SUPPLY, "user", False))
    ada.expect_error("not_permitted", **supply(), request_id="request one")
    anonymous.request(**edit_permission(SUPPLY, "user", True))
    ada.request(**supply(), request_id="request one")


def test_the_sheet_is_stored(anonymous, ada, open_engine):
    anonymous.request(**edit_permission(SUPPLY, "user", False))
    ada.at(open_engine()).expect_error("not_permitted", **supply())


# Permission to supply


def test_without_self_supply_users_need_the_permission_to_supply(ada, open_engine):
    server = open_engine(config=EngineConfig(self_supply=False))
    at_server = ada.at(server)
    at_server.expect_error("not_permitted", **supply())
    EngineClient(server).request(**edit_permission(SUPPLY, "user", True))
    at_server.request(**supply())


@pytest.mark.parametrize(("self_supply", "may"), [(None, False), (False, False), (True, True)])
def test_self_supply_over_the_network_is_off_by_default(ada, open_engine, self_supply, may):
    elsewhere = EngineClient(
        open_engine(config=EngineConfig(self_supply=self_supply)), ada.credentials, ELSEWHERE
    )
    assert elsewhere.send(**supply()).get("code") == (None if may else "not_permitted")
    assert ada.at(open_engine()).send(**supply())["failed"] is False


def test_self_supply_is_a_setting_of_the_process_and_not_stored(ada, open_engine, wallet_url):
    ada.request(**supply())
    assert rows(wallet_url, "SELECT * FROM permissions") == []
    ada.at(open_engine(config=EngineConfig(self_supply=False))).expect_error("not_permitted", **supply())


def test_every_instruction_on_the_sheet_has_a_default_role():
    assert all(example.found.roles for example in permitted_examples)


def test_an_operator_can_forbid_new_accounts(anonymous, visitor):
    anonymous.request(**edit_permission("client action new account", "user", False))
    visitor.expect_error("not_permitted", **new_account())
    assert anonymous.request(**VIEW_REFUSALS)["refusals"][0]["account"] is None


def test_an_auditor_can_not_delete_its_account(ada, with_role):
    leave = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}
    with_role(ada, "auditor").expect_error("not_permitted", **leave)
