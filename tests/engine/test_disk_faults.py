"""Disks that are full, broken, read-only or locked: a change fails whole, and works when it is sent again."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from itertools import count as count_from
from pathlib import Path
from typing import Any

import pytest
from commit_groups import full_disk, writer_of
from database_file import violations_in
from effort import count, effort, with_seed
from engine_client import EngineClient
from instructions import VIEW_WALLET, supply

from ewallet_core.engine.execution import Execution
from ewallet_core.storage import sqlite
from ewallet_core.storage.sqlite import SqliteDatabase

pytestmark = pytest.mark.sqlite_only("faults of a disk")

CHILD = Path(__file__).with_name("answering_process.py")
NOT_DONE = {"storage_failed", "outcome_unknown"}
A_LARGE_NOTE = "n" * 1_000

Fault = AbstractContextManager[object]


numbers = count_from(1)


def check_fault(caller: EngineClient, fault: Fault, *, comes: bool = True) -> None:
    """A supply during the fault fails or is done, and is done once when it is sent again."""
    change = {**supply(1, notes=A_LARGE_NOTE), "request_id": f"during fault {next(numbers)}"}
    before = caller.credits
    with fault:
        answer = caller.send(**change)
        assert answer.get("code") in (NOT_DONE if comes else {None, *NOT_DONE}), answer
        # What is read while the disk fails is right, or is not answered.
        assert caller.send(**VIEW_WALLET).get("code") in (None, "storage_failed")
    for _ in range(2):
        caller.request(**change)
        assert caller.credits == before + 1


# In this process


@contextmanager
def read_only(database: SqliteDatabase) -> Iterator[None]:
    connection = writer_of(database)._connection
    connection.execute("PRAGMA query_only = ON")
    yield
    connection.execute("PRAGMA query_only = OFF")


@contextmanager
def locked_by_another(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def fill(caller: EngineClient) -> None:
    """Supply until there is no more room."""
    while not caller.send(**supply(1, notes=A_LARGE_NOTE))["failed"]:
        pass


def test_a_change_on_a_full_disk_fails_and_is_done_when_there_is_room(ada):
    with full_disk(ada.engine._database):
        fill(ada)
    check_fault(ada, full_disk(ada.engine._database), comes=False)


def test_a_change_of_a_file_that_has_become_read_only_fails(ada):
    check_fault(ada, read_only(ada.engine._database))


def test_a_change_of_a_file_that_another_program_has_locked_fails(open_engine, wallet_file, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    caller = EngineClient(open_engine()).open_session().register().log_in()
    check_fault(caller, locked_by_another(wallet_file))


# In another process


class AnsweringProcess:
    """A process with an engine, to which instructions are sent as to an engine."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.id = process.pid

    def tell(self, **told: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def answer(self, request: Any, _address: str = "") -> dict[str, Any]:
        return self.tell(request=request)

    @contextmanager
    def no_file_is_longer_than(self, file_bytes: int) -> Iterator[None]:
        self.tell(file_bytes=file_bytes)
        yield
        self.tell(file_bytes=None)

    @contextmanager
    def without_permissions(self, file: Path) -> Iterator[None]:
        """The file can be read, and the process is no administrator."""
        file.parent.chmod(0o755)
        file.chmod(0o444)
        self.tell(is_administrator=False)
        yield
        self.tell(is_administrator=True)
        file.chmod(0o600)


@pytest.fixture(scope="module")
def started_process() -> Iterator[AnsweringProcess]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        yield AnsweringProcess(child)
        child.kill()


@pytest.fixture
def process(started_process: AnsweringProcess, wallet_file: Path) -> Iterator[AnsweringProcess]:
    """A process with an engine on the wallet file."""
    assert started_process.tell(open=f"sqlite:///{wallet_file}") == {}
    yield started_process
    assert violations_in(wallet_file) == []


@pytest.fixture
def caller(process: AnsweringProcess) -> EngineClient:
    """Ada, logged in to the engine of the process."""
    return EngineClient(process).open_session().register().log_in()  # type: ignore[arg-type]


@with_seed
def test_a_change_that_the_system_does_not_let_write_fails(process, caller, wallet_file, seed):
    log = wallet_file.with_name(f"{wallet_file.name}-wal")
    drawn = random.Random(seed)
    for more in [0, *(drawn.randrange(60_000) for _ in range(effort(2, 10)))]:
        check_fault(caller, process.no_file_is_longer_than(log.stat().st_size + more), comes=more == 0)
        count(disk_faults=1)


SYSTEM_CALLS = (("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"))
ALL = "1+"


@contextmanager
def injected(process: AnsweringProcess, system_call: str, error: str, when: str) -> Iterator[None]:
    """Let system calls of the process fail."""
    fault = f"inject={system_call}:error={error}:when={when}"
    command = ["strace", "-f", "-e", f"trace={system_call}", "-e", fault, "-p", str(process.id)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracing:
        assert tracing.stderr is not None
        said = tracing.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"strace can't trace a process here: {said}")
        yield
        tracing.terminate()
        assert "INJECTED" in tracing.stderr.read() or when != ALL


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@with_seed
def test_a_change_whose_system_calls_fail_is_done_once_when_it_is_sent_again(process, caller, seed):
    drawn = random.Random(seed)
    for system_call, error in SYSTEM_CALLS:
        for when in [ALL, *(str(drawn.randint(2, 12)) for _ in range(effort(0, 5)))]:
            check_fault(caller, injected(process, system_call, error, when), comes=when == ALL)
            count(disk_faults=1)


# Files that can't be used


def test_a_file_without_permission_to_write_is_refused_when_it_is_opened(process, wallet_file):
    with process.without_permissions(wallet_file):
        answer = process.tell(open=f"sqlite:///{wallet_file}")
    assert answer["code"] == "storage_unavailable", answer


# What must fail


def test_a_change_that_is_done_again_is_detected(ada, monkeypatch):
    monkeypatch.setattr(Execution, "_remember", lambda *_: None)
    with pytest.raises(AssertionError):
        check_fault(ada, nullcontext(), comes=False)


def test_a_failure_that_is_not_answered_is_detected(ada):
    with pytest.raises(AssertionError):
        check_fault(ada, nullcontext())
