"""Random requests whose effects can be added up in any order, and what the database must hold after them."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from database_file import find_violations
from effort import SEED
from engine_client import EngineClient
from examples_payments import pay, transfer
from instructions import PAUSE, RESUME, START, STOP, Instruction, supply, to_clock, to_credits
from sqlalchemy import text

from ewallet_core import EWalletSessionManager
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.transaction import Transaction

NAMES = ("ada", "bob", "cyd")
FUNDS, TIME_FUNDS, RATE = 1_000_000, 100_000, 60_000
TOO_MUCH = 100 * FUNDS

Answer = dict[str, Any]


def with_kills(usual: int, of_one: int) -> pytest.MarkDecorator:
    """Gives the test seeds with numbers of kills, at most `of_one`; EWALLET_CRASH_KILLS are all together."""
    left = int(os.environ.get("EWALLET_CRASH_KILLS", usual))
    kills = [
        pytest.param(f"{SEED}-{done}", min(of_one, left - done), id=f"EWALLET_SEED={SEED} from kill {done}")
        for done in range(0, left, of_one)
    ]
    return pytest.mark.parametrize(("seed", "kills"), kills)


@dataclass(frozen=True)
class Sent:
    """A request of one of the accounts, under a request id that no other has."""

    name: str
    kind: str
    other: str
    credits: int
    request_id: str

    @property
    def instruction(self) -> Instruction:
        notes = {"notes": self.request_id}
        match self.kind:
            case "supply":
                return supply(self.credits, **notes)
            case "pay":
                return pay(f"{self.other}@example.org", self.credits, **notes)
            case "transfer":
                return transfer(f"{self.other}@example.org", self.credits, **notes)
            case "to clock":
                return to_clock(self.credits, **notes)
            case "to credits":
                return to_credits(credits=self.credits, **notes)
        return {"start": START, "pause": PAUSE, "resume": RESUME, "stop": STOP}[self.kind]


KINDS = ("supply", "pay", "transfer", "to clock", "to credits", "start", "pause", "resume", "stop")
EXPECTED_CODES = {None, "not_enough_credits", "not_enough_time", "timer_state"}


def draw(seed: str, sender: int, number: int) -> Sent:
    """The request of that number of that sender: the same one in each process that draws it."""
    drawn = random.Random(f"{seed} {sender} {number}")
    name = NAMES[sender % len(NAMES)]
    return Sent(
        name=name,
        kind=drawn.choice(KINDS),
        other=drawn.choice([other for other in NAMES if other != name]),
        credits=TOO_MUCH if drawn.random() < 0.1 else drawn.randint(1, 5),
        request_id=f"load {seed} {sender} {number:06}",
    )


def open_funded_sessions(engine: EWalletSessionManager, senders: int) -> list[dict[str, str]]:
    """The credentials of each sender: sessions of accounts that can afford all but `TOO_MUCH`."""
    sessions = []
    for sender in range(senders):
        name = NAMES[sender % len(NAMES)]
        caller = EngineClient(engine).open_session()
        if sender < len(NAMES):
            caller.register(name)
        caller.log_in(name)
        if sender < len(NAMES):
            caller.request(**supply(FUNDS))
            caller.request(**to_clock(TIME_FUNDS))
        sessions.append(caller.credentials)
    return sessions


@dataclass
class Totals:
    """What the database holds, by account, and how many records of each request."""

    credits: Counter[str] = field(default_factory=Counter)
    milliseconds: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)

    def apply(self, sent: Sent) -> None:
        """Add the effect of a request that succeeded; time is counted before any of it is spent."""
        match sent.kind:
            case "supply":
                self.credits[sent.name] += sent.credits
                self.records[sent.request_id] = 2
            case "pay" | "transfer":
                self.credits[sent.name] -= sent.credits
                self.credits[sent.other] += sent.credits
                self.records[sent.request_id] = 2
            case "to clock" | "to credits":
                credits = sent.credits if sent.kind == "to credits" else -sent.credits
                self.credits[sent.name] += credits
                self.milliseconds[sent.name] -= credits * RATE
                self.records[sent.request_id] = 1
            case "stop":
                self.runs[sent.name] += 1


_BALANCES = text("""
    SELECT name, unit, amount FROM balances JOIN accounts ON accounts.id = account_id WHERE issues = 0
