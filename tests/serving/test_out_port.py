"""Who listens on the out_port is told all that happens to their account, once, in order, whoever does it."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading

import pytest
from asking import (
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
from asking import to_clock as converted
from caller import Caller
from cheap_hashes import CHEAP
from examples_payments import transfer
from kept_rows import changed_by_hand
from served_engine import ServedEngine
from socket_wire import PATIENCE_SECONDS, Wire
from wallclock import MINUTE, SECOND

from ewallet_core import EWalletSessionManager
from ewallet_core.actions.context import Rules
from ewallet_core.refusals.connections import ReaderTooSlow
from ewallet_core.serving import connection, out_port
from ewallet_core.storage.events import LARGEST_PAGE

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


def told(wire: Wire, count: int) -> list[str]:
    """The kinds of the events that come next."""
    return [wire.next_line()["event"] for _ in range(count)]


def is_told(wire: Wire, event: str, sequence: int) -> dict:
    line = wire.next_line()
    assert (line.get("event"), line.get("sequence")) == (event, sequence), line
    return line


def supplied(server: ServedEngine, name: str) -> Caller:
    """Somebody to whom one thing has happened."""
    user = server.user(name)
    user.asks_ok(**supply(100))
    return user


@pytest.fixture
def ada(server: ServedEngine) -> Caller:
    return supplied(server, "ada")


@pytest.fixture
def bob(server: ServedEngine) -> Caller:
    return supplied(server, "bob")


@pytest.fixture
def ear(server: ServedEngine, ada: Caller) -> Wire:
    """Ada's connection on which events are told, after the first."""
    ear = server.listens(ada)
    is_told(ear, "listening", 1)
    return ear


def another_client(server: ServedEngine, name: str = "ada") -> Caller:
    """Somebody else's connection and session, on the same account."""
    return server.visitor().logs_in(name)


def test_the_answer_to_who_listens_is_one_line_exactly(server, ada):
    ear = server.listens(ada, since=0)
    assert ear.next_bytes() == b'{"event":"listening","sequence":0}\n'


def test_an_event_is_a_line_with_its_kind_its_sequence_its_time_and_what_it_is_about(server, ada, ear):
    ada.asks_ok(**supply(100))
    event = is_told(ear, "credits_arrived", 2)
    assert sorted(event) == ["data", "event", "sequence", "time"]
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
        f"sqlite:///{wallet_file}", clock=wallclock, passwords=CHEAP, rules=Rules(self_supply=True)
    ) as other:
        ada.at(other).asks_ok(**supply(7))
        assert is_told(ear, "credits_arrived", 2)["data"]["credits"] == 7


def test_what_another_process_does_on_the_same_database_is_told(ada, ear, wallet_file, wallclock):
    arguments = [f"sqlite:///{wallet_file}", str(wallclock.now), *ada.credentials.values()]
    subprocess.run([sys.executable, "-c", SUPPLY_ELSEWHERE, *arguments], check=True, timeout=60)
    assert is_told(ear, "credits_arrived", 2)["data"]["credits"] == 7


def test_since_brings_what_was_missed_and_then_what_happens(server, ada, ear):
    ada.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", 2)
    ear.close()
    for credits in (2, 3, 4):
        ada.asks_ok(**supply(credits))
    again = server.listens(ada, since=2)
    is_told(again, "listening", 2)
    ada.asks_ok(**supply(5))
    events = [is_told(again, "credits_arrived", sequence) for sequence in (3, 4, 5, 6)]
    assert [event["data"]["credits"] for event in events] == [2, 3, 4, 5]


def test_since_a_sequence_that_is_not_reached_yet_is_since_now(server, ada, ear):
    ahead = server.listens(ada, since=1_000_000)
    is_told(ahead, "listening", 1)
    ada.asks_ok(**supply(1))
    is_told(ahead, "credits_arrived", 2)


def test_more_than_a_page_comes_whole_and_in_order(server, ada, wallet_file):
    last = plant_events(wallet_file, 2 * LARGEST_PAGE + 1)
    ear = server.listens(ada, since=0)
    is_told(ear, "listening", 0)
    assert [ear.next_line()["sequence"] for _ in range(last)] == [*range(1, last + 1)]
    ada.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", last + 1)


def test_exactly_a_page_ends_where_it_does(server, ada, wallet_file):
    last = plant_events(wallet_file, LARGEST_PAGE - 1)
    assert last == LARGEST_PAGE
    ear = server.listens(ada, since=0)
    assert [ear.next_line()["sequence"] for _ in range(last + 1)] == [*range(last + 1)]
    ada.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", last + 1)


def test_nothing_is_lost_where_the_server_starts_anew(serve):
    first = serve()
    ada = supplied(first, "ada")
    ear = first.listens(ada)
    is_told(ear, "listening", 1)
    first.stop()
    second = serve()
    ada = ada.at(second.in_wire())
    ada.asks_ok(**supply(3))
    ear = second.listens(ada, since=1)
    is_told(ear, "listening", 1)
    assert is_told(ear, "credits_arrived", 2)["data"]["credits"] == 3


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
    monkeypatch.setattr(out_port, "BEATS_EVERY_SECONDS", 0.01)
    ear = server.listens(ada)
    is_told(ear, "listening", 1)
    assert [ear.next_bytes() for _ in range(3)] == [b"\n"] * 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"session_token": "not the token"}, "session_unknown"),
        ({"client_id": "nobody's"}, "client_unknown"),
    ],
    ids=["token", "client id"],
)
def test_who_does_not_prove_who_they_are_is_told_nothing(server, ada, changed, code):
    wire = server.out_wire()
    wire.send({**ada.credentials, **changed, "since": 0})
    wire.ends_with(code)


