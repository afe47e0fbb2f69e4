"""Database files with a wrong bit: a wrong balance is never answered unless `ewallet verify` tells of it."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from answer_shapes import ERROR_ANSWER, shape_errors
from database_file import execute_sql
from effort import count, effort, with_seed
from engine_client import SELECTORS
from fakes import CHEAP, Wallclock
from instructions import VIEW_CLOCK, VIEW_WALLET, Instruction, supply, view_list
from recorded_history import History, record_history

from ewallet_core import EWalletSessionManager
from ewallet_core.commands import verify
from ewallet_core.errors.server import StorageUnavailableError

BALANCES = ("credits", "credit_clock_ms")
QUESTIONS = (VIEW_WALLET, VIEW_CLOCK, {"action": "view", "view": "overview"})
OTHERS = (*map(view_list, ("transfer", "invoice", "conversion", "time")), supply(1))


def balances_in(answer: Any) -> Iterator[tuple[str, int]]:
    """The balances in an answer, with their names."""
    if isinstance(answer, dict):
        yield from ((key, value) for key, value in answer.items() if key in BALANCES)
    if isinstance(answer, dict | list):
        for part in answer.values() if isinstance(answer, dict) else answer:
            yield from balances_in(part)


PAGE_BYTES = 4_096
ROOT_PAGES = """
    SELECT rootpage FROM sqlite_master WHERE tbl_name IN
    ('balances', 'postings', 'entries', 'ewallets', 'clocks', 'accounts', 'sessions', 'time_segments')
"""

Outcome = str
RIGHT, REFUSED, FAILED, WRONG = "right", "refused", "engine failed", "wrong balance"
MUST_BE_TOLD = {FAILED, WRONG}


@dataclass(frozen=True, repr=False)
class UsedFile:
    """A file that was used and closed, the credentials of its accounts, and their balances in each answer."""

    file: Path
    content: bytes
    now: int
    accounts: list[dict[str, str]]
    balances: dict[tuple[int, int], list[tuple[str, int]]]

    @classmethod
    def of(cls, history: History, folder: Path) -> UsedFile:
        file = history.write_to(folder, history.log)
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        names = ("client_id", "session_token")
        found = {change.request["session_token"]: change.request for change in history.changes}
        accounts = [{name: request[name] for name in names} for request in found.values()]
        used = cls(file, file.read_bytes(), history.changes[-1].at, accounts, {})
        with used.open() as engine:
            for place, answer in used.ask(engine, QUESTIONS):
                used.balances[place] = list(balances_in(answer))
        return used

    def open(self) -> EWalletSessionManager:
        return EWalletSessionManager(f"sqlite:///{self.file}", clock=Wallclock(self.now), passwords=CHEAP)

    def ask(
        self, engine: EWalletSessionManager, questions: tuple[Instruction, ...]
    ) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
        """The answers, each with the numbers of its account and its question."""
        for account, credentials in enumerate(self.accounts):
            for question, instruction in enumerate(questions):
                yield (account, question), engine.answer({**SELECTORS, **credentials, **instruction})

    def written_bytes(self, *, of_tables: bool) -> list[int]:
        """The places of bytes that are not zero: of the tables of which balances are read, or of all."""
        pages = {at // PAGE_BYTES for at in range(len(self.content))}
        if of_tables:
            with contextlib.closing(sqlite3.connect(self.file)) as connection:
                roots = connection.execute(ROOT_PAGES).fetchall()
            pages = {root - 1 for (root,) in roots}
        return [at for at, byte in enumerate(self.content) if byte and at // PAGE_BYTES in pages]

    def put(self, content: bytes) -> None:
        """Put that content in place of the file."""
        for end in ("-wal", "-shm"):
            self.file.with_name(f"{self.file.name}{end}").unlink(missing_ok=True)
        self.file.write_bytes(content)

    def check(self, content: bytes) -> Outcome:
        """Use the file with that content; what is not right must be refused, or told by `ewallet verify`."""
        self.put(content)
        try:
            engine = self.open()
        except StorageUnavailableError:
            return REFUSED
        with engine:
            outcomes = {self.outcome(place, answer) for place, answer in self.ask(engine, QUESTIONS)}
            assert not outcomes & MUST_BE_TOLD or self.verify_tells(), f"{outcomes}, verify tells of nothing"
            for _, answer in self.ask(engine, OTHERS):
                if answer["failed"]:
                    assert shape_errors(answer, ERROR_ANSWER) == []
        return next(outcome for outcome in (WRONG, FAILED, REFUSED, RIGHT) if outcome in outcomes)

    def outcome(self, place: tuple[int, int], answer: dict[str, Any]) -> Outcome:
        if answer["failed"]:
            assert shape_errors(answer, ERROR_ANSWER) == []
            return FAILED if answer["code"] == "engine_failed" else REFUSED
        return RIGHT if list(balances_in(answer)) == self.balances[place] else WRONG

    def verify_tells(self) -> bool:
        return verify.run(f"sqlite:///{self.file}", None, None, as_json=False) != 0


@pytest.fixture
def used(open_engine, wallet_file, wallclock, tmp_path) -> UsedFile:
    folder = wallet_file.with_name("used")
    folder.mkdir()
    return UsedFile.of(record_history(open_engine(), wallet_file, wallclock), folder)


@with_seed
def test_a_wrong_bit_gives_no_wrong_balance_that_nothing_tells_of(used, seed):
    drawn, outcomes = random.Random(seed), Counter[Outcome]()
    places = [used.written_bytes(of_tables=of_tables) for of_tables in (True, True, False)]
    for number in range(effort(45, 150)):
        at, bit = drawn.choice(places[number % 3]), drawn.randrange(8)
        content = bytearray(used.content)
        content[at] ^= 1 << bit
        try:
            outcomes[used.check(bytes(content))] += 1
        except Exception as wrong:
            wrong.add_note(f"Bit {bit} of byte {at} of the file, which is on page {at // PAGE_BYTES + 1}.")
            raise
    assert outcomes[RIGHT]
    assert outcomes[REFUSED]
    count(file_bit_flips=outcomes.total(), wrong_balances_told=outcomes[WRONG])


# What must fail


def with_wrong_balances(used: UsedFile) -> bytes:
    execute_sql(used.file, "UPDATE balances SET amount = amount + 1 WHERE NOT issues")
    return used.file.read_bytes()


def test_a_wrong_balance_that_nothing_tells_of_is_detected(used, monkeypatch):
    assert used.check(with_wrong_balances(used)) is WRONG
    used.put(used.content)
    monkeypatch.setattr(verify, "run", lambda *_, as_json: 0)
    with pytest.raises(AssertionError, match="tells of nothing"):
        used.check(with_wrong_balances(used))
