"""What an error of PostgreSQL means: whether to try again, and the error to answer."""

from __future__ import annotations

from enum import Enum, auto

import psycopg
import sqlalchemy.exc

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageDamagedError, StorageFailedError
from ewallet_core.storage.damage import as_storage_error as of_content

_REMEDY = "Check that the database server runs and has free space, then send it again."

_CONFLICTS = {
    "40001",  # could not serialize
    "40P01",  # deadlock
    "23503",  # what a row refers to was deleted meanwhile
    "55P03",  # another transaction has held a lock for long
    "23505",  # another transaction inserted the same key
    "23514",  # another transaction changed what a CHECK compares
}
_LOST = (
    "08",  # connection exceptions
    "0A000",  # a column has another type than when the statement was prepared
    "25006",  # it is a standby, or was made one
    "25P03",  # this process did nothing in its transaction for too long
    "26000",  # the prepared statements are gone
    "53300",  # too many connections
    "57P",  # shut down, starting up, or the connection was unused for too long
)
_DAMAGED = (
    "3F000",  # no such schema
    "42P01",  # no such table
    "42703",  # no such column
    "XX001",  # a damaged page
    "XX002",  # a damaged index
)


class Remedy(Enum):
    """What to do after an error of a transaction that was certainly not committed."""

    GIVE_UP = auto()
    RUN_AGAIN = auto()
    """Others wrote at the same time."""
    CONNECT_AGAIN = auto()


def remedy_for(reason: psycopg.Error) -> Remedy:
    state = reason.sqlstate
    if state is None:
        # The driver's own errors: the connection was lost, or could not be opened.
        return Remedy.CONNECT_AGAIN if isinstance(reason, psycopg.OperationalError) else Remedy.GIVE_UP
    if state in _CONFLICTS:
        return Remedy.RUN_AGAIN
    return Remedy.CONNECT_AGAIN if state.startswith(_LOST) else Remedy.GIVE_UP


def as_storage_error(reason: BaseException) -> WalletError | None:
    """The error to answer if `reason` came from the storage or its content; None for any other."""
    if isinstance(reason, sqlalchemy.exc.TimeoutError):
        return StorageFailedError("all connections to the database are in use", _REMEDY)
    if isinstance(reason, sqlalchemy.exc.DBAPIError) and isinstance(reason.orig, psycopg.Error):
        return as_storage_error(reason.orig)
    if not isinstance(reason, psycopg.Error):
        return of_content(reason)
    if reason.sqlstate in _DAMAGED:
        return StorageDamagedError(summary(reason))
    is_fault_of_server = isinstance(reason, psycopg.OperationalError | psycopg.InternalError)
    if is_fault_of_server or reason.sqlstate == "42501" or remedy_for(reason) is not Remedy.GIVE_UP:
        return StorageFailedError(summary(reason), _REMEDY)
    return None


def summary(reason: psycopg.Error) -> str:
    """What the server said, in one line, without what it said about the statement."""
    first = reason.diag.message_primary or str(reason).strip().split("\n")[0]
    return first.rstrip(".")
