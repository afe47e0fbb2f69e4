"""Leaving: what stops at once, what can be undone for 30 days, and what is left after them."""

from __future__ import annotations

import contextlib
import sqlite3
from functools import partial

import pytest
from database_file import faults_in, holding, rows
from engine_client import EngineClient
from examples_accounts import UNLINK, recover, report_issue
from examples_sheets import new_contact, new_list, record_verb
from fakes import DAY, MINUTE, SECOND
from instructions import (
    ANOTHER_PASSWORD,
    KEEP_SESSION_TOKEN,
    LOGOUT,
    PASSWORD,
    START,
    VIEW_ACCOUNT,
    edit_account,
    login,
    new_account,
    supply,
    switch_account,
    to_clock,
)
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.operations.account_deletion import RECOVERABLE_MS, erase_due_accounts
from ewallet_core.operations.context import SYSTEM_CORE_ID, EngineConfig
from ewallet_core.storage import erasure
from ewallet_core.storage.accounts import AccountState
from ewallet_core.storage.events import forget_old_events
from ewallet_core.storage.seen_requests import KEPT_MILLISECONDS, forget_old_requests

ID = {"request_id": "request-0001"}
ADA_ID = 2


def account_row(file, account_id: int = ADA_ID) -> dict:
    return rows(file, "SELECT * FROM accounts WHERE id = ?", account_id)[0]


@pytest.fixture
def config() -> EngineConfig:
    """Users supply themselves from elsewhere too."""
    return EngineConfig(self_supply=True)


@pytest.fixture
def erase(engine):
    """Has whatever is due erased, and what has been kept for its time forgotten."""

    def erases() -> list[int]:
        dispatcher = engine.dispatcher

        def work(transaction):
            context = dispatcher.context(transaction)
            forget_old_requests(transaction, context.now)
            forget_old_events(transaction, context.now - KEPT_MILLISECONDS)
            return erase_due_accounts(context)

        return dispatcher.database.write(work)

    return erases


@pytest.fixture
def left(ada):
    """Ada, who has asked for her account to be deleted."""
    ada.asks_ok(**UNLINK)
    return ada


# Asking for it


def test_leaving_says_when_the_account_is_erased(ada):
    answer = ada.asks_ok(**UNLINK)
    assert answer == {
        "failed": False,
        "account": "ada@example.org",
        "to_unlink_timestamp": "2026-12-20T12:00:00.000Z",
    }


def test_leaving_takes_the_password_and_counts_the_guesses(ada, nothing_changes):
    nothing_changes()
    for _ in range(3):
        answer = ada.is_refused("wrong_password", **{**UNLINK, "user_pass": "wrong"})
        assert answer["details"] == {"field": "user_pass"}
    ada.is_refused("throttled", **UNLINK)


def test_who_is_not_logged_in_leaves_nothing(registered, nothing_changes):
    nothing_changes()
    registered.is_refused("not_logged_in", **UNLINK)


def test_who_leaves_is_logged_out_everywhere(ada):
    elsewhere = EngineClient(ada.engine).opens_a_session().logs_in()
    ada.asks_ok(**UNLINK)
    ada.is_refused("not_logged_in", **VIEW_ACCOUNT)
    elsewhere.is_refused("session_unknown", **KEEP_SESSION_TOKEN)


