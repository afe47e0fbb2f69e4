"""The session manager: takes instructions, has them carried out, and answers."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from ewallet_core.data_folder import data_folder, database_url
from ewallet_core.engine.authentication import authenticate
from ewallet_core.engine.dispatcher import Caller, Dependencies, Dispatcher
from ewallet_core.engine.event_stream import EventPage, EventSubscription, event_page
from ewallet_core.engine.live_objects import EWallet, EWalletWorker
from ewallet_core.errors.server import StorageFailedError, StorageUnavailableError
from ewallet_core.instructions.envelope import Answer, Call
from ewallet_core.instructions.registry import Access, WorkClass
from ewallet_core.ledger.journal import Issuer
from ewallet_core.operations.context import IN_PROCESS, EngineConfig, Listener
from ewallet_core.operations.provisioning import create_system_core
from ewallet_core.security.passwords import Passwords
from ewallet_core.security.tokens import RandomBytes
from ewallet_core.storage.database import open_database
from ewallet_core.storage.events import events_after, latest_event
from ewallet_core.storage.journal import issuer
from ewallet_core.storage.seen_requests import forget_old_requests
from ewallet_core.storage.sessions import sessions, workers
from ewallet_core.storage.transaction import Transaction


def system_clock() -> int:
    """The machine's time, in milliseconds UTC."""
    return time.time_ns() // 1_000_000


class EWalletSessionManager:
    """The engine's public door, safe to be called from several threads.

    `database_url` is an SQLAlchemy URL (`sqlite:///…`, or `sqlite://` for one in memory); absent, the
    database in the user's data folder. `clock` tells the time in milliseconds UTC. No cleaner runs until one
    is started, by the instruction `start='cleaner'`. Raises
    `StorageUnavailableError` when the database can't be opened.
    """

    def __init__(
        self,
        database_url: str | None = None,
        *,
        clock: Callable[[], int] = system_clock,
        randomness: RandomBytes = secrets.token_bytes,
        config: EngineConfig | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self._clock = clock
        self._config = config or EngineConfig()
        self._database = open_database(database_url or _default_url())
        try:
            credits_issuer = self._database.write(self._found)
        except StorageFailedError as reason:
            self._database.close()
            raise StorageUnavailableError(reason.reason) from reason
        self._dispatcher = Dispatcher(
            self._database,
            Dependencies(clock, randomness, self._config, passwords or Passwords(), credits_issuer),
        )
        self.listen_through(self.own_listener())

    def own_listener(self) -> Listener | None:
        """What it listens through until it is given another; nothing where it is only asked in process."""
        return None

    def session_manager_controller(self, /, **instruction: Any) -> Answer:
        """Carry out an instruction, flat or enveloped, and answer it; it never raises for what was asked."""
        return self.answer(instruction)

    def answer(self, request: Mapping[str, Any], address: str = IN_PROCESS) -> Answer:
        """As `session_manager_controller`, for a caller at that address."""
        return self._dispatcher.answer(request, Caller(address=address))

    def listen_through(self, listener: Listener | None) -> None:
        """Let the instructions about sockets reach that listener; without one they are refused."""
        self._dispatcher.listener = listener

    def events(self, client_id: str, session_token: str, since: int | None = None) -> EventPage:
        """What has happened to the session's account after event `since`, or nothing yet without it.

        Raises a `WalletError` when nobody is logged in to that session.
        """
        call = Call({}, client_id=client_id, session_token=session_token)

        def look(transaction: Transaction) -> EventPage:
            return event_page(
                authenticate(self._dispatcher.context(transaction, call), Access.ACCOUNT), since
            )

        return self._database.read(look)

    def follow(self, client_id: str, session_token: str) -> EventSubscription:
        """What follows the account that is active in that session, for somebody who listens."""
        look = partial(self.events, client_id, session_token)
        return EventSubscription(look, self._clock, self._config.session_lifetime_ms)

    def news(self, after: int | None = None) -> tuple[int, set[int]]:
        """The latest event, and the accounts to which something happened after that one; without one none."""
        if after is None:
            return self._database.read(latest_event), set()
        found = self._database.read(lambda transaction: events_after(transaction, after))
        return (found[-1].id if found else after), {one.account_id for one in found}

    def active_accounts(self) -> dict[int, int | None]:
        """The account that is active in each session, None where nobody is; by the sessions' ids."""
        found = self._database.read(sessions.all)
        return {session.id: session.account_id for session in found}

    def tell_changes(self, changed: Callable[[], None]) -> None:
        """Call that, and nothing else, after each instruction that changed something, from its thread."""
        self._dispatcher.changed = changed

    def work_class_of(self, request: Mapping[str, Any]) -> WorkClass:
        """How much work it is to answer that request."""
        return self._dispatcher.work_class(request)

    @property
    def clock(self) -> Callable[[], int]:
        """What tells the time, in milliseconds UTC."""
        return self._clock

    @property
    def workers(self) -> dict[int, EWalletWorker]:
        """The session workers, by id: live objects, each with its `main_controller`."""
        found = self._database.read(workers.all)
        return {worker.id: EWalletWorker(self._dispatcher, worker.id) for worker in found}

    @property
    def sessions(self) -> dict[int, EWallet]:
        """The sessions that have not ended, by id: live objects, each with its `ewallet_controller`."""
        found = self._database.read(sessions.all)
        now = self._clock()
        return {
            session.id: EWallet(self._dispatcher, session.id) for session in found if session.expires_at > now
        }

    def close(self) -> None:
        """Stop the cleaners, finish what was begun and let go of the database; twice does no harm."""
        self._dispatcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _found(self, transaction: Transaction) -> Issuer:
        now = self._clock()
        create_system_core(transaction, now)
        forget_old_requests(transaction, now)
        return issuer(transaction)


def _default_url() -> str:
    return database_url(data_folder())