def test_somebody_elses_client_id_does_not_go_with_ones_own_token(server, ada, bob):
    wire = server.out_wire()
    wire.send({**ada.credentials, "client_id": bob.credentials["client_id"]})
    wire.ends_with("session_unknown")


def test_where_nobody_is_logged_in_nothing_is_told(server):
    server.listens(server.visitor()).ends_with("not_logged_in")


BAD_FIRST_LINES = {
    "no JSON": (b"hello\n", "not_json"),
    "a list": (b"[]\n", "malformed"),
    "nothing": (b"\n", "not_json"),
    "not UTF-8": (b'{"client_id": "\xff"}\n', "not_utf8"),
    "too deep": (b"[" * 40_000 + b"\n", "too_deep"),
    "too long": (b" " * 70_000 + b"\n", "frame_too_long"),
    "no token": (b'{"client_id": "me"}\n', "malformed"),
    "a word too many": (b'{"client_id": "a", "session_token": "b", "until": 3}\n', "malformed"),
    "a number for a name": (b'{"client_id": 1, "session_token": "b"}\n', "malformed"),
    "before the first": (b'{"client_id": "a", "session_token": "b", "since": -1}\n', "malformed"),
    "a part of an event": (b'{"client_id": "a", "session_token": "b", "since": 1.5}\n', "malformed"),
}


@pytest.mark.parametrize(("line", "code"), BAD_FIRST_LINES.values(), ids=BAD_FIRST_LINES)
def test_a_first_line_that_does_not_say_who_listens_is_refused(server, line, code):
    wire = server.out_wire()
    wire.send_bytes(line)
    wire.ends_with(code)


@pytest.mark.parametrize("since", [2**31, 2**53, 2**63 - 1, 2**63, 10**40], ids=str)
def test_no_sequence_is_too_large_to_be_answered(server, ada, since):
    assert server.listens(ada, since=since).next_line() == {"event": "listening", "sequence": 1}


def test_what_is_said_after_the_first_line_is_not_listened_to(server, ada, ear):
    ear.send_bytes(b'{"client_id": "x"}\n' * 10_000 + b"\xff" * 100_000)
    ada.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", 2)


def test_who_reads_no_events_is_dropped_with_a_notice_and_keeps_nobody_waiting(
    serve, wallet_file, monkeypatch
):
    monkeypatch.setattr(connection, "FAREWELL_SECONDS", PATIENCE_SECONDS)
    is_dropped = noticed(monkeypatch)
    server = serve(limits={"unread_seconds": 0.05})
    ada = supplied(server, "ada")
    last = plant_events(wallet_file, 60 * LARGEST_PAGE)
    deaf, good = server.listens(ada, since=0), server.listens(ada)
    is_told(good, "listening", last)
    assert is_dropped.wait(PATIENCE_SECONDS)
    ada.asks_ok(**supply(1))
    is_told(good, "credits_arrived", last + 1)
    lines = [json.loads(line) for line in iter(deaf.next_bytes, b"")]
    assert lines.pop()["code"] == "reader_too_slow"
    sequences = [line["sequence"] for line in lines]
    assert sequences == [0, *range(1, len(sequences))]
    again = server.listens(ada, since=sequences[-1])
    is_told(again, "listening", sequences[-1])
    is_told(again, "account_changed", sequences[-1] + 1)


def test_somebody_who_was_dropped_and_then_reads_all_leaves_nothing_to_be_logged(
    serve, wallet_file, monkeypatch, caplog
):
    is_dropped = noticed(monkeypatch)
    server = serve(limits={"unread_seconds": 0.05})
    ada = supplied(server, "ada")
    plant_events(wallet_file, 60 * LARGEST_PAGE)
    deaf = server.listens(ada, since=0)
    assert is_dropped.wait(PATIENCE_SECONDS)
    while deaf.next_bytes():
        pass
    server.empties(left=1)
    server.stop()
    gc.collect()
    assert caplog.records == []


def noticed(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What is set when somebody is dropped."""
    is_dropped = threading.Event()
    drop = connection.Connection._dropped

    def dropped(dropping: connection.Connection, reason: ReaderTooSlow) -> ReaderTooSlow:
        is_dropped.set()
        return drop(dropping, reason)

    monkeypatch.setattr(connection.Connection, "_dropped", dropped)
    return is_dropped


def test_who_may_not_log_in_is_not_told_of_logins(server, ada, ear):
    stranger = server.visitor()
    stranger.is_refused("login_refused", **login(password="not the password"))
    server.visitor().asks_ok(**new_account("eve"))
    ada.asks_ok(**supply(1))
    is_told(ear, "credits_arrived", 2)


def plant_events(wallet_file, count: int) -> int:
    """Let that much have happened to Ada besides; returns the sequence of the last event."""
    changed_by_hand(
        wallet_file,
        "WITH RECURSIVE planted(number) AS"
        " (SELECT 1 UNION ALL SELECT number + 1 FROM planted WHERE number < ?)"
        " INSERT INTO events (account_id, sequence, kind, data, at)"
        " SELECT id, event_sequence + number, 'account_changed', '{}', written_at"
        " FROM accounts, planted WHERE email = 'ada@example.org' ORDER BY number",
        count,
    )
    changed_by_hand(
        wallet_file,
        "UPDATE accounts SET event_sequence = event_sequence + ? WHERE email = 'ada@example.org'",
        count,
    )
    return 1 + count


def test_the_events_of_an_hour_are_told_with_their_times(ada, ear, wallclock):
    for _ in range(3):
        wallclock.forward(20 * SECOND)
        ada.asks_ok(**supply(1))
    assert [ear.next_line()["time"][14:19] for _ in range(3)] == ["00:20", "00:40", "01:00"]
