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
def test_without_a_listener_socket_instructions_are_refused(anonymous, nothing_changes, instruction):
    anonymous.engine.listen_through(None)
    nothing_changes()
    answer = anonymous.expect_error("no_listener", **instruction)
    assert "`ewallet serve`" in answer["warning"]


def test_opening_sockets_answers_the_ports(anonymous):
    listener = FakeListener()
    anonymous.engine.listen_through(listener)
    assert anonymous.request(**START_LISTENER)["listener"] == "ready"
    answer = anonymous.request(**OPEN_SOCKETS)
    assert (answer["in_port"], answer["out_port"]) == listener.ports
    assert answer["out_port"] == 7001
    assert anonymous.request(**CLOSE_SOCKETS)["closed"] is True
    assert listener.ports is None


def test_a_repeated_request_about_sockets_runs_again(anonymous):
    listener = FakeListener()
    anonymous.engine.listen_through(listener)
    anonymous.request(**OPEN_SOCKETS, request_id="request 1")
    anonymous.request(**CLOSE_SOCKETS)
    anonymous.request(**OPEN_SOCKETS, request_id="request 1")
    assert listener.ports is not None


def test_a_request_without_permission_does_not_reach_the_listener(anonymous, ada):
    listener = FakeListener()
    anonymous.engine.listen_through(listener)
    stranger = EngineClient(ada.engine, ada.credentials, address="192.0.2.7:4000")
    stranger.expect_error("not_permitted", **OPEN_SOCKETS)
    assert listener.ports is None
