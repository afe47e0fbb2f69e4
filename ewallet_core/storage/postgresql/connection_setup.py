"""The settings of new connections, and the check that no promoted standby has replaced their server."""

from __future__ import annotations

import contextlib
import threading
from weakref import WeakKeyDictionary

import psycopg

from ewallet_core.storage.postgresql.pipeline import DriverConnection, Patience, PipelinedConnection
from ewallet_core.types import Durability

_SETTINGS = {
    # More than a COMMIT may take that has locks.
    "lock_timeout": "10s",
    "statement_timeout": "55s",
    # These free the locks of a machine that is gone, and of a process that hangs between two pipelines.
    "idle_in_transaction_session_timeout": "60s",
    "tcp_user_timeout": "30s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    # By a warning `commit` knows that a standby may lack what was committed.
    "client_min_messages": "warning",
    "standard_conforming_strings": "on",
    # To compile the conditions of a search takes longer than to run it.
    "jit": "off",
}
_WHERE_THE_SYSTEM_CAN = {"client_connection_check_interval": "5s"}
_WAIT_FOR_DISK = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')"
)
# The first eight digits of the name of a WAL file.
_TIMELINE = "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint"


class ReplacedServerError(psycopg.OperationalError):
    """The server was replaced by a standby that was promoted, and has come back."""


class ConnectionSetup:
    """Prepares the new connections of one process.

    A promoted standby begins a new timeline. Once the process has been connected to it, it refuses the
    earlier primary: what that would acknowledge is lost as soon as it is made a standby.
    """

    def __init__(self, durability: Durability, patience: Patience) -> None:
        self._durability = durability
        self._patience = patience
        self._comparing = threading.Lock()
        self._latest_timeline = 0
        self._timelines: WeakKeyDictionary[DriverConnection, int] = WeakKeyDictionary()

    def prepare(self, connection: DriverConnection) -> None:
        """Raises `ReplacedServerError` or `LateAnswerError`, with the connection closed."""
        # Else the driver, after it has rolled back, may remove the prepared statements that are not its own.
        connection.prepare_threshold = None
        waits_for_disk = self._durability is Durability.FULL
        # A server may hang just now, and the driver itself would wait for it without end.
        asked = PipelinedConnection(connection, self._patience, b"setup")
        with asked.pipeline():
            asked.execute(_set_all(_SETTINGS | ({} if waits_for_disk else {"synchronous_commit": "off"})))
            if waits_for_disk:
                asked.execute(_WAIT_FOR_DISK)
        with contextlib.suppress(psycopg.errors.InvalidParameterValue), asked.pipeline():
            asked.execute(_set_all(_WHERE_THE_SYSTEM_CAN))
        self._require_latest_timeline(asked)

    def is_replaced(self, connection: DriverConnection) -> bool:
        """Whether a connection that was prepared here leads to a server that was replaced since."""
        return 0 < self._timelines[connection] < self._latest_timeline

    def _require_latest_timeline(self, asked: PipelinedConnection) -> None:
        connection = asked.driver
        timeline = self._timelines[connection] = _timeline_of(asked)
        with self._comparing:
            latest = self._latest_timeline = max(self._latest_timeline, timeline)
        if self.is_replaced(connection):
            at = f"{connection.info.host}:{connection.info.port}"
            connection.close()
            raise ReplacedServerError(
                f"the server at {at} is on timeline {timeline}, but a standby was promoted to {latest}"
            )


def _timeline_of(asked: PipelinedConnection) -> int:
    """The timeline of its server; 0 if it has none to tell, as standbys and other engines."""
    try:
        with asked.pipeline():
            timeline: int = asked.execute(_TIMELINE).fetchone()[0]
    except psycopg.Error:
        if asked.driver.closed:
            raise
        return 0
    return timeline


def _set_all(settings: dict[str, str]) -> str:
    return "SELECT " + ", ".join(
        f"set_config('{name}', '{value}', false)" for name, value in settings.items()
    )
