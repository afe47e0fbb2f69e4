"""The instructions about sockets: passed to the listener, or refused without one."""

from __future__ import annotations

import pytest
from engine_client import EngineClient
from examples_system import CLOSE_SOCKETS, OPEN_SOCKETS, START_LISTENER, system
from fakes import FakeListener


@pytest.mark.parametrize(
    "instruction",
    [
        START_LISTENER,
        OPEN_SOCKETS,
        CLOSE_SOCKETS,
        system("open", "sockets", in_port=0, out_port=0),
        system("close", "sockets"),
    ],
    ids=str,
)
def test_without_a_listener_socket_instructions_are_refused(nobody, nothing_changes, instruction):
    nobody.engine.listen_through(None)
    nothing_changes()
    answer = nobody.is_refused("no_listener", **instruction)
    assert "`ewallet serve`" in answer["warning"]


def test_opening_sockets_answers_the_ports(nobody):
    listener = FakeListener()
    nobody.engine.listen_through(listener)
    assert nobody.asks_ok(**START_LISTENER)["listener"] == "ready"
    answer = nobody.asks_ok(**OPEN_SOCKETS)
    assert (answer["in_port"], answer["out_port"]) == listener.ports
    assert answer["out_port"] == 7001
    assert nobody.asks_ok(**CLOSE_SOCKETS)["closed"] is True
    assert listener.ports is None


def test_a_repeated_request_about_sockets_runs_again(nobody):
    listener = FakeListener()
    nobody.engine.listen_through(listener)
    nobody.asks_ok(**OPEN_SOCKETS, request_id="request 1")
    nobody.asks_ok(**CLOSE_SOCKETS)
    nobody.asks_ok(**OPEN_SOCKETS, request_id="request 1")
    assert listener.ports is not None


def test_a_request_without_permission_does_not_reach_the_listener(nobody, ada):
    listener = FakeListener()
    nobody.engine.listen_through(listener)
    stranger = EngineClient(ada.engine, ada.credentials, address="192.0.2.7:4000")
    stranger.is_refused("not_permitted", **OPEN_SOCKETS)
    assert listener.ports is None
