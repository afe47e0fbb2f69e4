"""Server-sent events: what is asked for by headers, and how the response begins and ends."""

from __future__ import annotations

import pytest
from engine_client import EngineClient
from engine_server import EngineServer
from event_assertions import expect_event
from http_wire import EVENTS_PATH, EventStreamWire, request_bytes
from instructions import LOGOUT, supply


@pytest.fixture
def ada(http_server: EngineServer) -> EngineClient:
    return http_server.http_user("ada")


def token_of(client: EngineClient) -> str:
    return f"Bearer {client.credentials['client_id']}.{client.credentials['session_token']}"


def test_events_need_the_token_of_a_session_with_a_login(http_server, ada):
    wire = http_server.http_wire()
    visitor = EngineClient(http_server.http_wire()).open_session()
    refused = {
        "": "client_unknown",
        "Bearer": "client_unknown",
        "Bearer a.b": "client_unknown",
        token_of(ada).replace("Bearer", "Basic"): "client_unknown",
        f"{token_of(ada)}x": "session_unknown",
        token_of(visitor): "not_logged_in",
    }
    for sent, code in refused.items():
        response = wire.get(EVENTS_PATH, {"authorization": sent})
        assert (response.status, response.answer["code"]) == (401, code), sent


def test_an_invalid_last_event_id_is_refused(http_server, ada):
    wire = http_server.http_wire()
    for sent in ("-1", "x", "1.5", "9" * 10_000):
        response = wire.get(EVENTS_PATH, {"authorization": token_of(ada), "last-event-id": sent})
        assert (response.status, response.answer["code"]) == (400, "bad_value"), sent[:9]


def test_the_stream_is_kept_by_no_cache_and_no_proxy(http_server, ada):
    events = http_server.subscribe(ada)
    assert events.headers["content-type"] == "text/event-stream"
    assert events.headers["cache-control"] == "no-store"
    assert events.headers["x-accel-buffering"] == "no"


def test_the_head_of_the_stream_can_be_asked_for_alone(http_server, ada):
    wire = http_server.http_wire()
    wire.send_bytes(request_bytes("HEAD", EVENTS_PATH, b"", {"authorization": token_of(ada)}))
    status, _ = wire.next_head()
    assert status == 200
    assert wire.get("/health").status == 200


def test_a_stream_that_has_ended_leaves_its_connection_for_other_requests(http_server, ada):
    events = http_server.subscribe(ada)
    expect_event(events, "listening", 0)
    ada.request(**LOGOUT)
    events.expect_last_error("not_logged_in")
    assert events.get("/health").status == 200


def test_a_stream_whose_client_is_gone_is_forgotten(http_server, ada):
    events = [http_server.subscribe(ada) for _ in range(3)]
    for one in events:
        expect_event(one, "listening", 0)
    events[0].close()
    http_server.wait_for_connections(left=3)
    ada.request(**supply(1))
    for one in events[1:]:
        expect_event(one, "credits_arrived", 1)
    broadcaster = http_server.listener._thread.server._broadcaster
    assert len(broadcaster._recipients) == 2


def test_a_server_that_stops_tells_those_who_listen(http_server, ada):
    events = http_server.subscribe(ada)
    assert isinstance(events, EventStreamWire)
    expect_event(events, "listening", 0)
    http_server.listener.stop()
    events.expect_last_error("server_stopping")
    assert events.is_closed_by_server()
