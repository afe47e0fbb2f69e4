"""The HTTP port of the metrics, with clients that are slow, many or gone."""

from __future__ import annotations

import logging
import socket
import urllib.request
from collections.abc import Iterator

import pytest

from ewallet_core.metrics import Metrics
from ewallet_core.server import metrics_port
from ewallet_core.server.metrics_port import MOST_AT_ONCE, MetricsPort

HALF_A_REQUEST = b"GET /metrics HTTP/1.0\r\n"


@pytest.fixture
def port() -> Iterator[int]:
    opened = MetricsPort(Metrics(), "127.0.0.1", 0)
    yield opened.port
    opened.close()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def read(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        found: bytes = answer.read()
    return found


def is_open(connection: socket.socket) -> bool:
    """Whether the server takes another byte from that connection, and answers nothing yet."""
    try:
        connection.send(b"a")
        connection.settimeout(0.05)
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


def test_silent_clients_occupy_a_few_threads_only(port):
    silent = [connect(port) for _ in range(MOST_AT_ONCE)]
    for one in silent:
        one.sendall(HALF_A_REQUEST)
    with connect(port) as refused:
        assert refused.recv(1) == b""
    for one in silent:
        one.sendall(b"\r\n")
        with one.makefile("rb") as answer:
            assert b"200 OK" in answer.readline()
            answer.read()
        one.close()
    assert b"ewallet_requests" in read(port)


def test_a_client_that_sends_byte_by_byte_is_disconnected_and_not_in_the_log(port, monkeypatch, caplog):
    monkeypatch.setattr(metrics_port, "LONGEST_SECONDS", 0.2)
    caplog.set_level(logging.DEBUG)
    with connect(port) as slow:
        while is_open(slow):
            pass
    assert b"ewallet_requests" in read(port)
    assert caplog.records == []


def test_no_name_is_looked_up_to_open_the_port(monkeypatch):
    def look_up(_: str) -> str:
        raise AssertionError

    monkeypatch.setattr(socket, "getfqdn", look_up)
    MetricsPort(Metrics(), "127.0.0.1", 0).close()
