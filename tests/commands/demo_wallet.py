"""A wallet with the data of the demo, and a session in which its account is logged in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ewallet_core import EWalletSessionManager
from ewallet_core.commands.demo import DAY_ZERO_MS, STEPS, ForwardClock

CLIENT = {"controller": "client", "ctype": "action"}
PASSWORD = STEPS[0].instruction["user_pass"]


def open_wallet_in(folder: Path, clock: ForwardClock | None = None) -> EWalletSessionManager:
    database = f"sqlite:///{folder / 'wallet.sqlite3'}"
    return EWalletSessionManager(database, clock=clock or ForwardClock(DAY_ZERO_MS))


def open_session(engine: EWalletSessionManager) -> dict[str, str]:
    """The credentials of a new session."""
    client = engine.answer({**CLIENT, "action": "request", "request": "client_id"})
    mine = {"client_id": client["client_id"]}
    session = engine.answer({**CLIENT, "action": "request", "request": "session_token", **mine})
    return {**mine, "session_token": session["session_token"]}


def log_in(engine: EWalletSessionManager) -> dict[str, str]:
    """The credentials of a new session in which ada is logged in."""
    mine = open_session(engine)
    login = {**CLIENT, "action": "login", "user_name": "ada", "user_pass": PASSWORD}
    answer = engine.answer({**login, **mine, "renew_token": True, "request_id": "login-0001"})
    assert answer["failed"] is False
    return {**mine, "session_token": answer["session_token"]}


def supply(engine: EWalletSessionManager, credentials: dict[str, str], credits: int = 1) -> dict[str, Any]:
    cost = {"currency": "EUR", "cost": "1"}
    return engine.answer(
        {**CLIENT, "action": "supply", "supply": "credits", "credits": credits, **cost, **credentials}
    )


def credits_of(engine: EWalletSessionManager, credentials: dict[str, str]) -> int:
    view = {**CLIENT, "action": "view", "view": "credit", "credit": "wallet", **credentials}
    credits: int = engine.answer(view)["ewallet_data"]["credits"]
    return credits


def run_demo_in(folder: Path) -> EWalletSessionManager:
    """An open engine with the data of the demo."""
    clock = ForwardClock(DAY_ZERO_MS)
    engine = open_wallet_in(folder, clock)
    mine = open_session(engine)
    for step in STEPS:
        clock.advance(step.after_ms)
        assert engine.answer({**CLIENT, **step.instruction, **mine})["failed"] is False
    return engine
