"""What operators do with accounts, and what nobody can do over a socket: leave the system without one."""

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

from ewallet_core.operations.account_deletion import RECOVERABLE_MS
from ewallet_core.operations.provisioning import SYSTEM_CORE_EMAIL

SOCKET = "198.51.100.7"
BOB = "bob@example.org"
ID = {"request_id": "request-0001"}


@pytest.fixture
def operator(engine, bob) -> EngineClient:
    """Bob, who is an operator and comes in by a socket."""
    bob.asks_ok(**grant("operator", BOB))
    bob.address = SOCKET
    return bob


def renewed(password: str, new: str = ANOTHER_PASSWORD) -> dict:
    return {**login(password=password), "new_pass": new}


def write_date(caller: EngineClient) -> str:
    return caller.asks_ok(**VIEW_ACCOUNT)["account_data"]["write_date"]


# Who may


@pytest.mark.parametrize(
    "instruction",
    [freeze(), unfreeze(), grant("operator"), reset_password(), view_accounts()],
    ids=lambda instruction: instruction["action"],
)
def test_over_a_socket_only_an_operator_may(ada, nothing_changes, instruction):
    nothing_changes()
    ada.address = SOCKET
    ada.is_refused("not_permitted", **instruction)


def test_an_auditor_sees_the_accounts_and_changes_none(operator, ada):
    ada.address = SOCKET
    operator.asks_ok(**grant("auditor"))
    assert len(ada.asks_ok(**view_accounts())["accounts"]) == 2
    ada.is_refused("not_permitted", **freeze(BOB))


# Freezing


def test_who_is_frozen_stays_in_the_session_and_can_do_nothing(operator, ada):
    operator.asks_ok(**freeze())
    ada.is_refused("account_frozen", **supply(5))
    ada.asks_ok(**KEEP_SESSION_TOKEN)
    ada.is_refused("account_frozen", **login())
    operator.asks_ok(**unfreeze())
    ada.asks_ok(**supply(5))


def test_freezing_stops_the_timers_first(running, wallet_file, wallclock):
    wallclock.forward(5 * MINUTE)
    running.asks_ok(**freeze())
    wallclock.forward(5 * MINUTE)
    running.asks_ok(**unfreeze())
    assert (running.clock["clock_state"], running.milliseconds_left) == ("inactive", 15 * MINUTE)


def test_who_is_frozen_is_paid_nothing_and_does_not_leave(operator, ada, nothing_changes):
    operator.asks_ok(**freeze())
    nothing_changes()
    operator.is_refused("partner_unavailable", action="pay", pay=ADA, credits=5)
    ada.is_refused("account_frozen", **UNLINK)
    ada.is_refused("account_frozen", **recover())


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
def test_an_account_is_frozen_and_unfrozen_only_where_it_can_be(
    ada, nothing_changes, before, asked, state, needed
):
    for instruction in before:
        ada.asks_ok(**instruction)
    nothing_changes()
    answer = ada.is_refused("wrong_account_state", **asked)
    assert answer["details"] == {"field": "account", "state": state, "needed": needed}


@pytest.mark.parametrize("email", ["nobody@example.org", SYSTEM_CORE_EMAIL])
@pytest.mark.parametrize("asked", [freeze, unfreeze, reset_password, lambda email: grant("user", email)])
def test_an_account_that_is_not_there_and_the_system_core_are_answered_alike(
    nobody, nothing_changes, asked, email
):
    nothing_changes()
    answer = nobody.is_refused("partner_unknown", **asked(email))
    assert answer["details"] == {"field": "account"}


def test_an_account_that_is_due_to_be_erased_is_not_there(ada, wallclock, nobody):
    ada.asks_ok(**UNLINK)
    wallclock.forward(RECOVERABLE_MS)
    nobody.is_refused("partner_unknown", **reset_password())
    nobody.is_refused("partner_unknown", **grant("auditor"))


