"""Views that are read in one transaction: they answer as alone, and wait for the database together."""

from __future__ import annotations

import pytest
from engine_client import EngineClient
from fakes import Wallclock
from instructions import START, VIEW_ACCOUNT, VIEW_CLOCK, VIEW_WALLET, supply, to_clock

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import Call
from ewallet_core.storage.postgresql.pipeline import PipelinedConnection

VIEWS = [
    VIEW_WALLET,
    VIEW_CLOCK,
    VIEW_ACCOUNT,
    *({"action": "view", "view": view} for view in ("overview", "statement", "limit", "sessions", "login")),
    {"action": "view", "view": "payee", "user_email": "bob@example.com"},
    {"action": "view", "view": "payee", "user_email": "unknown@example.com"},
]
UNKNOWN = {"client_id": "x" * 43, "session_token": "y" * 43}


@pytest.fixture
def engine(open_engine) -> EWalletSessionManager:
    return open_engine(clock=Wallclock())


@pytest.fixture
def calls(engine: EWalletSessionManager) -> list[Call]:
    """The views of three users, of whom one has a running timer, and of a client that is unknown."""
    users = [
        EngineClient(engine).open_session().register(name).log_in(name) for name in ("ada", "bob", "eve")
    ]
    for user in users[:2]:
        user.request(**supply(100))
    users[0].request(**to_clock(20))
    users[0].request(**START)
    credentials = [user.credentials for user in users] + [UNKNOWN]
    common = {"controller": "client", "ctype": "action"}
    parsed = [
        engine.dispatcher.parse({**common, **view, **sent, "request_id": f"view {number:03} {place:03}"})
        for number, view in enumerate(VIEWS)
        for place, sent in enumerate(credentials)
    ]
    assert [call.answer() for call in parsed if not isinstance(call, Call)] == []
    return parsed


def test_views_that_are_read_together_answer_as_each_alone(engine, calls):
    alone = [answer for call in calls for answer in engine.dispatcher.view([call])]

    assert engine.dispatcher.view(calls) == alone
    assert {answer["failed"] for answer in alone} == {True, False}


def test_views_that_are_read_together_wait_together(engine, calls, monkeypatch):
    waits: list[object] = []
    wait_for = PipelinedConnection.wait_for
    monkeypatch.setattr(
        PipelinedConnection, "wait_for", lambda self, cursor: waits.append(cursor) or wait_for(self, cursor)
    )
    of_wallets = calls[:3] * 5
    engine.dispatcher.view(of_wallets)

    assert 0 < len(waits) <= len(of_wallets) // 2
