"""The daily limit: lowered freely, raised only with the password, and never exceeded."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from database_file import execute_sql, rows
from engine_client import EngineClient
from examples_payments import VIEW_LIMIT, edit_limit, lift_limit, pay, refund, transfer
from fakes import CHEAP, DAY, FRIDAY_NOON, HOUR, SECOND, Wallclock
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import ANOTHER_PASSWORD, PASSWORD, VIEW_ACCOUNT, edit_account, supply, to_clock, to_credits
from sqlalchemy.dialects import sqlite

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.provisioning import open_wallet
from ewallet_core.storage import statements

BOB = "bob@example.org"
ADA = "ada@example.org"


def limit_of(caller: EngineClient) -> tuple[int | None, int, int | None]:
    answer = caller.request(**VIEW_LIMIT)
    return answer["daily_limit"], answer["spent_today"], answer["left_today"]


def test_an_account_has_no_limit_by_default(supplied, bob):
    assert limit_of(supplied) == (None, 0, None)
    supplied.request(**pay(BOB, 30))
    assert limit_of(supplied) == (None, 30, None)


def test_a_limit_is_set_without_a_password(ada):
    answer = ada.request(**edit_limit(50))
    assert (answer["account"], answer["daily_limit"], answer["left_today"]) == (ADA, 50, 50)
    assert limit_of(ada) == (50, 0, 50)


@pytest.mark.parametrize("limit", [0, 1, 49, 50])
def test_a_limit_is_lowered_or_kept_without_a_password(ada, limit):
    ada.request(**edit_limit(50))
    ada.request(**edit_limit(limit))
    assert limit_of(ada)[0] == limit


@pytest.mark.parametrize("change", [edit_limit(51), edit_limit(10**12), lift_limit()], ids=str)
def test_raising_or_lifting_a_limit_needs_the_password(ada, change):
    ada.request(**edit_limit(50))
    answer = ada.expect_error("missing_argument", **change)
    assert answer["details"] == {"field": "user_pass"}
    answer = ada.expect_error("wrong_password", **change, user_pass=ANOTHER_PASSWORD)
    assert answer["details"] == {"field": "user_pass"}
    assert limit_of(ada)[0] == 50
    ada.request(**change, user_pass=PASSWORD)
    assert limit_of(ada)[0] == change.get("daily_limit")


def test_a_refused_raise_changes_nothing(ada, nothing_changes):
    ada.request(**edit_limit(50))
    nothing_changes()
    ada.expect_error("missing_argument", **edit_limit(51))
    ada.expect_error("wrong_password", **lift_limit(user_pass=ANOTHER_PASSWORD))


def test_lifting_a_missing_limit_needs_no_password(ada, nothing_changes):
    nothing_changes()
    ada.request(**lift_limit())


def test_a_password_is_checked_even_if_none_is_needed(ada, nothing_changes):
    nothing_changes()
    ada.expect_error("wrong_password", **edit_limit(50, user_pass=ANOTHER_PASSWORD))


def test_only_the_current_password_is_accepted(ada):
    ada.request(**edit_limit(50))
    ada.request(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    ada.expect_error("wrong_password", **lift_limit(user_pass=PASSWORD))
    ada.request(**lift_limit(user_pass=ANOTHER_PASSWORD))


def test_wrong_passwords_are_throttled_as_in_a_login(ada, wallclock):
    ada.request(**edit_limit(50))
    for _ in range(3):
        ada.expect_error("wrong_password", **lift_limit(user_pass=ANOTHER_PASSWORD))
    answer = ada.expect_error("throttled", **lift_limit(user_pass=PASSWORD))
    assert answer["details"] == {"retry_after_ms": 1 * SECOND}
    wallclock.forward(SECOND)
    ada.request(**lift_limit(user_pass=PASSWORD))


@pytest.mark.parametrize(
    "change", [edit_limit(), lift_limit(daily_limit=5), edit_limit(no_limit=False)], ids=str
)
def test_a_limit_is_either_set_or_lifted(ada, nothing_changes, change):
    nothing_changes()
    answer = ada.expect_error("arguments_clash", **change)
    assert answer["details"] == {"fields": ["daily_limit", "no_limit"]}


def test_a_limit_can_be_set_with_no_limit_false(ada):
    ada.request(**edit_limit(5, no_limit=False))
    assert limit_of(ada)[0] == 5


def test_the_accounts_write_date_is_updated_only_by_a_changed_limit(ada, wallclock):
    def written() -> str:
        return ada.request(**VIEW_ACCOUNT)["account_data"]["write_date"]

    wallclock.forward(SECOND)
    ada.request(**edit_limit(50))
    wallclock.forward(SECOND)
    ada.request(**edit_limit(50))
    assert written() == "2026-11-20T12:00:01.000Z"
    events = ada.engine.events(**ada.credentials, since=0).events
    assert [event["event"] for event in events] == ["account_changed"]


# What the limit counts


@pytest.mark.parametrize("give", [pay, transfer], ids=["pay", "transfer"])
def test_a_payment_beyond_the_limit_is_refused(supplied, bob, nothing_changes, give):
    supplied.request(**edit_limit(50))
    supplied.request(**give(BOB, 30))
    assert limit_of(supplied) == (50, 30, 20)
    nothing_changes()
    answer = supplied.expect_error("daily_limit_reached", **give(BOB, 21))
    assert answer["details"] == {
        "field": "credits",
        "limit": 50,
        "spent": 30,
        "left": 20,
        "frees_at": "2026-11-21T12:00:00.000Z",
    }


@pytest.mark.parametrize("give", [pay, transfer], ids=["pay", "transfer"])
def test_a_payment_up_to_the_limit_is_accepted(supplied, bob, give):
    supplied.request(**edit_limit(50))
    supplied.request(**give(BOB, 50))
    assert limit_of(supplied) == (50, 50, 0)


def test_a_limit_of_zero_refuses_every_payment(supplied, bob, nothing_changes):
    supplied.request(**edit_limit(0))
    nothing_changes()
    answer = supplied.expect_error("daily_limit_reached", **pay(BOB, 1))
    assert (answer["details"]["left"], answer["details"]["frees_at"]) == (0, None)


def test_payments_transfers_and_refunds_count_together(supplied, bob):
    bob.request(**supply(100))
    bob.request(**pay(ADA, 10))
    received = supplied.records("transfer")[0]["id"]
    supplied.request(**pay(BOB, 1))
    supplied.request(**transfer(BOB, 2))
    supplied.request(**refund(received, credits=4))
    assert (limit_of(supplied)[1], limit_of(bob)[1]) == (7, 10)


def test_conversions_and_supplies_do_not_count(supplied):
    supplied.request(**edit_limit(5))
    supplied.request(**to_clock(80))
    supplied.request(**to_credits(credits=80))
    supplied.request(**supply(100))
    assert limit_of(supplied) == (5, 0, 5)


def test_payments_before_the_limit_was_set_count(supplied, bob):
    supplied.request(**pay(BOB, 30))
    supplied.request(**edit_limit(20))
    assert limit_of(supplied) == (20, 30, 0)
    supplied.expect_error("daily_limit_reached", **pay(BOB, 1))


def test_a_day_is_the_last_24_hours(supplied, bob, wallclock):
    supplied.request(**edit_limit(50))
    supplied.request(**pay(BOB, 30))
    wallclock.forward(HOUR)
    EngineClient(supplied.engine).open_session().log_in().request(**pay(BOB, 20))
    wallclock.forward(23 * HOUR - 1)
    later = EngineClient(supplied.engine).open_session().log_in()
    assert limit_of(later) == (50, 50, 0)
    answer = later.expect_error("daily_limit_reached", **pay(BOB, 1))
    assert answer["details"]["frees_at"] == "2026-11-21T12:00:00.000Z"
    wallclock.forward(1)
    assert limit_of(later) == (50, 20, 30)
    later.request(**pay(BOB, 30))


def test_payments_from_another_wallet_count_even_if_it_is_unlinked(supplied, bob, database, wallet_url):
    supplied.request(**edit_limit(150))
    supplied.request(**pay(BOB, 100))
    account = supplied.request(**VIEW_ACCOUNT)["account_data"]
    another = database.write(lambda transaction: open_wallet(transaction, 0, account["id"]))
    execute_sql(wallet_url, "UPDATE accounts SET ewallet_id = ? WHERE name = 'ada'", another)
    execute_sql(wallet_url, "UPDATE ewallets SET unlinked_at = 1 WHERE id = ?", account["ewallet"])
    supplied.request(**supply(100))
    assert limit_of(supplied) == (150, 100, 50)
    supplied.expect_error("daily_limit_reached", **pay(BOB, 51))


def test_the_recipients_limit_does_not_count(supplied, bob):
    bob.request(**edit_limit(0))
    supplied.request(**pay(BOB, 30))
    assert limit_of(bob) == (0, 0, 0)


def test_spent_credits_are_summed_beyond_64_bits(open_engine, wallet_file):
    ada = EngineClient(open_engine()).open_session().register().log_in()
    with contextlib.closing(sqlite3.connect(wallet_file)) as connection, connection:
        connection.execute("INSERT INTO entries (id, kind, at) VALUES (1, 'payment', ?)", [FRIDAY_NOON])
        (balance,) = connection.execute(
            "SELECT balance_id FROM ewallets JOIN accounts ON accounts.ewallet_id = ewallets.id"
            " WHERE accounts.name = 'ada'"
        ).fetchone()
        connection.executemany(
            "INSERT INTO postings (entry_id, position, balance_id, unit, amount, at)"
            " VALUES (1, ?, ?, 'credit', ?, ?)",
            [(number, balance, -(10**18) - number, FRIDAY_NOON) for number in range(20)],
        )
    assert limit_of(ada)[1] == 20 * 10**18 + sum(range(20))


def test_spent_credits_are_read_by_the_index_of_balances_and_times(ada, wallet_file):
    compiled = statements._SPENT_SINCE.compile(dialect=sqlite.dialect(paramstyle="named"))
    values = {**compiled.params, "account_id": 2, "since": 0, "until": DAY}
    with contextlib.closing(sqlite3.connect(wallet_file)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled}", values)]
    assert any("ix_postings_balance_id_at_entry_id (balance_id=? AND at>?)" in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan


gifts = some.lists(some.tuples(some.integers(0, 12 * HOUR), some.integers(1, 60)), max_size=12)


@settings(max_examples=25, deadline=None)
@given(limit=some.integers(0, 100), gifts=gifts)
def test_no_24_hours_ever_have_more_payments_than_the_limit(new_wallet, limit, gifts):
    wallclock, left = Wallclock(), []
    with new_wallet() as url, EWalletSessionManager(url, clock=wallclock, passwords=CHEAP) as engine:
        EngineClient(engine).open_session().register("bob")
        EngineClient(engine).open_session().register().log_in().request(**supply(1_000))
        EngineClient(engine).open_session().log_in().request(**edit_limit(limit))
        for pause, credits in gifts:
            wallclock.forward(pause)
            answer = EngineClient(engine).open_session().log_in().send(**pay(BOB, credits))
            within = sum(before for at, before in left if at > wallclock.now - DAY)
            assert answer["failed"] is (within + credits > limit)
            if not answer["failed"]:
                left.append((wallclock.now, credits))


def test_a_payment_refused_by_the_limit_is_not_posted(supplied, bob, wallet_url):
    supplied.request(**edit_limit(0))
    supplied.expect_error("daily_limit_reached", **transfer(BOB, 1))
    assert rows(wallet_url, "SELECT id FROM entries WHERE kind = 'transfer'") == []
