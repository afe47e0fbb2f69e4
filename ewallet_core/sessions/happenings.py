"""What has happened to an account, as a listener is told it."""

from __future__ import annotations

from typing import Any

import msgspec

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.storage.accounts import Account
from ewallet_core.storage.events import EventRow, events_since
from ewallet_core.storage.transaction import Transaction


class EventPage(msgspec.Struct, frozen=True):
    """Events of one account, oldest first, and the sequence after which to ask for more."""

    account: int
    sequence: int
    events: list[dict[str, Any]]


def event_page(transaction: Transaction, account: Account, since: int | None) -> EventPage:
    """The account's events after `since`; without it none, and where its sequence stands now."""
    if since is None:
        return EventPage(account.id, account.event_sequence, [])
    found = events_since(transaction, account.id, since)
    return EventPage(account.id, found[-1].sequence if found else since, [_told(event) for event in found])


def _told(event: EventRow) -> dict[str, Any]:
    return {
        "event": event.kind,
        "sequence": event.sequence,
        "time": timestamp(event.at),
        "data": msgspec.json.decode(event.data),
    }
