"""Session workers: making them, giving them sessions, and what is shown of them."""

from __future__ import annotations

from ewallet_core.actions.context import Context
from ewallet_core.actions.data import Data, dates
from ewallet_core.actions.shapes import WorkerData
from ewallet_core.instructions.catalogue import Access, NoArguments, instruction
from ewallet_core.instructions.envelope import Answer, ok
from ewallet_core.storage.sessions import Worker, session_count, worker_with_room, workers
from ewallet_core.storage.transaction import Transaction


@instruction(
    NoArguments,
    {"controller": "system", "action": "new", "new": "worker"},
    access=Access.SYSTEM,
    answers={"worker": int, "worker_data": WorkerData},
)
def new_worker(_asked: NoArguments, context: Context) -> Answer:
    """Make a session worker."""
    worker = _make_worker(context)
    return ok(worker=worker.id, worker_data=worker_data(context.transaction, worker, context.now))


def worker_for_a_session(context: Context) -> Worker:
    """The first worker that has room for one session more, or a new one."""
    return worker_with_room(context.transaction) or _make_worker(context)


def worker_data(transaction: Transaction, worker: Worker, now: int) -> Data:
    """A worker, and whether it has sessions and room for more: counted whenever it is asked."""
    count = session_count(transaction, worker.id, now)
    state = "vacant" if count == 0 else "full" if count >= worker.session_limit else "available"
    return {
        "id": worker.id,
        "state": state,
        "session_count": count,
        "session_limit": worker.session_limit,
        **dates(worker),
    }


def _make_worker(context: Context) -> Worker:
    worker_id = workers.insert(
        context.transaction,
        session_limit=context.rules.session_limit,
        created_at=context.now,
        written_at=context.now,
    )
    return workers.require(context.transaction, id=worker_id)
