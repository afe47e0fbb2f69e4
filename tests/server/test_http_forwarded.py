"""The client's address behind an HTTP proxy: believed only from proxies that the operator trusts."""

from __future__ import annotations

import io
import json

import pytest
from engine_client import SELECTORS
from engine_server import EngineServer
from instructions import REQUEST_CLIENT_ID, login

from ewallet_core.protocol.proxy_header import TrustedProxies
from ewallet_core.security.throttle import HOURLY_OF_NETWORK
from ewallet_core.server.http.forwarded import forwarded_address
from ewallet_core.server.log import RequestLog
from ewallet_core.server.settings import HttpSettings
from ewallet_core.types import LogFormat

ASKS_FOR_ID = {**SELECTORS, **REQUEST_CLIENT_ID}
PROXY, CLIENT, OTHER = "127.0.0.1", "192.0.2.7", "192.0.2.8"
PROXIES = TrustedProxies(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"])


@pytest.fixture
def proxied(serve):
    """Start a server that trusts a proxy on this machine, with the given limits."""
    settings = HttpSettings(trusted_proxies=(PROXY,))
    return lambda **limits: serve(limits=limits, http=settings)


def forwarded(*values: str) -> str:
    headers = [(b"host", b"localhost"), *((b"x-forwarded-for", value.encode()) for value in values)]
    return forwarded_address(headers, PROXY, PROXIES)


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ([], PROXY),
        ([CLIENT], CLIENT),
        ([f"{OTHER}, {CLIENT}"], CLIENT),
        ([OTHER, CLIENT], CLIENT),
        ([f"{CLIENT},10.1.2.3 , 127.0.0.1"], CLIENT),
        (["10.1.2.3"], "10.1.2.3"),
        (["2001:db8:1::1, 2001:db8::1"], "2001:db8:1::1"),
        (["::ffff:192.0.2.7"], CLIENT),
        ([f"{CLIENT}:50123"], CLIENT),
        (["[2001:db9::1]:50123, [2001:db8::1]"], "2001:db9::1"),
        (["fe80::1%any text"], "fe80::1"),
        (["in process"], PROXY),
        (["this computer"], PROXY),
        ([f"{CLIENT}, unknown"], PROXY),
        ([f"{CLIENT}, in process, 10.1.2.3"], "10.1.2.3"),
        ([""], PROXY),
        ([","], PROXY),
        (["\xff"], PROXY),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy(values, address):
    assert forwarded(*values) == address


def addresses_logged(server: EngineServer, log: io.BytesIO) -> list[str]:
    server.listener.stop()
    server.listener.request_log.close()
    return [json.loads(line)["address"] for line in log.getvalue().splitlines()]


def test_each_request_of_a_proxy_is_of_the_client_that_it_names(serve):
    log = io.BytesIO()
    settings = HttpSettings(trusted_proxies=(PROXY,))
    server = serve(http=settings, request_log=RequestLog(log, LogFormat.JSON))
    wire = server.http_wire()
    for header in (CLIENT, OTHER, None):
        wire.post(ASKS_FOR_ID, headers={"x-forwarded-for": header} if header else {})
    server.http_wire(source="127.0.0.2").post(ASKS_FOR_ID, headers={"x-forwarded-for": CLIENT})
    assert addresses_logged(server, log) == [CLIENT, OTHER, PROXY, "127.0.0.2"]


def test_limits_of_requests_apply_to_the_client_and_not_to_its_proxy(proxied):
    wire = proxied(requests_per_second_per_address=3).http_wire()
    codes = [
        wire.post(ASKS_FOR_ID, headers={"x-forwarded-for": address}).answer.get("code")
        for address in (*[CLIENT] * 4, OTHER)
    ]
    assert codes == [None, None, None, "too_many_requests", None]


def test_a_proxy_may_have_more_connections_than_a_client(proxied, serve):
    server = proxied(connections_per_address=1, loopback_is_exempt=False)
    wires = [server.http_wire() for _ in range(3)]
    assert [wire.get("/health").status for wire in wires] == [200] * 3
    stranger = [server.http_wire(source="127.0.0.2") for _ in range(2)][1]
    assert stranger.next_response().answer["code"] == "too_many_from_address"


def test_failed_logins_are_counted_for_the_client_and_not_for_its_proxy(proxied):
    server = proxied()
    wire, session = server.http_wire(), server.visitor().credentials

    def try_to_log_in(address: str, name: str) -> str:
        request = {**SELECTORS, **session, **login(name, password="not the password")}
        return str(wire.post(request, headers={"x-forwarded-for": address}).answer["code"])

    codes = [try_to_log_in(CLIENT, f"stranger{number}") for number in range(HOURLY_OF_NETWORK + 1)]
    assert codes == ["login_refused"] * HOURLY_OF_NETWORK + ["throttled"]
    assert try_to_log_in(OTHER, "stranger") == "login_refused"


def test_nobody_else_may_read_the_metrics_through_a_local_proxy(proxied):
    wire = proxied().http_wire()
    assert wire.get("/metrics").status == 200
    assert wire.get("/metrics", {"x-forwarded-for": CLIENT}).status == 404
