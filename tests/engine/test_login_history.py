"""The records of logins and logouts: contents, visibility and events about new addresses."""

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
    return caller.request(**VIEW_LOGINS, **page)["login_records"]


def at(address: str, caller: EngineClient) -> EngineClient:
    """A client with a session at that address."""
    return EngineClient(caller.engine, address=address).open_session()


def new_address_events(file) -> list[dict]:
    return rows(file, "SELECT account_id, data FROM events WHERE kind = 'login_from_new_address'")


def test_a_login_is_shown_with_its_time_and_address(registered):
    at(HOME, registered).log_in()
    registered.log_in()
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


def test_a_failed_login_is_shown(ada, wallclock):
    wallclock.forward(SECOND)
    at(AWAY, ada).expect_error("login_refused", **login(password="wrong"))
    latest = logins_of(ada)[0]
    assert latest == {
        "time": "2026-11-20T12:00:01.000Z",
        "address": AWAY,
        "outcome": "refused",
        "is_new_address": False,
    }


def test_a_wrong_old_password_is_shown_as_a_refused_login(ada):
    ada.expect_error("wrong_password", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong"))
    assert [row["outcome"] for row in logins_of(ada)] == ["refused", "accepted"]


def test_a_login_to_an_account_pending_deletion_is_shown_after_the_recovery(ada):
    ada.request(**UNLINK)
    ada.expect_error("account_leaving", **login())
    ada.request(**recover())
    assert [row["outcome"] for row in logins_of(ada)] == ["accepted", "refused", "accepted"]


def test_logouts_are_listed_separately(ada):
    ada.request(**LOGOUT)
    ada.log_in()
    answer = ada.request(**VIEW_LOGOUTS)
    assert answer["logout_records"] == [
        {"time": "2026-11-20T12:00:00.000Z", "address": "in process", "outcome": "accepted"}
    ]
    assert len(logins_of(ada)) == 2


def test_the_history_of_another_account_is_not_shown(ada, bob):
    bob.expect_error("login_refused", **login("bob", "wrong"))
    assert len(logins_of(ada)) == 1


def test_pages_of_the_history_are_consecutive(ada, wallclock):
    for _ in range(4):
        wallclock.forward(SECOND)
        ada.log_in()
    first = ada.request(**VIEW_LOGINS, limit=3)
    second = ada.request(**VIEW_LOGINS, limit=3, before=first["next"])
    times = [row["time"][17:19] for page in (first, second) for row in page["login_records"]]
    assert times == ["04", "03", "02", "01", "00"]
    assert second["next"] is None


# New addresses


def test_the_first_login_is_not_from_a_new_address(registered, wallet_url):
    at(AWAY, registered).log_in()
    assert new_address_events(wallet_url) == []


def test_a_login_from_a_new_address_is_an_event(ada, wallet_url):
    at(AWAY, ada).log_in()
    assert [row["is_new_address"] for row in logins_of(ada)] == [True, False]
    assert new_address_events(wallet_url) == [
        {"account_id": 2, "data": f'{{"address":"{AWAY}","time":"2026-11-20T12:00:00.000Z"}}'}
    ]


def test_an_address_is_new_only_once(ada, wallet_url):
    for _ in range(2):
        at(AWAY, ada).log_in()
    assert len(new_address_events(wallet_url)) == 1


def test_an_address_with_only_failed_logins_is_still_new(ada, wallet_url):
    stranger = at(AWAY, ada)
    stranger.expect_error("login_refused", **login(password="wrong"))
    assert new_address_events(wallet_url) == []
    stranger.log_in()
    assert len(new_address_events(wallet_url)) == 1


def test_an_address_of_another_account_is_new(ada, bob, wallet_url):
    at(AWAY, bob).log_in("bob")
    at(AWAY, ada).log_in("ada")
    assert [event["account_id"] for event in new_address_events(wallet_url)] == [3, 2]


def test_a_recovery_from_a_new_address_is_an_event(ada, wallet_url):
    ada.request(**UNLINK)
    at(AWAY, ada).request(**recover())
    assert len(new_address_events(wallet_url)) == 1


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
