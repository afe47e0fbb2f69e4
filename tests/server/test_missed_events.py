"""Events that were missed or not read are sent after a reconnect: all of them, in order, none twice."""

from __future__ import annotations

import gc
import json
import threading

import pytest
from engine_client import EngineClient
from engine_server import EngineServer
from event_assertions import expect_event, plant_events, supplied
from instructions import supply
from socket_wire import TIMEOUT_SECONDS, Wire

from ewallet_core.errors.server import ReaderTooSlowError
from ewallet_core.server import connection
from ewallet_core.storage.events import LARGEST_PAGE


@pytest.fixture
def server(event_server: EngineServer) -> EngineServer:
    return event_server


@pytest.fixture
def ada(server: EngineServer) -> EngineClient:
    return supplied(server, "ada")


@pytest.fixture
def events(server: EngineServer, ada: EngineClient) -> Wire:
    """Ada's connection for events, after its first message."""
    events = server.subscribe(ada)
    expect_event(events, "listening", 1)
    return events


def test_since_sends_the_missed_events_and_then_new_ones(server, ada, events):
    ada.request(**supply(1))
    expect_event(events, "credits_arrived", 2)
    events.close()
    for credits in (2, 3, 4):
        ada.request(**supply(credits))
    again = server.subscribe(ada, since=2)
    expect_event(again, "listening", 2)
    ada.request(**supply(5))
    events = [expect_event(again, "credits_arrived", sequence) for sequence in (3, 4, 5, 6)]
    assert [event["data"]["credits"] for event in events] == [2, 3, 4, 5]


def test_since_a_future_sequence_sends_only_new_events(server, ada, events):
    ahead = server.subscribe(ada, since=1_000_000)
    expect_event(ahead, "listening", 1)
    ada.request(**supply(1))
    expect_event(ahead, "credits_arrived", 2)


def test_more_than_a_page_of_missed_events_is_complete_and_in_order(server, ada, wallet_url):
    last = plant_events(wallet_url, 2 * LARGEST_PAGE + 1)
    events = server.subscribe(ada, since=0)
    expect_event(events, "listening", 0)
    assert [events.next_line()["sequence"] for _ in range(last)] == [*range(1, last + 1)]
    ada.request(**supply(1))
    expect_event(events, "credits_arrived", last + 1)


def test_exactly_a_page_of_missed_events_is_complete(server, ada, wallet_url):
    last = plant_events(wallet_url, LARGEST_PAGE - 1)
    assert last == LARGEST_PAGE
    events = server.subscribe(ada, since=0)
    assert [events.next_line()["sequence"] for _ in range(last + 1)] == [*range(last + 1)]
    ada.request(**supply(1))
    expect_event(events, "credits_arrived", last + 1)


def test_no_event_is_lost_when_the_server_restarts(serve):
    first = serve()
    ada = supplied(first, "ada")
    events = first.subscribe(ada)
    expect_event(events, "listening", 1)
    first.stop()
    second = serve()
    ada = ada.at(second.in_wire())
    ada.request(**supply(3))
    events = second.subscribe(ada, since=1)
    expect_event(events, "listening", 1)
    assert expect_event(events, "credits_arrived", 2)["data"]["credits"] == 3


def test_a_subscriber_that_reads_nothing_is_dropped_with_an_error_and_does_not_block_others(
    serve, wallet_url, monkeypatch
):
    monkeypatch.setattr(connection, "CLOSE_SECONDS", TIMEOUT_SECONDS)
    is_dropped = reader_dropped(monkeypatch)
    server = serve(limits={"unread_seconds": 0.05})
    ada = supplied(server, "ada")
    last = plant_events(wallet_url, 60 * LARGEST_PAGE)
    slow, good = server.subscribe(ada, since=0), server.subscribe(ada)
    expect_event(good, "listening", last)
    assert is_dropped.wait(TIMEOUT_SECONDS)
    ada.request(**supply(1))
    expect_event(good, "credits_arrived", last + 1)
    lines = [json.loads(line) for line in iter(slow.next_bytes, b"")]
    assert lines.pop()["code"] == "reader_too_slow"
    sequences = [line["sequence"] for line in lines]
    assert sequences == [0, *range(1, len(sequences))]
    again = server.subscribe(ada, since=sequences[-1])
    expect_event(again, "listening", sequences[-1])
    expect_event(again, "account_changed", sequences[-1] + 1)


def test_a_dropped_subscriber_that_reads_everything_logs_no_error(serve, wallet_url, monkeypatch, caplog):
    is_dropped = reader_dropped(monkeypatch)
    server = serve(limits={"unread_seconds": 0.05})
    ada = supplied(server, "ada")
    plant_events(wallet_url, 60 * LARGEST_PAGE)
    slow = server.subscribe(ada, since=0)
    assert is_dropped.wait(TIMEOUT_SECONDS)
    while slow.next_bytes():
        pass
    server.wait_for_connections(left=1)
    server.stop()
    gc.collect()
    assert caplog.records == []


def reader_dropped(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a slow reader is dropped."""
    is_dropped = threading.Event()
    original = connection.Connection._drop

    def drop(dropping: connection.Connection, reason: ReaderTooSlowError) -> None:
        is_dropped.set()
        original(dropping, reason)

    monkeypatch.setattr(connection.Connection, "_drop", drop)
    return is_dropped
