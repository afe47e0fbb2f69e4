"""Work that is committed in groups, some of it failing, has the same results as work done one by one."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from commit_groups import Deliveries, busy_writer, commits_fail
from database_file import execute_sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ewallet_core.storage.database import Finished, open_database
from ewallet_core.storage.sessions import seen_requests
from ewallet_core.storage.sqlite import SqliteDatabase
from ewallet_core.storage.transaction import Transaction

FAILING = ("ABORT", "FAIL", "ROLLBACK")
"""What SQLite undoes when a row with this name is inserted: the statement, or the whole transaction."""
NAMES = "abcd"

Step = tuple[str, str]


@dataclass(frozen=True)
class Piece:
    """Work of some steps, which returns what it has read."""

    steps: Sequence[Step]

    def __call__(self, transaction: Transaction) -> list[list[str]]:
        return [self._take(transaction, *step) for step in self.steps]

    def _take(self, transaction: Transaction, verb: str, name: str) -> list[str]:
        match verb:
            case "insert":
                insert(transaction, name)
            case "delete":
                seen_requests.delete(transaction, request_id=name)
            case "undo":
                transaction.undo()
            case "raise":
                raise LookupError(name)
            case "fail and go on":
                with contextlib.suppress(Exception):
                    insert(transaction, name)
        return [row.request_id for row in seen_requests.all(transaction)]


def insert(transaction: Transaction, name: str) -> None:
    key = {"scope": "test", "request_id": name}
    seen_requests.insert(transaction, **key, fingerprint=b"", answer="", seen_at=0)


steps = st.one_of(
    st.tuples(st.sampled_from(["insert", "delete", "insert", "raise"]), st.sampled_from(NAMES)),
    st.tuples(st.just("insert"), st.sampled_from(FAILING)),
    # No code of ours ignores that SQLite has ended the transaction.
    st.tuples(st.just("fail and go on"), st.sampled_from(["ABORT", "FAIL", *NAMES])),
    st.just(("undo", "")),
)
pieces = st.lists(steps, max_size=4).map(Piece)
groups = st.lists(pieces, min_size=1, max_size=6)


@pytest.fixture
def databases(wallet_file: Path, new_wallet_file: Path) -> Iterator[tuple[SqliteDatabase, SqliteDatabase]]:
    """Two databases in which the rows with the names of failures can't be inserted."""
    other = Path(shutil.copy(new_wallet_file, wallet_file.with_name("other.sqlite3")))
    opened = []
    for file in (wallet_file, other):
        for name in FAILING:
            execute_sql(
                file,
                f"CREATE TRIGGER fails_{name} AFTER INSERT ON seen_requests WHEN NEW.request_id = '{name}'"
                f" BEGIN SELECT RAISE({name}, '{name}'); END",
            )
        opened.append(open_database(f"sqlite:///{file}"))
    yield opened[0], opened[1]
    for database in opened:
        database.close()


def run_together(database: SqliteDatabase, works: list[Piece]) -> list[Finished]:
    deliveries = Deliveries()
    with busy_writer(database):
        for work in works:
            database.submit(work, deliveries.take)
    return deliveries.next()


def run_alone(database: SqliteDatabase, work: Piece) -> Finished:
    deliveries = Deliveries()
    database.submit(work, deliveries.take)
    (finished,) = deliveries.next()
    return finished


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(drawn=st.lists(st.tuples(groups, st.booleans()), min_size=1, max_size=3))
def test_groups_have_the_results_of_their_pieces_one_by_one(databases, drawn):
    grouped, alone = databases
    for database in databases:
        database.write(seen_requests.delete)
    for group, commit_fails in drawn:
        # One piece is not tried again, and a group whose transaction SQLite ended is tried again anyway.
        is_ended = any(("insert", "ROLLBACK") in piece.steps for piece in group)
        # The first COMMIT is that of the work that keeps the writer busy.
        full = commits_fail(grouped, after_it_happened=False, error="SQLITE_FULL", most=2)
        with full if commit_fails and len(group) > 1 and not is_ended else contextlib.nullcontext():
            finished = run_together(grouped, group)
        expected = [run_alone(alone, work) for work in group]
        assert [piece.work for piece in finished] == group
        assert [(piece.result, type(piece.error)) for piece in finished] == [
            (piece.result, type(piece.error)) for piece in expected
        ]
        read = seen_requests.all
        assert grouped.read(read) == alone.read(read)
