"""Writes events with the request that caused them."""

from __future__ import annotations

from typing import Any

from ewallet_core.operations.context import Context
from ewallet_core.storage.events import EventKind, Movement, append_event


def record_event(
    context: Context, account_id: int, kind: EventKind, movement: Movement | None = None, **data: Any
) -> None:
    """Write an event of that account, with the request's id if that account's request caused it.

    A timer runs out by itself: no request causes that.
    """
    is_own = context.logged_in is not None and context.logged_in.id == account_id
    is_caused = is_own and kind is not EventKind.TIMER_RAN_OUT
    append_event(
        context.transaction,
        account_id,
        kind,
        context.now,
        request_id=context.request_id if is_caused else None,
        movement=movement,
        **data,
    )
