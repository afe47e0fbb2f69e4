"""What has happened to an account, as somebody who listens is told it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.operations.context import AccountContext
from ewallet_core.storage.events import LARGEST_PAGE, EventRow, events_since

Told = dict[str, Any]

LISTENING = "listening"
SESSION_ABOUT_TO_END = "session_about_to_end"
WARNED_BEFORE_MS = 120_000
"""How long before the end of a session it is said that it is about to end; at most half of its life."""


class EventPage(msgspec.Struct, frozen=True):
    """Events of one account, oldest first, and the sequence after which to ask for more.

    `session` is the one that looked, and `expires_at` when that ends, in milliseconds UTC.
    """

    session: int
    account: int
    sequence: int
    events: list[Told]
    expires_at: int

    @property
    def has_more(self) -> bool:
        """Whether there may be more than one page holds."""
        return len(self.events) == LARGEST_PAGE


def event_page(context: AccountContext, since: int | None) -> EventPage:
    """The events of the account that asks after `since`; without it none, and where its sequence stands."""
    session, account = context.session, context.account
    if since is None:
        return EventPage(session.id, account.id, account.event_sequence, [], session.expires_at)
    found = events_since(context.transaction, account.id, since)
    last = found[-1].sequence if found else since
    return EventPage(session.id, account.id, last, [_told(event) for event in found], session.expires_at)


class EventSubscription:
    """Follows what happens to whichever account is active in a session, from one look to the next.

    `look` brings the page after a sequence, `clock` tells the time in milliseconds UTC and `lifetime_ms` is
    how long a session lives without being used. Not to be used by two threads at once.
    """

    def __init__(
        self, look: Callable[[int | None], EventPage], clock: Callable[[], int], lifetime_ms: int
    ) -> None:
        self._look = look
        self._clock = clock
        self._warned_before_ms = min(WARNED_BEFORE_MS, lifetime_ms // 2)
        self._warned_of: int | None = None
        self._expires_at = 0
        self.session: int | None = None
        self.account: int | None = None
        """The session in which, and the account that is followed, once it has been begun."""
        self.sequence = 0
        """The latest event that was told."""

    @property
    def due_at(self) -> int:
        """When there is something to tell in any case: that the session is about to end, or has ended."""
        warned = self._warned_of == self._expires_at
        return self._expires_at if warned else self._expires_at - self._warned_before_ms

    def begin(self, since: int | None = None) -> list[Told]:
        """That it listens, and from which event on; raises a `WalletError` where nobody is logged in."""
        page = self._look(None)
        self.session, self.account, self._expires_at = page.session, page.account, page.expires_at
        self.sequence = page.sequence if since is None else min(since, page.sequence)
        return [{"event": LISTENING, "sequence": self.sequence}]

    def news(self) -> list[Told]:
        """What has happened since the last look; raises a `WalletError` once nobody is logged in any more."""
        page = self._look(self.sequence)
        if page.account != self.account:
            return self.begin()
        self._expires_at = page.expires_at
        told = page.events
        self.sequence = page.sequence
        return told if page.has_more else [*told, *self._warning()]

    def _warning(self) -> list[Told]:
        now = self._clock()
        if now < self.due_at or self._warned_of == self._expires_at:
            return []
        self._warned_of = self._expires_at
        return [
            {
                "event": SESSION_ABOUT_TO_END,
                "sequence": self.sequence,
                "time": timestamp(now),
                "data": {"expires": timestamp(self._expires_at)},
            }
        ]


def _told(event: EventRow) -> Told:
    return {
        "event": event.kind,
        "sequence": event.sequence,
        "time": timestamp(event.at),
        "request_id": event.request_id,
        "movement": event.movement,
        "data": msgspec.json.decode(event.data),
    }
