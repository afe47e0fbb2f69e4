"""COMMIT with a deadline, whose outcome is one of three: committed, not committed, or not known."""

from __future__ import annotations

import select
import time
from contextlib import suppress

import psycopg
from psycopg import pq

from ewallet_core.errors.server import OutcomeUnknownError, StorageFailedError

CANCEL_SECONDS = 2.0
"""How long the server has to take the request that cancels a COMMIT, and then again to answer."""

_DOUBTFUL_CLASSES = ("08", "57", "58", "XX")
"""Classes of errors that may also come after it has committed: the server's own faults, and its shutdown."""
_DOUBTFUL_STATES = ("40003",)
_ENDED_BY_SERVER = ("FATAL", "PANIC")
# Comes with the tag COMMIT if the wait for a standby was cancelled: the server has committed, it has not.
_STANDBY_WARNINGS = ("01000", "57P01")


def commit(connection: psycopg.Connection[object], deadline_seconds: float) -> None:
    """Commit the transaction, unless that takes longer than `deadline_seconds`.

    A COMMIT waits without end for a synchronous standby that is missing, and holds its locks meanwhile; no
    timeout of the server ends that. So a late one is cancelled: the server stops waiting, frees the locks and
    keeps the change, which a standby that is promoted may lack.

    Such an end is known by a warning only: the connection needs `client_min_messages` at `warning` or lower.

    Raises `OutcomeUnknownError` if the change may be kept or lost, and then the connection is closed. Raises
    `StorageFailedError` if the server has rolled back, or its own error if it refused: then nothing is kept,
    and the connection is as it was.
    """
    try:
        result, warnings = _exchange(connection, deadline_seconds)
    except (psycopg.OperationalError, OSError) as reason:
        connection.close()
        raise OutcomeUnknownError from reason
    except BaseException:
        # An interrupt: the next user of the connection must not get this answer.
        connection.close()
        raise
    error = _error_in(result)
    if error is None and result.command_status == b"ROLLBACK":
        raise StorageFailedError("the database rolled it back")
    if error is not None and not _may_have_committed(error):
        raise error
    if error is not None or warnings or result.command_status != b"COMMIT":
        connection.close()
        raise OutcomeUnknownError from error or psycopg.OperationalError("; ".join(warnings))


class CommitTimeoutError(psycopg.OperationalError):
    """The server has not answered a COMMIT in time."""


def _exchange(
    connection: psycopg.Connection[object], deadline_seconds: float
) -> tuple[pq.abc.PGresult, list[str]]:
    """The answer to the COMMIT, and its warnings about a standby; `OperationalError` if there is none."""
    warnings: list[str] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.sqlstate in _STANDBY_WARNINGS:
            warnings.append(diagnostic.message_primary or "")

    connection.add_notice_handler(note)
    try:
        connection.pgconn.send_query(b"COMMIT")
        if not _answered(connection.pgconn, deadline_seconds):
            # Closing is not enough: a server that waits for a standby does not notice, and keeps the locks.
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=CANCEL_SECONDS)
            if not _answered(connection.pgconn, CANCEL_SECONDS):
                raise CommitTimeoutError(f"COMMIT took longer than {deadline_seconds} seconds")
            # Whatever it answered, it may also cancel the next statement.
            warnings.append(f"COMMIT was cancelled after {deadline_seconds} seconds")
        result = connection.pgconn.get_result()
        while connection.pgconn.get_result() is not None:
            pass
    finally:
        connection.remove_notice_handler(note)
    if result is None:
        raise psycopg.OperationalError("the server gave no answer")
    return result, warnings


def _answered(pgconn: pq.abc.PGconn, seconds: float) -> bool:
    """Whether the whole answer comes within that time."""
    until = time.monotonic() + seconds
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN | (select.POLLOUT if pgconn.flush() else 0))
    while pgconn.is_busy():
        left = until - time.monotonic()
        if left <= 0:
            return False
        if poll.poll(left * 1_000 + 1):
            pgconn.consume_input()
            if not pgconn.flush():
                poll.modify(pgconn.socket, select.POLLIN)
    return True


def _error_in(result: pq.abc.PGresult) -> psycopg.Error | None:
    return psycopg.errors.error_from_result(result) if result.status == pq.ExecStatus.FATAL_ERROR else None


def _may_have_committed(error: psycopg.Error) -> bool:
    state = error.sqlstate
    return (
        not state
        or error.diag.severity_nonlocalized in _ENDED_BY_SERVER
        or state in _DOUBTFUL_STATES
        or state.startswith(_DOUBTFUL_CLASSES)
    )
