"""Programs of other users, at another engine on the same wallet."""

from __future__ import annotations

from person import PASSWORD

from ewallet_core import EWalletSessionManager

HERE = "this computer"


class Elsewhere:
    """A program of somebody's, at another engine on the same wallet."""

    def __init__(self, engine: EWalletSessionManager, name: str, address: str = HERE) -> None:
        self._engine, self._address = engine, address
        self._credentials: dict[str, str] = {}
        for request in ("client_id", "session_token"):
            answer = self.ask(action="request", request=request)
            self._credentials |= {request: answer[request]}
        self.ask(action="login", user_name=name, user_pass=PASSWORD)

    def ask(self, **instruction):
        asked = {"controller": "client", "ctype": "action", **instruction, **self._credentials}
        answer = self._engine.answer(asked, self._address)
        assert answer["failed"] is False, answer
        return answer