def test_freezing_and_unfreezing_move_the_write_date_and_are_told(ada, wallet_file, wallclock):
    for instruction in (freeze(), unfreeze()):
        wallclock.forward(SECOND)
        ada.asks_ok(**instruction)
        kept = rows(wallet_file, "SELECT written_at FROM accounts WHERE id = 2")[0]
        told = rows(wallet_file, "SELECT kind, at FROM events WHERE account_id = 2 ORDER BY id DESC")[0]
        assert kept == {"written_at": wallclock.now}
        assert told == {"kind": "account_changed", "at": wallclock.now}


def test_freezing_is_done_once_under_one_request_id(operator, ada):
    first = operator.asks_ok(**freeze(), **ID)
    assert operator.ask(**freeze(), **ID) == first


# Roles


def test_a_role_counts_from_the_next_instruction_on(operator, ada):
    ada.address = SOCKET
    ada.is_refused("not_permitted", **view_accounts())
    operator.asks_ok(**grant("operator"))
    ada.asks_ok(**view_accounts())
    operator.asks_ok(**grant("user"))
    ada.is_refused("not_permitted", **view_accounts())


def test_granting_the_role_that_an_account_has_changes_nothing(ada, wallclock, nothing_changes):
    nothing_changes()
    wallclock.forward(SECOND)
    ada.asks_ok(**grant("user"))


@pytest.mark.parametrize("asked", [grant("user", BOB), grant("auditor", BOB), freeze(BOB)], ids=str)
def test_over_a_socket_the_last_operator_stays_one(operator, nothing_changes, asked):
    nothing_changes()
    operator.is_refused("last_operator", **asked)


def test_an_operator_who_is_not_the_last_can_stop_being_one(operator, ada):
    operator.asks_ok(**grant("operator"))
    operator.asks_ok(**grant("user", BOB))
    operator.is_refused("not_permitted", **view_accounts())


def test_a_frozen_operator_is_nobody_to_rely_on(operator, ada):
    operator.asks_ok(**grant("operator"))
    operator.asks_ok(**freeze())
    operator.is_refused("last_operator", **grant("user", BOB))


def test_the_program_itself_can_take_the_role_from_the_last_operator(operator, nobody):
    assert nobody.asks_ok(**grant("user", BOB))["role"] == "user"


@pytest.mark.parametrize("role", ["issuer", "Operator", "operator\n", ""])
def test_no_other_role_is_granted(ada, nothing_changes, role):
    nothing_changes()
    assert ada.is_refused("bad_value", **grant(role))["details"] == {"field": "role"}


# One-time passwords


def test_a_one_time_password_is_good_for_the_login_that_replaces_it(operator, ada):
    answer = operator.asks_ok(**reset_password())
    assert ONE_TIME.fullmatch(answer["user_pass"])
    assert answer["valid_to"] == "2026-11-21T12:00:00.000Z"
    visitor = EngineClient(ada.engine).opens_a_session()
    visitor.asks_ok(**renewed(answer["user_pass"]))
    visitor.asks_ok(**VIEW_ACCOUNT)
    visitor.is_refused("login_refused", **login(password=answer["user_pass"]))
    visitor.asks_ok(**login(password=ANOTHER_PASSWORD))


def test_a_one_time_password_alone_logs_nobody_in(operator, ada):
    once = operator.asks_ok(**reset_password())["user_pass"]
    visitor = EngineClient(ada.engine).opens_a_session()
    answer = visitor.is_refused("new_password_needed", **login(password=once))
    assert answer["details"] == {"field": "new_pass"}
    visitor.is_refused("not_logged_in", **VIEW_ACCOUNT)
    visitor.asks_ok(**renewed(once))


def test_a_reset_ends_the_old_password_and_every_session(operator, ada):
    operator.asks_ok(**reset_password())
    ada.is_refused("session_unknown", **VIEW_ACCOUNT)
    EngineClient(ada.engine).opens_a_session().is_refused("login_refused", **login())


@pytest.mark.parametrize(
    ("waited", "code"), [(DAY - 1, "new_password_needed"), (DAY, "login_refused"), (DAY + 1, "login_refused")]
)
def test_a_one_time_password_is_good_for_a_day(operator, ada, wallclock, waited, code):
    once = operator.asks_ok(**reset_password())["user_pass"]
    wallclock.forward(waited)
    EngineClient(ada.engine).opens_a_session().is_refused(code, **login(password=once))


