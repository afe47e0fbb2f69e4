"""Account deletion: what ends at once, recovery within 30 days, and what erasure leaves."""

from __future__ import annotations

import contextlib
import sqlite3
from functools import partial

import pytest
from database_file import cells_containing, rows, violations_in
from engine_client import EngineClient
from examples_accounts import UNLINK, recover, report_issue
from examples_sheets import new_contact, new_list, record_verb
from examples_system import cleanup as clean_up
from fakes import DAY, MINUTE, SECOND
from instructions import (
    ANOTHER_PASSWORD,
    KEEP_SESSION_TOKEN,
    LOGOUT,
    PASSWORD,
    START,
    STOP,
    VIEW_ACCOUNT,
    edit_account,
    edit_record,
    login,
    new_account,
    supply,
    switch_account,
    to_clock,
)
from reports import iso
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.operations.account_status import RECOVERABLE_MS, erase_due_accounts
from ewallet_core.operations.context import SYSTEM_CORE_ID, EngineConfig
from ewallet_core.storage import cleanup
from ewallet_core.storage.accounts import AccountStatus
from ewallet_core.storage.payees import RESERVED_MS
from ewallet_core.storage.retention import remove_old_history

ID = {"request_id": "request-0001"}
ADA_ID = 2


def account_row(file, account_id: int = ADA_ID) -> dict:
    return rows(file, "SELECT * FROM accounts WHERE id = ?", account_id)[0]


@pytest.fixture
def config() -> EngineConfig:
    """Users may supply themselves over the network too."""
    return EngineConfig(self_supply=True)


@pytest.fixture
def erase(engine):
    """Erase the accounts that are due, and remove expired requests and events."""

    def erase_due() -> list[int]:
        dispatcher = engine.dispatcher

        def work(transaction):
            context = dispatcher.context(transaction)
            remove_old_history(transaction, context.now, context.config.retention)
            return erase_due_accounts(context)

        return dispatcher.database.write(work)

    return erase_due


@pytest.fixture
def pending_deletion(ada):
    """Ada, whose account waits for its deletion."""
    ada.request(**UNLINK)
    return ada


# The request


def test_a_deletion_answers_when_the_account_is_erased(ada):
    answer = ada.request(**UNLINK)
    assert answer == {
        "failed": False,
        "account": "ada@example.org",
        "to_unlink_timestamp": "2026-12-20T12:00:00.000Z",
    }


def test_a_deletion_needs_the_password_and_wrong_ones_are_throttled(ada, nothing_changes):
    nothing_changes()
    for _ in range(3):
        answer = ada.expect_error("wrong_password", **{**UNLINK, "user_pass": "wrong"})
        assert answer["details"] == {"field": "user_pass"}
    ada.expect_error("throttled", **UNLINK)


def test_a_deletion_needs_a_login(registered, nothing_changes):
    nothing_changes()
    registered.expect_error("not_logged_in", **UNLINK)


def test_a_deletion_logs_the_account_out_of_every_session(ada):
    elsewhere = EngineClient(ada.engine).open_session().log_in()
    ada.request(**UNLINK)
    ada.expect_error("not_logged_in", **VIEW_ACCOUNT)
    elsewhere.expect_error("session_unknown", **KEEP_SESSION_TOKEN)


