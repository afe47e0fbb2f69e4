"""The daily limit: its owner lowers it freely, raises it with the password, and nothing leaves beyond it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from database_file import changed_by_hand, rows
from engine_client import EngineClient
from examples_payments import VIEW_LIMIT, edit_limit, lift_limit, pay, refund, transfer
from fakes import CHEAP, DAY, HOUR, SECOND, Wallclock
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
    answer = caller.asks_ok(**VIEW_LIMIT)
    return answer["daily_limit"], answer["spent_today"], answer["left_today"]


def test_an_account_has_no_limit_unless_its_owner_sets_one(supplied, bob):
    assert limit_of(supplied) == (None, 0, None)
    supplied.asks_ok(**pay(BOB, 30))
    assert limit_of(supplied) == (None, 30, None)


def test_a_limit_is_set_without_a_password(ada):
    answer = ada.asks_ok(**edit_limit(50))
    assert (answer["account"], answer["daily_limit"], answer["left_today"]) == (ADA, 50, 50)
    assert limit_of(ada) == (50, 0, 50)


@pytest.mark.parametrize("limit", [0, 1, 49, 50])
def test_a_limit_is_lowered_or_kept_without_a_password(ada, limit):
    ada.asks_ok(**edit_limit(50))
    ada.asks_ok(**edit_limit(limit))
    assert limit_of(ada)[0] == limit


@pytest.mark.parametrize("change", [edit_limit(51), edit_limit(10**12), lift_limit()], ids=str)
def test_a_limit_is_raised_or_lifted_with_the_password_alone(ada, change):
    ada.asks_ok(**edit_limit(50))
    answer = ada.is_refused("missing_argument", **change)
    assert answer["details"] == {"field": "user_pass"}
    answer = ada.is_refused("wrong_password", **change, user_pass=ANOTHER_PASSWORD)
    assert answer["details"] == {"field": "user_pass"}
    assert limit_of(ada)[0] == 50
    ada.asks_ok(**change, user_pass=PASSWORD)
    assert limit_of(ada)[0] == change.get("daily_limit")


def test_what_is_refused_to_a_raise_changes_nothing(ada, nothing_changes):
    ada.asks_ok(**edit_limit(50))
    nothing_changes()
    ada.is_refused("missing_argument", **edit_limit(51))
    ada.is_refused("wrong_password", **lift_limit(user_pass=ANOTHER_PASSWORD))


def test_where_there_is_no_limit_there_is_none_to_lift(ada, nothing_changes):
    nothing_changes()
    ada.asks_ok(**lift_limit())


def test_a_password_that_is_sent_is_checked_also_where_none_is_needed(ada, nothing_changes):
    nothing_changes()
    ada.is_refused("wrong_password", **edit_limit(50, user_pass=ANOTHER_PASSWORD))


def test_the_password_of_today_counts(ada):
    ada.asks_ok(**edit_limit(50))
    ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    ada.is_refused("wrong_password", **lift_limit(user_pass=PASSWORD))
    ada.asks_ok(**lift_limit(user_pass=ANOTHER_PASSWORD))


def test_guessing_the_password_has_to_wait_like_a_login(ada, wallclock):
    ada.asks_ok(**edit_limit(50))
    for _ in range(3):
        ada.is_refused("wrong_password", **lift_limit(user_pass=ANOTHER_PASSWORD))
    answer = ada.is_refused("throttled", **lift_limit(user_pass=PASSWORD))
    assert answer["details"] == {"retry_after_ms": 1 * SECOND}
    wallclock.forward(SECOND)
    ada.asks_ok(**lift_limit(user_pass=PASSWORD))


@pytest.mark.parametrize(
    "change", [edit_limit(), lift_limit(daily_limit=5), edit_limit(no_limit=False)], ids=str
)
def test_a_limit_is_either_set_or_lifted(ada, nothing_changes, change):
    nothing_changes()
    answer = ada.is_refused("arguments_clash", **change)
    assert answer["details"] == {"fields": ["daily_limit", "no_limit"]}


def test_a_limit_that_is_not_lifted_may_be_set(ada):
    ada.asks_ok(**edit_limit(5, no_limit=False))
    assert limit_of(ada)[0] == 5


def test_the_write_date_of_the_account_moves_when_the_limit_changes_and_only_then(ada, wallclock):
    def written() -> str:
        return ada.asks_ok(**VIEW_ACCOUNT)["account_data"]["write_date"]

    wallclock.forward(SECOND)
    ada.asks_ok(**edit_limit(50))
    wallclock.forward(SECOND)
    ada.asks_ok(**edit_limit(50))
    assert written() == "2026-11-20T12:00:01.000Z"
    told = ada.engine.events(**ada.credentials, since=0).events
    assert [event["event"] for event in told] == ["account_changed"]


# What may leave


@pytest.mark.parametrize("give", [pay, transfer], ids=["pay", "transfer"])
def test_no_more_leaves_than_the_limit(supplied, bob, nothing_changes, give):
    supplied.asks_ok(**edit_limit(50))
    supplied.asks_ok(**give(BOB, 30))
    assert limit_of(supplied) == (50, 30, 20)
    nothing_changes()
    answer = supplied.is_refused("daily_limit_reached", **give(BOB, 21))
    assert answer["details"] == {
        "field": "credits",
        "limit": 50,
        "spent": 30,
        "left": 20,
        "frees_at": "2026-11-21T12:00:00.000Z",
    }


@pytest.mark.parametrize("give", [pay, transfer], ids=["pay", "transfer"])
def test_as_much_leaves_as_the_limit(supplied, bob, give):
    supplied.asks_ok(**edit_limit(50))
    supplied.asks_ok(**give(BOB, 50))
    assert limit_of(supplied) == (50, 50, 0)


def test_where_the_limit_is_zero_nothing_leaves(supplied, bob, nothing_changes):
    supplied.asks_ok(**edit_limit(0))
    nothing_changes()
    answer = supplied.is_refused("daily_limit_reached", **pay(BOB, 1))
    assert (answer["details"]["left"], answer["details"]["frees_at"]) == (0, None)


def test_payments_transfers_and_refunds_count_together(supplied, bob):
    bob.asks_ok(**supply(100))
    bob.asks_ok(**pay(ADA, 10))
    received = supplied.records("transfer")[0]["id"]
    supplied.asks_ok(**pay(BOB, 1))
    supplied.asks_ok(**transfer(BOB, 2))
    supplied.asks_ok(**refund(received, credits=4))
    assert (limit_of(supplied)[1], limit_of(bob)[1]) == (7, 10)


def test_what_is_converted_or_supplied_leaves_for_nobody(supplied):
    supplied.asks_ok(**edit_limit(5))
    supplied.asks_ok(**to_clock(80))
    supplied.asks_ok(**to_credits(credits=80))
    supplied.asks_ok(**supply(100))
    assert limit_of(supplied) == (5, 0, 5)


def test_what_left_before_the_limit_was_set_counts(supplied, bob):
    supplied.asks_ok(**pay(BOB, 30))
    supplied.asks_ok(**edit_limit(20))
    assert limit_of(supplied) == (20, 30, 0)
    supplied.is_refused("daily_limit_reached", **pay(BOB, 1))


def test_a_day_is_the_last_24_hours(supplied, bob, wallclock):
    supplied.asks_ok(**edit_limit(50))
    supplied.asks_ok(**pay(BOB, 30))
    wallclock.forward(HOUR)
    EngineClient(supplied.engine).opens_a_session().logs_in().asks_ok(**pay(BOB, 20))
    wallclock.forward(23 * HOUR - 1)
    later = EngineClient(supplied.engine).opens_a_session().logs_in()
    assert limit_of(later) == (50, 50, 0)
    answer = later.is_refused("daily_limit_reached", **pay(BOB, 1))
    assert answer["details"]["frees_at"] == "2026-11-21T12:00:00.000Z"
    wallclock.forward(1)
    assert limit_of(later) == (50, 20, 30)
    later.asks_ok(**pay(BOB, 30))


def test_what_left_another_wallet_counts_also_when_that_is_unlinked(supplied, bob, database, wallet_file):
    supplied.asks_ok(**edit_limit(150))
    supplied.asks_ok(**pay(BOB, 100))
    account = supplied.asks_ok(**VIEW_ACCOUNT)["account_data"]
    another = database.write(lambda transaction: open_wallet(transaction, 0, account["id"]))
    changed_by_hand(wallet_file, "UPDATE accounts SET ewallet_id = ? WHERE name = 'ada'", another)
    changed_by_hand(wallet_file, "UPDATE ewallets SET unlinked_at = 1 WHERE id = ?", account["ewallet"])
    supplied.asks_ok(**supply(100))
    assert limit_of(supplied) == (150, 100, 50)
    supplied.is_refused("daily_limit_reached", **pay(BOB, 51))


def test_the_limit_is_the_givers_alone(supplied, bob):
    bob.asks_ok(**edit_limit(0))
    supplied.asks_ok(**pay(BOB, 30))
    assert limit_of(bob) == (0, 0, 0)


def test_what_left_is_summed_beyond_64_bits(open_engine, wallet_file):
    ada = EngineClient(open_engine(clock=lambda: DAY)).opens_a_session().registers().logs_in()
    with contextlib.closing(sqlite3.connect(wallet_file)) as by_hand, by_hand:
        by_hand.execute("INSERT INTO entries (id, kind, at) VALUES (1, 'payment', 1)")
        (balance,) = by_hand.execute(
            "SELECT balance_id FROM ewallets JOIN accounts ON accounts.ewallet_id = ewallets.id"
            " WHERE accounts.name = 'ada'"
        ).fetchone()
        by_hand.executemany(
            "INSERT INTO postings (entry_id, balance_id, unit, amount, at) VALUES (1, ?, 'credit', ?, 1)",
            [(balance, -(10**18) - number) for number in range(20)],
        )
    assert limit_of(ada)[1] == 20 * 10**18 + sum(range(20))


def test_what_left_is_found_by_the_index_of_balances_and_times(ada, wallet_file):
    compiled = statements._SPENT_SINCE.compile(dialect=sqlite.dialect(paramstyle="named"))
    values = {**compiled.params, "account_id": 2, "since": 0}
    with contextlib.closing(sqlite3.connect(wallet_file)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled}", values)]
    assert any("ix_postings_balance_id_at_id (balance_id=? AND at>?)" in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan


gifts = some.lists(some.tuples(some.integers(0, 12 * HOUR), some.integers(1, 60)), max_size=12)


@settings(max_examples=25, deadline=None)
@given(limit=some.integers(0, 100), gifts=gifts)
def test_whenever_and_whatever_is_paid_no_24_hours_have_more_than_the_limit(new_wallet_file, limit, gifts):
    wallclock, left = Wallclock(), []
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(new_wallet_file, Path(folder))}"
        with EWalletSessionManager(url, clock=wallclock, passwords=CHEAP) as engine:
            EngineClient(engine).opens_a_session().registers("bob")
            EngineClient(engine).opens_a_session().registers().logs_in().asks_ok(**supply(1_000))
            EngineClient(engine).opens_a_session().logs_in().asks_ok(**edit_limit(limit))
            for pause, credits in gifts:
                wallclock.forward(pause)
                answer = EngineClient(engine).opens_a_session().logs_in().ask(**pay(BOB, credits))
                within = sum(before for at, before in left if at > wallclock.now - DAY)
                assert answer["failed"] is (within + credits > limit)
                if not answer["failed"]:
                    left.append((wallclock.now, credits))


def test_what_is_refused_for_the_limit_is_not_posted(supplied, bob, wallet_file):
    supplied.asks_ok(**edit_limit(0))
    supplied.is_refused("daily_limit_reached", **transfer(BOB, 1))
    assert rows(wallet_file, "SELECT id FROM entries WHERE kind = 'transfer'") == []
