"""A test client of the engine, which also checks the answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from instructions import (
    REQUEST_CLIENT_ID,
    REQUEST_SESSION_TOKEN,
    VIEW_CLOCK,
    VIEW_WALLET,
    login,
    new_account,
    view_list,
)

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

SELECTORS = {"controller": "client", "ctype": "action"}


@dataclass
class EngineClient:
    """Sends instructions with its own client id and session token.

    Those of the system are enveloped from another address, and cleanups everywhere: a client id beside them
    may be an argument.
    """

    engine: EWalletSessionManager
    credentials: dict[str, str] = field(default_factory=dict)
    address: str = "in process"

    def send(self, **instruction: Any) -> Answer:
        request = {**SELECTORS, **self.credentials, **instruction}
        is_remote = self.address != "in process"
        if instruction.get("controller") == "system" and (is_remote or instruction["action"] == "cleanup"):
            named = {name: instruction[name] for name in self.credentials if name in instruction}
            chain = {name: value for name, value in request.items() if name not in self.credentials} | named
            request = {"header": self.credentials, "command_chain": chain}
        answer = self.engine.answer(request, self.address)
        assert json.loads(json.dumps(answer)) == answer
        return answer

    def request(self, **instruction: Any) -> Answer:
        answer = self.send(**instruction)
        assert answer["failed"] is False, answer
        return answer

    def expect_error(self, code: str, **instruction: Any) -> Answer:
        answer = self.send(**instruction)
        assert answer["failed"] is True, answer
        assert answer["code"] == code, answer
        return answer

    def request_client_id(self) -> EngineClient:
        self.credentials = {"client_id": self.request(**REQUEST_CLIENT_ID)["client_id"]}
        return self

    def open_session(self) -> EngineClient:
        self.request_client_id()
        self.credentials["session_token"] = self.request(**REQUEST_SESSION_TOKEN)["session_token"]
        return self

    def register(self, name: str = "ada") -> EngineClient:
        self.request(**new_account(name))
        return self

    def log_in(self, name: str = "ada") -> EngineClient:
        self.request(**login(name))
        return self

    def at(self, engine: EWalletSessionManager) -> EngineClient:
        """The same client, at another engine."""
        return EngineClient(engine, dict(self.credentials), self.address)

    @property
    def credits(self) -> int:
        return self.request(**VIEW_WALLET)["ewallet_data"]["credits"]

    @property
    def clock(self) -> Answer:
        return self.request(**VIEW_CLOCK)["clock_data"]

    @property
    def milliseconds_left(self) -> int:
        return self.clock["credit_clock_ms"]

    def records(self, kind: str) -> list[Answer]:
        return self.request(**view_list(kind))["sheet_data"]["rows"]


def without_sequence(answer: Answer) -> Answer:
    """The answer without `event_sequence`, which other events move on."""
    return {key: value for key, value in answer.items() if key != "event_sequence"}
