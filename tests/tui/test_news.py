"""What happened to the account elsewhere is said where its owner looks."""

from __future__ import annotations

from instant import CHEAP
from person import PASSWORD

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url

ELSEWHERE = "192.0.2.7"


def log_in_elsewhere(engine: EWalletSessionManager, address: str) -> None:
    credentials: dict[str, str] = {}
    for asked in (
        {"action": "request", "request": "client_id"},
        {"action": "request", "request": "session_token"},
        {"action": "login", "user_name": "ada", "user_pass": PASSWORD},
    ):
        answer = engine.answer({"controller": "client", "ctype": "action", **asked, **credentials}, address)
        assert answer["failed"] is False, answer
        credentials |= {name: answer[name] for name in ("client_id", "session_token") if name in answer}


async def test_a_login_from_an_unknown_address_is_said_at_once(opened, folder, instant):
    async with opened() as person:
        await person.register()
        with EWalletSessionManager(database_url(folder), clock=instant.wall, passwords=CHEAP) as elsewhere:
            log_in_elsewhere(elsewhere, ELSEWHERE)
        await person.wait_until(lambda: f"from {ELSEWHERE}" in person.toasts)
        assert "change your password" in person.toasts


async def test_a_login_from_a_known_address_is_not(opened, folder, instant):
    async with opened() as person:
        await person.register()
        with EWalletSessionManager(database_url(folder), clock=instant.wall, passwords=CHEAP) as elsewhere:
            log_in_elsewhere(elsewhere, "in process")
            log_in_elsewhere(elsewhere, ELSEWHERE)
        await person.wait_until(lambda: person.toasts)
        assert person.toasts.count("Somebody logged in") == 1
