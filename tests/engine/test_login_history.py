"""The records of logins and logouts: what is written down, who sees it, and what a new address tells."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_accounts import UNLINK, VIEW_LOGINS, VIEW_LOGOUTS, recover
from fakes import SECOND
from instructions import ANOTHER_PASSWORD, LOGOUT, edit_account, login
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.storage.logins import _ACCEPTED_FROM_ADDRESS, login_records

HOME, AWAY = "192.0.2.1", "198.51.100.7"


def logins_of(caller: EngineClient, **page: object) -> list[dict]:
    return caller.asks_ok(**VIEW_LOGINS, **page)["login_records"]


def at(address: str, caller: EngineClient) -> EngineClient:
    """Somebody with a session at that address."""
    return EngineClient(caller.engine, address=address).opens_a_session()


def alarms(file) -> list[dict]:
    return rows(file, "SELECT account_id, data FROM events WHERE kind = 'login_from_new_address'")


def test_a_login_is_shown_with_its_time_and_address(registered):
    at(HOME, registered).logs_in()
    registered.logs_in()
    assert logins_of(registered) == [
        {
            "time": "2026-11-20T12:00:00.000Z",
            "address": "in process",
            "outcome": "accepted",
            "is_new_address": True,
        },
        {
            "time": "2026-11-20T12:00:00.000Z",
            "address": HOME,
            "outcome": "accepted",
            "is_new_address": False,
        },
    ]


def test_who_tried_in_vain_is_shown_too(ada, wallclock):
    wallclock.forward(SECOND)
    at(AWAY, ada).is_refused("login_refused", **login(password="wrong"))
    latest = logins_of(ada)[0]
    assert latest == {
        "time": "2026-11-20T12:00:01.000Z",
        "address": AWAY,
        "outcome": "refused",
        "is_new_address": False,
    }


def test_a_wrong_old_password_is_shown_as_a_login_that_was_refused(ada):
    ada.is_refused("wrong_password", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong"))
    assert [row["outcome"] for row in logins_of(ada)] == ["refused", "accepted"]


def test_a_login_to_an_account_that_leaves_is_shown_when_it_is_recovered(ada):
    ada.asks_ok(**UNLINK)
    ada.is_refused("account_leaving", **login())
    ada.asks_ok(**recover())
    assert [row["outcome"] for row in logins_of(ada)] == ["accepted", "refused", "accepted"]


def test_logouts_are_shown_apart_from_logins(ada):
    ada.asks_ok(**LOGOUT)
    ada.logs_in()
    answer = ada.asks_ok(**VIEW_LOGOUTS)
    assert answer["logout_records"] == [
        {"time": "2026-11-20T12:00:00.000Z", "address": "in process", "outcome": "accepted"}
    ]
    assert len(logins_of(ada)) == 2


def test_the_history_of_another_is_not_shown(ada, bob):
    bob.is_refused("login_refused", **login("bob", "wrong"))
    assert len(logins_of(ada)) == 1


def test_a_page_of_the_history_goes_on_where_the_one_before_it_ended(ada, wallclock):
    for _ in range(4):
        wallclock.forward(SECOND)
        ada.logs_in()
    first = ada.asks_ok(**VIEW_LOGINS, limit=3)
    second = ada.asks_ok(**VIEW_LOGINS, limit=3, before=first["next"])
    times = [row["time"][17:19] for page in (first, second) for row in page["login_records"]]
    assert times == ["04", "03", "02", "01", "00"]
    assert second["next"] is None


# New addresses


def test_the_first_login_of_all_is_from_no_new_address(registered, wallet_file):
    at(AWAY, registered).logs_in()
    assert alarms(wallet_file) == []


def test_a_login_from_where_the_account_never_was_is_told_to_it(ada, wallet_file):
    at(AWAY, ada).logs_in()
    assert [row["is_new_address"] for row in logins_of(ada)] == [True, False]
    assert alarms(wallet_file) == [
        {"account_id": 2, "data": f'{{"address":"{AWAY}","time":"2026-11-20T12:00:00.000Z"}}'}
    ]


def test_an_address_is_new_only_once(ada, wallet_file):
    for _ in range(2):
        at(AWAY, ada).logs_in()
    assert len(alarms(wallet_file)) == 1


def test_an_address_from_where_all_was_in_vain_is_still_new(ada, wallet_file):
    stranger = at(AWAY, ada)
    stranger.is_refused("login_refused", **login(password="wrong"))
    assert alarms(wallet_file) == []
    stranger.logs_in()
    assert len(alarms(wallet_file)) == 1


def test_an_address_that_another_account_uses_is_new_to_this_one(ada, bob, wallet_file):
    at(AWAY, bob).logs_in("bob")
    at(AWAY, ada).logs_in("ada")
    assert [alarm["account_id"] for alarm in alarms(wallet_file)] == [3, 2]


def test_an_account_can_be_recovered_from_a_new_address_too(ada, wallet_file):
    ada.asks_ok(**UNLINK)
    at(AWAY, ada).asks_ok(**recover())
    assert len(alarms(wallet_file)) == 1


# A long history


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (login_records._latest("account_id", "kind"), "ix_login_records_account_id_kind_id"),
        (_ACCEPTED_FROM_ADDRESS, "ix_login_records_account_id_address"),
    ],
    ids=["page", "new address"],
)
def test_a_long_history_is_read_by_its_index_without_sorting(wallet_file, statement, index):
    compiled = statement.compile(dialect=SQLiteDialect_pysqlite(paramstyle="named"))
    values = {"account_id": 2, "kind": "login", "before": 9, "most": 3, "address": HOME}
    with contextlib.closing(sqlite3.connect(wallet_file)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {compiled}", {**compiled.params, **values}).fetchall()
    steps = " ".join(step[3] for step in plan)
    assert index in steps
    assert "SCAN" not in steps
    assert "TEMP B-TREE" not in steps
