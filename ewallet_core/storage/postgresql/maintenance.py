"""The thread of a process that does what must be done beside transactions, on a connection of its own."""

from __future__ import annotations

import logging
import math
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from ewallet_core.metrics import Metric, gauge
from ewallet_core.storage.events import SettledEvents
from ewallet_core.storage.postgresql.connection_setup import ReplacedServerError
from ewallet_core.storage.postgresql.errors import Remedy, remedy_for, summary
from ewallet_core.storage.postgresql.maintenance_session import MaintenanceSession, OpenTransaction
from ewallet_core.storage.postgresql.pipeline import DriverConnection

LOOK_SECONDS = 0.2
"""How often to look while something is to be done."""
IDLE_SECONDS = 1.0
"""How often to look whether another process has left its charge, or has told of nothing."""
COLLECT_SECONDS = 0.005
MOST_WAKES = 4_096
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 2.0
STABLE_SECONDS = 10.0
"""How long a connection must have lived for the next one to be opened without a long wait."""
AFTER_FAULT_SECONDS = 60.0
"""How long nothing is sealed after that has failed for another reason than the connection."""
HUNG_SECONDS = 60.0
"""How long the server may take for an answer while transactions are answered, perhaps by another server."""
CLOSE_SECONDS = 5.0
"""How long its end may take."""

_log = logging.getLogger("ewallet_core")


