"""One client with a thousand requests does not delay the others: positions among all answers, not seconds.

Nor does one answer that can't be sent.
"""

from __future__ import annotations

import itertools
import threading

import pytest
from engine_client import SELECTORS, EngineClient
from engine_server import EngineServer
from instructions import VIEW_WALLET, supply
from socket_wire import TIMEOUT_SECONDS

from ewallet_core.engine import dispatcher
from ewallet_core.instructions.envelope import Answer
from ewallet_core.server import frame_output
from ewallet_core.server.limits import Limits
from ewallet_core.storage.transaction import Transaction

THOUSAND = 1_000
AT_ONCE = Limits().requests_at_once_per_connection
SESSIONS = AT_ONCE + 1


@pytest.fixture
def server(serve) -> EngineServer:
    return serve(limits={"requests_per_second_per_session": 10_000})


@pytest.fixture
def crowd(server) -> list[EngineClient]:
    """The sessions of one greedy client, which sends the requests of all of them on one connection."""
    first = server.user("crowd")
    return [first, *(server.visitor().log_in("crowd") for _ in range(SESSIONS - 1))]


class Begun:
    """The session tokens of the instructions in the order in which they begin; none begins before `go`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tokens: list[str | None] = []
        self.go = threading.Event()
        original = dispatcher.Execution.run

        def run(execution: dispatcher.Execution, transaction: Transaction, **more: object) -> Answer:
            assert self.go.wait(TIMEOUT_SECONDS)
            self.tokens.append(execution.call.credentials.session_token)
            return original(execution, transaction, **more)

        monkeypatch.setattr(dispatcher.Execution, "run", run)


@pytest.mark.parametrize("instruction", [supply(1), VIEW_WALLET], ids=["changes", "views"])
def test_a_request_waits_for_a_limited_number_of_another_clients(server, crowd, instruction, monkeypatch):
    modest = server.user("modest")
    begun = Begun(monkeypatch)
    if instruction is VIEW_WALLET:
        # The event loop itself carries views out, so it waits until all are sent.
        server.loop.call_soon_threadsafe(begun.go.wait, TIMEOUT_SECONDS)
    greedy = server.in_wire()
    turns = itertools.islice(itertools.cycle(crowd), THOUSAND)
    greedy.send(*({**SELECTORS, **one.credentials, **instruction} for one in turns))
    if instruction is not VIEW_WALLET:
        server.wait_for_requests(AT_ONCE)
    modest.engine.send({**SELECTORS, **modest.credentials, **instruction})
    begun.go.set()
    assert modest.engine.next_line()["failed"] is False
    assert {greedy.next_line()["failed"] for _ in range(THOUSAND)} == {False}
    position = begun.tokens.index(modest.credentials["session_token"])
    assert position <= AT_ONCE


def test_an_answer_that_cannot_be_sent_holds_up_no_other_of_its_group(server, monkeypatch):
    first, broken, last = server.user("first"), server.user("broken"), server.user("last")
    encode = frame_output.encode

    def encode_most(message: Answer) -> bytes:
        if message.get("request_id") == "never sent":
            raise ValueError
        return encode(message)

    monkeypatch.setattr(frame_output, "encode", encode_most)
    begun = Begun(monkeypatch)
    for count, caller in enumerate((first, broken, last), 1):
        name = {"request_id": "never sent"} if caller is broken else {}
        caller.engine.send({**SELECTORS, **caller.credentials, **supply(1), **name})
        server.wait_for_requests(count)
    begun.go.set()
    assert first.engine.next_line()["failed"] is False
    assert last.engine.next_line()["failed"] is False
    broken.engine.expect_last_error("engine_failed")
    assert last.credits == 1
