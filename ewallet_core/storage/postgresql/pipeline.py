"""Prepared statements in libpq's pipeline mode: what returns nothing is sent, and waited for only at the end.

With psycopg's own cursors a statement takes three times as much CPU, so this uses what is below them,
`psycopg.pq`.
"""

from __future__ import annotations

import math
import select
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import InFailedSqlTransaction, error_from_result

DriverConnection = psycopg.Connection[tuple[Any, ...]]

ANSWER_SECONDS = 60.0
"""How long one statement may take; a server that hangs is given up after that."""
LAST_ANSWER_SECONDS = 5.0
"""How long it may take once the program is to end."""
_LOOK_SECONDS = 1.0
"""How soon a wait notices that the program is to end."""
_CHANGES = ("INSERT", "UPDATE", "DELETE", "WITH")
_FETCHED_AT_ONCE = 1_000_000


class LateAnswerError(psycopg.OperationalError):
    """The server has not answered in time."""


class Patience:
    """How long the connections of a program wait for answers, which gets shorter when it is to end."""

    answer_seconds = ANSWER_SECONDS
    is_ending = False

    def end_soon(self) -> None:
        """Give up a server that hangs within some seconds from now."""
        self.answer_seconds = LAST_ANSWER_SECONDS
        self.is_ending = True


class _Sent:
    """Something that was sent; `error` says why there is no result, if it has failed or was skipped."""

    error: psycopg.Error | None = None

    def take(self, _result: pq.abc.PGresult, /) -> None:
        """Get the answer, which is no error."""


class _End(_Sent):
    """The end of what was sent so far."""

    is_there = False

    def take(self, _result: pq.abc.PGresult) -> None:
        self.is_there = True


