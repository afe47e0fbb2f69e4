"""Requests that reach two servers of one database at the same moment."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from itertools import count, cycle

import pytest
from database_file import violations_in
from effort import effort, with_seed
from engine_client import EngineClient, without_sequence
from examples_payments import edit_limit, pay, refund, transfer
from fakes import CHEAP
from instructions import LOGOUT, START, STOP, VIEW_ACCOUNT, Instruction, login, new_account, supply, to_clock
from new_database import NewDatabase
from postgresql_server import PostgresqlServer
from server_pair import in_ports, running_pair
from socket_wire import Wire

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer
from ewallet_core.operations.context import EngineConfig

THREADS = 40
ROUNDS = effort(5, 50)
PATIENCE_SECONDS = 60

_NUMBERS = count(1)


@pytest.fixture(scope="module")
def module_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """A wallet whose ledger must verify after all tests."""
    database = NewDatabase(postgresql_server, postgresql_server.new_database())
    EWalletSessionManager(database.url(), passwords=CHEAP).close()
    yield database.url()
    assert violations_in(database.url()) == []
    database.drop()


@pytest.fixture(scope="module")
def ports(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[int]]:
    """The ports of two servers in processes of their own."""
    with running_pair(tmp_path_factory.mktemp("servers"), module_url) as servers:
        yield in_ports(servers)


@pytest.fixture(scope="module")
def engines(module_url: str) -> Iterator[list[EWalletSessionManager]]:
    """Two engines of this process, which hash passwords cheaply."""
    with ExitStack() as closed:
        choices = {"passwords": CHEAP, "config": EngineConfig(self_supply=True)}
        yield [closed.enter_context(closing(EWalletSessionManager(module_url, **choices))) for _ in range(2)]


class Accounts:
    """New accounts of one test, and sessions that are logged in to them."""

    def __init__(self, engine: EWalletSessionManager, number: int) -> None:
        self._engine = engine
        self._number = number

    def name(self, name: str) -> str:
        return f"{name} {self._number}"

    def email(self, name: str) -> str:
        return f"{name}.{self._number}@example.org"

    def add(self, name: str, credits: int = 0, sessions: int = 1) -> list[EngineClient]:
        """So many sessions of a new account that has so many credits."""
        made = [EngineClient(self._engine).open_session() for _ in range(sessions)]
        made[0].request(**new_account(self.name(name), user_email=self.email(name)))
        for session in made:
            session.log_in(self.name(name))
        if credits:
            made[0].request(**supply(credits))
        return made


@pytest.fixture
def accounts(engines: list[EWalletSessionManager]) -> Accounts:
    return Accounts(engines[0], next(_NUMBERS))


def at_once(sends: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """The answers to all of these, each in a thread of its own."""
    ready = threading.Barrier(len(sends), timeout=PATIENCE_SECONDS)

    def send_when_ready(send: Callable[[], Answer]) -> Answer:
        ready.wait()
        return send()

    with ThreadPoolExecutor(len(sends)) as threads:
        return list(threads.map(send_when_ready, sends))


def send_at_once(ports: list[int], requests: Iterable[tuple[EngineClient, Instruction]]) -> list[Answer]:
    """The answers to requests that are sent at once, each on a connection to the next of the servers."""
    with ExitStack() as closed:
        sends = []
        for (caller, instruction), port in zip(requests, cycle(ports), strict=False):
            wire = closed.enter_context(closing(Wire(port)))
            sends.append(partial(EngineClient(wire, caller.credentials).send, **instruction))
        return at_once(sends)


def codes(answers: Iterable[Answer]) -> Counter[str]:
    return Counter(answer.get("code", "done") for answer in answers)


def test_the_last_credits_are_spent_once(ports, accounts):
    payers = accounts.add("payer", credits=10, sessions=THREADS)
    payees = [accounts.add(name)[0] for name in ("b", "c", "d")]
    to = [accounts.email(name) for name in ("b", "c", "d")]
    answers = send_at_once(ports, ((payer, pay(to[number % 3], 1)) for number, payer in enumerate(payers)))
    assert codes(answers) == {"done": 10, "not_enough_credits": THREADS - 10}
    assert payers[0].credits == 0
    assert sum(payee.credits for payee in payees) == 10


def test_the_daily_limit_holds_across_servers(ports, accounts):
    payers = accounts.add("payer", credits=100, sessions=THREADS)
    accounts.add("payee")
    payers[0].request(**edit_limit(10))
    answers = send_at_once(ports, ((payer, pay(accounts.email("payee"), 1)) for payer in payers))
    assert codes(answers) == {"done": 10, "daily_limit_reached": THREADS - 10}
    assert payers[0].credits == 90


def test_one_request_id_at_both_servers_is_carried_out_once(ports, accounts):
    (payer,) = accounts.add("payer", credits=100)
    accounts.add("payee")
    for number in range(ROUNDS):
        once = {**pay(accounts.email("payee"), 1), "request_id": f"sent once {number:04}"}
        answers = send_at_once(ports, [(payer, once)] * 4)
        assert [without_sequence(answer) for answer in answers] == [without_sequence(answers[0])] * 4
        assert payer.credits == 99 - number


def test_one_request_id_with_another_content_is_refused_by_one_server(ports, accounts):
    (payer,) = accounts.add("payer", credits=100)
    accounts.add("payee")
    for number in range(ROUNDS):
        payments = [
            {**pay(accounts.email("payee"), credits), "request_id": f"with two contents {number}"}
            for credits in (1, 2)
        ]
        answers = send_at_once(ports, [(payer, payment) for payment in payments])
        assert codes(answers) == {"done": 1, "request_id_reused": 1}


def test_a_name_and_an_email_are_given_once(engines, accounts):
    callers = [EngineClient(engine).open_session() for engine in engines * 4]
    for number in range(ROUNDS):
        name, email = accounts.name(f"name {number}"), accounts.email(f"e{number}")
        of_name = [new_account(name, user_email=accounts.email(f"n{number}.{caller}")) for caller in range(8)]
        of_email = [
            new_account(accounts.name(f"e{number} {caller}"), user_email=email) for caller in range(8)
        ]
        for wanted, code in ((of_name, "name_taken"), (of_email, "email_taken")):
            answers = at_once(
                [partial(caller.send, **new) for caller, new in zip(callers, wanted, strict=True)]
            )
            assert codes(answers) == {"done": 1, code: 7}


def test_a_payment_is_refunded_once(ports, accounts):
    (payer,) = accounts.add("payer", credits=100)
    payees = accounts.add("payee", sessions=8)
    for number in range(ROUNDS):
        payer.request(**pay(accounts.email("payee"), 5))
        record = payees[0].records("transfer")[0]["id"]
        answers = send_at_once(ports, [(payee, refund(record)) for payee in payees])
        assert codes(answers)["done"] == 1, number
        assert payer.credits == 100


def test_a_timer_is_started_and_stopped_once(ports, accounts):
    sessions = accounts.add("owner", credits=100, sessions=8)
    sessions[0].request(**to_clock(50))
    for number in range(ROUNDS):
        for change in (START, STOP):
            answers = send_at_once(ports, [(session, change) for session in sessions])
            assert codes(answers) == {"done": 1, "timer_state": 7}
        assert len(sessions[0].records("time")) == number + 1


def test_logins_and_logouts_of_one_session_act_one_after_another(engines, accounts):
    (session,) = accounts.add("ada")
    accounts.add("bob")
    first, second = (session.at(engine) for engine in engines)
    names = [accounts.name(name) for name in ("ada", "bob")]
    for _ in range(ROUNDS):
        answers = at_once(
            [
                partial(first.send, **login(names[0])),
                partial(second.send, **LOGOUT),
                partial(second.send, **login(names[1])),
                partial(first.send, **LOGOUT),
            ]
        )
        assert codes(answers).keys() <= {"done", "not_logged_in"}
        seen = [caller.send(**VIEW_ACCOUNT) for caller in (first, second)]
        assert seen[0] == seen[1]
        assert seen[0].get("code", "done") in ("done", "not_logged_in")


@with_seed
def test_opposite_transfers_of_pairs_keep_the_sum(ports, accounts, seed):
    drawn = random.Random(seed)
    names = ["a", "b", "c", "d"]
    sessions = {name: accounts.add(name, credits=100, sessions=THREADS // 4) for name in names}

    def draw(name: str) -> Instruction:
        other = drawn.choice([other for other in names if other != name])
        return drawn.choice([pay, transfer])(accounts.email(other), drawn.randint(1, 3))

    for _ in range(ROUNDS):
        sent = [(session, draw(name)) for name in names for session in sessions[name]]
        drawn.shuffle(sent)
        assert codes(send_at_once(ports, sent)).keys() <= {"done", "not_enough_credits"}
    assert sum(sessions[name][0].credits for name in names) == 400


def test_a_worker_takes_no_more_sessions_than_its_limit(open_engine):
    engines = [open_engine(config=EngineConfig(session_limit=3)) for _ in range(2)]
    at_once(
        [lambda engine=engine: EngineClient(engine).open_session().credentials for engine in engines * 10]
    )
    held = [len(worker.session_ids) for worker in engines[0].workers.values()]
    assert sum(held) == 20
    assert max(held) <= 3
