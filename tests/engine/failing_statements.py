"""Send a change whose statements or virtual-machine steps fail, one at a time."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from commit_groups import writer_of
from engine_client import EngineClient
from instructions import Instruction
from recorded_history import content_of


class Faults:
    """The writer's connection, on which one statement fails, or one step of SQLite's virtual machine."""

    def __init__(self, real: sqlite3.Connection) -> None:
        self.statements = self.steps = 0
        self._real = real
        self._statement: int | None = None
        self._step: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def fail_at(self, *, statement: int | None = None, step: int | None = None) -> None:
        """Let that statement or that step from now on fail, or the COMMIT if it comes first."""
        self.statements = self.steps = 0
        self._statement, self._step = statement, step

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self._count(sql)
        return self._real.execute(sql, *values)

    def executemany(self, sql: str, values: Any) -> sqlite3.Cursor:
        self._count(sql)
        return self._real.executemany(sql, values)

    def take_step(self) -> bool:
        """Count a step; returns whether to interrupt it."""
        self.steps += 1
        return self.steps == self._step

    def _count(self, sql: str) -> None:
        if sql == "ROLLBACK":
            return
        self.statements += 1
        if sql == "COMMIT" or self.statements == self._statement:
            failure = sqlite3.OperationalError("disk I/O error")
            failure.sqlite_errorname = "SQLITE_IOERR"
            raise failure


@contextmanager
def faults_in(caller: EngineClient) -> Iterator[Faults]:
    writer = writer_of(caller.engine._database)
    real = writer._connection
    faults = Faults(real)
    real.set_progress_handler(faults.take_step, 1)
    writer._connection = faults
    try:
        yield faults
    finally:
        real.set_progress_handler(None, 0)
        writer._connection = real


def check_failures(
    caller: EngineClient, instruction: Instruction, file: Path, drawn: random.Random, most: int
) -> int:
    """Let the change fail at `most` of its statements and at `most` of its steps, then carry it out.

    Returns how often it failed.
    """
    change = {**instruction, "request_id": "fails at first"}
    before = content_of(file)
    with faults_in(caller) as faults:
        faults.fail_at()
        answer = caller.send(**change)
        assert answer["code"] == "outcome_unknown", answer
        assert content_of(file) == before
        statements = drawn.sample(range(1, faults.statements), min(most, faults.statements - 1))
        steps = drawn.sample(range(1, faults.steps), min(most, faults.steps - 1))
        points = [*({"statement": number} for number in statements), *({"step": number} for number in steps)]
        for point in points:
            faults.fail_at(**point)
            answer = caller.send(**change)
            # What it reads may have become shorter, so that it comes as far as the COMMIT.
            assert answer.get("code") in ("storage_failed", "outcome_unknown"), (point, answer)
            assert content_of(file) == before, point
    done = caller.request(**change)
    assert done["request_id"] == change["request_id"]
    return len(points)
