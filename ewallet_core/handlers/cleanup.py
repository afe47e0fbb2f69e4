"""Removing what has expired, on request or by cleaners that run in the background."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.errors.credits import NotFoundError
from ewallet_core.errors.server import WorkerBusyError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import Request, instruction
from ewallet_core.operations.account_status import RECOVERABLE_MS, erase_due_accounts
from ewallet_core.operations.answer_data import Timestamp
from ewallet_core.operations.context import Context
from ewallet_core.operations.settlement import settle_run_outs
from ewallet_core.security.tokens import hash_token
from ewallet_core.storage.payees import delete_expired_reservations
from ewallet_core.storage.retention import give_back_space, remove_old_history
from ewallet_core.storage.sessions import (
    client_ids,
    drop_client_id,
    drop_expired_client_ids,
    drop_vacant_workers,
    drop_worker,
    end_expired_sessions,
    end_expired_tokens,
    end_session,
    session_count,
    sessions,
    workers,
)
from ewallet_core.storage.transaction import NAMES, SESSION_PLACES
from ewallet_core.storage.wall_clock import correct_future_dates
from ewallet_core.storage.wallets import find_all_run_out_clocks


class CleanupSessions(Request, frozen=True):
    """One session, expired or not, or all that have expired."""

    sweeps = True

    session_id: fields.SessionId | None = None


class CleanupWorkers(Request, frozen=True):
    """One worker, or all that have no session."""

    sweeps = True

    worker_id: fields.WorkerId | None = None


class CleanupClientIds(Request, frozen=True):
    """One client id, expired or not, or all that have expired."""

    sweeps = True
    at_most_one_of = ("ctoken", "client_id")

    ctoken: fields.IssuedToken | None = None
    client_id: fields.IssuedToken | None = None


class CleanupSessionTokens(Request, frozen=True):
    """One session token, expired or not, or all that have expired."""

    sweeps = True
    at_most_one_of = ("stoken", "session_token")

    stoken: fields.IssuedToken | None = None
    session_token: fields.IssuedToken | None = None


class CleanupAll(Request, frozen=True):
    """Nothing beside the selectors: it is about all items."""

    sweeps = True


class WhichCleaner(Request, frozen=True):
    """A cleaner, or all of them; as `clean`, it may also be in the plural."""

    added = frozenset({"clean"})
    exactly_one_of = ("cleaner", "clean")

    cleaner: fields.CleanerName | None = None
    clean: fields.CleanerOrPlural | None = None

    @property
    def name(self) -> str:
        """The name of the cleaner, or `all`."""
        return self.cleaner or (self.clean or "").removesuffix("s")


class _CleanupSessionsAnswer(TypedDict):
    sessions: list[int]


@instruction({"controller": "system", "action": "cleanup", "cleanup": "sessions"}, needs_time=True)
def cleanup_sessions(request: CleanupSessions, context: Context) -> _CleanupSessionsAnswer:
    """Remove up to 200 expired sessions, or a given one now; their accounts are logged out of them."""
    if request.session_id is None:
        return _CleanupSessionsAnswer(sessions=end_expired_sessions(context.transaction, context.now))
    if sessions.find(context.transaction, id=request.session_id) is None:
        raise NotFoundError("session", "session_id")
    end_session(context.transaction, request.session_id, context.now)
    return _CleanupSessionsAnswer(sessions=[request.session_id])


class _CleanupWorkersAnswer(TypedDict):
    workers: list[int]


@instruction({"controller": "system", "action": "cleanup", "cleanup": "workers"}, needs_time=True)
def cleanup_workers(request: CleanupWorkers, context: Context) -> _CleanupWorkersAnswer:
    """Remove all workers that have no live session, or a given one."""
    transaction = context.transaction
    if request.worker_id is None:
        return _CleanupWorkersAnswer(workers=drop_vacant_workers(transaction, context.now))
    transaction.lock(SESSION_PLACES)
    worker = workers.find(transaction, id=request.worker_id)
    if worker is None:
        raise NotFoundError("worker", "worker_id")
    count = session_count(transaction, worker.id, context.now)
    if count > 0:
        raise WorkerBusyError(count)
    drop_worker(transaction, worker, context.now)
    return _CleanupWorkersAnswer(workers=[worker.id])


def _unknown(token: str, field: str) -> NotFoundError:
    return NotFoundError(
        token,
        field,
        "like that, or it was removed already",
        "Check that it was copied whole, or send none to remove all that have expired.",
    )


class _CleanupClientIdsAnswer(TypedDict):
    ctokens: int


@instruction({"controller": "system", "action": "cleanup", "cleanup": "ctokens"}, needs_time=True)
def cleanup_client_ids(request: CleanupClientIds, context: Context) -> _CleanupClientIdsAnswer:
    """Remove up to 200 expired client ids, or a given one now, each with its session."""
    given = request.ctoken or request.client_id
    if given is None:
        return _CleanupClientIdsAnswer(ctokens=len(drop_expired_client_ids(context.transaction, context.now)))
    client = client_ids.find(context.transaction, hash=hash_token(given))
    if client is None:
        raise _unknown("client id", "ctoken" if request.ctoken else "client_id")
    drop_client_id(context.transaction, client, context.now)
    return _CleanupClientIdsAnswer(ctokens=1)


class _CleanupSessionTokensAnswer(TypedDict):
    stokens: int


@instruction({"controller": "system", "action": "cleanup", "cleanup": "stokens"}, needs_time=True)
def cleanup_session_tokens(request: CleanupSessionTokens, context: Context) -> _CleanupSessionTokensAnswer:
    """Remove up to 200 expired session tokens, or a given one now, each with its session."""
    given = request.stoken or request.session_token
    if given is None:
        return _CleanupSessionTokensAnswer(stokens=len(end_expired_tokens(context.transaction, context.now)))
    session = sessions.find(context.transaction, token_hash=hash_token(given))
    if session is None:
        raise _unknown("session token", "stoken" if request.stoken else "session_token")
    end_session(context.transaction, session.id, context.now)
    return _CleanupSessionTokensAnswer(stokens=1)


class _CleanupClocksAnswer(TypedDict):
    clocks: list[int]


@instruction({"controller": "system", "action": "cleanup", "cleanup": "clocks"}, needs_time=True)
def cleanup_clocks(_request: CleanupAll, context: Context) -> _CleanupClocksAnswer:
    """Stop all timers whose time has run out, each dated when it did."""
    due = find_all_run_out_clocks(context.transaction, context.now)
    context.transaction.require_locks({clock.account_id for clock in due})
    for account_id in dict.fromkeys(clock.account_id for clock in due):
        settle_run_outs(context, account_id)
    return _CleanupClocksAnswer(clocks=sorted(clock.id for clock in due))


class _CleanupAccountsAnswer(TypedDict):
    accounts: list[int]


@instruction({"controller": "system", "action": "cleanup", "cleanup": "accounts"}, needs_time=True)
def cleanup_accounts(_request: CleanupAll, context: Context) -> _CleanupAccountsAnswer:
    """Erase for good the accounts whose 30 days are over, and free emails that were given up 90 days ago."""
    context.transaction.lock(NAMES)
    # Events about a deleted account are at least as old as its deletion order, so they go first.
    is_forgotten = remove_old_history(context.transaction, context.now, context.config.retention)
    erased = erase_due_accounts(context) if is_forgotten else []
    delete_expired_reservations(context.transaction, context.now)
    return _CleanupAccountsAnswer(accounts=erased)


class _CleanupHistoryAnswer(TypedDict):
    forgotten_before: Timestamp


@instruction({"controller": "system", "action": "cleanup", "cleanup": "history"}, needs_time=True)
def cleanup_history(_request: CleanupAll, context: Context) -> _CleanupHistoryAnswer:
    """Delete up to 500 events, remembered and refused requests, logins and issue reports that are too old."""
    correct_future_dates(
        context.transaction,
        context.now,
        session_lifetime=context.config.session_lifetime_ms,
        recoverable=RECOVERABLE_MS,
    )
    retention = context.config.retention
    remove_old_history(context.transaction, context.now, retention)
    give_back_space(context.transaction)
    return _CleanupHistoryAnswer(forgotten_before=timestamp(context.now - retention.events_ms))


class _RunningAnswer(TypedDict):
    cleaner: str
    running: list[str]


# Cleaners belong to this process, not to the database: they start and stop before the transaction, and the
# request is not remembered.
@instruction(
    {"controller": "system", "action": "start", "start": "cleaner"},
    prepare=lambda request, preparation: preparation.cleaners.start(request.name),
    remembered=False,
)
def start_cleaner(request: WhichCleaner, context: Context) -> _RunningAnswer:
    """Start a cleaner of this engine, which removes what expires, or all of them."""
    return _RunningAnswer(cleaner=request.name, running=context.prepared)


@instruction(
    {"controller": "system", "action": "stop", "stop": "cleaner"},
    prepare=lambda request, preparation: preparation.cleaners.stop(request.name),
    remembered=False,
)
def stop_cleaner(request: WhichCleaner, context: Context) -> _RunningAnswer:
    """Stop a cleaner of this engine, or all of them."""
    return _RunningAnswer(cleaner=request.name, running=context.prepared)
