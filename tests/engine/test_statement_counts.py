"""How many SQL statements the common instructions run, because each of them also costs Python's time."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import argon2
import pytest
from engine_client import EngineClient
from examples_sheets import new_contact
from fakes import MINUTE, Wallclock
from instructions import (
    PAUSE,
    RESUME,
    START,
    STOP,
    VIEW_ACCOUNT,
    VIEW_CLOCK,
    VIEW_WALLET,
    supply,
    to_clock,
    to_credits,
    view_list,
)
from sqlalchemy import event
from sqlalchemy.pool import Pool

from ewallet_core.security.passwords import Passwords

pytestmark = pytest.mark.sqlite_only("statements as SQLite traces them")

BOB = "bob@example.org"
PAY = {"action": "pay", "pay": BOB, "credits": 2}
TRANSFER = {"action": "transfer", "transfer": "credits", "transfer_to": BOB, "credits": 3}
OVERVIEW = {"action": "view", "view": "overview"}
FRAMING = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK")

MOST: dict[str, tuple[dict[str, Any], int]] = {
    "a transfer": (TRANSFER, 18),
    "a payment": (PAY, 22),
    "a supply": (supply(5), 19),
    "a conversion to time": (to_clock(1), 19),
    "a conversion to credits": (to_credits(credits=1), 19),
    "the start of a timer": (START, 7),
    "the wallet": (VIEW_WALLET, 2),
    "the clock": (VIEW_CLOCK, 3),
    "the account": (VIEW_ACCOUNT, 3),
    "the overview": (OVERVIEW, 11),
    "a sheet": (view_list("transfer"), 3),
}
"""The instruction, and the most statements that it may run beside those that begin and end a transaction."""
MOST_OF_A_RUN = {"pause": (PAUSE, 8), "resume": (RESUME, 7), "stop": (STOP, 17)}


@pytest.fixture(autouse=True)
def statements() -> Iterator[list[str]]:
    """The statements that all connections have run."""
    seen: list[str] = []

    def add(sql: str) -> None:
        # A trigger is traced as a comment, or as its statement again.
        if not sql.startswith("--") and [sql] != seen[-1:]:
            seen.append(sql)

    def trace(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(add)

    event.listen(Pool, "connect", trace)
    yield seen
    event.remove(Pool, "connect", trace)


def count_statements(statements: list[str], caller: EngineClient, instruction: dict[str, Any]) -> int:
    statements.clear()
    caller.request(**instruction, request_id=f"a request with {len(str(instruction))} characters")
    return sum(not sql.startswith(FRAMING) for sql in statements)


@pytest.mark.parametrize(("instruction", "most"), MOST.values(), ids=MOST)
def test_an_instruction_runs_few_statements(statements, bob, converted, instruction, most):
    assert count_statements(statements, converted, instruction) <= most, "\n".join(statements)


def test_a_timer_runs_few_statements(statements, running, wallclock: Wallclock):
    for name, (instruction, most) in MOST_OF_A_RUN.items():
        # Less than a minute: the use of a session is written once a minute.
        wallclock.forward(MINUTE // 10)
        assert count_statements(statements, running, instruction) <= most, "\n".join([name, *statements])


KINDS = ("transfer", "invoice", "conversion", "time", "contact")
READING = {
    "an export": {"action": "export", "export": "sheet"},
    "an export for people": {"action": "export", "export": "sheet", "style": "people"},
    "a search": {"action": "search", "search": "records"},
}


def add_records(caller: EngineClient, wallclock: Wallclock, first: int, last: int) -> None:
    """Add records of each kind, with the same partners."""
    for number in range(first, last):
        caller.request(**supply(5))
        caller.request(**PAY)
        caller.request(**to_clock(1))
        caller.request(**START)
        wallclock.forward(1_000)
        caller.request(**STOP)
        caller.request(**new_contact(f"Friend {number}", user_email=f"friend{number}@example.org"))


def test_the_statements_of_an_export_and_a_search_do_not_grow_with_the_records(
    statements, ada, bob, wallclock: Wallclock
):
    def count_all() -> dict[tuple[str, str], int]:
        return {
            (name, kind): count_statements(statements, ada, {**reading, "kind": kind})
            for name, reading in READING.items()
            for kind in KINDS
        }

    add_records(ada, wallclock, 0, 2)
    few = count_all()
    add_records(ada, wallclock, 2, 12)
    assert count_all() == few


# A login must not tell by its work whether the name exists


VALUES = re.compile(r"('[^']*'|NULL|x?[0-9]+)+", re.IGNORECASE)


class CountingHasher(argon2.PasswordHasher):
    """A cheap hasher that counts how often a password was verified."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.count = 0

    def verify(self, *password: Any) -> Any:
        self.count += 1
        return super().verify(*password)


@pytest.mark.parametrize("selector", ["user_name", "user_email"])
@pytest.mark.parametrize(("failures", "code"), [(0, "login_refused"), (3, "throttled")])
def test_a_login_takes_the_same_work_for_known_and_unknown_names(
    statements, registered, open_engine, selector, failures, code
):
    hasher = CountingHasher()
    client = registered.at(open_engine(passwords=Passwords(hasher)))

    def work(name: str) -> tuple[list[str], int]:
        who = f"{name}@example.org" if selector == "user_email" else name
        guess = {"action": "login", selector: who, "user_pass": "wrong"}
        for _ in range(failures):
            client.expect_error("login_refused", **guess)
        statements.clear()
        hasher.count = 0
        client.expect_error(code, **guess)
        return [VALUES.sub("?", sql) for sql in statements], hasher.count

    work("another")
    known, unknown = work("ada"), work("nobody")
    assert known == unknown
    assert known[1] == (0 if failures else 1)
    assert len(known[0]) > 5
