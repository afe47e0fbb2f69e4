"""Writes events with the request that caused them."""

from __future__ import annotations

from typing import Any

import msgspec

from ewallet_core.operations.context import Context
from ewallet_core.storage.events import EventKind, Movement, NewEvent, append_events

_ENCODER = msgspec.json.Encoder()


def new_event(
    context: Context, account_id: int, kind: EventKind, movement: Movement | None = None, **data: Any
) -> NewEvent:
    """An event of that account, with the request's id if that account's request caused it.

    A timer runs out by itself: no request causes that.
    """
    is_own = context.logged_in is not None and context.logged_in.id == account_id
    is_caused = is_own and kind is not EventKind.TIMER_RAN_OUT
    request_id = context.request_id if is_caused else None
    return NewEvent(account_id, kind, _ENCODER.encode(data).decode(), context.now, request_id, movement)


def record_event(
    context: Context, account_id: int, kind: EventKind, movement: Movement | None = None, **data: Any
) -> None:
    """Write an event of that account."""
    append_events(context.transaction, new_event(context, account_id, kind, movement, **data))
