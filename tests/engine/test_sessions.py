"""Client ids, session tokens, sessions and their workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from database_file import rows
from engine_client import EngineClient
from fakes import MINUTE, SECOND
from instructions import (
    KEEP_CLIENT_ID,
    KEEP_SESSION_TOKEN,
    LOGOUT,
    NEW_SESSION,
    NEW_WORKER,
    REQUEST_SESSION_TOKEN,
    START,
    VIEW_ACCOUNT,
    VIEW_WALLET,
    new_account,
    supply,
    switch_account,
    to_clock,
)

from ewallet_core.operations.context import EngineConfig


def last_uses(file: Path) -> list[int]:
    return [row["last_used_at"] for row in rows(file, "SELECT last_used_at FROM sessions")]


# How long a session lives


def test_a_session_lives_until_thirty_minutes_after_its_last_use(ada, wallclock):
    wallclock.forward(30 * MINUTE - 1)
    ada.asks_ok(**VIEW_ACCOUNT)


def test_a_session_that_was_not_used_for_thirty_minutes_has_ended(ada, wallclock):
    wallclock.forward(30 * MINUTE)
    ada.is_refused("session_expired", **VIEW_ACCOUNT)


@pytest.mark.parametrize(
    "use",
    [VIEW_ACCOUNT, supply(1), to_clock(1), KEEP_CLIENT_ID, KEEP_SESSION_TOKEN, REQUEST_SESSION_TOKEN],
    ids=str,
)
def test_every_use_of_a_session_keeps_it_alive(ada, wallclock, use):
    wallclock.forward(20 * MINUTE)
    ada.ask(**use)
    wallclock.forward(20 * MINUTE)
    ada.asks_ok(**VIEW_ACCOUNT)


def test_what_is_no_instruction_is_no_use(ada, wallclock):
    wallclock.forward(20 * MINUTE)
    ada.is_refused("bad_value", **supply(0))
    wallclock.forward(20 * MINUTE)
    ada.is_refused("session_expired", **VIEW_ACCOUNT)


def test_a_rule_gives_sessions_another_life(open_engine, wallclock):
    brief = EngineClient(open_engine(config=EngineConfig(session_lifetime_ms=2 * MINUTE))).opens_a_session()
    assert brief.asks_ok(**KEEP_SESSION_TOKEN)["extended"] == 2
    wallclock.forward(2 * MINUTE)
    brief.is_refused("session_expired", **KEEP_SESSION_TOKEN)


def test_a_client_id_lives_thirty_minutes_too(nobody, wallclock):
    nobody.introduces_itself()
    wallclock.forward(30 * MINUTE)
    nobody.is_refused("client_unknown", **REQUEST_SESSION_TOKEN)


def test_last_use_is_written_at_most_once_a_minute(ada, wallclock, wallet_file):
    first = last_uses(wallet_file)
    wallclock.forward(MINUTE - 1)
    ada.asks_ok(**VIEW_ACCOUNT)
    assert last_uses(wallet_file) == first
    wallclock.forward(1)
    ada.asks_ok(**VIEW_ACCOUNT)
    assert last_uses(wallet_file) == [first[0] + MINUTE]


def test_a_keep_alive_is_written_at_once(ada, wallclock, wallet_file):
    wallclock.forward(SECOND)
    ada.asks_ok(**KEEP_SESSION_TOKEN)
    assert last_uses(wallet_file) == [wallclock.now]


def test_a_session_survives_a_restart(ada, open_engine):
    ada.engine.close()
    assert ada.at(open_engine()).asks_ok(**VIEW_ACCOUNT)["account"] == "ada@example.org"


def test_a_running_timer_goes_on_when_its_session_has_ended(supplied, wallclock):
    supplied.asks_ok(**to_clock(50))
    supplied.asks_ok(**START)
    wallclock.forward(31 * MINUTE)
    later = EngineClient(supplied.engine).opens_a_session().logs_in()
    assert (later.clock["clock_state"], later.milliseconds_left) == ("active", 19 * MINUTE)


# One token for one client


def test_a_client_that_sends_its_token_has_it_renewed(ada, wallclock):
    wallclock.forward(20 * MINUTE)
    answer = ada.asks_ok(**REQUEST_SESSION_TOKEN)
    wallclock.forward(20 * MINUTE)
    assert answer["session_token"] == ada.credentials["session_token"]
    ada.asks_ok(**VIEW_ACCOUNT)


def test_a_client_has_one_live_token(visitor):
    without = {**REQUEST_SESSION_TOKEN, "session_token": None}
    visitor.is_refused("session_token_exists", **without)
    assert len(visitor.engine.sessions) == 1


def test_every_client_id_and_every_token_is_another(nobody):
    clients = [EngineClient(nobody.engine).opens_a_session() for _ in range(5)]
    tokens = {token for client in clients for token in client.credentials.values()}
    assert len(tokens) == 10


def test_a_client_whose_session_has_ended_can_start_anew(ada, wallclock):
    wallclock.forward(30 * MINUTE)
    ada.opens_a_session().is_refused("not_logged_in", **VIEW_ACCOUNT)


def test_tokens_are_kept_only_hashed(ada, wallet_file):
    beside = [wallet_file, *wallet_file.parent.glob(f"{wallet_file.name}-*")]
    kept = b"".join(file.read_bytes() for file in beside)
    assert b"ada@example.org" in kept
    for token in ada.credentials.values():
        assert token.encode() not in kept


# Who is logged in to it


def test_a_session_has_nobody_after_its_only_account_has_logged_out(ada):
    answer = ada.asks_ok(**LOGOUT)
    assert answer["account"] == "ada@example.org"
    assert answer["session_data"]["session_user_account"] is None
    assert answer["session_data"]["session_account_archive"] == {}
    ada.is_refused("not_logged_in", **VIEW_WALLET)


def test_the_latest_login_is_active_and_the_others_stay(ada):
    ada.registers("bob").logs_in("bob")
    answer = ada.asks_ok(**switch_account("bob@example.org"))["session_data"]
    assert answer["session_user_account"] == "bob@example.org"
    assert answer["session_account_archive"] == {"ada@example.org": "ada", "bob@example.org": "bob"}


def test_switching_makes_another_account_the_active_one(ada):
    ada.registers("bob").logs_in("bob").asks_ok(**supply(7))
    answer = ada.asks_ok(**switch_account("ADA@example.org"))
    assert answer["account"] == answer["session_data"]["session_user_account"] == "ada@example.org"
    assert ada.credits == 0
    assert ada.asks_ok(**VIEW_ACCOUNT)["account"] == "ada@example.org"


def test_a_logout_leaves_the_latest_of_the_others_active(ada, wallclock):
    for name in ("bob", "eve"):
        wallclock.forward(SECOND)
        ada.registers(name).logs_in(name)
    assert ada.asks_ok(**LOGOUT)["session_data"]["session_user_account"] == "bob@example.org"
    assert ada.asks_ok(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_an_account_that_has_logged_out_can_not_be_switched_to(ada):
    ada.registers("bob").logs_in("bob").asks_ok(**LOGOUT)
    ada.is_refused("account_not_logged_in", **switch_account("bob@example.org"))


def test_a_logout_ends_no_other_session(ada):
    elsewhere = EngineClient(ada.engine).opens_a_session().logs_in()
    ada.asks_ok(**LOGOUT)
    elsewhere.asks_ok(**VIEW_ACCOUNT)


def test_logins_and_logouts_are_written_down(ada, wallet_file):
    ada.asks_ok(**LOGOUT)
    written = rows(wallet_file, "SELECT kind, outcome, address FROM login_records")
    assert written == [
        {"kind": "login", "outcome": "accepted", "address": "in process"},
        {"kind": "logout", "outcome": "accepted", "address": "in process"},
    ]


def test_an_answer_about_a_session_is_about_this_one(ada, bob):
    data = bob.asks_ok(**new_account("eve"))["session_data"]
    assert data["session_account_archive"] == {"bob@example.org": "bob"}


# Workers


def states(engine):
    return {worker.id: worker.state for worker in engine.workers.values()}


@pytest.fixture
def small(open_engine):
    """An engine whose workers take two sessions each."""
    return open_engine(config=EngineConfig(session_limit=2))


def test_a_new_worker_is_vacant(nobody):
    data = nobody.asks_ok(**NEW_WORKER)["worker_data"]
    assert (data["state"], data["session_count"], data["session_limit"]) == ("vacant", 0, 100)


def test_a_worker_is_available_until_it_is_full(small):
    EngineClient(small).opens_a_session()
    assert states(small) == {1: "available"}
    EngineClient(small).opens_a_session()
    assert states(small) == {1: "full"}


def test_a_session_that_no_worker_has_room_for_gets_a_new_one(small):
    for _ in range(5):
        EngineClient(small).opens_a_session()
    assert states(small) == {1: "full", 2: "full", 3: "available"}
    assert [len(worker.session_ids) for worker in small.workers.values()] == [2, 2, 1]


def test_a_worker_whose_sessions_have_ended_is_vacant(small, wallclock):
    for _ in range(2):
        EngineClient(small).opens_a_session()
    wallclock.forward(30 * MINUTE)
    assert states(small) == {1: "vacant"}
    assert small.sessions == {}


def test_a_worker_whose_sessions_have_ended_takes_new_ones(small, wallclock):
    for _ in range(2):
        EngineClient(small).opens_a_session()
    wallclock.forward(30 * MINUTE)
    EngineClient(small).opens_a_session()
    assert states(small) == {1: "available"}


def test_a_session_of_the_systems_own_belongs_to_a_worker(nobody):
    answer = nobody.asks_ok(**NEW_SESSION)
    session = nobody.engine.sessions[answer["ewallet_session"]]
    assert session.account is None
    assert nobody.engine.workers[session.worker_id].session_ids == (session.id,)


def test_the_live_sessions_show_who_is_logged_in_and_until_when(ada, wallclock):
    (session,) = ada.engine.sessions.values()
    assert session.account == "ada@example.org"
    assert session.expires_at == wallclock.now + 30 * MINUTE


def test_a_view_that_is_refused_is_a_use_of_the_session(ada, wallclock):
    for _ in range(40):
        wallclock.forward(MINUTE)
        ada.is_refused("not_found", action="view", view="time", time="record", record_id=999)


def test_who_is_not_the_program_itself_is_asked_who_they_are_before_they_ask_as_the_system(ada):
    stranger = EngineClient(ada.engine, address="192.0.2.7:4000")
    stranger.is_refused("client_unknown", **NEW_WORKER)
    stranger.opens_a_session().is_refused("not_logged_in", **NEW_WORKER)
    stranger.logs_in().is_refused("not_permitted", **NEW_WORKER)