def test_the_asking_session_goes_on_with_its_next_account(ada):
    ada.registers("bob").logs_in("bob")
    ada.asks_ok(**switch_account("ada@example.org"))
    ada.asks_ok(**UNLINK)
    assert ada.asks_ok(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_in_another_session_nobody_is_active_until_somebody_says_who(ada):
    shared = EngineClient(ada.engine).opens_a_session().registers("bob").logs_in("bob").logs_in("ada")
    ada.asks_ok(**UNLINK)
    shared.is_refused("not_logged_in", **VIEW_ACCOUNT)
    shared.is_refused("account_not_logged_in", **switch_account("ada@example.org"))
    shared.asks_ok(**switch_account("bob@example.org"))
    assert shared.asks_ok(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_who_is_not_active_in_another_session_leaves_it_as_it_is(ada):
    shared = EngineClient(ada.engine).opens_a_session().logs_in("ada").registers("bob").logs_in("bob")
    ada.asks_ok(**UNLINK)
    assert shared.asks_ok(**LOGOUT)["session_data"]["session_user_account"] is None


def test_timers_stop_before_the_account_leaves(running, wallet_file, wallclock):
    wallclock.forward(5 * MINUTE)
    running.asks_ok(**UNLINK)
    assert rows(wallet_file, "SELECT time_spent, time_stop FROM time_records") == [
        {"time_spent": 5 * MINUTE, "time_stop": wallclock.now}
    ]
    assert [row["timer_state"] for row in rows(wallet_file, "SELECT timer_state FROM clocks")] == [
        "inactive",
        "inactive",
    ]


def test_leaving_moves_the_accounts_write_date_and_tells_of_it(ada, wallet_file, wallclock):
    wallclock.forward(SECOND)
    ada.asks_ok(**UNLINK)
    assert account_row(wallet_file)["written_at"] == wallclock.now
    events = rows(wallet_file, "SELECT kind FROM events WHERE account_id = ?", ADA_ID)
    assert events[-1] == {"kind": "account_changed"}


def test_leaving_twice_under_one_request_id_is_leaving_once(ada, wallclock):
    first = ada.asks_ok(**UNLINK, **ID)
    wallclock.forward(SECOND)
    assert ada.ask(**UNLINK, **ID) == first


def test_who_leaves_is_paid_nothing(left, bob):
    bob.asks_ok(**supply(5))
    bob.is_refused("partner_unavailable", action="pay", pay="ada@example.org", credits=5)


# Coming back


def test_a_leaving_account_is_logged_in_to_only_to_recover_it(left):
    answer = left.is_refused("account_leaving", **login())
    assert answer["details"] == {"recoverable_until": "2026-12-20T12:00:00.000Z"}


def test_a_recovered_account_is_logged_in_and_as_it_was(ada, wallclock):
    before = ada.asks_ok(**VIEW_ACCOUNT)["account_data"]
    ada.asks_ok(**UNLINK)
    wallclock.forward(SECOND)
    answer = ada.asks_ok(**recover())
    assert answer["session_data"]["session_user_account"] == "ada@example.org"
    assert answer["account_data"] == {**before, "write_date": "2026-11-20T12:00:01.000Z"}
    assert ada.asks_ok(**VIEW_ACCOUNT)["account_data"] == answer["account_data"]


def test_a_recovered_account_is_not_erased_any_more(left, wallclock, erase):
    left.asks_ok(**recover())
    wallclock.forward(RECOVERABLE_MS)
    assert erase() == []


def test_recovering_takes_the_right_password(left, nothing_changes):
    nothing_changes()
    for _ in range(3):
        left.is_refused("login_refused", **recover(password="wrong"))
    left.is_refused("throttled", **recover())
    left.is_refused("login_refused", **recover("nobody"))


def test_an_account_that_does_not_leave_is_not_recovered(registered, nothing_changes):
    nothing_changes()
    registered.is_refused("account_not_leaving", **recover())


def test_an_account_is_recovered_until_the_moment_it_is_erased(left, wallclock):
    wallclock.forward(RECOVERABLE_MS - 1)
    EngineClient(left.engine).opens_a_session().asks_ok(**recover())


@pytest.mark.parametrize("instruction", [login(), recover()], ids=["login", "recover"])
def test_an_account_that_is_due_is_gone_though_no_cleaner_has_come_yet(left, wallclock, instruction):
    wallclock.forward(RECOVERABLE_MS)
    EngineClient(left.engine).opens_a_session().is_refused("login_refused", **instruction)


# Erased


@pytest.mark.parametrize(("waited", "erased"), [(RECOVERABLE_MS - 1, []), (RECOVERABLE_MS, [ADA_ID])])
def test_an_account_is_erased_at_its_moment_and_not_before(left, wallclock, erase, waited, erased):
    wallclock.forward(waited)
    assert erase() == erased
    assert erase() == []


def a_life(ada: EngineClient, bob: EngineClient, wallclock) -> None:
    """All that a person can leave behind: names, notes, records on both sides, answers, reports, failures."""
    marked = partial(dict, request_id="zanzibar-request")
    names = {"user_name": "Zanzibar", "user_email": "Zanzibar@Example.org"}
    ada.asks_ok(**edit_account(**names, user_phone="+44 555 0199", user_alias="Quicksilver"), **marked())
    ada.asks_ok(**supply(100, notes="Marmalade for Zanzibar", request_id="zanzibar-supply"))
    ada.asks_ok(**to_clock(20, notes="Marmalade time"))
    ada.asks_ok(action="pay", pay="bob@example.org", credits=7, notes="what bob is told")
    bob.asks_ok(action="pay", pay="zanzibar@example.org", credits=2, notes="what ada is told", **marked())
    for number in (1, 2):
        ada.asks_ok(**new_contact(f"Marmalade{number}", notes="a friend of Zanzibar"))
    ada.asks_ok(**record_verb("unlink", "contact", record_id=1))
    ada.asks_ok(**record_verb("unlink", "transfer", record_id=2))
    ada.asks_ok(**new_list("contact", reference="Marmalade makers"))
    ada.asks_ok(action="new", new="credit", credit="ewallet", reference="Marmalade money")
    ada.asks_ok(action="new", new="credit", credit="clock", reference="Marmalade clock")
    ada.asks_ok(**report_issue(details="Zanzibar can't see it", email="zanzibar@example.net"))
    ada.is_refused("wrong_password", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong"))
    ada.is_refused("not_permitted", controller="system", action="view", view="permissions")
    ada.asks_ok(**START)
    wallclock.forward(MINUTE)


PERSONAL = ("zanzibar", "+44 555 0199", "quicksilver", "marmalade", "203.0.113.5")


@pytest.fixture
def erased(ada, bob, wallclock, erase):
    """Ada's account after a whole life, which has been erased."""
    ada.address = "203.0.113.5"
    ada.credentials = {}
    ada.opens_a_session().logs_in()
    a_life(ada, bob, wallclock)
    ada.asks_ok(**UNLINK)
    bob.is_refused("login_refused", **login("Zanzibar", "wrong"))
    bob.is_refused("login_refused", action="login", user_email="zanzibar@example.org", user_pass="wrong")
    wallclock.forward(RECOVERABLE_MS + 1)
    bob.opens_a_session().logs_in("bob")
    assert erase() == [ADA_ID]
    return ada


def test_before_it_is_erased_the_account_is_found_all_over(ada, bob, wallclock, wallet_file):
    ada.address = "203.0.113.5"
    ada.credentials = {}
    ada.opens_a_session().logs_in()
    a_life(ada, bob, wallclock)
    found = {cell.partition(":")[0] for cell in holding(wallet_file, *PERSONAL)}
    assert found >= {
        "accounts.name",
        "accounts.email_key",
        "transfer_records.notes",
        "transfer_records.search_key",
        "conversion_records.notes",
        "login_records.address",
        "seen_requests.answer",
        "events.data",
        "refused_requests.address",
        "sessions.address",
        "sheets.reference",
        "ewallets.reference",
        "clocks.reference",
        "contact_records.name",
        "issue_reports.email",
    }


def test_nothing_personal_is_left_in_any_cell_of_any_table(erased, wallet_file):
    assert holding(wallet_file, *PERSONAL) == []


def test_the_journal_and_the_balances_stay_with_an_account_of_nobody(erased, wallet_file):
    account = account_row(wallet_file)
    assert account["state"] == AccountState.ERASED
    assert [account[column] for column in ("name", "email", "phone", "alias")] == [""] * 4
    held = "SELECT amount FROM balances WHERE account_id = ? AND amount <> 0 ORDER BY id"
    assert [row["amount"] for row in rows(wallet_file, held, ADA_ID)] == [75, 19 * MINUTE]
    assert faults_in(wallet_file) == []


def test_what_the_account_had_is_unlinked(erased, wallet_file, wallclock):
    for table in ("ewallets", "clocks", "sheets"):
        found = rows(wallet_file, f"SELECT unlinked_at FROM {table} WHERE account_id = ?", ADA_ID)
        assert {row["unlinked_at"] for row in found} == {wallclock.now}


def test_records_of_others_show_a_deleted_account(erased, bob):
    record = bob.records("transfer")[-1]
    assert (record["transfer_from"], record["notes"]) == ("deleted account", "what bob is told")


def test_nothing_of_others_is_erased(erased, wallet_file, bob):
    assert bob.asks_ok(**VIEW_ACCOUNT)["account_data"]["name"] == "bob"
    assert account_row(wallet_file, SYSTEM_CORE_ID)["name"] == "System core"
    assert rows(wallet_file, "SELECT id FROM sheets WHERE account_id <> ? AND unlinked_at > 0", ADA_ID) == []


def test_the_name_and_the_email_are_free_again(erased, bob):
    bob.asks_ok(**new_account("Zanzibar"))


def test_a_name_is_free_at_the_moment_the_account_is_due_though_no_cleaner_has_come_yet(left, wallclock):
    left.introduces_itself()
    wallclock.forward(RECOVERABLE_MS)
    somebody = EngineClient(left.engine).opens_a_session()
    answer = somebody.asks_ok(**new_account("ada"))
    assert answer["account_data"]["id"] != ADA_ID


def test_a_name_is_kept_for_who_may_still_come_back(left, wallclock):
    wallclock.forward(RECOVERABLE_MS - 1)
    EngineClient(left.engine).opens_a_session().is_refused("name_taken", **new_account("ada"))


def test_credits_that_were_left_behind_are_nobodys(erased, bob):
    bob.is_refused("partner_unknown", action="pay", pay="zanzibar@example.org", credits=1)
    bob.is_refused("login_refused", **login("Zanzibar", PASSWORD))


def test_several_accounts_are_erased_in_the_order_in_which_they_are_due(left, bob, wallclock, erase):
    wallclock.forward(DAY)
    bob.opens_a_session().logs_in("bob")
    bob.asks_ok(**UNLINK)
    wallclock.forward(RECOVERABLE_MS)
    assert erase() == [2, 3]


def test_erasing_one_of_many_accounts_looks_through_no_others_rows(wallet_file):
    dialect = SQLiteDialect_pysqlite(paramstyle="named")
    values = {"account_id": 2, "issuer_id": 1, "now": 3}
    with contextlib.closing(sqlite3.connect(wallet_file)) as connection:
        for statement in erasure.ERASING:
            compiled = statement.compile(dialect=dialect)
            known = {**compiled.params, **values}
            plan = connection.execute(f"EXPLAIN QUERY PLAN {compiled}", known).fetchall()
            # What was refused is forgotten after 30 days, so there is little of it.
            scanned = [step[3] for step in plan if "SCAN" in step[3] and "refused_requests" not in step[3]]
            assert scanned == [], compiled
