"""Two people at one engine, each with the plain numbers that their wallet must come to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from asking import Instruction
from caller import Caller
from cheap_hashes import CHEAP
from wallclock import MINUTE, Wallclock
from wallet_model import ModelAccount

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

NAMES = ("ada", "bob")
# A minute less than a session lives: its last use is written at most once a minute.
LONG_AWAY = 29 * MINUTE

Done = tuple[str, Instruction, str, Answer]


@dataclass(frozen=True)
class ToWhereAClockIsEmpty:
    """A wait until the next run-out, or a little before or after it."""

    offset: int


Wait = int | ToWhereAClockIsEmpty


class DrivenWallets:
    """What is asked of the engine here is done to the model too."""

    new_file: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.file = Path(shutil.copy(self.new_file, self.folder))
        self.clock = Wallclock()
        self.numbers = count(1)
        self.model = {name: ModelAccount() for name in NAMES}
        self.open()
        self.callers = {name: self.enter(name, is_new=True) for name in NAMES}

    def teardown(self) -> None:
        self.engine.close()
        shutil.rmtree(self.folder)

    def open(self) -> None:
        self.engine = EWalletSessionManager(f"sqlite:///{self.file}", clock=self.clock, passwords=CHEAP)

    def enter(self, name: str, *, is_new: bool = False) -> Caller:
        caller = Caller(self.engine).opens_a_session()
        if is_new:
            caller.registers(name)
        return caller.logs_in(name)

    def passes(self, wait: Wait) -> None:
        """Time goes on, and who was away for longer than a session lives comes back."""
        stride = self._until_empty(wait) if isinstance(wait, ToWhereAClockIsEmpty) else wait
        self.clock.forward(stride)
        for name, account in self.model.items():
            account.pass_time(self.clock.now)
            if stride >= LONG_AWAY:
                self.callers[name] = self.enter(name)

    def does(self, name: str, instruction: Instruction, model: Callable[[int], None] | None = None) -> Done:
        if model is not None:
            model(self.clock.now)
        request_id = f"request {next(self.numbers)}"
        answer = self.callers[name].asks_ok(**instruction, request_id=request_id)
        return name, instruction, request_id, answer

    def is_refused(self, name: str, code: str | None, instruction: Instruction) -> Done:
        request_id = f"request {next(self.numbers)}"
        answer = self.callers[name].ask(**instruction, request_id=request_id)
        assert answer["failed"] is True
        assert code is None or answer["code"] == code
        return name, instruction, request_id, answer

    def _until_empty(self, wait: ToWhereAClockIsEmpty) -> int:
        ends = [end for end in (account.ends_at() for account in self.model.values()) if end is not None]
        return max(0, min(ends) + wait.offset - self.clock.now) if ends else 0


def run_on(row: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """The run that a time record tells of, as the model has it."""
    return (
        _milliseconds(row["time_start"]),
        _milliseconds(row["time_stop"]),
        row["time_spent_ms"],
        row["time_pending_ms"],
        row["pending_count"],
    )


def _milliseconds(timestamp: str) -> int:
    moment = datetime.fromisoformat(timestamp) - datetime(1970, 1, 1, tzinfo=UTC)
    return round(moment.total_seconds() * 1000)