def test_the_requesting_session_switches_to_its_next_account(ada):
    ada.register("bob").log_in("bob")
    ada.request(**switch_account("ada@example.org"))
    ada.request(**UNLINK)
    assert ada.request(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_another_session_has_no_active_account_until_one_is_chosen(ada):
    shared = EngineClient(ada.engine).open_session().register("bob").log_in("bob").log_in("ada")
    ada.request(**UNLINK)
    shared.expect_error("not_logged_in", **VIEW_ACCOUNT)
    shared.expect_error("account_not_logged_in", **switch_account("ada@example.org"))
    shared.request(**switch_account("bob@example.org"))
    assert shared.request(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_another_sessions_active_account_stays_if_it_is_not_the_deleted_one(ada):
    shared = EngineClient(ada.engine).open_session().log_in("ada").register("bob").log_in("bob")
    ada.request(**UNLINK)
    assert shared.request(**LOGOUT)["session_data"]["session_user_account"] is None


def test_a_deletion_stops_the_accounts_timers(running, wallet_url, wallclock):
    wallclock.forward(5 * MINUTE)
    running.request(**UNLINK)
    assert rows(wallet_url, "SELECT time_spent, time_stop FROM time_records") == [
        {"time_spent": 5 * MINUTE, "time_stop": wallclock.now}
    ]
    assert [row["timer_state"] for row in rows(wallet_url, "SELECT timer_state FROM clocks")] == [
        "inactive",
        "inactive",
    ]


def test_a_deletion_updates_the_write_date_and_is_an_event(ada, wallet_url, wallclock):
    wallclock.forward(SECOND)
    ada.request(**UNLINK)
    assert account_row(wallet_url)["written_at"] == wallclock.now
    events = rows(wallet_url, "SELECT kind FROM events WHERE account_id = ?", ADA_ID)
    assert events[-1] == {"kind": "account_changed"}


def test_a_deletion_repeated_under_one_request_id_runs_once(ada, wallclock):
    first = ada.request(**UNLINK, **ID)
    wallclock.forward(SECOND)
    assert ada.send(**UNLINK, **ID) == first


def test_an_account_pending_deletion_receives_no_payment(pending_deletion, bob):
    bob.request(**supply(5))
    bob.expect_error("partner_unavailable", action="pay", pay="ada@example.org", credits=5)


# Recovery


def test_an_account_pending_deletion_can_not_be_logged_in_to(pending_deletion):
    answer = pending_deletion.expect_error("account_leaving", **login())
    assert answer["details"] == {"recoverable_until": "2026-12-20T12:00:00.000Z"}


def test_a_recovered_account_is_logged_in_and_unchanged(ada, wallclock):
    before = ada.request(**VIEW_ACCOUNT)["account_data"]
    ada.request(**UNLINK)
    wallclock.forward(SECOND)
    answer = ada.request(**recover())
    assert answer["session_data"]["session_user_account"] == "ada@example.org"
    assert answer["account_data"] == {**before, "write_date": "2026-11-20T12:00:01.000Z"}
    assert ada.request(**VIEW_ACCOUNT)["account_data"] == answer["account_data"]


def test_a_recovered_account_is_not_erased(pending_deletion, wallclock, erase):
    pending_deletion.request(**recover())
    wallclock.forward(RECOVERABLE_MS)
    assert erase() == []


def test_a_recovery_needs_the_right_password_and_wrong_ones_are_throttled(pending_deletion, nothing_changes):
    nothing_changes()
    for _ in range(3):
        pending_deletion.expect_error("login_refused", **recover(password="wrong"))
    pending_deletion.expect_error("throttled", **recover())
    pending_deletion.expect_error("login_refused", **recover("nobody"))


def test_an_active_account_can_not_be_recovered(registered, nothing_changes):
    nothing_changes()
    registered.expect_error("account_not_leaving", **recover())


def test_an_account_can_be_recovered_until_its_erasure_is_due(pending_deletion, wallclock):
    wallclock.forward(RECOVERABLE_MS - 1)
    EngineClient(pending_deletion.engine).open_session().request(**recover())


@pytest.mark.parametrize("instruction", [login(), recover()], ids=["login", "recover"])
def test_an_account_that_is_due_is_unknown_before_the_cleanup_has_run(
    pending_deletion, wallclock, instruction
):
    wallclock.forward(RECOVERABLE_MS)
    EngineClient(pending_deletion.engine).open_session().expect_error("login_refused", **instruction)


# Erasure


@pytest.mark.parametrize(("waited", "erased"), [(RECOVERABLE_MS - 1, []), (RECOVERABLE_MS, [ADA_ID])])
def test_an_account_is_erased_when_it_is_due_and_not_before(
    pending_deletion, wallclock, erase, waited, erased
):
    wallclock.forward(waited)
    assert erase() == erased
    assert erase() == []


def store_personal_data(ada: EngineClient, bob: EngineClient, wallclock) -> None:
    """Store personal data everywhere: names, notes, records of both sides, answers, reports, failures."""
    marked = partial(dict, request_id="zanzibar-request")
    names = {"user_name": "Zanzibar", "user_email": "Zanzibar@Example.org"}
    ada.request(**edit_account(**names, user_phone="+44 555 0199", user_alias="Quicksilver"), **marked())
    ada.request(**supply(100, notes="Marmalade for Zanzibar", request_id="zanzibar-supply"))
    ada.request(**to_clock(20, notes="Marmalade time"))
    paid = ada.request(action="pay", pay="bob@example.org", credits=7, notes="what bob is told")
    ada.request(**edit_record("transfer", paid["transfer_record"], private_notes="Marmalade debts"))
    bob.request(action="pay", pay="zanzibar@example.org", credits=2, notes="what ada is told", **marked())
    for number in (1, 2):
        ada.request(**new_contact(f"Marmalade{number}", notes="a friend of Zanzibar"))
    ada.request(**record_verb("unlink", "contact", record_id=1))
    ada.request(**record_verb("unlink", "transfer", record_id=2))
    ada.request(**new_list("contact", reference="Marmalade makers"))
    ada.request(action="new", new="credit", credit="ewallet", reference="Marmalade money")
    ada.request(action="new", new="credit", credit="clock", reference="Marmalade clock")
    ada.request(**report_issue(details="Zanzibar can't see it", email="zanzibar@example.net"))
    ada.expect_error("wrong_password", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong"))
    ada.expect_error("not_permitted", controller="system", action="view", view="permissions")
    for instruction in (START, STOP, START):
        ada.request(
            **instruction, **({} if instruction is STOP else {"notes": "Marmalade", "tags": "zanzibar"})
        )
    wallclock.forward(MINUTE)


PERSONAL = ("zanzibar", "+44 555 0199", "quicksilver", "marmalade", "203.0.113.5")


@pytest.fixture
def erased(ada, bob, wallclock, erase):
    """Ada's account with personal data in every table, after its erasure."""
    ada.address = "203.0.113.5"
    ada.credentials = {}
    ada.open_session().log_in()
    store_personal_data(ada, bob, wallclock)
    ada.request(**UNLINK)
    bob.expect_error("login_refused", **login("Zanzibar", "wrong"))
    bob.expect_error("login_refused", action="login", user_email="zanzibar@example.org", user_pass="wrong")
    wallclock.forward(RECOVERABLE_MS + 1)
    bob.open_session().log_in("bob")
    assert erase() == [ADA_ID]
    return ada


def test_personal_data_is_in_many_tables_before_the_erasure(ada, bob, wallclock, wallet_url):
    ada.address = "203.0.113.5"
    ada.credentials = {}
    ada.open_session().log_in()
    store_personal_data(ada, bob, wallclock)
    found = {cell.partition(":")[0] for cell in cells_containing(wallet_url, *PERSONAL)}
    assert found >= {
        "accounts.name",
        "accounts.email_key",
        "transfer_records.notes",
        "transfer_records.search_key",
        "transfer_records.private_notes",
        "time_records.notes",
        "time_records.tags",
        "clocks.timer_notes",
        "clocks.timer_tags",
        "invoice_records.seller_name",
        "invoice_records.buyer_email",
        "invoice_records.search_key",
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


def test_no_personal_data_is_left_in_any_table(erased, wallet_url):
    assert cells_containing(wallet_url, *PERSONAL) == []


def test_the_journal_and_the_balances_stay_with_a_blank_account(erased, wallet_url):
    account = account_row(wallet_url)
    assert account["state"] == AccountStatus.ERASED
    assert [account[column] for column in ("name", "email", "phone", "alias")] == [""] * 4
    held = "SELECT amount FROM balances WHERE account_id = ? AND amount <> 0 ORDER BY id"
    assert [row["amount"] for row in rows(wallet_url, held, ADA_ID)] == [75, 19 * MINUTE]
    assert violations_in(wallet_url) == []


def test_the_accounts_wallets_clocks_and_sheets_are_unlinked(erased, wallet_url, wallclock):
    for table in ("ewallets", "clocks", "sheets"):
        found = rows(wallet_url, f"SELECT unlinked_at FROM {table} WHERE account_id = ?", ADA_ID)
        assert {row["unlinked_at"] for row in found} == {wallclock.now}


def test_records_of_others_show_a_deleted_account(erased, bob):
    record = bob.records("transfer")[-1]
    assert (record["transfer_from"], record["notes"]) == ("deleted account", "what bob is told")


def test_invoices_of_others_show_a_deleted_account_and_are_found_by_what_they_keep(erased, bob, wallclock):
    sold, bought = bob.records("invoice")[::-1]
    for invoice, party, own in ((sold, "buyer", "seller"), (bought, "seller", "buyer")):
        assert [invoice[f"{party}_name"], invoice[f"{party}_email"]] == ["deleted account"] * 2
        assert [invoice[f"{own}_name"], invoice[f"{own}_email"]] == ["bob", "bob@example.org"]
        assert invoice["write_date"] == iso(wallclock.now)
    found = bob.request(action="search", search="records", kind="invoice", text="what bob")["rows"]
    assert [row["record_data"] for row in found] == [sold]


def test_other_accounts_are_not_erased(erased, wallet_url, bob):
    assert bob.request(**VIEW_ACCOUNT)["account_data"]["name"] == "bob"
    assert account_row(wallet_url, SYSTEM_CORE_ID)["name"] == "System core"
    assert rows(wallet_url, "SELECT id FROM sheets WHERE account_id <> ? AND unlinked_at > 0", ADA_ID) == []


def test_a_name_is_free_once_the_account_is_due_before_the_cleanup_has_run(pending_deletion, wallclock):
    pending_deletion.request_client_id()
    wallclock.forward(RECOVERABLE_MS)
    newcomer = EngineClient(pending_deletion.engine).open_session()
    newcomer.expect_error("email_taken", **new_account("ada"))
    answer = newcomer.request(**new_account("ada", user_email="ada@example.net"))
    assert answer["account_data"]["id"] != ADA_ID


def test_the_email_of_an_erased_account_is_free_after_90_days(erased, bob, wallclock, wallet_url):
    """The cleaner of accounts forgets it; nothing of it is legible until then."""
    bob.expect_error("email_taken", **new_account("Zanzibar"))
    bob.request(**new_account("Zanzibar", user_email="z@example.net"))
    anyone = EngineClient(bob.engine)
    for waited, reserved in ((RESERVED_MS - 1, 1), (1, 0)):
        wallclock.forward(waited)
        anyone.request(**clean_up("accounts"))
        assert len(rows(wallet_url, "SELECT * FROM reserved_emails")) == reserved
    bob.open_session().log_in("bob")
    bob.request(**new_account("yuri", user_email="zanzibar@example.org"))


def test_a_name_is_taken_as_long_as_the_account_can_be_recovered(pending_deletion, wallclock):
    wallclock.forward(RECOVERABLE_MS - 1)
    EngineClient(pending_deletion.engine).open_session().expect_error("name_taken", **new_account("ada"))


def test_credits_of_an_erased_account_can_not_be_reached(erased, bob):
    bob.expect_error("partner_unknown", action="pay", pay="zanzibar@example.org", credits=1)
    bob.expect_error("login_refused", **login("Zanzibar", PASSWORD))


def test_accounts_are_erased_in_the_order_in_which_they_are_due(pending_deletion, bob, wallclock, erase):
    wallclock.forward(DAY)
    bob.open_session().log_in("bob")
    bob.request(**UNLINK)
    wallclock.forward(RECOVERABLE_MS)
    assert erase() == [2, 3]


def test_an_erasure_reads_no_rows_of_other_accounts(wallet_file):
    dialect = SQLiteDialect_pysqlite(paramstyle="named")
    values = {"account_id": 2, "issuer_id": 1, "now": 3}
    with contextlib.closing(sqlite3.connect(wallet_file)) as connection:
        for statement in cleanup.ERASING:
            compiled = statement.compile(dialect=dialect)
            known = {**compiled.params, **values}
            plan = connection.execute(f"EXPLAIN QUERY PLAN {compiled}", known).fetchall()
            # Refused requests are removed after 30 days, so the table is small.
            scanned = [step[3] for step in plan if "SCAN" in step[3] and "refused_requests" not in step[3]]
            assert scanned == [], compiled
