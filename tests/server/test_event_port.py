"""Events: a subscriber gets every event of its account once and in order, whatever its cause."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence

import forked_process
import pytest
from engine_client import EngineClient
from engine_server import EngineServer
from event_assertions import expect_event, next_kinds, supplied
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
from socket_wire import TIMEOUT_SECONDS, Wire

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.server import event_broadcaster

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


@pytest.fixture(autouse=True)
def is_read_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others change, and what ends a subscription, is read more often than usual."""
    monkeypatch.setattr(event_broadcaster, "READ_INTERVAL_SECONDS", 0.1)


@pytest.fixture
def server(event_server: EngineServer) -> EngineServer:
    return event_server


@pytest.fixture
def ada(server: EngineServer) -> EngineClient:
    return supplied(server, "ada")


@pytest.fixture
def bob(server: EngineServer) -> EngineClient:
    return supplied(server, "bob")


@pytest.fixture
def events(server: EngineServer, ada: EngineClient) -> Wire:
    """Ada's connection for events, after its first message."""
    events = server.subscribe(ada)
    expect_event(events, "listening", 1)
    return events


def another_client(server: EngineServer, name: str = "ada") -> EngineClient:
    """Another connection and session of the same account."""
    return server.visitor().log_in(name)


def test_the_answer_to_the_first_line_is_exactly_one_line(server, ada):
    events = server.subscribe(ada, since=0)
    assert events.next_bytes() == b'{"event":"listening","sequence":0}\n'


def test_an_event_is_a_line_with_kind_sequence_time_and_data(server, ada, events):
    ada.request(**supply(100))
    event = expect_event(events, "credits_arrived", 2)
    assert sorted(event) == ["data", "event", "movement", "request_id", "sequence", "time"]
    assert event["time"] == "2026-11-20T12:00:00.000Z"
    assert (event["data"]["credits"], event["data"]["transfer_from"]) == (100, "core@ewallet.local")


def test_every_kind_of_event_is_sent(ada, events, bob, wallclock):
    ada.request(**supply(100))
    ada.request(**transfer("bob@example.org", 5))
    ada.request(**converted(1))
    for instruction in (START, PAUSE, RESUME, STOP):
        ada.request(**instruction)
    ada.request(**edit_account(user_alias="the countess"))
    assert next_kinds(events, 8) == [
        "credits_arrived",
        "credits_left",
        "credits_converted",
        "timer_started",
        "timer_paused",
        "timer_resumed",
        "timer_stopped",
        "account_changed",
    ]


def test_a_run_out_is_sent_without_any_request(server, ada, events, wallclock):
    server.request_system(action="start", start="cleaner", cleaner="all")
    for instruction in (supply(1), converted(1), START):
        ada.request(**instruction)
    assert next_kinds(events, 3)[-1] == "timer_started"
    wallclock.forward(MINUTE)
    server.request_system(action="start", start="cleaner", cleaner="all")
    assert expect_event(events, "timer_ran_out", 5)["time"] == "2026-11-20T12:01:00.000Z"


def test_changes_by_another_client_of_the_account_are_sent(server, ada, events):
    other = another_client(server)
    for instruction in (supply(20), converted(10), START, STOP):
        other.request(**instruction)
    assert next_kinds(events, 4) == ["credits_arrived", "credits_converted", "timer_started", "timer_stopped"]


def test_changes_by_other_accounts_are_sent_but_not_their_own_events(server, ada, events, bob):
    bobs = server.subscribe(bob)
    expect_event(bobs, "listening", 1)
    bob.request(**supply(50))
    bob.request(**transfer("ada@example.org", 7))
    assert expect_event(events, "credits_arrived", 2)["data"]["credits"] == 7
    assert next_kinds(bobs, 2) == ["credits_arrived", "credits_left"]


def test_changes_by_another_engine_on_the_same_database_are_sent(server, ada, events, wallet_url, wallclock):
    with EWalletSessionManager(
        wallet_url, clock=wallclock, passwords=CHEAP, config=EngineConfig(self_supply=True)
    ) as other:
        ada.at(other).request(**supply(7))
        assert expect_event(events, "credits_arrived", 2)["data"]["credits"] == 7


def test_changes_by_another_process_on_the_same_database_are_sent(ada, events, wallet_url, wallclock):
    arguments = [wallet_url, wallclock.now, *ada.credentials.values()]
    assert forked_process.run(arguments, script=SUPPLY_ELSEWHERE, timeout=60).returncode == 0
    assert expect_event(events, "credits_arrived", 2)["data"]["credits"] == 7


def test_every_subscriber_of_an_account_gets_all_events(server, ada, events):
    ears = [events, *(server.subscribe(ada, since=1) for _ in range(3))]
    for each in ears[1:]:
        expect_event(each, "listening", 1)
    ada.request(**supply(1))
    for each in ears:
        expect_event(each, "credits_arrived", 2)


