"""When the next item expires. The cleaners wait for it; each statement reads the end of an index."""

from __future__ import annotations

from sqlalchemy import Select, exists, func, select

from ewallet_core.storage import schema
from ewallet_core.storage.transaction import Transaction

_session = schema.sessions.c
_worker = schema.workers.c

SESSION_ENDS = select(func.min(_session.expires_at))
SESSION_TOKEN_ENDS = select(func.min(_session.expires_at)).where(_session.token_hash.is_not(None))
CLIENT_ID_ENDS = select(func.min(schema.client_ids.c.expires_at))
ACCOUNT_IS_ERASED = select(func.min(schema.accounts.c.to_unlink_at))
TIMER_RUNS_OUT = select(func.min(schema.clocks.c.runs_out_at))
VACANT_WORKER_SINCE = select(func.min(_worker.created_at)).where(
    ~exists().where(_session.worker_id == _worker.id)
)
OLDEST_HISTORY = (
    select(func.min(schema.events.c.at)),
    select(func.min(schema.seen_requests.c.seen_at)),
    select(func.min(schema.refused_requests.c.at)),
)


def find_earliest(transaction: Transaction, *statements: Select[tuple[int]]) -> int | None:
    """The earliest instant that these statements find, in milliseconds UTC."""
    found = [transaction.number(statement) for statement in statements]
    return min((at for at in found if at is not None), default=None)