class MaintenanceThread:
    """Hears of the changes of other processes and, of all that share the database, seals in one.

    When its connection is lost, it connects again for as long as that takes. Any thread may ask it.
    """

    def __init__(
        self,
        connect: Callable[[], DriverConnection],
        open_transaction: OpenTransaction,
        is_replaced: Callable[[DriverConnection], bool],
    ) -> None:
        """Begins at once. `connect` opens a connection in autocommit mode. Raises `psycopg.Error`.

        A connection whose server `is_replaced` counts as lost.
        """
        self._connect = connect
        self._is_replaced = is_replaced
        self._open_transaction = open_transaction
        self._process = secrets.token_hex(8)
        self._changed: Callable[[], None] = lambda: None
        self._is_closing = threading.Event()
        self._has_changed = False
        """Whether this process has written events of which it has not told the others."""
        self._waker, self._wake_up = socket.socketpair()
        for each in (self._waker, self._wake_up):
            each.setblocking(False)
        self._connection: DriverConnection | None = None
        self._answer_due_at = math.inf
        """Until when the server must have answered what the thread has asked."""
        self._connection_number = 0
        self._settled = SettledEvents(0, 0)
        self._seal_after = 0.0
        self._wait = FIRST_WAIT_SECONDS
        """How long to wait before it connects again."""
        try:
            self._session: MaintenanceSession | None = self._begin_session()
        except BaseException:
            self._close_wake_up()
            raise
        self._thread = threading.Thread(target=self._run, name="ewallet-maintenance", daemon=True)
        self._thread.start()

    @property
    def is_in_charge(self) -> bool:
        """As `Database.is_in_charge`."""
        session = self._session
        return session is not None and session.is_in_charge

    @property
    def settled_events(self) -> SettledEvents:
        """As `Database.settled_events`."""
        return self._settled

    def on_foreign_change(self, changed: Callable[[], None]) -> None:
        """As `Database.on_foreign_change`."""
        self._changed = changed

    def note_change(self) -> None:
        """Tell the other processes soon that this one has written events, which are committed."""
        if not self._has_changed:
            self._has_changed = True
            self._wake()

    def end_if_hung(self) -> None:
        """Note that a transaction has ended well: a connection that got no answer for long is given up then.

        Its server may hang while a standby was promoted in its place.
        """
        if time.monotonic() >= self._answer_due_at:
            self._answer_due_at = math.inf
            self._cut_connection()

    def metrics(self) -> Iterator[Metric]:
        session = self._session
        in_charge = session is not None and session.is_in_charge
        yield gauge(
            "ewallet_database_in_charge", "1 in the one process that seals entries and cleans up.", in_charge
        )
        if session is not None and in_charge:
            yield gauge(
                "ewallet_unsealed_entries",
                "Entries that have no seal yet, as the process in charge has found.",
                session.unsealed_count,
            )

    def close(self) -> None:
        """Seal what is settled, and end the connection and the thread."""
        self._is_closing.set()
        self._wake()
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            self._cut_connection()
            self._thread.join(CLOSE_SECONDS)
        self._close_wake_up()

    def _wake(self) -> None:
        # It may be closed already, or be full, and then it wakes the thread in any case.
        with suppress(OSError):
            self._waker.send(b"\0")

    def _close_wake_up(self) -> None:
        self._waker.close()
        self._wake_up.close()

    # In its thread

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask the server something, which it must answer in time."""
        self._answer_due_at = time.monotonic() + HUNG_SECONDS
        try:
            yield
        finally:
            self._answer_due_at = math.inf

    def _run(self) -> None:
        while not self._is_closing.is_set():
            session = self._session or self._connect_again()
            if session is None:
                return
            begun_at = time.monotonic()
            try:
                self._work(session)
            except Exception as reason:  # noqa: BLE001 - whatever it is, another connection may work again
                self._end_session(session)
                if time.monotonic() - begun_at > STABLE_SECONDS:
                    self._wait = FIRST_WAIT_SECONDS
                if not self._is_closing.is_set():
                    _log.warning(
                        "the connection that hears of the changes of other servers is lost (%s); until it is"
                        " back, their events come later, and this server neither seals nor cleans up",
                        _describe(reason),
                    )
        if self._session is not None:
            with suppress(Exception):
                self._tell(self._session)
                self._look(self._session)
            self._end_session(self._session)

    def _work(self, session: MaintenanceSession) -> None:
        """Look whenever it is due, until the thread is to end; raises an error if the connection is lost."""
        looked_at = float("-inf")
        is_told = False
        while not self._is_closing.is_set():
            interval = LOOK_SECONDS if is_told or session.is_behind else IDLE_SECONDS
            due_in = looked_at + interval - time.monotonic()
            if due_in <= 0:
                looked_at, is_told = time.monotonic(), False
                self._look(session)
            else:
                is_told = self._tell_and_hear(session, due_in) or is_told

    def _tell_and_hear(self, session: MaintenanceSession, seconds: float) -> bool:
        """Wait for changes, of this process or others; returns whether there are any."""
        is_told = bool(session.wait(seconds, self._wake_up))
        if is_told:
            self._changed()
        if self._tell(session) or is_told:
            # Others come soon after it, and are told and heard of together.
            self._is_closing.wait(COLLECT_SECONDS)
            return True
        return False

    def _tell(self, session: MaintenanceSession) -> bool:
        """Tell the other processes if this one has changed something; returns whether it has."""
        with suppress(BlockingIOError):
            # Several threads may have woken it.
            self._wake_up.recv(MOST_WAKES)
        if not self._has_changed:
            return False
        self._has_changed = False
        with self._asking():
            session.tell_change()
        return True

    def _look(self, session: MaintenanceSession) -> None:
        if self._is_replaced(session.connection):
            raise ReplacedServerError("a standby was promoted")
        with self._asking():
            session.look()
        self._keep_settled(session)
        if time.monotonic() < self._seal_after:
            return
        try:
            with self._asking():
                session.seal()
        except Exception as reason:
            if _is_lost(session, reason):
                raise
            self._seal_after = time.monotonic() + AFTER_FAULT_SECONDS
            _log.error("the newest entries could not be sealed: %s", _describe(reason))

    def _keep_settled(self, session: MaintenanceSession) -> None:
        last_id = session.events.last_id
        if last_id is None:
            return
        is_new = self._settled.connection != self._connection_number
        self._settled = SettledEvents(last_id, self._connection_number)
        if is_new:
            # Meanwhile it could hear of nothing.
            self._changed()

    def _begin_session(self) -> MaintenanceSession:
        connection = self._connection = self._connect()
        try:
            with self._asking():
                session = MaintenanceSession(connection, self._open_transaction, self._process)
                self._connection_number += 1
                session.look()
            self._keep_settled(session)
        except BaseException:
            connection.close()
            raise
        return session

    def _connect_again(self) -> MaintenanceSession | None:
        """A new session, or None once the thread is to end."""
        while not self._is_closing.wait(self._wait):
            self._wait = min(2 * self._wait, LONGEST_WAIT_SECONDS)
            with suppress(Exception):
                self._session = self._begin_session()
                _log.warning("the connection that hears of the changes of other servers is back")
                return self._session
        return None

    def _end_session(self, session: MaintenanceSession) -> None:
        self._session = None
        session.connection.close()

    # In another thread

    def _cut_connection(self) -> None:
        """End a wait for a server that does not answer."""
        if (connection := self._connection) is None:
            return
        with (
            suppress(psycopg.Error, OSError),
            socket.socket(fileno=os.dup(connection.fileno())) as cut,
        ):
            cut.shutdown(socket.SHUT_RDWR)


def _is_lost(session: MaintenanceSession, reason: Exception) -> bool:
    if session.connection.closed:
        return True
    return isinstance(reason, psycopg.Error) and remedy_for(reason) is Remedy.CONNECT_AGAIN


def _describe(reason: Exception) -> str:
    return summary(reason) if isinstance(reason, psycopg.Error) else str(reason)