""")
_RUNS = text("""
    SELECT name, count(*) AS runs, sum(time_spent) AS spent
    FROM time_records JOIN accounts ON accounts.id = account_id GROUP BY name
""")
_RECORDS = text("""
    SELECT notes, count(*) AS records
    FROM (SELECT notes FROM transfer_records UNION ALL SELECT notes FROM conversion_records) AS noted
    WHERE notes LIKE 'load %' GROUP BY notes
""")
_SEEN = text("SELECT request_id, answer FROM seen_requests WHERE request_id LIKE 'load %'")


class LoadedDatabase:
    """A database under a random load, and the requests and answers of the load so far.

    Of the database it knows only the URL, so that engines on any kind of database can be tested.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent: dict[str, Sent] = {}
        self.answers: dict[str, Answer] = {}
        """The answers that a sender has received, by request id."""

    def note_sent(self, *requests: Sent) -> None:
        self.sent |= {sent.request_id: sent for sent in requests}

    def note_answer(self, request_id: str, answer: Answer) -> None:
        assert answer.get("code") in EXPECTED_CODES, (self.sent.get(request_id), answer)
        self.answers[request_id] = _remembered_of(answer)

    def check(self, *, is_complete: bool = False) -> None:
        """Assert that each request that was answered is stored once, and any other once or not at all.

        Meanwhile others may send more, and note answers.
        """
        answers = dict(self.answers)
        with open_read_only(self.url) as transaction:
            violations = find_violations(transaction)
            assert violations == []
            stored = dict(transaction.run(_SEEN).fetchall())
            found = _totals_in(transaction)
        sent = dict(self.sent)
        stored = {request_id: msgspec.json.decode(answer) for request_id, answer in stored.items()}
        assert answers.keys() <= stored.keys() <= sent.keys()
        assert {request_id: stored[request_id] for request_id in answers} == answers
        assert not is_complete or stored.keys() == sent.keys()
        succeeded = [sent[request_id] for request_id, answer in stored.items() if not answer["failed"]]
        assert found == _totals_after(succeeded)

    def repeat(self, requests: Iterable[Sent], ask: Callable[[Sent], Answer]) -> None:
        """Send these again under their request ids: each is answered as before, or carried out now."""
        for sent in requests:
            if sent.request_id not in self.answers:
                self.note_answer(sent.request_id, ask(sent))
            assert _remembered_of(ask(sent)) == self.answers[sent.request_id], sent


def _remembered_of(answer: Answer) -> Answer:
    """The answer as it is remembered for its request id."""
    return {key: value for key, value in answer.items() if key not in ("request_id", "event_sequence")}


def _totals_in(transaction: Transaction) -> Totals:
    totals = Totals()
    for name, unit, amount in transaction.run(_BALANCES).fetchall():
        if name in NAMES:
            (totals.credits if unit == "credit" else totals.milliseconds)[name] = amount
    for name, runs, spent in transaction.run(_RUNS).fetchall():
        totals.runs[name] = runs
        totals.milliseconds[name] += int(spent)
    totals.records.update(dict(transaction.run(_RECORDS).fetchall()))
    return totals


def _totals_after(succeeded: Iterable[Sent]) -> Totals:
    totals = Totals()
    for name in NAMES:
        totals.credits[name], totals.milliseconds[name] = FUNDS - TIME_FUNDS, TIME_FUNDS * RATE
    for sent in succeeded:
        totals.apply(sent)
    return totals
