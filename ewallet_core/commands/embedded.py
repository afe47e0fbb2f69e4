"""The engine in the process of a command."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ewallet_core.client.connection import Event, UnreachableError
from ewallet_core.client.requests import asks_for_new_token, sign, with_new_token
from ewallet_core.commands.problems import OUTCOME_UNKNOWN
from ewallet_core.data_folder import data_folder, database_url
from ewallet_core.engine.cleanup import CLEANERS
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.manager import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.protocol.address import THIS_MACHINE

EVENT_INTERVAL_SECONDS = 1.0


class EmbeddedConnection:
    """The engine on the wallet in that folder, without an event loop or a thread."""

    def __init__(self, folder: Path | None) -> None:
        self.credentials: Mapping[str, str] = {}
        self.pinned: Mapping[str, str] = {}
        try:
            url = database_url(data_folder(folder))
            self._engine = EWalletSessionManager(url, config=EngineConfig.for_owner())
        except WalletError as error:
            raise UnreachableError(f"{error.error} {error.warning}") from error
        self._engine.listen_through(None)

    def use(self, credentials: Mapping[str, str]) -> None:
        self.credentials = dict(credentials)

    def send(self, instruction: Mapping[str, Any]) -> Answer:
        request = sign(with_new_token(instruction), self.credentials)
        answer = self._engine.answer(request, THIS_MACHINE)
        if answer.get("code") == OUTCOME_UNKNOWN:
            # Under the same request id, so it is done once.
            answer = self._engine.answer(request, THIS_MACHINE)
        if asks_for_new_token(request) and "session_token" in answer:
            answer = dict(answer)
            self.use({**self.credentials, "session_token": answer.pop("session_token")})
            self._clean_up()
        return answer

    def events(self, since: int | None = None) -> Iterator[Event]:
        """The events of the logged-in account, first `listening`, until the account is logged out."""
        try:
            subscription = self._engine.follow(**self.credentials)
            yield from subscription.begin(since)
            while True:
                yield from subscription.read_new()
                time.sleep(EVENT_INTERVAL_SECONDS)
        except WalletError as error:
            raise UnreachableError(f"{error.error} {error.warning}") from error

    def close(self) -> None:
        self._engine.close()

    def _clean_up(self) -> None:
        """Remove what has expired, once: a command ends too soon for cleaners in the background."""
        for cleaner in CLEANERS:
            self._engine.session_manager_controller(
                controller="system", ctype="action", action="cleanup", cleanup=cleaner.cleans
            )
