"""Health, metrics, pages of other origins, TLS: what surrounds the instructions over HTTP."""

from __future__ import annotations

import email.utils

import pytest
from http_wire import INSTRUCTION_PATH, request_bytes
from prometheus_client.parser import text_string_to_metric_families

from ewallet_core.errors.server import PortUnavailableError, StorageReplacedError, TlsNeededError
from ewallet_core.server.settings import HttpSettings

ORIGIN = "https://app.example.org"


def test_a_server_that_can_read_its_database_is_ready(http_server, monkeypatch):
    wire = http_server.http_wire()
    assert wire.get("/health/live").answer == {"status": "live"}
    assert wire.get("/health/ready").answer == wire.get("/health").answer == {"status": "ready"}

    def fail() -> None:
        raise StorageReplacedError

    monkeypatch.setattr(http_server.engine, "changed_accounts", fail)
    response = wire.get("/health/ready")
    assert (response.status, response.answer["code"]) == (503, "storage_replaced")
    assert wire.get("/health/live").status == 200


def test_the_metrics_count_requests_and_connections_over_http(http_server):
    http_server.http_user("ada")
    response = http_server.http_wire().get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.body.decode())
        for sample in family.samples
    }
    assert samples["ewallet_requests_total", "ok", "client action login"] == 1
    assert samples["ewallet_connections", "http"] == 2
    assert samples["ewallet_connections", "instructions"] == 0


def test_other_machines_read_the_metrics_only_if_the_operator_says_so(serve):
    for is_public, status in ((False, 404), (True, 200)):
        settings = HttpSettings(trusted_proxies=("127.0.0.1",), public_metrics=is_public)
        wire = serve(http=settings).http_wire()
        assert wire.get("/metrics", {"x-forwarded-for": "192.0.2.7"}).status == status


def test_pages_of_other_origins_may_not_read_responses(http_server):
    wire = http_server.http_wire()
    response = wire.post({}, headers={"origin": ORIGIN})
    assert [name for name in response.headers if name.startswith("access-control")] == []
    asked = {"origin": ORIGIN, "access-control-request-method": "POST"}
    wire.send_bytes(request_bytes("OPTIONS", INSTRUCTION_PATH, b"", asked))
    assert wire.next_response().status == 405


def test_pages_of_an_origin_that_the_operator_names_may_read_responses(serve):
    wire = serve(http=HttpSettings(cors_origins=(ORIGIN,))).http_wire()
    assert wire.post({}, headers={"origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
    other = wire.post({}, headers={"origin": "https://evil.example.org"})
    assert "access-control-allow-origin" not in other.headers
    asked = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, idempotency-key",
    }
    wire.send_bytes(request_bytes("OPTIONS", INSTRUCTION_PATH, b"", asked))
    response = wire.next_response()
    assert (response.status, response.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert "access-control-allow-credentials" not in response.headers


def test_responses_have_the_date_of_the_engine(http_server, wallclock):
    response = http_server.http_wire().get("/health")
    date = email.utils.parsedate_to_datetime(response.headers["date"])
    assert date.timestamp() == wallclock() // 1_000
    assert "server" not in response.headers


def test_http_is_served_over_tls_with_the_certificate_of_the_sockets(serve, tls):
    server = serve(tls=tls, http=HttpSettings())
    ada = server.http_user("ada")
    assert ada.credits == 0
    events = server.subscribe(ada)
    assert events.next_line()["event"] == "listening"
    assert events.socket.getpeercert(binary_form=True) == server.in_wire().socket.getpeercert(
        binary_form=True
    )


def test_plain_http_is_not_understood_where_tls_is_spoken(serve, tls):
    server = serve(tls=tls, http=HttpSettings())
    server.tls = None
    plain = server.http_wire()
    plain.send_bytes(request_bytes("GET", "/health"))
    assert plain.is_closed_by_server()


def test_other_machines_need_tls_over_http_too(server):
    with pytest.raises(TlsNeededError):
        server.listener.open_http(0, HttpSettings(host="0.0.0.0"))


def test_a_port_that_is_in_use_is_explained(server):
    with pytest.raises(PortUnavailableError, match="in use"):
        server.listener.open_http(server.ports[0], HttpSettings())


def test_closing_the_sockets_leaves_http_open(http_server):
    ada = http_server.http_user("ada")
    http_server.request_system(action="close", closing="sockets")
    assert http_server.listener.ports is None
    assert ada.credits == 0
