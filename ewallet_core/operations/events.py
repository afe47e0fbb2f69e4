"""Writes events with the request that caused them."""

from __future__ import annotations

from typing import Any

from ewallet_core.operations.context import Context
from ewallet_core.storage.events import EventKind, Movement, append_event


def record_event(
    context: Context, account_id: int, kind: EventKind, movement: Movement | None = None, **data: Any
) -> None:
    """Write an event of that account; it gets the request's id if that account asked for what happened.

    A timer runs out by itself, whichever request notices it.
    """
    is_own = context.logged_in is not None and context.logged_in.id == account_id
    asked = is_own and kind is not EventKind.TIMER_RAN_OUT
    append_event(
        context.transaction,
        account_id,
        kind,
        context.now,
        request_id=context.request_id if asked else None,
        movement=movement,
        **data,
    )
