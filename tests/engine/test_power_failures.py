"""Files as a power failure leaves them: the write-ahead log cut at any byte, or with a wrong bit."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from commit_groups import writer_of
from database_file import execute_sql, violations_in
from effort import count, effort, with_seed
from engine_client import without_sequence
from fakes import CHEAP, Wallclock
from recorded_history import History, content_of, record_history

from ewallet_core import EWalletSessionManager


@pytest.fixture
def history(open_engine, wallet_file, wallclock) -> History:
    return record_history(open_engine(), wallet_file, wallclock)


@pytest.fixture
def folder(wallet_file: Path) -> Path:
    """Where the files are as the power failure leaves them."""
    folder = wallet_file.with_name("after")
    folder.mkdir()
    return folder


def cuts_of(history: History) -> list[int]:
    """Each end of a frame, the bytes beside it, and the middle of each frame."""
    ends = history.frame_ends()
    middles = {(first + second) // 2 for first, second in pairwise(ends)}
    cuts = {0} | middles | {end + by for end in ends for by in (-1, 0, 1)}
    return sorted(cut for cut in cuts if cut <= len(history.log))


def check_cut(history: History, folder: Path, cut: int) -> Path:
    """The file with that much of its log holds the changes that are all there, and nothing of the next."""
    file = history.write_to(folder, history.log[:cut])
    assert content_of(file) == history.state_at(cut).content, f"the log was cut at byte {cut}"
    return file


def check_cuts(history: History, folder: Path, cuts: Iterable[int]) -> None:
    for cut in cuts:
        check_cut(history, folder, cut)


def check_wrong_bit(history: History, folder: Path, at: int, bit: int) -> None:
    """The file with that bit of its log changed holds a whole number of changes."""
    log = bytearray(history.log)
    log[at] ^= 1 << bit
    content = content_of(history.write_to(folder, bytes(log)))
    assert content in [state.content for state in history.states], f"bit {bit} of byte {at} of the log"


@with_seed
def test_a_file_with_a_part_of_its_log_holds_a_whole_number_of_changes(history, folder, seed):
    cuts = cuts_of(history)
    drawn = random.Random(seed).sample(cuts, effort(120, len(cuts)))
    check_cuts(history, folder, drawn)
    count(log_prefixes=len(drawn))


@with_seed
def test_a_wrong_bit_in_the_log_undoes_the_changes_from_there_on(history, folder, seed):
    drawn, flips = random.Random(seed), effort(80, 300)
    for _ in range(flips):
        check_wrong_bit(history, folder, drawn.randrange(len(history.log)), drawn.randrange(8))
    count(log_bit_flips=flips)


@with_seed
def test_changes_that_a_power_failure_undid_are_done_again_under_their_request_ids(history, folder, seed):
    cuts = [cut for cut in cuts_of(history) if cut >= history.before_the_changes.log_bytes]
    for cut in random.Random(seed).sample(cuts, effort(3, 10)):
        file, clock = check_cut(history, folder, cut), Wallclock()
        with contextlib.closing(
            EWalletSessionManager(f"sqlite:///{file}", clock=clock, passwords=CHEAP)
        ) as engine:
            for change in history.changes:
                clock.now = change.at
                again = engine.answer(change.request)
                assert without_sequence(again) == without_sequence(change.answer), cut
        assert violations_in(file) == []


# What must fail


class CommitsInTheMiddle:
    """The writer's connection, which commits each entry before its postings are written."""

    def __init__(self, real: sqlite3.Connection) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        cursor = self._real.execute(sql, *values)
        if sql.startswith("INSERT INTO entries"):
            self._real.execute("COMMIT")
            self._real.execute("BEGIN IMMEDIATE")
        return cursor


def test_a_change_in_two_transactions_is_detected(open_engine, wallet_file, wallclock, folder):
    engine = open_engine()
    writer = writer_of(engine._database)
    writer._connection = CommitsInTheMiddle(writer._connection)
    history = record_history(engine, wallet_file, wallclock)
    with pytest.raises(AssertionError, match="the log was cut"):
        check_cuts(history, folder, cuts_of(history))


def test_a_row_that_is_not_as_it_was_is_detected(history, folder):
    file = history.write_to(folder, history.log)
    assert content_of(file) == history.states[-1].content
    execute_sql(file, "UPDATE sheets SET record_count = record_count + 1 WHERE id = 1")
    assert content_of(file) not in [state.content for state in history.states]
