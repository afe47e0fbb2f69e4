"""When something next comes due: what the cleaners wait for, read from the indexes' ends."""

from __future__ import annotations

from sqlalchemy import Select, bindparam, exists, func, select

from ewallet_core.storage import schema
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Clock, clocks

_clock = schema.clocks.c
_session = schema.sessions.c
_worker = schema.workers.c

SESSION_ENDS = select(func.min(_session.expires_at))
SESSION_TOKEN_ENDS = select(func.min(_session.expires_at)).where(_session.token_hash.is_not(None))
CLIENT_ID_ENDS = select(func.min(schema.client_ids.c.expires_at))
ACCOUNT_IS_ERASED = select(func.min(schema.accounts.c.to_unlink_at))
TIMER_RUNS_OUT = select(func.min(_clock.runs_out_at))
VACANT_WORKER_SINCE = select(func.min(_worker.created_at)).where(
    ~exists().where(_session.worker_id == _worker.id)
)
OLDEST_HISTORY = (
    select(func.min(schema.events.c.at)),
    select(func.min(schema.seen_requests.c.seen_at)),
    select(func.min(schema.refused_requests.c.at)),
)
_RUN_OUT = (
    select(*clocks.columns)
    .where(_clock.runs_out_at <= bindparam("now"))
    .order_by(_clock.runs_out_at, _clock.id)
)


def find_earliest(transaction: Transaction, *moments: Select[tuple[int]]) -> int | None:
    """The earliest of these moments, in milliseconds UTC; None where there is none."""
    found = [transaction.number(moment) for moment in moments]
    return min((at for at in found if at is not None), default=None)


def find_all_run_out_clocks(transaction: Transaction, now: int) -> list[Clock]:
    """All accounts' clocks whose timers should have stopped by `now`, the earliest first."""
    return transaction.all(_RUN_OUT, Clock, now=now)
