"""What was not heard, or not read, comes after a reconnect: all of it, in order, none of it twice."""

from __future__ import annotations

import gc
import json
import threading

import pytest
from engine_client import EngineClient
from engine_server import EngineServer
from event_assertions import is_told, plant_events, supplied
from instructions import supply
from socket_wire import PATIENCE_SECONDS, Wire

from ewallet_core.errors.server import ReaderTooSlowError
from ewallet_core.server import connection
from ewallet_core.storage.events import LARGEST_PAGE


@pytest.fixture
def ada(server: EngineServer) -> EngineClient:
    return supplied(server, "ada")


@pytest.fixture
def ear(server: EngineServer, ada: EngineClient) -> Wire:
    """Ada's connection on which events are told, after the first."""
    ear = server.listens(ada)
    is_told(ear, "listening", 1)
    return ear


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


def test_who_reads_no_events_is_dropped_with_a_notice_and_keeps_nobody_waiting(
    serve, wallet_file, monkeypatch
):
    monkeypatch.setattr(connection, "CLOSE_SECONDS", PATIENCE_SECONDS)
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
    drop = connection.Connection._close_later

    def dropped(dropping: connection.Connection, reason: ReaderTooSlowError) -> ReaderTooSlowError:
        is_dropped.set()
        return drop(dropping, reason)

    monkeypatch.setattr(connection.Connection, "_close_later", dropped)
    return is_dropped
