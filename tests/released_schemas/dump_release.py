"""Dump this release's schema with some data: `python tests/released_schemas/dump_release.py <file.sql>`.

Later releases must open the dumps of earlier ones. A dump is made once, by the release it is named after.
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


class Filler:
    """A client that fills a wallet file with data."""

    def __init__(self, url: str) -> None:
        self.now = FRIDAY_NOON
        cheap = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.engine = EWalletSessionManager(url, clock=lambda: self.now, passwords=cheap)
        self.credentials: dict[str, str] = {}

    def send(self, **instruction: object) -> dict[str, object]:
        answer = self.engine.answer(
            {"controller": "client", "ctype": "action", **self.credentials, **instruction}
        )
        assert answer["failed"] is False, answer
        return answer

    def open_session(self, **lifetime: int) -> None:
        self.credentials["client_id"] = str(self.send(action="request", request="client_id")["client_id"])
        opened = self.send(action="request", request="session_token", **lifetime)
        self.credentials["session_token"] = str(opened["session_token"])

    def register(self, name: str) -> None:
        account = {"user_name": name, "user_pass": PASSWORD}
        self.send(action="new", new="account", user_email=f"{name}@example.org", **account)
        self.send(action="login", **account)

    def supply(self, credits: int, request_id: str) -> None:
        money = {"currency": "EUR", "cost": "12.50"}
        self.send(action="supply", supply="credits", credits=credits, request_id=request_id, **money)

    def timer(self, action: str, minutes_before: int = 0) -> None:
        self.now += minutes_before * MINUTE
        self.send(action=action, **{action: "clock_timer"})


def fill(filler: Filler) -> None:
    filler.open_session()
    filler.register("ada")
    filler.supply(100, "first supply")
    filler.send(action="convert", convert="credits2clock", credits=20, notes="an hour")
    filler.timer("start")
    filler.timer("pause", minutes_before=2)
    filler.timer("resume", minutes_before=3)
    filler.timer("stop", minutes_before=3)
    filler.send(action="convert", convert="clock2credits", minutes=7.5)
    filler.register("bob")
    filler.supply(10, "second supply")
    filler.send(action="convert", convert="credits2clock", credits=10)
    filler.timer("start")
    filler.timer("pause", minutes_before=1)
    filler.send(action="switch", switch="account", account="ada@example.org")
    filler.now = FRIDAY_NOON + 60 * MINUTE
    filler.open_session(lifetime=60)
    filler.send(action="login", user_name="ada", user_pass=PASSWORD)
    filler.timer("start")
    filler.engine.close()


def main(dump: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wallet.sqlite3"
        fill(Filler(f"sqlite:///{file}"))
        connection = sqlite3.connect(file)
        dump.write_text("\n".join(connection.iterdump()) + "\n")
        connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
