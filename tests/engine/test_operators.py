"""Operators: freezing, roles, one-time passwords and the list of accounts; the last operator stays."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_accounts import UNLINK, recover
from examples_operators import (
    ADA,
    ONE_TIME,
    freeze,
    grant,
    reset_password,
    unfreeze,
    view_accounts,
)
from fakes import DAY, MINUTE, SECOND
from instructions import (
    ANOTHER_PASSWORD,
    KEEP_SESSION_TOKEN,
    LOGOUT,
    PASSWORD,
    VIEW_ACCOUNT,
    login,
    new_account,
    supply,
)

from ewallet_core.operations.account_status import RECOVERABLE_MS
from ewallet_core.types import SYSTEM_CORE_EMAIL

SOCKET = "198.51.100.7"
BOB = "bob@example.org"
ID = {"request_id": "request-0001"}


@pytest.fixture
def operator(engine, bob) -> EngineClient:
    """Bob, an operator who is connected over the network."""
    bob.request(**grant("operator", BOB))
    bob.address = SOCKET
    return bob


def renewed(password: str, new: str = ANOTHER_PASSWORD) -> dict:
    return {**login(password=password), "new_pass": new}


def write_date(caller: EngineClient) -> str:
    return caller.request(**VIEW_ACCOUNT)["account_data"]["write_date"]


# Permissions


@pytest.mark.parametrize(
    "instruction",
    [freeze(), unfreeze(), grant("operator"), reset_password(), view_accounts()],
    ids=lambda instruction: instruction["action"],
)
def test_over_the_network_only_an_operator_is_permitted(ada, nothing_changes, instruction):
    nothing_changes()
    ada.address = SOCKET
    ada.expect_error("not_permitted", **instruction)


def test_an_auditor_can_list_accounts_but_not_change_them(operator, ada):
    ada.address = SOCKET
    operator.request(**grant("auditor"))
    assert len(ada.request(**view_accounts())["accounts"]) == 2
    ada.expect_error("not_permitted", **freeze(BOB))


# Freezing


def test_a_frozen_account_stays_logged_in_and_can_do_nothing(operator, ada):
    operator.request(**freeze())
    ada.expect_error("account_frozen", **supply(5))
    ada.request(**KEEP_SESSION_TOKEN)
    ada.expect_error("account_frozen", **login())
    operator.request(**unfreeze())
    ada.request(**supply(5))


def test_freezing_stops_the_timers(running, wallet_url, wallclock):
    wallclock.forward(5 * MINUTE)
    running.request(**freeze())
    wallclock.forward(5 * MINUTE)
    running.request(**unfreeze())
    assert (running.clock["clock_state"], running.milliseconds_left) == ("inactive", 15 * MINUTE)


def test_a_frozen_account_receives_no_payment_and_can_not_be_deleted(operator, ada, nothing_changes):
    operator.request(**freeze())
    nothing_changes()
    operator.expect_error("partner_unavailable", action="pay", pay=ADA, credits=5)
    ada.expect_error("account_frozen", **UNLINK)
    ada.expect_error("account_frozen", **recover())


@pytest.mark.parametrize(
    ("before", "asked", "state", "needed"),
    [
        ((freeze(),), freeze(), "frozen", "active"),
        ((UNLINK,), freeze(), "unlink_pending", "active"),
        ((), unfreeze(), "active", "frozen"),
        ((UNLINK,), unfreeze(), "unlink_pending", "frozen"),
    ],
    ids=["frozen twice", "leaving", "not frozen", "leaving, not frozen"],
)
def test_freezing_and_unfreezing_need_the_right_account_state(
    ada, nothing_changes, before, asked, state, needed
):
    for instruction in before:
        ada.request(**instruction)
    nothing_changes()
    answer = ada.expect_error("wrong_account_state", **asked)
    assert answer["details"] == {"field": "account", "state": state, "needed": needed}


@pytest.mark.parametrize("email", ["nobody@example.org", SYSTEM_CORE_EMAIL])
@pytest.mark.parametrize("asked", [freeze, unfreeze, reset_password, lambda email: grant("user", email)])
def test_the_system_core_account_is_answered_like_an_unknown_one(anonymous, nothing_changes, asked, email):
    nothing_changes()
    answer = anonymous.expect_error("partner_unknown", **asked(email))
    assert answer["details"] == {"field": "account"}


def test_an_account_that_is_due_for_erasure_is_unknown(ada, wallclock, anonymous):
    ada.request(**UNLINK)
    wallclock.forward(RECOVERABLE_MS)
    anonymous.expect_error("partner_unknown", **reset_password())
    anonymous.expect_error("partner_unknown", **grant("auditor"))


def test_freezing_and_unfreezing_update_the_write_date_and_are_events(ada, wallet_url, wallclock):
    for instruction in (freeze(), unfreeze()):
        wallclock.forward(SECOND)
        ada.request(**instruction)
        kept = rows(wallet_url, "SELECT written_at FROM accounts WHERE id = 2")[0]
        event = rows(wallet_url, "SELECT kind, at FROM events WHERE account_id = 2 ORDER BY id DESC")[0]
        assert kept == {"written_at": wallclock.now}
        assert event == {"kind": "account_changed", "at": wallclock.now}


def test_a_repeated_request_freezes_once(operator, ada):
    first = operator.request(**freeze(), **ID)
    assert operator.send(**freeze(), **ID) == first


# Roles


def test_a_role_applies_from_the_next_instruction(operator, ada):
    ada.address = SOCKET
    ada.expect_error("not_permitted", **view_accounts())
    operator.request(**grant("operator"))
    ada.request(**view_accounts())
    operator.request(**grant("user"))
    ada.expect_error("not_permitted", **view_accounts())


def test_granting_the_current_role_changes_nothing(ada, wallclock, nothing_changes):
    nothing_changes()
    wallclock.forward(SECOND)
    ada.request(**grant("user"))


@pytest.mark.parametrize("asked", [grant("user", BOB), grant("auditor", BOB), freeze(BOB)], ids=str)
def test_over_the_network_the_last_operator_can_not_be_removed(operator, nothing_changes, asked):
    nothing_changes()
    operator.expect_error("last_operator", **asked)


def test_an_operator_who_is_not_the_last_can_be_removed(operator, ada):
    operator.request(**grant("operator"))
    operator.request(**grant("user", BOB))
    operator.expect_error("not_permitted", **view_accounts())


def test_a_frozen_operator_does_not_count_as_an_operator(operator, ada):
    operator.request(**grant("operator"))
    operator.request(**freeze())
    operator.expect_error("last_operator", **grant("user", BOB))


def test_the_host_program_can_remove_the_last_operator(operator, anonymous):
    assert anonymous.request(**grant("user", BOB))["role"] == "user"


@pytest.mark.parametrize("role", ["issuer", "Operator", "operator\n", ""])
def test_an_unknown_role_is_refused(ada, nothing_changes, role):
    nothing_changes()
    assert ada.expect_error("bad_value", **grant(role))["details"] == {"field": "role"}


# One-time passwords


def test_a_one_time_password_is_valid_for_the_login_that_replaces_it(operator, ada):
    answer = operator.request(**reset_password())
    assert ONE_TIME.fullmatch(answer["user_pass"])
    assert answer["valid_to"] == "2026-11-21T12:00:00.000Z"
    visitor = EngineClient(ada.engine).open_session()
    visitor.request(**renewed(answer["user_pass"]))
    visitor.request(**VIEW_ACCOUNT)
    visitor.expect_error("login_refused", **login(password=answer["user_pass"]))
    visitor.request(**login(password=ANOTHER_PASSWORD))


def test_a_one_time_password_needs_a_new_password(operator, ada):
    once = operator.request(**reset_password())["user_pass"]
    visitor = EngineClient(ada.engine).open_session()
    answer = visitor.expect_error("new_password_needed", **login(password=once))
    assert answer["details"] == {"field": "new_pass"}
    visitor.expect_error("not_logged_in", **VIEW_ACCOUNT)
    visitor.request(**renewed(once))


def test_a_reset_invalidates_the_old_password_and_every_session(operator, ada):
    operator.request(**reset_password())
    ada.expect_error("session_unknown", **VIEW_ACCOUNT)
    EngineClient(ada.engine).open_session().expect_error("login_refused", **login())


@pytest.mark.parametrize(
    ("waited", "code"), [(DAY - 1, "new_password_needed"), (DAY, "login_refused"), (DAY + 1, "login_refused")]
)
def test_a_one_time_password_is_valid_for_a_day(operator, ada, wallclock, waited, code):
    once = operator.request(**reset_password())["user_pass"]
    wallclock.forward(waited)
    EngineClient(ada.engine).open_session().expect_error(code, **login(password=once))


def test_a_one_time_password_can_not_be_replaced_after_a_day(operator, ada, wallclock):
    once = operator.request(**reset_password())["user_pass"]
    wallclock.forward(DAY)
    EngineClient(ada.engine).open_session().expect_error("login_refused", **renewed(once))


@pytest.mark.parametrize(
    ("new", "code"),
    [("7 chars", "bad_value"), ("password123", "common_password"), (ADA, "password_is_name")],
)
def test_the_new_password_must_follow_the_password_rules(operator, ada, new, code):
    once = operator.request(**reset_password())["user_pass"]
    visitor = EngineClient(ada.engine).open_session()
    answer = visitor.expect_error(code, **renewed(once, new))
    assert answer["details"]["field"] == "new_pass"
    visitor.request(**renewed(once))


def test_the_new_password_must_differ_from_the_one_time_password(operator, ada):
    once = operator.request(**reset_password())["user_pass"]
    answer = EngineClient(ada.engine).open_session().expect_error("bad_value", **renewed(once, once))
    assert answer["details"] == {"field": "new_pass"}


def test_an_account_can_be_recovered_with_a_one_time_password(operator, ada):
    ada.request(**UNLINK)
    once = operator.request(**reset_password())["user_pass"]
    ada.expect_error("new_password_needed", **recover(password=once))
    ada.request(**recover(password=once), new_pass=ANOTHER_PASSWORD)
    ada.request(**VIEW_ACCOUNT)


def test_a_reset_invalidates_the_previous_one_time_password(operator, ada):
    first, second = (operator.request(**reset_password(), **ID)["user_pass"] for _ in range(2))
    assert first != second
    EngineClient(ada.engine).open_session().expect_error("login_refused", **renewed(first))


def test_a_login_can_always_set_a_new_password(ada):
    elsewhere = EngineClient(ada.engine).open_session()
    elsewhere.request(**renewed(PASSWORD))
    ada.expect_error("session_unknown", **VIEW_ACCOUNT)
    elsewhere.request(**LOGOUT)
    elsewhere.expect_error("login_refused", **login())


# The list


def names(answer: dict) -> list[str]:
    return [row["name"] for row in answer["accounts"]]


@pytest.fixture
def crowd(visitor) -> EngineClient:
    for name in ("ada", "bob", "Charles", "100% cotton", "under_score"):
        visitor.request(**new_account(name, user_email=f"{name.split('%')[0]}@example.org"))
    return visitor


def test_accounts_are_listed_newest_first_without_the_system_core(crowd):
    assert names(crowd.request(**view_accounts())) == ["under_score", "100% cotton", "Charles", "bob", "ada"]


def test_pages_of_accounts_are_consecutive(crowd):
    first = crowd.request(**view_accounts(limit=3))
    second = crowd.request(**view_accounts(limit=3, before=first["next"]))
    assert names(first) + names(second) == names(crowd.request(**view_accounts()))
    assert second["next"] is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CHARL", ["Charles"]),
        ("ob@ex", ["bob"]),
        ("%", ["100% cotton"]),
        ("r_s", ["under_score"]),
        ("!", []),
        ("", ["under_score", "100% cotton", "Charles", "bob", "ada"]),
    ],
)
def test_accounts_are_found_by_a_part_of_their_name_or_email(crowd, text, found):
    assert names(crowd.request(**view_accounts(text=text))) == found


def test_accounts_are_found_by_their_state(crowd):
    crowd.request(**freeze())
    assert names(crowd.request(**view_accounts(state="frozen"))) == ["ada"]
    assert "ada" not in names(crowd.request(**view_accounts(state="active")))


def test_an_erased_account_is_not_listed(ada, wallclock, anonymous):
    ada.request(**UNLINK)
    assert anonymous.request(**view_accounts())["accounts"][0]["state"] == "unlink_pending"
    wallclock.forward(RECOVERABLE_MS)
    anonymous.request(controller="system", action="cleanup", cleanup="accounts")
    assert anonymous.request(**view_accounts())["accounts"] == []