def test_the_coming_expiry_and_the_end_of_a_session_are_each_sent_once(server, ada, events, wallclock):
    wallclock.forward(28 * MINUTE)
    server.visitor()
    warned = expect_event(events, "session_about_to_end", 1)
    assert warned["data"] == {"expires": "2026-11-20T12:30:00.000Z"}
    assert warned["time"] == "2026-11-20T12:28:00.000Z"
    wallclock.forward(2 * MINUTE)
    events.expect_last_error("session_expired")


def test_an_extended_session_is_warned_again(server, ada, events, wallclock):
    wallclock.forward(28 * MINUTE)
    server.visitor()
    expect_event(events, "session_about_to_end", 1)
    ada.request(action="alive", alive="stoken")
    wallclock.forward(28 * MINUTE)
    server.visitor()
    assert expect_event(events, "session_about_to_end", 1)["data"] == {"expires": "2026-11-20T12:58:00.000Z"}


def test_a_logout_ends_the_subscription(ada, events):
    ada.request(**supply(1))
    expect_event(events, "credits_arrived", 2)
    ada.request(**LOGOUT)
    events.expect_last_error("not_logged_in")


def test_after_switching_accounts_the_events_of_the_other_one_are_sent(server, ada, events, bob):
    bob.request(**supply(50))
    ada.log_in("bob")
    expect_event(events, "listening", 2)
    bob.request(**supply(1))
    expect_event(events, "credits_arrived", 3)
    ada.request(**switch_account("ada@example.org"))
    expect_event(events, "listening", 1)
    bob.request(**transfer("ada@example.org", 9))
    assert expect_event(events, "credits_arrived", 2)["data"]["credits"] == 9


def test_ending_the_session_from_another_one_ends_the_subscription(server, ada, events):
    other = another_client(server)
    other.request(**edit_account(user_pass="another long word", old_pass="rubber duck tune"))
    events.expect_last_error("session_unknown")


def test_ending_the_session_by_another_engine_ends_the_subscription(ada, events, wallet_url, wallclock):
    with EWalletSessionManager(wallet_url, clock=wallclock, passwords=CHEAP) as other:
        ada.at(other).request(**LOGOUT)
    events.expect_last_error("not_logged_in")


def test_an_idle_subscription_gets_blank_lines(server, ada, monkeypatch):
    for name in ("HEARTBEAT_SECONDS", "READ_INTERVAL_SECONDS"):
        monkeypatch.setattr(event_broadcaster, name, 0.01)
    events = server.subscribe(ada)
    expect_event(events, "listening", 1)
    assert [events.next_bytes() for _ in range(3)] == [b"\n"] * 3


def test_lines_after_the_first_are_ignored(serve):
    server = serve()
    ada = supplied(server, "ada")
    events = server.subscribe(ada)
    expect_event(events, "listening", 1)
    events.send_bytes(b'{"client_id": "x"}\n' * 10_000 + b"\xff" * 100_000)
    ada.request(**supply(1))
    expect_event(events, "credits_arrived", 2)


def test_a_frozen_account_gets_no_events(server, ada, events):
    stranger = server.visitor()
    stranger.expect_error("login_refused", **login(password="not the password"))
    server.visitor().request(**new_account("eve"))
    ada.request(**supply(1))
    expect_event(events, "credits_arrived", 2)


def test_events_are_sent_with_their_times(ada, events, wallclock):
    for _ in range(3):
        wallclock.forward(20 * SECOND)
        ada.request(**supply(1))
    assert [events.next_line()["time"][14:19] for _ in range(3)] == ["00:20", "00:40", "01:00"]


def test_a_change_is_answered_although_the_server_has_stopped_meanwhile(server):
    bob = server.program().open_session().register("bob").log_in("bob")
    server.subscribe(bob).next_bytes()
    broadcaster = server.listener._thread.server._broadcaster
    (recipient,) = broadcaster._recipients
    server.listener.stop()
    # A thread that makes a change may have read all this before the server stopped.
    server.engine.on_change(broadcaster._notice_change)
    broadcaster._recipients.add(recipient)
    broadcaster._is_woken = False
    bob.request(**supply(5))
    assert bob.credits == 5


def test_no_heartbeat_comes_before_the_first_line(serve, monkeypatch):
    server = serve()
    ada = supplied(server, "ada")
    server.subscribe(ada)
    broadcaster = server.listener._thread.server._broadcaster
    original, late = server.engine.active_accounts, queue.SimpleQueue()

    def subscribe_meanwhile(session_ids: Sequence[int]) -> dict[int, int | None]:
        if len(broadcaster._recipients) == 1:
            late.put(server.subscribe(ada))
            while len(broadcaster._recipients) == 1:
                time.sleep(0.001)
        return original(session_ids)

    monkeypatch.setattr(server.engine, "active_accounts", subscribe_meanwhile)
    assert b"listening" in late.get(timeout=TIMEOUT_SECONDS).next_bytes()
