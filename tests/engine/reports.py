"""Instructions for reports, and a user whose movements are spread over time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine_client import EngineClient
from fakes import CHEAP, Wallclock
from instructions import Instruction
from new_wallets import NewWallet

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

STATEMENT = {"action": "view", "view": "statement"}
SUMMARY = {"action": "view", "view": "summary"}
SEARCH = {"action": "search", "search": "records"}
EXPORT = {"action": "export", "export": "sheet"}


def iso(milliseconds: int) -> str:
    """The time as ISO 8601, computed by `datetime` independently of the engine."""
    moment = datetime.fromtimestamp(milliseconds // 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1_000:03}Z"


@dataclass
class TimedUser:
    """A user with a wallet who logs in again whenever time has passed."""

    caller: EngineClient
    wallclock: Wallclock

    def request_after(self, after: int, **instruction: Any) -> Answer:
        """Send this so many milliseconds later (earlier if negative)."""
        self.wallclock.forward(after)
        self.caller.open_session().log_in()
        return self.caller.send(**instruction)

    def request(self, **instruction: Any) -> Answer:
        return self.caller.request(**instruction)


def pages(caller: EngineClient, instruction: Instruction, **more: Any) -> Iterator[Answer]:
    """All pages of the instruction's answer."""
    page = caller.request(**instruction, **more)
    yield page
    while page["next"] is not None:
        page = caller.request(**instruction, **more, before=page["next"])
        yield page


@contextlib.contextmanager
def timed_user(new_wallet: NewWallet) -> Iterator[TimedUser]:
    """A user, besides bob, on a new engine, for tests that need many of them."""
    wallclock = Wallclock()
    with (
        new_wallet() as url,
        EWalletSessionManager(url, clock=wallclock, passwords=CHEAP) as engine,
    ):
        yield TimedUser(EngineClient(engine).open_session().register("bob").register().log_in(), wallclock)
