"""The event stream of an account, as a listening client reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.operations.context import AccountContext
from ewallet_core.protocol.frames import FIRST_EVENT
from ewallet_core.storage.events import LARGEST_PAGE, EventRow, events_since

EventMessage = dict[str, Any]

SESSION_ABOUT_TO_END = "session_about_to_end"
WARNED_BEFORE_MS = 120_000
"""How long before the end of a session the warning comes; at most half of its lifetime."""


class EventPage(msgspec.Struct, frozen=True):
    """Events of one account, oldest first, and the sequence after which to ask for more.

    `session` is the one that reads them, `expires_at` when it ends, in milliseconds UTC, and `lifetime_ms`
    how long it lives from its last use.
    """

    session: int
    account: int
    sequence: int
    events: list[EventMessage]
    expires_at: int
    lifetime_ms: int


def read_event_page(context: AccountContext, since: int | None) -> EventPage:
    """The events of the account after `since`; without it none, only the sequence of the newest."""
    session, account = context.session, context.account
    found: list[EventRow] = []
    sequence = account.event_sequence
    if since is not None:
        found = events_since(context.transaction, account.id, since)
        sequence = found[-1].sequence if found else since
    return EventPage(
        session=session.id,
        account=account.id,
        sequence=sequence,
        events=[_message(event) for event in found],
        expires_at=session.expires_at,
        lifetime_ms=context.config.lifetime_ms(session.lifetime_ms),
    )


class EventSubscription:
    """Reads the events of the account that is active in a session, also after another account becomes active.

    `read_page` reads the page after a sequence, and `clock` returns the time in milliseconds UTC. Not to be
    used by two threads at once.
    """

    def __init__(self, read_page: Callable[[int | None], EventPage], clock: Callable[[], int]) -> None:
        self._read_page = read_page
        self._clock = clock
        self._warned_about: int | None = None
        self._expires_at = 0
        self._lifetime_ms = 0
        self.session: int | None = None
        self.account: int | None = None
        """The session, and the account whose events are read, once it has begun."""
        self.sequence = 0
        """The latest event that was read."""

    @property
    def due_at(self) -> int:
        """When to read again in any case: the session is about to end then, or has ended."""
        is_warned = self._warned_about == self._expires_at
        warned_before_ms = min(WARNED_BEFORE_MS, self._lifetime_ms // 2)
        return self._expires_at if is_warned else self._expires_at - warned_before_ms

    def begin(self, since: int | None = None) -> list[EventMessage]:
        """The message after which event it listens; raises a `WalletError` if no account is logged in."""
        page = self._read_page(None)
        self.session, self.account = page.session, page.account
        self._expires_at, self._lifetime_ms = page.expires_at, page.lifetime_ms
        self.sequence = page.sequence if since is None else min(since, page.sequence)
        return [{"event": FIRST_EVENT, "sequence": self.sequence}]

    def read_new(self) -> list[EventMessage]:
        """The events since the last read; raises a `WalletError` once no account is logged in."""
        page = self._read_page(self.sequence)
        if page.account != self.account:
            return self.begin()
        self._expires_at, self._lifetime_ms = page.expires_at, page.lifetime_ms
        self.sequence = page.sequence
        # After a full page there may be more, which comes before the warning.
        return page.events if len(page.events) == LARGEST_PAGE else [*page.events, *self._warning()]

    def _warning(self) -> list[EventMessage]:
        now = self._clock()
        if now < self.due_at or self._warned_about == self._expires_at:
            return []
        self._warned_about = self._expires_at
        return [
            {
                "event": SESSION_ABOUT_TO_END,
                "sequence": self.sequence,
                "time": timestamp(now),
                "data": {"expires": timestamp(self._expires_at)},
            }
        ]


def _message(event: EventRow) -> EventMessage:
    return {
        "event": event.kind,
        "sequence": event.sequence,
        "time": timestamp(event.at),
        "request_id": event.request_id,
        "movement": event.movement,
        "data": msgspec.json.decode(event.data),
    }
