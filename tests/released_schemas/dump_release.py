"""Keeps this release's schema with some data in it: `python tests/released_schemas/dump_release.py <file.sql>`.

Later releases open what earlier ones kept. A kept file is made once, by the release it is named after.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path

import argon2

from ewallet_core import EWalletSessionManager
from ewallet_core.security.passwords import Passwords

FRIDAY_NOON = 1_795_176_000_000
MINUTE = 60_000
PASSWORD = "rubber duck tune"


class Life:
    """Some days in the life of a wallet file."""

    def __init__(self, url: str) -> None:
        self.now = FRIDAY_NOON
        cheap = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.engine = EWalletSessionManager(url, clock=lambda: self.now, passwords=cheap)
        self.credentials: dict[str, str] = {}

    def ask(self, **instruction: object) -> dict[str, object]:
        answer = self.engine.answer(
            {"controller": "client", "ctype": "action", **self.credentials, **instruction}
        )
        assert answer["failed"] is False, answer
        return answer

    def opens_a_session(self) -> None:
        for request in ("client_id", "session_token"):
            self.credentials[request] = str(self.ask(action="request", request=request)[request])

    def registers(self, name: str) -> None:
        who = {"user_name": name, "user_pass": PASSWORD}
        self.ask(action="new", new="account", user_email=f"{name}@example.org", **who)
        self.ask(action="login", **who)

    def supplies(self, credits: int, request_id: str) -> None:
        money = {"currency": "EUR", "cost": "12.50"}
        self.ask(action="supply", supply="credits", credits=credits, request_id=request_id, **money)

    def timer(self, action: str, minutes_before: int = 0) -> None:
        self.now += minutes_before * MINUTE
        self.ask(action=action, **{action: "clock_timer"})


def live(life: Life) -> None:
    life.opens_a_session()
    life.registers("ada")
    life.supplies(100, "first supply")
    life.ask(action="convert", convert="credits2clock", credits=20, notes="an hour")
    life.timer("start")
    life.timer("pause", minutes_before=2)
    life.timer("resume", minutes_before=3)
    life.timer("stop", minutes_before=3)
    life.ask(action="convert", convert="clock2credits", minutes=7.5)
    life.registers("bob")
    life.supplies(10, "second supply")
    life.ask(action="convert", convert="credits2clock", credits=10)
    life.timer("start")
    life.timer("pause", minutes_before=1)
    life.ask(action="switch", switch="account", account="ada@example.org")
    life.now = FRIDAY_NOON + 60 * MINUTE
    life.opens_a_session()
    life.ask(action="login", user_name="ada", user_pass=PASSWORD)
    life.timer("start")
    life.engine.close()


def main(kept: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wallet.sqlite3"
        live(Life(f"sqlite:///{file}"))
        connection = sqlite3.connect(file)
        kept.write_text("\n".join(connection.iterdump()) + "\n")
        connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
