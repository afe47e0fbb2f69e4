"""Random requests of several users: each is answered well, and one that is refused changes nothing."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from answer_shapes import ERROR_ANSWER, shape_errors
from answer_types import answer_type_errors
from database_file import execute_sql, open_rows
from effort import count, effort, with_seed
from engine_client import EngineClient
from examples_system import cleanup
from fakes import CHEAP, MINUTE, SECOND, FakeListener, Wallclock
from instructions import login, new_account, supply, to_clock
from new_wallets import NewWallet
from random_requests import NAMES, RandomRequests

from ewallet_core import EWalletSessionManager
from ewallet_core.engine.execution import Execution
from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.reference import errors
from ewallet_core.instructions.registry import Instruction
from ewallet_core.ledger.journal import Entry, EntryKind, Issuer
from ewallet_core.operations import movements
from ewallet_core.operations.context import Context
from ewallet_core.storage import journal
from ewallet_core.storage.accounts import accounts
from ewallet_core.storage.transaction import Transaction

REMOTE = "192.0.2.7"
ROLES = {NAMES[0]: "operator", NAMES[1]: "auditor"}
CODES = {error.code for error in errors()}
INTERNAL = {"engine_failed", "storage_failed", "outcome_unknown", "storage_damaged"}
IN_ONE_FILE, ROUND = 300, 50
"""After the requests of a round, time passes, all users log in again, and the ledger must verify."""


class Users:
    """The users of an engine, and the sessions in which they are logged in, or are not."""

    def __init__(self, engine: EWalletSessionManager, url: str, wallclock: Wallclock) -> None:
        self._engine = engine
        self._url = url
        self._wallclock = wallclock
        self.sessions: list[dict[str, str]] = []

    def return_all(self, drawn: random.Random) -> None:
        """Let time pass, and everybody log in again, with an account of the name if there is none."""
        self._wallclock.forward(drawn.choice([SECOND, MINUTE, 31 * MINUTE]))
        # Timers that ran out meanwhile are settled before any instruction, also one that is refused.
        EngineClient(self._engine).request(**cleanup("clocks"))
        self.sessions.clear()
        for name in NAMES:
            caller = EngineClient(self._engine).open_session()
            caller.send(**new_account(name))
            if not caller.send(**login(name))["failed"]:
                caller.send(**supply(100))
                caller.send(**to_clock(20))
                execute_sql(
                    self._url, "UPDATE accounts SET role = ? WHERE name = ?", ROLES.get(name, "user"), name
                )
            self.sessions.append(caller.credentials)


class Checks:
    """Sends requests to an engine and checks each answer, and what it has changed if it was refused."""

    def __init__(self, engine: EWalletSessionManager, url: str) -> None:
        self._engine = engine
        self._database = open_rows(url)
        self._content = self._database.significant_content()
        self._version = self._database.version()
        self.codes: Counter[str] = Counter()

    def close(self) -> None:
        self._database.close()

    def send(self, request: dict[str, Any], address: str) -> None:
        self._look()
        answer = self._engine.answer(request, address)
        try:
            self._check(request, answer)
        except Exception as wrong:
            wrong.add_note(f"The request from {address}: {json.dumps(request)}")
            raise

    def check_ledger(self) -> None:
        assert self._database.violations() == []

    def _look(self) -> bool:
        """Read the rows again if some were changed; returns whether they are others."""
        if self._database.version() == self._version:
            return False
        before, self._content = self._content, self._database.significant_content()
        self._version = self._database.version()
        return before != self._content

    def _check(self, request: dict[str, Any], answer: dict[str, Any]) -> None:
        assert json.loads(json.dumps(answer, allow_nan=False)) == answer
        shown = {name: value for name, value in answer.items() if name != "request_id"}
        self.codes[shown.get("code", "done")] += 1
        if answer["failed"]:
            shown.pop("event_sequence", None)
            assert shape_errors(shown, ERROR_ANSWER) == []
            assert answer["code"] in CODES - INTERNAL, answer
            assert not self._look(), f"{answer['code']} has changed something"
        else:
            found, _ = REGISTRY.find(request.get("command_chain", request))
            assert list(answer_type_errors(shown, found.answers)) == []


def send_random_requests(
    engine: EWalletSessionManager, url: str, clock: Wallclock, seed: object, most: int
) -> Counter[str]:
    """Send that many, and return how often each code was answered."""
    drawn = random.Random(f"{seed}")
    users = Users(engine, url, clock)
    users.return_all(drawn)
    requests, checks = RandomRequests(drawn, users.sessions), Checks(engine, url)
    try:
        for number in range(most):
            if number % ROUND == ROUND - 1:
                users.return_all(drawn)
                checks.check_ledger()
            checks.send(requests.draw(), drawn.choice(["in process", "in process", REMOTE]))
        checks.check_ledger()
    finally:
        checks.close()
    return checks.codes


Fuzz = Callable[[object, int], Counter[str]]


@pytest.fixture
def fuzz(new_wallet: NewWallet) -> Fuzz:
    """Send that many random requests to an engine on a new wallet, as a small one is compared quickly."""

    def send(seed: object, most: int) -> Counter[str]:
        clock = Wallclock()
        with new_wallet() as url, EWalletSessionManager(url, clock=clock, passwords=CHEAP) as engine:
            engine.listen_through(FakeListener())
            return send_random_requests(engine, url, clock, seed, most)

    return send


@with_seed
def test_random_requests_are_answered_and_refused_ones_change_nothing(fuzz, seed):
    codes: Counter[str] = Counter()
    for number in range(effort(3, 10)):
        codes += fuzz(f"{seed} {number}", IN_ONE_FILE)
    count(random_requests=codes.total())


# What must fail


def an_answer_has_a_key_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    call = Instruction.__call__
    monkeypatch.setattr(Instruction, "__call__", lambda *called: {**call(*called), "surplus": 1})


def an_instruction_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    post = movements.post

    def raise_sometimes(transaction: Transaction, entry: Entry, issuing: Issuer) -> object:
        if entry.kind is EntryKind.PAYMENT:
            raise LookupError
        return post(transaction, entry, issuing)

    monkeypatch.setattr(movements, "post", raise_sometimes)


def a_refusal_changes_something(monkeypatch: pytest.MonkeyPatch) -> None:
    remember, phones = Execution._remember, itertools.count()

    def change_too(execution: Execution, context: Context, answer: dict[str, Any]) -> None:
        remember(execution, context, answer)
        if answer["failed"]:
            accounts.change(context.transaction, 1, phone=str(next(phones)))

    monkeypatch.setattr(Execution, "_remember", change_too)


def a_balance_is_moved_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    post = movements.post

    def move_more(transaction: Transaction, entry: Entry, issuing: Issuer) -> object:
        done = post(transaction, entry, issuing)
        if entry.kind is EntryKind.PAYMENT:
            transaction.run(journal._MOVE, balance_id=entry.postings[0].balance, by=1, at=entry.at)
        return done

    monkeypatch.setattr(movements, "post", move_more)


PLANTED = (
    an_answer_has_a_key_too_much,
    an_instruction_raises,
    a_refusal_changes_something,
    a_balance_is_moved_alone,
)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_detected(fuzz, monkeypatch, plant):
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        fuzz("planted", IN_ONE_FILE)