class Cursor(_Sent):
    """The rows of one statement, which are waited for when they are asked for."""

    lastrowid = None

    def __init__(self, connection: PipelinedConnection) -> None:
        self._connection = connection
        self._result: pq.abc.PGresult | None = None
        self._read = 0

    def take(self, result: pq.abc.PGresult) -> None:
        """Get the result."""
        self._result = result

    @property
    def is_there(self) -> bool:
        return self._result is not None

    def again(self) -> Cursor:
        """The same rows from the first one on."""
        cursor = Cursor(self._connection)
        cursor.take(self._wait())
        return cursor

    @property
    def command(self) -> bytes | None:
        """The command that the server has carried out, as it calls it."""
        return self._wait().command_status

    @property
    def rowcount(self) -> int:
        """How many rows were changed or found."""
        return self._wait().command_tuples or 0

    def fetchone(self) -> Any:
        """The next row, or None."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int = _FETCHED_AT_ONCE) -> Sequence[Any]:
        """The next rows, at most so many."""
        result = self._wait()
        first, self._read = self._read, min(self._read + size, result.ntuples)
        return self._connection.load(result, first, self._read)

    def fetchall(self) -> Sequence[Any]:
        """All rows that were not read yet."""
        return self.fetchmany()

    def _wait(self) -> pq.abc.PGresult:
        while self._result is None:
            if self.error is not None:
                # Nothing more will come for it.
                raise self.error
            self._connection.wait_for(self)
        return self._result


class _Prepared(_Sent):
    """A statement that was sent to be prepared."""

    def __init__(self, names: dict[str, bytes], sql: str, name: bytes) -> None:
        self._names = names
        self._sql = sql
        self._name = name

    def take(self, _result: pq.abc.PGresult) -> None:
        self._names[self._sql] = self._name


class PipelinedConnection:
    """A connection as a `Transaction` uses it, between two calls of `pipeline`.

    An error of a statement that returns nothing is raised later, at the latest at the end of the pipeline.
    The server skips what was sent after it. Errors are those of psycopg.
    """

    in_transaction = True
    """An error ends the piece of work in any case, so that nothing can be kept without a transaction."""

    def __init__(
        self, driver: DriverConnection, patience: Patience | None = None, prefix: bytes = b"ewallet"
    ) -> None:
        """If an answer takes longer than the patience lasts, `LateAnswerError` is raised.

        The names of its statements begin with the prefix, which is another for each user of the connection.
        """
        self.driver = driver
        self._prefix = prefix
        self._patience = patience or Patience()
        self._server = driver.pgconn
        self._values = Transformer(driver)
        self._names: dict[str, bytes] = {}
        self._number = 0
        self._new_names: dict[str, bytes] = {}
        self._waiting: deque[_Sent] = deque()
        self._end: _End | None = None
        self._is_flushed = True
        """Whether the server was asked for the answers to all that was sent."""
        self._is_finished = True
        """Whether the server was told that what was sent is all, and has answered it."""
        self.total_changes = 0
        """How many statements have changed something, or could have."""

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """Send what is executed without waiting for it; at the end, all of it has been answered."""
        self._server.enter_pipeline_mode()
        try:
            yield
            if not self._is_finished and not self.driver.closed:
                self.finish()
        except BaseException as reason:
            self._abandon(reason)
            raise
        # The connection is closed after a COMMIT whose answer was the last that came.
        if not self.driver.closed:
            self._server.exit_pipeline_mode()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor:
        """Send the statement, with the values of its parameters `$1`, `$2`, …"""
        if sql.startswith(_CHANGES):
            self.total_changes += 1
        name = self._names.get(sql) or self._new_names.get(sql) or self._prepare(sql)
        self._server.send_query_prepared(name, [_as_text(value) for value in values])
        self._is_flushed = self._is_finished = False
        cursor = Cursor(self)
        self._waiting.append(cursor)
        return cursor

    def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Send the statement with each of these values."""
        for each in values:
            self.execute(sql, each)

    def wait_for(self, cursor: Cursor) -> None:
        """Wait for the result of a statement, and of all that was sent before it."""
        if not self._is_flushed:
            self._server.send_flush_request()
            self._is_flushed = True
        self._receive(lambda: cursor.is_there or cursor.error is not None)

    def finish(self, most_seconds: float = math.inf) -> None:
        """Wait for all that was sent. Raises `LateAnswerError` if an answer takes longer."""
        if self._end is None:
            self._end = end = _End()
            self._server.pipeline_sync()
            self._waiting.append(end)
        else:
            end = self._end
        self._receive(lambda: end.is_there, most_seconds)
        self._end = None
        self._is_finished = True
        self._new_names.clear()

    def load(self, result: pq.abc.PGresult, first: int, end: int) -> Sequence[Any]:
        """The rows of a result from `first` until before `end`, as tuples."""
        self._values.set_pgresult(result)
        return self._values.load_rows(first, end, tuple)

    def _prepare(self, sql: str) -> bytes:
        self._number += 1
        name = self._new_names[sql] = b"%s_%d" % (self._prefix, self._number)
        self._server.send_prepare(name, sql.encode())
        self._waiting.append(_Prepared(self._names, sql, name))
        return name

    def _abandon(self, reason: BaseException) -> None:
        """After an error, wait until the server has skipped the rest, or close the connection."""
        self._new_names.clear()
        if isinstance(reason, LateAnswerError) or not isinstance(reason, Exception):
            # An interrupt may have come between a statement and the note that it was sent.
            self.driver.close()
        while not self.driver.closed:
            try:
                self.finish()
                self._server.exit_pipeline_mode()
            except psycopg.Error as later:
                if not later.sqlstate:
                    self.driver.close()
            except BaseException:
                self.driver.close()
                raise
            else:
                return

    def _receive(self, is_done: Callable[[], bool], most_seconds: float = math.inf) -> None:
        """Take answers until it is done; raises the first error among them."""
        server = self._server
        while not is_done():
            self._wait_until_answered(most_seconds)
            result = server.get_result()
            if result is None:
                # Between the answers to two statements.
                if server.status == pq.ConnStatus.BAD:
                    raise psycopg.OperationalError("the connection is lost")
                continue
            sent = self._waiting.popleft()
            if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
                sent.error = error_from_result(result)
                raise sent.error
            if result.status == pq.ExecStatus.PIPELINE_ABORTED:
                sent.error = InFailedSqlTransaction("an earlier statement has failed")
            else:
                sent.take(result)

    def _wait_until_answered(self, most_seconds: float) -> None:
        server = self._server
        unsent = server.flush()
        if not unsent and not server.is_busy():
            return
        begun_at = time.monotonic()
        poll = select.poll()
        poll.register(server.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
        while unsent or server.is_busy():
            seconds = min(most_seconds, self._patience.answer_seconds)
            left = begun_at + seconds - time.monotonic()
            # Also if it is late: this process may have been held up since the answer came.
            if poll.poll(min(left, _LOOK_SECONDS) * 1_000 + 1 if left > 0 else 0):
                server.consume_input()
                if unsent and not (unsent := server.flush()):
                    poll.modify(server.socket, select.POLLIN)
            elif left <= 0:
                raise LateAnswerError(f"no answer within {seconds:g} seconds")


def _as_text(value: Any) -> bytes | None:
    """The value as PostgreSQL reads it."""
    match value:
        case None:
            return None
        case str():
            text = value.encode()
            if b"\0" in text:
                # libpq would send only what is before it.
                raise psycopg.DataError("a text has a NUL")
            return text
        case bool():
            return b"t" if value else b"f"
        case int():
            return b"%d" % value
        case bytes():
            return b"\\x" + value.hex().encode()
        case list():
            return b"{" + b",".join(map(_as_element, value)) + b"}"
    raise TypeError(f"no value of a column: {type(value)}")


def _as_element(value: str | int) -> bytes:
    """The value as an element of an array."""
    if isinstance(value, int):
        return b"%d" % value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode()
