"""A process that forks processes with an engine in each, which send a random load until they are killed.

Its only argument is the URL of a database of the kind that will be used.
For each line of JSON on its input it forks one process for each item of `senders`, the senders of that
process, and prints their ids; they print each answer. When all have ended, it prints how.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from commit_groups import writer_of
from database_file import is_on_postgresql
from engine_client import SELECTORS
from fakes import CHEAP
from random_load import draw, open_funded_sessions
from shared_statements import SharedStatements
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core import EWalletSessionManager
from ewallet_core.storage.postgresql.engine import create_dialect
from ewallet_core.storage.transaction import Statements

MOST_SECONDS = 60
SENDERS, WARM_UP = 3, 60


def say(**line: Any) -> None:
    # One write, so that no line is cut, or mixed with that of another thread or process.
    os.write(1, json.dumps(line).encode() + b"\n")


def send_for_ever(
    engine: EWalletSessionManager, seed: str, sender: int, first: int, credentials: dict[str, str]
) -> None:
    for number in count(first):
        sent = draw(seed, sender, number)
        request = {**SELECTORS, **credentials, **sent.instruction, "request_id": sent.request_id}
        say(sender=sender, number=number, answer=engine.answer(request))


class CommitsLate:
    """The writer's connection, which commits each transaction only when the next one begins."""

    in_transaction = False

    def __init__(self, real: sqlite3.Connection) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor | None:
        if sql == "COMMIT":
            return None
        if sql == "BEGIN IMMEDIATE" and self._real.in_transaction:
            self._real.execute("COMMIT")
        return self._real.execute(sql, *values)


def send_with_engine(
    url: str, now: int, seed: str, senders: list[tuple[int, int, dict[str, str]]], *, commits_late: bool
) -> None:
    # Ended even if it hangs, and no test kills it.
    signal.alarm(MOST_SECONDS)
    engine = EWalletSessionManager(url, clock=lambda: now)
    if commits_late:
        writer = writer_of(engine._database)
        writer._connection = CommitsLate(writer._connection)
    with ThreadPoolExecutor(len(senders)) as threads:
        for ended in [threads.submit(send_for_ever, engine, seed, *sender) for sender in senders]:
            ended.result()


def fork(**told: Any) -> int:
    process = os.fork()
    if process == 0:
        try:
            send_with_engine(**told)
        finally:
            os._exit(1)
    return process


def compile_statements(url: str) -> None:
    """Compile the statements once, because many processes live no longer than that takes."""
    compiled = SharedStatements()
    compiled.replace(setattr)
    with EWalletSessionManager("sqlite://", passwords=CHEAP) as engine:
        sessions = open_funded_sessions(engine, SENDERS)
        for number in range(WARM_UP):
            sender = number % SENDERS
            engine.answer({**SELECTORS, **sessions[sender], **draw("first", sender, number).instruction})
    if is_on_postgresql(url):
        # Nothing is connected before the fork.
        statements = Statements(create_dialect())
        for statement in list(compiled.of(SQLiteDialect_pysqlite())):
            statements[statement]


def main(url: str) -> None:
    compile_statements(url)
    for line in sys.stdin:
        asked = json.loads(line)
        processes = [fork(**{**asked, "senders": senders}) for senders in asked["senders"]]
        say(processes=processes)
        say(ended=[os.waitpid(process, 0)[1] for process in processes])


if __name__ == "__main__":
    main(*sys.argv[1:])
