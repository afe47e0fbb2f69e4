"""Asking what happened, and a person to whom something happened on days far apart."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine_client import EngineClient
from fakes import CHEAP, IN_MEMORY, Wallclock
from instructions import Instruction

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

STATEMENT = {"action": "view", "view": "statement"}
SUMMARY = {"action": "view", "view": "summary"}
SEARCH = {"action": "search", "search": "records"}
EXPORT = {"action": "export", "export": "sheet"}


def iso(milliseconds: int) -> str:
    """An instant as a request may have it; worked out by Python's own calendar."""
    moment = datetime.fromtimestamp(milliseconds // 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1_000:03}Z"


@dataclass
class Witness:
    """Somebody with a wallet, who logs in anew whenever time has passed."""

    caller: EngineClient
    wallclock: Wallclock

    def does(self, after: int, **instruction: Any) -> Answer:
        """Ask this, so many milliseconds later (or earlier, where the clock was set back)."""
        self.wallclock.forward(after)
        self.caller.opens_a_session().logs_in()
        return self.caller.ask(**instruction)

    def asks_ok(self, **instruction: Any) -> Answer:
        return self.caller.asks_ok(**instruction)


def pages(caller: EngineClient, instruction: Instruction, **more: Any) -> Iterator[Answer]:
    """The instruction's pages, from the first to the last."""
    page = caller.asks_ok(**instruction, **more)
    yield page
    while page["next"] is not None:
        page = caller.asks_ok(**instruction, **more, before=page["next"])
        yield page


@contextlib.contextmanager
def witness(new_wallet_file: Path) -> Iterator[Witness]:
    """A witness, beside bob, at an engine of its own, for tests that need many of them."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        file = shutil.copy(new_wallet_file, folder)
        wallclock = Wallclock()
        engine = EWalletSessionManager(f"sqlite:///{file}", clock=wallclock, passwords=CHEAP)
        try:
            yield Witness(
                EngineClient(engine).opens_a_session().registers("bob").registers().logs_in(), wallclock
            )
        finally:
            engine.close()
