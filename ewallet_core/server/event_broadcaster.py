"""Notices the accounts with new events, and wakes the connections that send them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Protocol

from ewallet_core.engine.dispatcher import log_fault
from ewallet_core.engine.event_stream import EventSubscription
from ewallet_core.errors.base import WalletError
from ewallet_core.server.executor import Engine, Executor
from ewallet_core.storage.events import EventCursor

READ_INTERVAL_SECONDS = 1.0
"""How often to read without a change in this process: other processes may write to the database too."""
COLLECT_SECONDS = 0.005
HEARTBEAT_SECONDS = 20.0

_log = logging.getLogger("ewallet_core")


class EventRecipient(Protocol):
    """A connection to a client that listens to the events of a session."""

    subscription: EventSubscription
    account: int | None
    """The account for whose events it is woken."""
    sent_at: float
    """When it was sent something, by the loop's time."""

    def wake(self) -> None:
        """Read the new events, and send them."""

    def send_heartbeat(self) -> None:
        """Send what shows the client that the connection still works, and nothing else."""


class EventBroadcaster:
    """Wakes the connections of an account when it has new events."""

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self._engine = engine
        self._executor = executor
        self._recipients: set[EventRecipient] = set()
        self._of_account: dict[int | None, set[EventRecipient]] = {}
        self._loop = asyncio.get_running_loop()
        self._wake_up = asyncio.Event()
        self._is_woken = False
        self._cursor: EventCursor | None = None
        self._all_read_at = 0.0
        self.sent_count = 0
        """How many events have been sent to all connections."""

    def add(self, recipient: EventRecipient) -> None:
        """Wake that connection from now on."""
        self._recipients.add(recipient)
        self._of_account.setdefault(recipient.account, set()).add(recipient)
        # Without a cursor, the next read wakes every recipient.
        self._cursor = self._cursor if len(self._recipients) > 1 else None
        self._wake_up.set()

    def remove(self, recipient: EventRecipient) -> None:
        self._recipients.discard(recipient)
        self._leave_account(recipient)

    def move(self, recipient: EventRecipient, account: int | None) -> None:
        """Wake that connection for events of that account, and no longer for those of the former one."""
        if recipient in self._recipients:
            self._leave_account(recipient)
            recipient.account = account
            self._of_account.setdefault(account, set()).add(recipient)

    async def run(self) -> None:
        """Read new events in intervals, and soon after each change in this process."""
        self._engine.on_change(self._notice_change)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(READ_INTERVAL_SECONDS):
                        await self._wake_up.wait()
                # Collect the changes of a burst: to read after each would cost too much.
                await asyncio.sleep(COLLECT_SECONDS)
                self._is_woken = False
                self._wake_up.clear()
                if self._recipients:
                    await self._try_to_wake()
        finally:
            self._engine.on_change(lambda: None)

    def _notice_change(self) -> None:
        """Wake the broadcaster, from any thread, once in a burst of changes, if it has a recipient."""
        if self._recipients and not self._is_woken:
            self._is_woken = True
            # The change is made, and its caller must learn that, also if the server has just stopped.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake_up.set)

    def _leave_account(self, recipient: EventRecipient) -> None:
        others = self._of_account.get(recipient.account, set())
        others.discard(recipient)
        if not others:
            self._of_account.pop(recipient.account, None)

    async def _try_to_wake(self) -> None:
        try:
            await self._wake_recipients()
        except WalletError as error:
            log_fault(error, "reading new events")
        except Exception:  # noqa: BLE001 - one failure must not end the events of all connections
            _log.exception("the event broadcaster failed")

    async def _wake_recipients(self) -> None:
        after = self._cursor
        self._cursor, accounts = await self._executor.read(lambda: self._engine.changed_accounts(after))
        woken = self._recipients if accounts is None else self._in(accounts)
        for recipient in list(woken):
            recipient.wake()
        if self._loop.time() - self._all_read_at >= READ_INTERVAL_SECONDS:
            self._all_read_at = self._loop.time()
            await self._wake_all_that_are_due()

    def _in(self, accounts: set[int]) -> list[EventRecipient]:
        return [recipient for account in accounts for recipient in self._of_account.get(account, ())]

    async def _wake_all_that_are_due(self) -> None:
        """Wake the recipients whose session ends soon, has ended, or has another active account.

        Those that have been sent nothing for long get a heartbeat.
        """
        found = {recipient.subscription.session for recipient in self._recipients}
        sessions = [session for session in found if session is not None]
        active = await self._executor.read(lambda: self._engine.active_accounts(sessions))
        now, loop_now = self._engine.clock(), self._loop.time()
        for recipient in list(self._recipients):
            session = recipient.subscription.session
            is_other = session is not None and active.get(session) != recipient.subscription.account
            if is_other or recipient.subscription.due_at <= now:
                recipient.wake()
            if loop_now - recipient.sent_at >= HEARTBEAT_SECONDS:
                recipient.send_heartbeat()
