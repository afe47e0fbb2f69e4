"""Who listens on the out_port is told all that happens to their account, once, in order, whoever does it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from engine_client import EngineClient
from engine_server import EngineServer
from event_assertions import is_told, supplied, told
from examples_payments import transfer
from fakes import CHEAP, MINUTE, SECOND
from instructions import (
    LOGOUT,
    PAUSE,
    RESUME,
    START,
    STOP,
    edit_account,
    login,
    new_account,
    supply,
    switch_account,
)
from instructions import to_clock as converted
from socket_wire import Wire

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.server import event_port

SUPPLY_ELSEWHERE = """
import sys
from ewallet_core import EWalletSessionManager
url, now, client_id, session_token = sys.argv[1:]
with EWalletSessionManager(url, clock=lambda: int(now)) as engine:
    answer = engine.answer({
        "controller": "client", "ctype": "action", "action": "supply", "supply": "credits", "credits": 7,
        "currency": "EUR", "cost": "1", "client_id": client_id, "session_token": session_token,
    })
    assert answer["failed"] is False, answer
"""


@pytest.fixture
def ada(server: EngineServer) -> EngineClient:
    return supplied(server, "ada")


@pytest.fixture
def bob(server: EngineServer) -> EngineClient:
    return supplied(server, "bob")


@pytest.fixture
def ear(server: EngineServer, ada: EngineClient) -> Wire:
    """Ada's connection on which events are told, after the first."""
    ear = server.listens(ada)
    is_told(ear, "listening", 1)
    return ear


def another_client(server: EngineServer, name: str = "ada") -> EngineClient:
    """Somebody else's connection and session, on the same account."""
    return server.visitor().logs_in(name)


def test_the_answer_to_who_listens_is_one_line_exactly(server, ada):
    ear = server.listens(ada, since=0)
    assert ear.next_bytes() == b'{"event":"listening","sequence":0}\n'


def test_an_event_is_a_line_with_its_kind_its_sequence_its_time_and_what_it_is_about(server, ada, ear):
    ada.asks_ok(**supply(100))
    event = is_told(ear, "credits_arrived", 2)
    assert sorted(event) == ["data", "event", "movement", "request_id", "sequence", "time"]
    assert event["time"] == "2026-11-20T12:00:00.000Z"
    assert (event["data"]["credits"], event["data"]["transfer_from"]) == (100, "core@ewallet.local")


def test_everything_that_happens_to_an_account_is_told(ada, ear, bob, wallclock):
    ada.asks_ok(**supply(100))
    ada.asks_ok(**transfer("bob@example.org", 5))
    ada.asks_ok(**converted(1))
    for instruction in (START, PAUSE, RESUME, STOP):
        ada.asks_ok(**instruction)
    ada.asks_ok(**edit_account(user_alias="the countess"))
    assert told(ear, 8) == [
        "credits_arrived",
        "credits_left",
        "credits_converted",
        "timer_started",
        "timer_paused",
        "timer_resumed",
        "timer_stopped",
        "account_changed",
    ]


def test_a_timer_that_runs_out_is_told_though_nobody_asks(server, ada, ear, wallclock):
    server.asks_system(action="start", start="cleaner", cleaner="all")
    for instruction in (supply(1), converted(1), START):
        ada.asks_ok(**instruction)
    assert told(ear, 3)[-1] == "timer_started"
    wallclock.forward(MINUTE)
    server.asks_system(action="start", start="cleaner", cleaner="all")
    assert is_told(ear, "timer_ran_out", 5)["time"] == "2026-11-20T12:01:00.000Z"


def test_what_another_client_of_the_account_does_is_told(server, ada, ear):
    other = another_client(server)
    for instruction in (supply(20), converted(10), START, STOP):
        other.asks_ok(**instruction)
    assert told(ear, 4) == ["credits_arrived", "credits_converted", "timer_started", "timer_stopped"]


def test_what_others_do_to_the_account_is_told_and_theirs_is_not(server, ada, ear, bob):
    bobs = server.listens(bob)
    is_told(bobs, "listening", 1)
    bob.asks_ok(**supply(50))
    bob.asks_ok(**transfer("ada@example.org", 7))
    assert is_told(ear, "credits_arrived", 2)["data"]["credits"] == 7
    assert told(bobs, 2) == ["credits_arrived", "credits_left"]


