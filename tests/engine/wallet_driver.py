"""Some people at one engine, each with the plain numbers that their wallets must come to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from database_file import DatabaseFile
from engine_client import EngineClient
from fakes import CHEAP, DAY, IN_MEMORY, MINUTE, Wallclock
from instructions import VIEW_ACCOUNT, VIEW_WALLET, Instruction, view_list
from wallet_model import ModelAccount, ModelClock, Payment

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

NAMES = ("ada", "bob", "cyd")
# A minute less than a session lives: its last use is written at most once a minute.
LONG_AWAY = 29 * MINUTE
REMEMBERED = 29 * DAY


@dataclass(frozen=True)
class ToWhereAClockIsEmpty:
    """A wait until the next run-out, or a little before or after it."""

    offset: int


Wait = int | ToWhereAClockIsEmpty


@dataclass(frozen=True)
class Done:
    """An instruction that was carried out, or refused, for an account that was there then."""

    name: str
    account: int
    at: int
    instruction: Instruction
    request_id: str
    answer: Answer


class WalletDriver:
    """What is asked of the engine here is done to the model too."""

    new_file: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=IN_MEMORY))
        self.file = Path(shutil.copy(self.new_file, self.folder))
        self.clock = Wallclock()
        self.numbers = count(1)
        self.entries = 0
        self.used: set[tuple[str, str]] = set()
        self.payments: list[Payment] = []
        self.model: dict[str, ModelAccount] = {}
        self.callers: dict[str, EngineClient] = {}
        self.open()
        for name in NAMES:
            self.arrives(name)

    def teardown(self) -> None:
        self.close()
        shutil.rmtree(self.folder)

    def close(self) -> None:
        # What is kept lets go first, so that the engine closes the file as the last one that had it open.
        self.kept.close()
        self.engine.close()

    def open(self) -> None:
        self.engine = EWalletSessionManager(f"sqlite:///{self.file}", clock=self.clock, passwords=CHEAP)
        self.kept = DatabaseFile(self.file)
        self.program = EngineClient(self.engine)

    def arrives(self, name: str) -> None:
        """Somebody makes an account, or another one where theirs was deleted."""
        self.callers[name] = EngineClient(self.engine).opens_a_session().registers(name).logs_in(name)
        wallet = self.callers[name].asks_ok(**VIEW_WALLET)["ewallet_data"]
        self.model[name] = ModelAccount(wallet["id"], wallet["clock"])

    def enter(self, name: str) -> None:
        self.callers[name] = EngineClient(self.engine).opens_a_session().logs_in(name)

    def transient(self, wait: Wait) -> None:
        """Time goes on, and who was away for longer than a session lives comes back."""
        stride = self._until_empty(wait) if isinstance(wait, ToWhereAClockIsEmpty) else wait
        self.clock.forward(stride)
        for name, account in self.model.items():
            self.entries += account.pass_time(self.clock.now)
            if stride >= LONG_AWAY and account.is_here:
                self.enter(name)

    def does(self, name: str, instruction: Instruction, model: Callable[[int], int] | None = None) -> Done:
        if model is not None:
            self.entries += model(self.clock.now)
        return self._ask(name, instruction, failed=False)

    def is_refused(self, name: str, code: str | None, instruction: Instruction) -> Done:
        done = self._ask(name, instruction, failed=True)
        assert code is None or done.answer["code"] == code, done.answer
        return done

    def is_not_as_it_was(self, done: Done) -> bool:
        """Whether a repeated request would be another: of somebody else by now, or long forgotten."""
        return (
            not self.model[done.name].is_here
            or self.number_of(done.name) != done.account
            or self.clock.now - done.at >= REMEMBERED
        )

    def number_of(self, name: str) -> int:
        found = self.kept.rows("SELECT id FROM accounts WHERE name = ?", name)
        return found[0]["id"]

    def latest_transfer(self, name: str) -> int:
        answer = self.callers[name].asks_ok(**view_list("transfer", limit=1))
        return answer["sheet_data"]["rows"][0]["id"]

    def email(self, name: str) -> str:
        return self.callers[name].asks_ok(**VIEW_ACCOUNT)["account"]

    def _ask(self, name: str, instruction: Instruction, *, failed: bool) -> Done:
        request_id = f"request {next(self.numbers)}"
        answer = self.callers[name].ask(**instruction, request_id=request_id)
        assert answer["failed"] is failed, (instruction, answer)
        return Done(name, self.number_of(name), self.clock.now, instruction, request_id, answer)

    def _until_empty(self, wait: ToWhereAClockIsEmpty) -> int:
        clocks: list[ModelClock] = [clock for account in self.model.values() for clock in account.clocks]
        ends = [end for end in (clock.ends_at() for clock in clocks) if end is not None]
        return max(0, min(ends) + wait.offset - self.clock.now) if ends else 0


def run_on(row: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """The run that a time record tells of, as the model has it."""
    return row["time_start"], row["time_stop"], row["time_spent"], row["time_pending"], row["pending_count"]