def test_a_new_password_after_a_day_is_too_late(operator, ada, wallclock):
    once = operator.asks_ok(**reset_password())["user_pass"]
    wallclock.forward(DAY)
    EngineClient(ada.engine).opens_a_session().is_refused("login_refused", **renewed(once))


@pytest.mark.parametrize(
    ("new", "code"),
    [("7 chars", "bad_value"), ("password123", "common_password"), (ADA, "password_is_name")],
)
def test_the_password_that_replaces_it_keeps_the_rules(operator, ada, new, code):
    once = operator.asks_ok(**reset_password())["user_pass"]
    visitor = EngineClient(ada.engine).opens_a_session()
    answer = visitor.is_refused(code, **renewed(once, new))
    assert answer["details"]["field"] == "new_pass"
    visitor.asks_ok(**renewed(once))


def test_the_one_time_password_does_not_replace_itself(operator, ada):
    once = operator.asks_ok(**reset_password())["user_pass"]
    answer = EngineClient(ada.engine).opens_a_session().is_refused("bad_value", **renewed(once, once))
    assert answer["details"] == {"field": "new_pass"}


def test_who_has_forgotten_the_password_can_still_come_back(operator, ada):
    ada.asks_ok(**UNLINK)
    once = operator.asks_ok(**reset_password())["user_pass"]
    ada.is_refused("new_password_needed", **recover(password=once))
    ada.asks_ok(**recover(password=once), new_pass=ANOTHER_PASSWORD)
    ada.asks_ok(**VIEW_ACCOUNT)


def test_every_reset_makes_another_password_and_the_one_before_is_over(operator, ada):
    first, second = (operator.asks_ok(**reset_password(), **ID)["user_pass"] for _ in range(2))
    assert first != second
    EngineClient(ada.engine).opens_a_session().is_refused("login_refused", **renewed(first))


def test_a_new_password_at_login_is_taken_also_where_none_is_asked_for(ada):
    elsewhere = EngineClient(ada.engine).opens_a_session()
    elsewhere.asks_ok(**renewed(PASSWORD))
    ada.is_refused("session_unknown", **VIEW_ACCOUNT)
    elsewhere.asks_ok(**LOGOUT)
    elsewhere.is_refused("login_refused", **login())


# The list


def names(answer: dict) -> list[str]:
    return [row["name"] for row in answer["accounts"]]


@pytest.fixture
def crowd(visitor) -> EngineClient:
    for name in ("ada", "bob", "Charles", "100% cotton", "under_score"):
        visitor.asks_ok(**new_account(name, user_email=f"{name.split('%')[0]}@example.org"))
    return visitor


def test_accounts_are_listed_latest_first_without_the_system_core(crowd):
    assert names(crowd.asks_ok(**view_accounts())) == ["under_score", "100% cotton", "Charles", "bob", "ada"]


def test_a_page_of_accounts_goes_on_where_the_one_before_it_ended(crowd):
    first = crowd.asks_ok(**view_accounts(limit=3))
    second = crowd.asks_ok(**view_accounts(limit=3, before=first["next"]))
    assert names(first) + names(second) == names(crowd.asks_ok(**view_accounts()))
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
def test_accounts_are_found_by_what_is_in_their_name_or_email(crowd, text, found):
    assert names(crowd.asks_ok(**view_accounts(text=text))) == found


def test_accounts_are_found_by_their_state(crowd):
    crowd.asks_ok(**freeze())
    assert names(crowd.asks_ok(**view_accounts(state="frozen"))) == ["ada"]
    assert "ada" not in names(crowd.asks_ok(**view_accounts(state="active")))


def test_an_erased_account_is_not_listed(ada, wallclock, nobody):
    ada.asks_ok(**UNLINK)
    assert nobody.asks_ok(**view_accounts())["accounts"][0]["state"] == "unlink_pending"
    wallclock.forward(RECOVERABLE_MS)
    nobody.asks_ok(controller="system", action="cleanup", cleanup="accounts")
    assert nobody.asks_ok(**view_accounts())["accounts"] == []