def test_what_another_engine_does_on_the_same_database_is_told(server, ada, ear, wallet_file, wallclock):
    with EWalletSessionManager(
        f"sqlite:///{wallet_file}", clock=wallclock, passwords=CHEAP, config=EngineConfig(self_supply=True)
    ) as other:
        ada.at(other).asks_ok(**supply(7))
        assert is_told(ear, "credits_arrived", 2)["data"]["credits"] == 7


def test_what_another_process_does_on_the_same_database_is_told(ada, ear, wallet_file, wallclock):
    arguments = [f"sqlite:///{wallet_file}", str(wallclock.now), *ada.credentials.values()]
    subprocess.run([sys.executable, "-c", SUPPLY_ELSEWHERE, *arguments], check=True, timeout=60)
    assert is_told(ear, "credits_arrived", 2)["data"]["credits"] == 7


def test_several_may_listen_to_one_account_and_each_is_told_all(server, ada, ear):
    ears = [ear, *(server.listens(ada, since=1) for _ in range(3))]
    for each in ears[1:]:
        is_told(each, "listening", 1)
    ada.asks_ok(**supply(1))
    for each in ears:
        is_told(each, "credits_arrived", 2)


def test_a_session_about_to_end_is_told_once_and_its_end_too(server, ada, ear, wallclock):
    wallclock.forward(28 * MINUTE)
    server.visitor()
    warned = is_told(ear, "session_about_to_end", 1)
    assert warned["data"] == {"expires": "2026-11-20T12:30:00.000Z"}
    assert warned["time"] == "2026-11-20T12:28:00.000Z"
    wallclock.forward(2 * MINUTE)
    ear.ends_with("session_expired")


def test_a_session_that_is_used_again_goes_on_and_is_warned_of_anew(server, ada, ear, wallclock):
    wallclock.forward(28 * MINUTE)
    server.visitor()
    is_told(ear, "session_about_to_end", 1)
    ada.asks_ok(action="alive", alive="stoken")
    wallclock.forward(28 * MINUTE)
    server.visitor()
    assert is_told(ear, "session_about_to_end", 1)["data"] == {"expires": "2026-11-20T12:58:00.000Z"}


def test_who_logs_out_is_told_that_nobody_listens_any_more(ada, ear):
    ada.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", 2)
    ada.asks_ok(**LOGOUT)
    ear.ends_with("not_logged_in")


def test_who_switches_account_listens_to_the_other_one_from_then_on(server, ada, ear, bob):
    bob.asks_ok(**supply(50))
    ada.logs_in("bob")
    is_told(ear, "listening", 2)
    bob.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", 3)
    ada.asks_ok(**switch_account("ada@example.org"))
    is_told(ear, "listening", 1)
    bob.asks_ok(**transfer("ada@example.org", 9))
    assert is_told(ear, "credits_arrived", 2)["data"]["credits"] == 9


def test_a_session_that_its_owner_ends_elsewhere_listens_no_more(server, ada, ear):
    other = another_client(server)
    other.asks_ok(**edit_account(user_pass="another long word", old_pass="rubber duck tune"))
    ear.ends_with("session_unknown")


def test_a_session_that_another_engine_ends_listens_no_more(ada, ear, wallet_file, wallclock):
    with EWalletSessionManager(f"sqlite:///{wallet_file}", clock=wallclock, passwords=CHEAP) as other:
        ada.at(other).asks_ok(**LOGOUT)
    ear.ends_with("not_logged_in")


def test_where_nothing_happens_an_empty_line_comes_from_time_to_time(server, ada, monkeypatch):
    monkeypatch.setattr(event_port, "BEATS_EVERY_SECONDS", 0.01)
    ear = server.listens(ada)
    is_told(ear, "listening", 1)
    assert [ear.next_bytes() for _ in range(3)] == [b"\n"] * 3


def test_what_is_said_after_the_first_line_is_not_listened_to(server, ada, ear):
    ear.send_bytes(b'{"client_id": "x"}\n' * 10_000 + b"\xff" * 100_000)
    ada.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", 2)


def test_who_may_not_log_in_is_not_told_of_logins(server, ada, ear):
    stranger = server.visitor()
    stranger.is_refused("login_refused", **login(password="not the password"))
    server.visitor().asks_ok(**new_account("eve"))
    ada.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", 2)


def test_the_events_of_an_hour_are_told_with_their_times(ada, ear, wallclock):
    for _ in range(3):
        wallclock.forward(20 * SECOND)
        ada.asks_ok(**supply(1))
    assert [ear.next_line()["time"][14:19] for _ in range(3)] == ["00:20", "00:40", "01:00"]
