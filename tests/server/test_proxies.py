"""Clients behind a proxy: their address comes from its PROXY header, on both ports, with and without TLS."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address

import pytest
from engine_client import EngineClient
from engine_server import VIEW_SOCKETS, EngineServer
from examples_accounts import VIEW_LOGINS
from socket_wire import LOOPBACK, Wire

from ewallet_core.protocol.frames import encode

PROXY, UNTRUSTED = LOOPBACK, "127.0.0.2"
ADA, BOB = "192.0.2.1", "2001:db8::7"
SOON = 0.1


def v1(client: str) -> bytes:
    family = f"TCP{ip_address(client).version}"
    return f"PROXY {family} {client} {client} 56324 8080\r\n".encode()


def v2(client: str) -> bytes:
    packed = ip_address(client).packed
    family = {4: 0x11, 16: 0x21}[len(packed)]
    body = packed * 2 + struct.pack("!HH", 56324, 8080)
    return b"\r\n\r\n\x00\r\nQUIT\n" + struct.pack("!BBH", 0x21, family, len(body)) + body


LOCAL = b"\r\n\r\n\x00\r\nQUIT\n" + struct.pack("!BBH", 0x20, 0, 0)
HEADERS = pytest.mark.parametrize("header", [v1, v2], ids=["v1", "v2"])


@pytest.fixture
def behind_proxy(serve):
    """Start a server that trusts the proxy, with the given limits."""

    def start(tls=(None, None), **limits) -> EngineServer:
        return serve(trusted_proxies=[PROXY], tls=tls, limits=limits)

    return start


def through(server: EngineServer, header: bytes) -> EngineClient:
    """A client whose connection begins with that header."""
    return EngineClient(server.in_wire(header=header))


def addresses_of(caller: EngineClient) -> set[str]:
    return {record["address"] for record in caller.request(**VIEW_LOGINS)["login_records"]}


@HEADERS
@pytest.mark.parametrize("client", [ADA, BOB])
def test_the_address_of_a_login_is_that_of_the_header(behind_proxy, header, client):
    ada = through(behind_proxy(), header(client)).open_session().register().log_in()
    assert addresses_of(ada) == {client}


@HEADERS
def test_the_header_comes_before_tls(behind_proxy, tls, header):
    server = behind_proxy(tls=tls)
    ada = through(server, header(ADA)).open_session().register().log_in()
    assert addresses_of(ada) == {ADA}
    events = server.out_wire(header=header(ADA))
    events.send(ada.credentials)
    assert events.next_line()["event"] == "listening"


@HEADERS
def test_a_header_may_arrive_byte_by_byte_or_with_the_first_lines(behind_proxy, header):
    server = behind_proxy()
    slow = server.in_wire()
    slow.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in header(ADA):
        slow.send_bytes(bytes([byte]))
    assert slow.answer(VIEW_SOCKETS)["failed"] is False
    at_once = server.in_wire(header=header(ADA) + encode(VIEW_SOCKETS) * 2)
    assert [at_once.next_line()["failed"] for _ in range(2)] == [False, False]


def test_limits_per_address_are_those_of_the_clients(behind_proxy):
    server = behind_proxy(connections_per_address=1, loopback_is_exempt=False)
    ada, bob = (server.in_wire(header=v2(client)) for client in (ADA, BOB))
    assert [wire.answer(VIEW_SOCKETS)["failed"] for wire in (ada, bob)] == [False, False]
    server.in_wire(header=v2(ADA)).expect_last_error("too_many_from_address")
    same_network = BOB.replace("7", "8")
    server.out_wire(header=v2(same_network)).expect_last_error("too_many_from_address")


def test_a_connection_of_the_proxy_itself_has_its_address(behind_proxy):
    ada = through(behind_proxy(), LOCAL).open_session().register().log_in()
    assert addresses_of(ada) == {PROXY}


@pytest.mark.parametrize("port", ["in_wire", "out_wire"])
def test_a_proxy_without_a_header_is_refused(behind_proxy, caplog, port):
    wire = getattr(behind_proxy(), port)()
    wire.send(VIEW_SOCKETS)
    wire.expect_last_error("proxy_header_invalid")
    assert "127.0.0.1 sent no valid header: what arrived does not begin with one" in caplog.text


def test_a_proxy_without_a_header_is_refused_in_the_clear_before_tls(behind_proxy, tls):
    server = behind_proxy(tls=tls)
    wire = Wire(server.ports[0])
    wire.send_bytes(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    wire.expect_last_error("proxy_header_invalid")
    wire.close()


def test_a_header_that_does_not_come_in_time_is_refused(behind_proxy):
    server = behind_proxy(unfinished_line_seconds=SOON)
    silent, slow = server.in_wire(), server.in_wire(header=v2(ADA)[:20])
    for wire in (silent, slow):
        wire.expect_last_error("proxy_header_invalid")


def test_a_header_of_another_address_is_an_invalid_line(behind_proxy):
    wire = behind_proxy().in_wire(source=UNTRUSTED, header=v1(ADA))
    assert wire.next_code() == "not_json"
    ada = EngineClient(wire).open_session().register().log_in()
    assert addresses_of(ada) == {UNTRUSTED}


def test_a_server_without_proxies_reads_no_header(server):
    assert server.in_wire(header=v1(ADA)).next_code() == "not_json"


def test_a_server_stops_while_headers_are_awaited(behind_proxy):
    server = behind_proxy()
    silent = server.in_wire()
    server.in_wire(header=v1(ADA)).answer(VIEW_SOCKETS)
    server.listener.stop()
    assert silent.is_closed_by_server()
