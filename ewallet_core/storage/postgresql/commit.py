"""COMMIT with a deadline, whose outcome is one of three: committed, not committed, or not known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.errors import LockNotAvailable

from ewallet_core.errors.server import OutcomeUnknownError, StorageFailedError
from ewallet_core.storage.postgresql.pipeline import (
    Cursor,
    DriverConnection,
    LateAnswerError,
    PipelinedConnection,
)

CANCEL_SECONDS = 2.0
"""How long the server has to take the request that cancels a COMMIT, and then again to answer."""

_DOUBTFUL_CLASSES = ("08", "57", "58", "XX")
"""Classes of errors that may come after it has committed: the server's own faults, and its shutdown."""
_DOUBTFUL_STATES = ("40003",)
_CANCELLED = "57014"
_ENDED_BY_SERVER = ("FATAL", "PANIC")
# It comes with the tag COMMIT if a wait for a standby was cancelled, which may lack the change then.
_STANDBY_WARNINGS = ("01000", "57P01")


def commit(connection: PipelinedConnection, deadline_seconds: float) -> None:
    """End the pipeline with a COMMIT, unless that takes longer than `deadline_seconds`.

    A COMMIT waits without end for a synchronous standby that is missing, and holds its locks meanwhile; no
    timeout of the server ends that. So a late one is cancelled: the server stops waiting, frees the locks and
    keeps the change, which a standby that is promoted may lack.

    The connection needs `client_min_messages` at `warning` or lower: such an end is known by a warning only.

    Raises `OutcomeUnknownError` if the change may be kept or lost, and then the connection is closed. Raises
    `StorageFailedError` if the server has rolled back, or its own error if it refused the COMMIT or what was
    sent before it: then nothing is kept. If that was cancelled because it was late, it raises
    `LockNotAvailable`.
    """
    committed = connection.execute("COMMIT")
    try:
        with _standby_warnings(connection.driver) as warnings:
            _finish(connection, deadline_seconds)
    except psycopg.Error as reason:
        if _is_refused(committed, reason):
            if connection.driver.closed and reason.sqlstate == _CANCELLED:
                raise LockNotAvailable("what was sent before the COMMIT waited for long") from reason
            raise
        connection.driver.close()
        if not committed.is_there:
            raise OutcomeUnknownError from reason
    except BaseException:
        # An interrupt: the next user of the connection must not get this answer.
        connection.driver.close()
        raise
    if committed.command == b"ROLLBACK":
        raise StorageFailedError("the database rolled it back")
    if warnings or committed.command != b"COMMIT":
        connection.driver.close()
        raise OutcomeUnknownError


def _finish(connection: PipelinedConnection, seconds: float) -> None:
    """Wait for the answer; if it does not come in time, cancel the COMMIT, wait a little, and disconnect."""
    try:
        connection.finish(seconds)
    except LateAnswerError:
        # Without this, a server that waits for a standby would keep the locks after the connection is gone.
        with suppress(psycopg.Error):
            connection.driver.cancel_safe(timeout=CANCEL_SECONDS)
        try:
            connection.finish(CANCEL_SECONDS)
        finally:
            # The request to cancel may still arrive, which must not meet the next user of the connection.
            connection.driver.close()


def _is_refused(committed: Cursor, reason: psycopg.Error) -> bool:
    """Whether the server has certainly not committed, as it tells in the order in which it was asked."""
    if not reason.sqlstate or committed.is_there:
        # The connection is lost, perhaps after the COMMIT, or the answer is late.
        return False
    if committed.error is not reason:
        # It is about what was sent before.
        return True
    return not (
        reason.diag.severity_nonlocalized in _ENDED_BY_SERVER
        or reason.sqlstate in _DOUBTFUL_STATES
        or reason.sqlstate.startswith(_DOUBTFUL_CLASSES)
    )


@contextmanager
def _standby_warnings(driver: DriverConnection) -> Iterator[list[str]]:
    """The warnings about a standby that come meanwhile."""
    warnings: list[str] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.sqlstate in _STANDBY_WARNINGS:
            warnings.append(diagnostic.message_primary or "")

    driver.add_notice_handler(note)
    try:
        yield warnings
    finally:
        driver.remove_notice_handler(note)
