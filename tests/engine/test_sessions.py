"""Client ids, session tokens, sessions and their workers."""

from __future__ import annotations

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

OVERVIEW = {"action": "view", "view": "overview"}


def last_uses(url: str) -> list[int]:
    return [row["last_used_at"] for row in rows(url, "SELECT last_used_at FROM sessions")]


# Expiry


def test_a_session_expires_thirty_minutes_after_its_last_use(ada, wallclock):
    wallclock.forward(30 * MINUTE - 1)
    ada.request(**VIEW_ACCOUNT)


def test_a_session_unused_for_thirty_minutes_has_expired(ada, wallclock):
    wallclock.forward(30 * MINUTE)
    ada.expect_error("session_expired", **VIEW_ACCOUNT)


@pytest.mark.parametrize(
    "use",
    [VIEW_ACCOUNT, supply(1), to_clock(1), KEEP_CLIENT_ID, KEEP_SESSION_TOKEN, REQUEST_SESSION_TOKEN],
    ids=str,
)
def test_every_instruction_extends_the_session(ada, wallclock, use):
    wallclock.forward(20 * MINUTE)
    ada.send(**use)
    wallclock.forward(20 * MINUTE)
    ada.request(**VIEW_ACCOUNT)


def test_a_passive_overview_does_not_extend_the_session(ada, wallclock, wallet_url):
    before = rows(wallet_url, "SELECT last_used_at, expires_at FROM sessions")
    clients_before = rows(wallet_url, "SELECT last_used_at, expires_at FROM client_ids")
    wallclock.forward(30 * MINUTE - 1)
    assert ada.request(**OVERVIEW, passive=True)["account"] == "ada@example.org"
    assert rows(wallet_url, "SELECT last_used_at, expires_at FROM sessions") == before
    assert rows(wallet_url, "SELECT last_used_at, expires_at FROM client_ids") == clients_before
    wallclock.forward(1)
    ada.expect_error("session_expired", **OVERVIEW, passive=True)


def test_a_passive_overview_settles_a_timer_without_extending_the_session(running, wallclock, wallet_url):
    before = last_uses(wallet_url)
    wallclock.forward(25 * MINUTE)
    assert running.request(**OVERVIEW, passive=True)["clock_data"]["clock_state"] == "inactive"
    assert last_uses(wallet_url) == before


def test_an_overview_that_is_not_passive_extends_the_session(ada, wallclock, wallet_url):
    wallclock.forward(20 * MINUTE)
    ada.request(**OVERVIEW, passive=False)
    assert last_uses(wallet_url) == [wallclock.now]


def test_an_invalid_request_does_not_extend_the_session(ada, wallclock):
    wallclock.forward(20 * MINUTE)
    ada.expect_error("bad_value", **supply(0))
    wallclock.forward(20 * MINUTE)
    ada.expect_error("session_expired", **VIEW_ACCOUNT)


def test_the_session_lifetime_can_be_configured(open_engine, wallclock):
    brief = EngineClient(open_engine(config=EngineConfig(session_lifetime_ms=2 * MINUTE))).open_session()
    assert brief.request(**KEEP_SESSION_TOKEN)["extended"] == 2
    wallclock.forward(2 * MINUTE)
    brief.expect_error("session_expired", **KEEP_SESSION_TOKEN)


def test_a_client_id_expires_after_thirty_minutes(anonymous, wallclock):
    anonymous.request_client_id()
    wallclock.forward(30 * MINUTE)
    anonymous.expect_error("client_unknown", **REQUEST_SESSION_TOKEN)


def test_the_last_use_is_written_at_most_once_a_minute(ada, wallclock, wallet_url):
    first = last_uses(wallet_url)
    wallclock.forward(MINUTE - 1)
    ada.request(**VIEW_ACCOUNT)
    assert last_uses(wallet_url) == first
    wallclock.forward(1)
    ada.request(**VIEW_ACCOUNT)
    assert last_uses(wallet_url) == [first[0] + MINUTE]


def test_a_keep_alive_is_written_at_once(ada, wallclock, wallet_url):
    wallclock.forward(SECOND)
    ada.request(**KEEP_SESSION_TOKEN)
    assert last_uses(wallet_url) == [wallclock.now]


def test_a_session_survives_a_restart(ada, open_engine):
    ada.engine.close()
    assert ada.at(open_engine()).request(**VIEW_ACCOUNT)["account"] == "ada@example.org"


def test_a_running_timer_continues_after_its_session_expired(supplied, wallclock):
    supplied.request(**to_clock(50))
    supplied.request(**START)
    wallclock.forward(31 * MINUTE)
    later = EngineClient(supplied.engine).open_session().log_in()
    assert (later.clock["clock_state"], later.milliseconds_left) == ("active", 19 * MINUTE)


# Tokens


def test_requesting_a_token_with_the_current_one_extends_it(ada, wallclock):
    wallclock.forward(20 * MINUTE)
    answer = ada.request(**REQUEST_SESSION_TOKEN)
    wallclock.forward(20 * MINUTE)
    assert answer["session_token"] == ada.credentials["session_token"]
    ada.request(**VIEW_ACCOUNT)


def test_a_client_has_one_live_token(visitor):
    without = {**REQUEST_SESSION_TOKEN, "session_token": None}
    visitor.expect_error("session_token_exists", **without)
    assert len(visitor.engine.sessions) == 1


def test_every_client_id_and_token_is_unique(anonymous):
    clients = [EngineClient(anonymous.engine).open_session() for _ in range(5)]
    tokens = {token for client in clients for token in client.credentials.values()}
    assert len(tokens) == 10


