"""A client of the engine, as a test has one: it asks, and looks at the answer."""

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
    """What it knows of itself is its client id and its session token."""

    engine: EWalletSessionManager
    credentials: dict[str, str] = field(default_factory=dict)
    address: str = "in process"

    def ask(self, **instruction: Any) -> Answer:
        answer = self.engine.answer({**SELECTORS, **self.credentials, **instruction}, self.address)
        assert json.loads(json.dumps(answer)) == answer
        return answer

    def asks_ok(self, **instruction: Any) -> Answer:
        answer = self.ask(**instruction)
        assert answer["failed"] is False, answer
        return answer

    def is_refused(self, code: str, **instruction: Any) -> Answer:
        answer = self.ask(**instruction)
        assert answer["failed"] is True, answer
        assert answer["code"] == code, answer
        return answer

    def introduces_itself(self) -> EngineClient:
        self.credentials = {"client_id": self.asks_ok(**REQUEST_CLIENT_ID)["client_id"]}
        return self

    def opens_a_session(self) -> EngineClient:
        self.introduces_itself()
        self.credentials["session_token"] = self.asks_ok(**REQUEST_SESSION_TOKEN)["session_token"]
        return self

    def registers(self, name: str = "ada") -> EngineClient:
        self.asks_ok(**new_account(name))
        return self

    def logs_in(self, name: str = "ada") -> EngineClient:
        self.asks_ok(**login(name))
        return self

    def at(self, engine: EWalletSessionManager) -> EngineClient:
        """The same client, at another engine."""
        return EngineClient(engine, dict(self.credentials), self.address)

    @property
    def credits(self) -> int:
        return self.asks_ok(**VIEW_WALLET)["ewallet_data"]["credits"]

    @property
    def clock(self) -> Answer:
        return self.asks_ok(**VIEW_CLOCK)["clock_data"]

    @property
    def milliseconds_left(self) -> int:
        return self.clock["credit_clock_ms"]

    def records(self, kind: str) -> list[Answer]:
        return self.asks_ok(**view_list(kind))["sheet_data"]["rows"]
