"""Group commit: one thread writes, and commits the work of all waiting callers together."""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import EngineClosedError, OutcomeUnknownError, StorageFailedError
from ewallet_core.metrics import SIZES, Histogram
from ewallet_core.storage.damage import as_storage_error
from ewallet_core.storage.database import Deliver, Finished, Work
from ewallet_core.storage.transaction import NeedsSavepoints, Transaction, TransactionLostError

LARGEST_GROUP = 1_000

_log = logging.getLogger("ewallet_core")

Waiting = tuple[Finished, Deliver]
"""A piece of work, not finished yet, and who gets it once it is."""


class OpenTransaction(Protocol):
    def __call__(self, connection: sqlite3.Connection, *, savepoints: bool) -> Transaction: ...


class GroupCommitWriter:
    """The one connection that writes, and a daemon thread that commits what waits for it.

    A caller that waits for its own work, while there is no other, runs it by itself: to hand it to the thread
    and back costs as much as the work.

    Work may run more than once before it is answered, so its only effect must be on its transaction. A group
    runs without savepoints, for which SQLite copies every page that a piece changes. Only if a piece has to
    be undone after it has written, the whole group runs again with each piece in a savepoint.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        open_transaction: OpenTransaction,
        before_commit: Work,
        after_commit: Callable[[], None],
    ) -> None:
        """`after_commit` raises an error if what was committed may not be acknowledged."""
        self._open_transaction = open_transaction
        self._before_commit = before_commit
        self._after_commit = after_commit
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._committing = threading.Lock()
        """Held by the thread that uses the connection."""
        self._caller_id: int | None = None
        """The caller's thread that holds it, if it is not the writer's own."""
        self.group_sizes = Histogram(SIZES)
        """How many pieces of work were committed together, for each commit."""
        self._connection = connect()
        self._thread = threading.Thread(target=self._run, name="ewallet-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work, deliver: Deliver) -> None:
        """Have `work` run and delivered once it is durable; raises `EngineClosedError`."""
        with self._closing:
            if self._closed:
                raise EngineClosedError
            self._waiting.put((Finished(work), deliver))

    def write(self, work: Work) -> Any:
        """Run `work` and return its result once it is durable; raises what it raised."""
        self._refuse_handlers()
        finished = self._write_there(work) if self._is_in_use else self._write_here(work)
        if finished.error is not None:
            raise finished.error
        return finished.result

    @property
    def _is_in_use(self) -> bool:
        return self._committing.locked() or not self._waiting.empty()

    def _write_here(self, work: Work) -> Finished:
        finished = Finished(work)
        # Only `with` leaves no moment in which an interrupt of this thread could keep the lock.
        with self._committing:
            if self._closed:
                raise EngineClosedError
            self._caller_id = threading.get_ident()
            try:
                self._commit([finished])
            except BaseException:
                self._give_up()
                raise
            finally:
                self._caller_id = None
        return finished

    def _write_there(self, work: Work) -> Finished:
        answers: queue.SimpleQueue[list[Finished]] = queue.SimpleQueue()
        self.submit(work, answers.put)
        (finished,) = answers.get()
        return finished

    def _refuse_handlers(self) -> None:
        if self._caller_id == threading.get_ident():
            raise RuntimeError("a signal handler can't wait for the work that it has interrupted")

    @property
    def waiting_count(self) -> int:
        return self._waiting.qsize()

    @property
    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Finish the waiting work, then end the thread."""
        self._refuse_handlers()
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        self._thread.join()
        with self._committing:
            self._connection.close()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            with self._committing:
                group, last = self._gather(first)
                self._commit([piece for piece, _ in group])
            _deliver(group)
            if last:
                return

    def _gather(self, first: Waiting) -> tuple[list[Waiting], bool]:
        """All that waits, and whether the writer was closed after it."""
        group = [first]
        while len(group) < LARGEST_GROUP:
            try:
                waiting = self._waiting.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                return group, True
            group.append(waiting)
        return group, False

    def _commit(self, group: list[Finished], *, savepoints: bool = False) -> None:
        """Commit the group together; if that fails, each piece of work alone."""
        try:
            self._roll_back()
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as reason:
            # Most likely another process holds the lock: each piece alone would fail as well.
            self._give_up()
            _fail(group, _as_error(reason))
            return
        try:
            transaction = self._open_transaction(self._connection, savepoints=savepoints)
            transaction.group_size = len(group)
            if not _can_carry_out(group, transaction):
                self._commit(group, savepoints=True)
                return
            self._before_commit(transaction)
        except BaseException as reason:  # noqa: BLE001 - the thread must go on with the next group
            self._give_up()
            self._fail_or_replay(group, _as_error(reason))
            return
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as reason:
            self._give_up()
            # The driver's own errors have no name, and do not say whether it was committed.
            if getattr(reason, "sqlite_errorname", None) == "SQLITE_FULL":
                self._fail_or_replay(group, _as_error(reason))
            else:
                unknown = OutcomeUnknownError()
                unknown.__cause__ = reason
                _fail(group, unknown)
            return
        self.group_sizes.observe(len(group))
        try:
            self._after_commit()
        except WalletError as reason:
            _fail(group, reason)

    def _fail_or_replay(self, group: list[Finished], reason: BaseException) -> None:
        if len(group) == 1:
            _fail(group, reason)
            return
        for piece in group:
            self._commit([piece])

    def _give_up(self) -> None:
        # If even this fails, the next group begins with it.
        with contextlib.suppress(sqlite3.Error):
            self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _can_carry_out(group: list[Finished], transaction: Transaction) -> bool:
    """Carry out each piece of work; returns False if all of it must run again with savepoints."""
    try:
        for piece in group:
            _carry_out(piece, transaction, is_alone=len(group) == 1)
    except NeedsSavepoints:
        return False
    return True


def _carry_out(piece: Finished, transaction: Transaction, *, is_alone: bool) -> None:
    piece.result = piece.error = None
    transaction.begin_piece()
    try:
        piece.result = piece.work(transaction)
        transaction.end_piece()
    except (NeedsSavepoints, TransactionLostError):
        raise
    except BaseException as reason:
        if is_alone:
            # There are no others to keep. An interrupt of the caller must not start its work again.
            raise
        try:
            transaction.undo()
            transaction.end_piece()
        except (TransactionLostError, sqlite3.Error):
            raise TransactionLostError from reason
        piece.error = _as_error(reason)


def _as_error(reason: BaseException) -> BaseException:
    """The error to raise to the caller: one of the storage in our words, any other as it is."""
    if isinstance(reason, TransactionLostError):
        return StorageFailedError(str(reason)) if reason.__cause__ is None else _as_error(reason.__cause__)
    error = as_storage_error(reason)
    if error is None:
        return reason
    error.__cause__ = reason
    return error


def _fail(group: list[Finished], reason: BaseException) -> None:
    for piece in group:
        piece.error = reason


def _deliver(group: Iterable[Waiting]) -> None:
    """Hand the finished work over, with one call of each `Deliver`."""
    together: dict[Deliver, list[Finished]] = {}
    for piece, deliver in group:
        together.setdefault(deliver, []).append(piece)
    for deliver, pieces in together.items():
        try:
            deliver(pieces)
        except Exception:  # noqa: BLE001 - the others of the group must get theirs
            _log.exception("finished work could not be delivered")