def test_a_client_with_an_expired_session_can_open_another(ada, wallclock):
    wallclock.forward(30 * MINUTE)
    ada.open_session().expect_error("not_logged_in", **VIEW_ACCOUNT)


def test_only_hashes_of_tokens_are_stored(ada, wallet_file):
    beside = [wallet_file, *wallet_file.parent.glob(f"{wallet_file.name}-*")]
    kept = b"".join(file.read_bytes() for file in beside)
    assert b"ada@example.org" in kept
    for token in ada.credentials.values():
        assert token.encode() not in kept


# Logged-in accounts


def test_a_session_has_no_account_after_its_only_account_logged_out(ada):
    answer = ada.request(**LOGOUT)
    assert answer["account"] == "ada@example.org"
    assert answer["session_data"]["session_user_account"] is None
    assert answer["session_data"]["session_account_archive"] == {}
    ada.expect_error("not_logged_in", **VIEW_WALLET)


def test_the_latest_login_becomes_active_and_the_others_stay_logged_in(ada):
    ada.register("bob").log_in("bob")
    answer = ada.request(**switch_account("bob@example.org"))["session_data"]
    assert answer["session_user_account"] == "bob@example.org"
    assert answer["session_account_archive"] == {"ada@example.org": "ada", "bob@example.org": "bob"}


def test_switching_makes_another_account_the_active_one(ada):
    ada.register("bob").log_in("bob").request(**supply(7))
    answer = ada.request(**switch_account("ADA@example.org"))
    assert answer["account"] == answer["session_data"]["session_user_account"] == "ada@example.org"
    assert ada.credits == 0
    assert ada.request(**VIEW_ACCOUNT)["account"] == "ada@example.org"


def test_after_a_logout_the_latest_other_login_is_active(ada, wallclock):
    for name in ("bob", "eve"):
        wallclock.forward(SECOND)
        ada.register(name).log_in(name)
    assert ada.request(**LOGOUT)["session_data"]["session_user_account"] == "bob@example.org"
    assert ada.request(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_a_logged_out_account_can_not_be_switched_to(ada):
    ada.register("bob").log_in("bob").request(**LOGOUT)
    ada.expect_error("account_not_logged_in", **switch_account("bob@example.org"))


def test_a_logout_ends_no_other_session(ada):
    elsewhere = EngineClient(ada.engine).open_session().log_in()
    ada.request(**LOGOUT)
    elsewhere.request(**VIEW_ACCOUNT)


def test_logins_and_logouts_are_recorded(ada, wallet_url):
    ada.request(**LOGOUT)
    written = rows(wallet_url, "SELECT kind, outcome, address FROM login_records")
    assert written == [
        {"kind": "login", "outcome": "accepted", "address": "in process"},
        {"kind": "logout", "outcome": "accepted", "address": "in process"},
    ]


def test_session_data_is_of_the_clients_own_session(ada, bob):
    data = bob.request(**new_account("eve"))["session_data"]
    assert data["session_account_archive"] == {"bob@example.org": "bob"}


# Workers


def states(engine):
    return {worker.id: worker.state for worker in engine.workers.values()}


@pytest.fixture
def small(open_engine):
    """An engine whose workers take two sessions each."""
    return open_engine(config=EngineConfig(session_limit=2))


def test_a_new_worker_is_vacant(anonymous):
    data = anonymous.request(**NEW_WORKER)["worker_data"]
    assert (data["state"], data["session_count"], data["session_limit"]) == ("vacant", 0, 100)


def test_a_worker_is_available_until_it_is_full(small):
    EngineClient(small).open_session()
    assert states(small) == {1: "available"}
    EngineClient(small).open_session()
    assert states(small) == {1: "full"}


def test_a_session_gets_a_new_worker_if_all_are_full(small):
    for _ in range(5):
        EngineClient(small).open_session()
    assert states(small) == {1: "full", 2: "full", 3: "available"}
    assert [len(worker.session_ids) for worker in small.workers.values()] == [2, 2, 1]


def test_a_worker_with_only_expired_sessions_is_vacant(small, wallclock):
    for _ in range(2):
        EngineClient(small).open_session()
    wallclock.forward(30 * MINUTE)
    assert states(small) == {1: "vacant"}
    assert small.sessions == {}


def test_a_worker_with_only_expired_sessions_takes_new_ones(small, wallclock):
    for _ in range(2):
        EngineClient(small).open_session()
    wallclock.forward(30 * MINUTE)
    EngineClient(small).open_session()
    assert states(small) == {1: "available"}


def test_a_session_created_by_the_system_belongs_to_a_worker(anonymous):
    answer = anonymous.request(**NEW_SESSION)
    session = anonymous.engine.sessions[answer["ewallet_session"]]
    assert session.account is None
    assert anonymous.engine.workers[session.worker_id].session_ids == (session.id,)


def test_a_live_session_shows_its_account_and_expiry(ada, wallclock):
    (session,) = ada.engine.sessions.values()
    assert session.account == "ada@example.org"
    assert session.expires_at == wallclock.now + 30 * MINUTE


def test_a_refused_view_extends_the_session(ada, wallclock):
    for _ in range(40):
        wallclock.forward(MINUTE)
        ada.expect_error("not_found", action="view", view="time", time="record", record_id=999)


def test_a_network_client_must_authenticate_before_a_system_instruction(ada):
    stranger = EngineClient(ada.engine, address="192.0.2.7:4000")
    stranger.expect_error("client_unknown", **NEW_WORKER)
    stranger.open_session().expect_error("not_logged_in", **NEW_WORKER)
    stranger.log_in().expect_error("not_permitted", **NEW_WORKER)
