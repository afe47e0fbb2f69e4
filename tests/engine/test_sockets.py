"""The instructions about sockets: refused in words without a listener, else the listener's to carry out."""

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
def test_an_engine_in_process_has_no_listener_and_says_so(nobody, nothing_changes, instruction):
    nobody.engine.listen_through(None)
    nothing_changes()
    answer = nobody.is_refused("no_listener", **instruction)
    assert "`ewallet serve`" in answer["warning"]


def test_the_ports_that_were_found_are_answered(nobody):
    listener = FakeListener()
    nobody.engine.listen_through(listener)
    assert nobody.asks_ok(**START_LISTENER)["listener"] == "ready"
    answer = nobody.asks_ok(**OPEN_SOCKETS)
    assert (answer["in_port"], answer["out_port"]) == listener.ports
    assert answer["out_port"] == 7001
    assert nobody.asks_ok(**CLOSE_SOCKETS)["closed"] is True
    assert listener.ports is None


def test_a_repeated_request_about_sockets_means_this_process(nobody):
    listener = FakeListener()
    nobody.engine.listen_through(listener)
    nobody.asks_ok(**OPEN_SOCKETS, request_id="request 1")
    nobody.asks_ok(**CLOSE_SOCKETS)
    nobody.asks_ok(**OPEN_SOCKETS, request_id="request 1")
    assert listener.ports is not None


def test_who_may_not_open_sockets_reaches_no_listener(nobody, ada):
    listener = FakeListener()
    nobody.engine.listen_through(listener)
    stranger = EngineClient(ada.engine, ada.credentials, address="192.0.2.7:4000")
    stranger.is_refused("not_permitted", **OPEN_SOCKETS)
    assert listener.ports is None
