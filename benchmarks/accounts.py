"""Accounts with credits and open sessions, made in this process with password hashes that cost little."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from argon2 import PasswordHasher

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.security.passwords import Passwords

PASSWORD = "four unrelated words"  # noqa: S105 - of temporary accounts
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
USER = {"controller": "client", "ctype": "action"}
VIEW_WALLET = {**USER, "action": "view", "view": "credit", "credit": "wallet"}


def transfer_to(email: str) -> dict[str, Any]:
    """The instruction that transfers one credit to the account with that email."""
    return {**USER, "action": "transfer", "transfer": "credits", "transfer_to": email, "credits": 1}


def open_engine(database_url: str, **choices: Any) -> EWalletSessionManager:
    """An engine in this process, whose users supply themselves."""
    config = EngineConfig(self_supply=True)
    return EWalletSessionManager(database_url, config=config, passwords=CHEAP, **choices)


@dataclass
class Person:
    """An account, and the credentials of its session once it is logged in."""

    name: str
    credentials: dict[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        return f"{self.name}@example.org"

    @property
    def token(self) -> str:
        """Its bearer token over HTTP."""
        return f"{self.credentials['client_id']}.{self.credentials['session_token']}"

    def send(self, engine: EWalletSessionManager, **instruction: Any) -> dict[str, Any]:
        """The answer to an instruction of this account; raises `RuntimeError` if it failed."""
        answer = engine.answer({**USER, **self.credentials, **instruction})
        if answer["failed"]:
            raise RuntimeError(f"{answer['error']} {answer['warning']}")
        return answer

    def open_session(self, engine: EWalletSessionManager) -> None:
        for name in ("client_id", "session_token"):
            self.credentials[name] = self.send(engine, action="request", request=name)[name]

    def register(self, engine: EWalletSessionManager) -> None:
        names = {"user_name": self.name, "user_email": self.email, "user_pass": PASSWORD}
        self.send(engine, action="new", new="account", **names)

    def log_in(self, engine: EWalletSessionManager) -> None:
        self.send(engine, action="login", user_name=self.name, user_pass=PASSWORD)

    def supply(self, engine: EWalletSessionManager, credits: int) -> None:
        supplied = {"credits": credits, "currency": "EUR", "cost": "1"}
        self.send(engine, action="supply", supply="credits", **supplied)


def open_person(engine: EWalletSessionManager, name: str, credits: int) -> Person:
    """A new account with credits, logged in."""
    person = Person(name)
    person.open_session(engine)
    person.register(engine)
    person.log_in(engine)
    person.supply(engine, credits)
    return person
