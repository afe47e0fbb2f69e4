"""The session manager: an engine, and the server that its instructions can open."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

from ewallet_core.data_folder import data_folder
from ewallet_core.data_folder import database_url as default_url
from ewallet_core.engine.authentication import authenticate
from ewallet_core.engine.dispatcher import Dependencies, Dispatcher
from ewallet_core.engine.event_stream import EventPage, EventSubscription, read_event_page
from ewallet_core.engine.live_objects import EWallet, EWalletWorker
from ewallet_core.engine.wall_clock import WallClock, system_boot_clock, system_boot_id, system_clock
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageDamagedError, StorageFailedError, StorageUnavailableError
from ewallet_core.instructions.envelope import Answer, Credentials
from ewallet_core.instructions.registry import Access
from ewallet_core.ledger.journal import Issuer
from ewallet_core.operations.account_status import RECOVERABLE_MS
from ewallet_core.operations.context import (
    IN_PROCESS,
    Caller,
    EngineConfig,
    InstructionListener,
    require_account,
)
from ewallet_core.operations.provisioning import create_system_core
from ewallet_core.security.passwords import Passwords
from ewallet_core.security.tokens import RandomBytes
from ewallet_core.server.socket_listener import SocketListener
from ewallet_core.storage.database import open_database
from ewallet_core.storage.events import EventCursor, find_changed_accounts
from ewallet_core.storage.journal import issuer
from ewallet_core.storage.overview import prepare_overview
from ewallet_core.storage.retention import remove_old_requests
from ewallet_core.storage.sessions import find_active_accounts, sessions, workers
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wall_clock import correct_future_dates


class EWalletSessionManager:
    """An engine in this process. It may be used by several threads at once.

    `database_url` is an SQLAlchemy URL (`sqlite:///…`, or `sqlite://` for one in memory); without it, the
    database in the user's data folder. `clock` returns the time in milliseconds UTC, and `boot_clock` the
    milliseconds since the machine was started, in the boot named `boot_id`: the two are compared to notice
    leaps of `clock`. Without `boot_clock` it is the machine's own if `clock` is, else no leap is noticed.

    No cleaner runs until one is started, by the instruction `start='cleaner'`, and no socket is open until
    one is opened, by `start='instruction_listener'` or `opening='sockets'`. Raises
    `StorageUnavailableError` if the database can't be opened.
    """

    def __init__(
        self,
        database_url: str | None = None,
        *,
        clock: Callable[[], int] = system_clock,
        boot_clock: Callable[[], int] | None = None,
        boot_id: str = "",
        randomness: RandomBytes = secrets.token_bytes,
        config: EngineConfig | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self._config = config or EngineConfig()
        self._database = open_database(
            database_url or default_url(data_folder()),
            self._config.durability,
            self._config.database_connections,
        )
        if boot_clock is not None or clock is not system_clock:
            self._wall_clock = WallClock(clock, boot_clock or clock, boot_id)
        elif self._database.is_remote:
            self._wall_clock = WallClock.of_database(system_boot_clock)
        else:
            self._wall_clock = WallClock(clock, system_boot_clock, system_boot_id())
        try:
            credits_issuer = self._database.write(self._set_up)
        except BaseException as reason:
            self._database.close()
            if isinstance(reason, StorageFailedError):
                raise StorageUnavailableError(reason.reason) from reason
            if isinstance(reason, WalletError) or not isinstance(reason, Exception):
                raise
            # Every open engine has done the same to this database, so it holds something else now.
            raise StorageDamagedError(f"what every wallet has can't be read, {reason}") from reason
        self.dispatcher = Dispatcher(
            self._database,
            Dependencies(
                self._wall_clock, randomness, self._config, passwords or Passwords(), credits_issuer
            ),
        )
        self._sockets = SocketListener(self)
        self.listen_through(self._sockets)

    def session_manager_controller(self, /, **instruction: Any) -> Answer:
        """Carry out an instruction, flat or enveloped, and answer it; it never raises for a bad request."""
        return self.answer(instruction)

    def answer(self, request: Mapping[str, Any], address: str = IN_PROCESS) -> Answer:
        """As `session_manager_controller`, for a caller at that address."""
        return self.dispatcher.answer(request, Caller(address))

    def prepare_overview(self) -> None:
        """Let the first `view overview` be as fast as the next ones."""
        self._database.read(prepare_overview)

    def listen_through(self, listener: InstructionListener | None) -> None:
        """Have that listener carry out the instructions about sockets, instead of the one for this machine.

        Without a listener they are answered `no_listener`.
        """
        self.dispatcher.listen_through(listener)

    def events(self, client_id: str, session_token: str, since: int | None = None) -> EventPage:
        """The events of the session's account after `since`; without it none, only the newest's sequence.

        Raises a `WalletError` if no account is logged in to that session.
        """
        credentials = Credentials(client_id, session_token)

        def look(transaction: Transaction) -> EventPage:
            context = self.dispatcher.context(transaction, credentials=credentials)
            return read_event_page(require_account(authenticate(context, Access.ACCOUNT)), since)

        return self._database.read(look)

    def follow(self, client_id: str, session_token: str) -> EventSubscription:
        """A subscription to the events of the account that is active in that session."""
        read_page = partial(self.events, client_id, session_token)
        return EventSubscription(read_page, self.clock)

    def changed_accounts(self, after: EventCursor | None = None) -> tuple[EventCursor, set[int] | None]:
        """Where the events of all accounts have got to, and the accounts that have new ones since `after`.

        None instead of accounts means that any may have new ones.
        """
        settled = self._database.settled_events
        return self._database.read(lambda transaction: find_changed_accounts(transaction, after, settled))

    def active_accounts(self, session_ids: Sequence[int]) -> dict[int, int | None]:
        """The active account of each of these sessions that has not ended, or None, by session id."""
        return self._database.read(lambda transaction: find_active_accounts(transaction, session_ids))

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call only `changed` after each instruction that changed something, in its thread."""
        self.dispatcher.changed = changed

    @property
    def clock(self) -> Callable[[], int]:
        """Returns the time in milliseconds UTC, which stands still while the wall clock is in doubt."""
        return self._wall_clock.now

    @property
    def workers(self) -> dict[int, EWalletWorker]:
        """The session workers, by id: live objects, each with its `main_controller`."""
        found = self._database.read(workers.all)
        return {worker.id: EWalletWorker(self.dispatcher, worker.id) for worker in found}

    @property
    def sessions(self) -> dict[int, EWallet]:
        """The sessions that have not ended, by id: live objects, each with its `ewallet_controller`."""
        found = self._database.read(sessions.all)
        now = self.clock()
        return {
            session.id: EWallet(self.dispatcher, session.id) for session in found if session.expires_at > now
        }

    def prepare_close(self) -> None:
        """It will be closed soon: from now on, nothing waits long for a database that does not answer."""
        self._database.prepare_close()

    def close(self) -> None:
        """Close the sockets, stop the cleaners, finish pending work and close the database, at most once."""
        self.prepare_close()
        self._sockets.stop()
        self.dispatcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _set_up(self, transaction: Transaction) -> Issuer:
        self._wall_clock.start(transaction)
        now, doubt = self._wall_clock.read(transaction)
        create_system_core(transaction, now)
        if doubt is None:
            correct_future_dates(
                transaction,
                now,
                session_lifetime=self._config.session_lifetime_ms,
                recoverable=RECOVERABLE_MS,
            )
            remove_old_requests(transaction, now, self._config.retention)
        return issuer(transaction)
