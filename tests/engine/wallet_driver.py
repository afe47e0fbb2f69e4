"""Several users of one engine, each with a model of their wallets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from database_file import open_rows
from engine_client import EngineClient
from fakes import CHEAP, DAY, MINUTE, Wallclock
from instructions import VIEW_ACCOUNT, VIEW_WALLET, Instruction, new_account, view_list
from new_wallets import NewWallet
from wallet_model import ModelAccount, ModelClock, Payment

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

NAMES = ("ada", "bob", "cyd")
# A minute less than the session lifetime, as the last use is written at most once a minute.
SESSION_LIFETIME = 29 * MINUTE
REQUEST_LIFETIME = 29 * DAY


@dataclass(frozen=True)
class UntilRunOut:
    """A wait until the next run-out, plus an offset in milliseconds."""

    offset: int


Wait = int | UntilRunOut


@dataclass(frozen=True)
class SentRequest:
    """A request that succeeded or failed, with its account and answer."""

    name: str
    account: int
    at: int
    instruction: Instruction
    request_id: str
    answer: Answer


class WalletDriver:
    """Applies every instruction to the engine and to the model."""

    new_wallet: NewWallet

    def __init__(self) -> None:
        super().__init__()
        self.wallet = contextlib.ExitStack()
        self.url = self.wallet.enter_context(self.new_wallet())
        self.clock = Wallclock()
        self.leap = 0
        self.numbers = count(1)
        self.entries = 0
        self.used: set[tuple[str, str]] = set()
        self.payments: list[Payment] = []
        self.model: dict[str, ModelAccount] = {}
        self.callers: dict[str, EngineClient] = {}
        self.emails: dict[str, str] = {}
        self.open()
        for name in NAMES:
            self.create_account(name)

    def teardown(self) -> None:
        self.close()
        self.wallet.close()

    def close(self) -> None:
        # Closed first, so that the engine is the last one to close the file.
        self.database.close()
        self.engine.close()

    def open(self) -> None:
        self.engine = EWalletSessionManager(
            self.url,
            clock=self.clock,
            boot_clock=lambda: self.clock.now - self.leap,
            boot_id="boot 1",
            passwords=CHEAP,
        )
        self.database = open_rows(self.url)
        self.system = EngineClient(self.engine)

    def create_account(self, name: str) -> None:
        """Create the account, or create it again after its erasure, with a new email.

        The email of the erased account is reserved.
        """
        visitor = EngineClient(self.engine).open_session()
        if (before := self.emails.get(name)) is not None:
            visitor.expect_error("email_taken", **new_account(name, user_email=before))
        self.emails[name] = f"{name}{next(self.numbers)}@example.org"
        visitor.request(**new_account(name, user_email=self.emails[name]))
        self.callers[name] = visitor.log_in(name)
        wallet = self.callers[name].request(**VIEW_WALLET)["ewallet_data"]
        self.model[name] = ModelAccount(wallet["id"], wallet["clock"])

    def log_in_again(self, name: str) -> None:
        self.callers[name] = EngineClient(self.engine).open_session().log_in(name)

    def leap_by(self, milliseconds: int) -> None:
        """Let the wall clock leap, which the boot clock does not."""
        self.clock.forward(milliseconds)
        self.leap += milliseconds

    def advance(self, wait: Wait) -> None:
        """Let time pass, and log in again if the sessions have expired."""
        stride = self._until_empty(wait) if isinstance(wait, UntilRunOut) else wait
        self.clock.forward(stride)
        for name, account in self.model.items():
            self.entries += account.pass_time(self.clock.now)
            if stride >= SESSION_LIFETIME and account.is_active:
                self.log_in_again(name)

    def succeed(
        self, name: str, instruction: Instruction, model: Callable[[int], int] | None = None
    ) -> SentRequest:
        if model is not None:
            self.entries += model(self.clock.now)
        return self._ask(name, instruction, failed=False)

    def expect_error(self, name: str, code: str | None, instruction: Instruction) -> SentRequest:
        done = self._ask(name, instruction, failed=True)
        assert code is None or done.answer["code"] == code, done.answer
        return done

    def is_outdated(self, done: SentRequest) -> bool:
        """Whether the account of the request is gone, or its request id has expired."""
        return (
            not self.model[done.name].is_active
            or self.number_of(done.name) != done.account
            or self.clock.now - done.at >= REQUEST_LIFETIME
        )

    def number_of(self, name: str) -> int:
        found = self.database.rows("SELECT id FROM accounts WHERE name = ?", name)
        return found[0]["id"]

    def latest_transfer(self, name: str) -> int:
        answer = self.callers[name].request(**view_list("transfer", limit=1))
        return answer["sheet_data"]["rows"][0]["id"]

    def email(self, name: str) -> str:
        return self.callers[name].request(**VIEW_ACCOUNT)["account"]

    def _ask(self, name: str, instruction: Instruction, *, failed: bool) -> SentRequest:
        request_id = f"request {next(self.numbers)}"
        answer = self.callers[name].send(**instruction, request_id=request_id)
        assert answer["failed"] is failed, (instruction, answer)
        return SentRequest(name, self.number_of(name), self.clock.now, instruction, request_id, answer)

    def _until_empty(self, wait: UntilRunOut) -> int:
        clocks: list[ModelClock] = [clock for account in self.model.values() for clock in account.clocks]
        ends = [end for end in (clock.ends_at() for clock in clocks) if end is not None]
        return max(0, min(ends) + wait.offset - self.clock.now) if ends else 0


def run_on(row: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """The run of a time record, in the form of the model."""
    return row["time_start"], row["time_stop"], row["time_spent"], row["time_pending"], row["pending_count"]
