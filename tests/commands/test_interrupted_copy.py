"""A copy that is ended at any moment leaves nothing in the target, and can be made again."""

from __future__ import annotations

import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import forked_process
import pytest
from copied_wallets import (
    content_of_database,
    content_of_file,
    copy,
    new_database,
    new_wallet_file,
    sqlite_url,
    tables_in,
    verify,
)
from forked_process import ForkedProcess
from postgresql_server import PostgresqlServer

# Ends itself with a signal when it comes to one of its steps, as if that came from outside.
ENDED = """
import os, sys
step, number, *words = sys.argv[1:]
from ewallet_core.database_copy import copy, postgresql, sqlite
def end(*_, **__):
    os.kill(os.getpid(), int(number))
kind, _, name = step.partition(".")
writer = {"sqlite": sqlite.SqliteWriter, "postgresql": postgresql.PostgresqlWriter}[kind]
kept = getattr(writer, name)
def ended(*arguments):
    # The step itself is done, so that the signal comes in the midst of the work.
    done = kept(*arguments)
    end()
    return done
setattr(writer, name, ended)
from ewallet_tui.__main__ import main
main(["copy", *words])
"""
STEPS = ("write_rows", "build_indexes", "transaction", "check")
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_wallet_file(tmp_path_factory.mktemp("used"))


@pytest.fixture
def database(postgresql_server: PostgresqlServer) -> Iterator[str]:
    with new_database(postgresql_server) as name:
        yield name


def end_at(step: str, number: signal.Signals, source: str, target: str) -> subprocess.CompletedProcess[str]:
    words = [step, int(number), "--from", source, "--to", target]
    return forked_process.run(words, script=ENDED, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_copy_leaves_postgresql_empty(file, postgresql_server, database, step):
    url, conninfo = postgresql_server.url(database), postgresql_server.conninfo(database)
    killed = end_at(f"postgresql.{step}", signal.SIGKILL, sqlite_url(file), url)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert tables_in(conninfo) == 0
    assert verify(url).exit_code == 2
    assert copy(sqlite_url(file), url).exit_code == 0
    assert content_of_database(conninfo) == content_of_file(file)


@pytest.mark.parametrize("step", ["write_rows", "check"])
def test_a_killed_copy_leaves_no_file(file, tmp_path, step):
    new = tmp_path / "wallet.sqlite3"
    killed = end_at(f"sqlite.{step}", signal.SIGKILL, sqlite_url(file), sqlite_url(new))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not new.exists()
    assert list(tmp_path.glob(".ewallet-unfinished-*")) != []
    assert copy(sqlite_url(file), sqlite_url(new)).exit_code == 0
    assert {each.name for each in tmp_path.iterdir()} == {"wallet.sqlite3", "wallet.sqlite3.lock"}
    assert content_of_file(new) == content_of_file(file)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_an_interrupted_copy_says_that_nothing_was_copied(
    file, tmp_path, postgresql_server, database, kind, number
):
    new = tmp_path / "wallet.sqlite3"
    url = postgresql_server.url(database) if kind == "postgresql" else sqlite_url(new)
    ended = end_at(f"{kind}.build_indexes", number, sqlite_url(file), url)
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr.strip() == "Interrupted: nothing was copied."
    assert {each.name for each in tmp_path.iterdir()} <= {"wallet.sqlite3.lock"}
    assert tables_in(postgresql_server.conninfo(database)) == 0
    assert copy(sqlite_url(file), url).exit_code == 0


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_an_interrupt_at_the_last_step_says_that_it_is_not_known(
    file, tmp_path, postgresql_server, database, kind
):
    new = tmp_path / "wallet.sqlite3"
    url = postgresql_server.url(database) if kind == "postgresql" else sqlite_url(new)
    ended = end_at(f"{kind}.keep", signal.SIGINT, sqlite_url(file), url)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "not known whether the last step was done" in ended.stderr
    assert verify(url).exit_code == 0


def test_a_copy_that_is_killed_at_any_moment_can_be_made_again(file, postgresql_server, database):
    """Until one is not killed before it is complete."""
    url, conninfo = postgresql_server.url(database), postgresql_server.conninfo(database)
    chance = random.Random(16)
    words = ["copy", "--from", sqlite_url(file), "--to", url]
    for _ in range(4):
        process = ForkedProcess(words)
        try:
            process.wait(chance.uniform(0, 0.5))
        except subprocess.TimeoutExpired:
            process.send_signal(chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
        code = process.wait(PATIENCE_SECONDS)
        if tables_in(conninfo):
            assert content_of_database(conninfo) == content_of_file(file)
            assert copy(sqlite_url(file), url).exit_code == 1
            return
        assert code != 0
    assert copy(sqlite_url(file), url).exit_code == 0
    assert content_of_database(conninfo) == content_of_file(file)


def test_of_two_copies_into_one_database_at_once_one_is_refused(file, postgresql_server, database):
    url, conninfo = postgresql_server.url(database), postgresql_server.conninfo(database)
    words = ["copy", "--live", "--from", sqlite_url(file), "--to", url]
    copies = [ForkedProcess(words, stderr=subprocess.PIPE) for _ in range(2)]
    told = []
    for each in copies:
        with each:
            told.append(each.communicate(timeout=PATIENCE_SECONDS)[1])
    assert sorted(each.wait() for each in copies) == [0, 1]
    assert "There is a wallet in the target already" in "".join(told)
    assert content_of_database(conninfo) == content_of_file(file)
