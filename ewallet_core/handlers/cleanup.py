"""Cleaning up: what has expired goes, when it is asked for or by cleaners that do the same by themselves."""

from __future__ import annotations

from ewallet_core.errors.credits import NotFoundError
from ewallet_core.errors.server import WorkerBusyError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer, success, timestamp
from ewallet_core.instructions.registry import Access, NoArguments, Request, instruction
from ewallet_core.operations.account_deletion import erase_due_accounts
from ewallet_core.operations.answer_data import Timestamp
from ewallet_core.operations.context import Context, Preparation
from ewallet_core.operations.settlement import settle_run_outs
from ewallet_core.security.tokens import hash_token
from ewallet_core.storage.events import forget_old_events
from ewallet_core.storage.logins import delete_logins_without_account
from ewallet_core.storage.operators import delete_old_refused_requests
from ewallet_core.storage.seen_requests import KEPT_MILLISECONDS, forget_old_requests
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
from ewallet_core.storage.wallets import find_all_run_out_clocks


class CleanupSessions(Request, frozen=True):
    """One session, expired or not; or all that have expired."""

    session_id: fields.SessionId | None = None


class CleanupWorkers(Request, frozen=True):
    """One worker; or all that have no session."""

    worker_id: fields.WorkerId | None = None


class CleanupClientIds(Request, frozen=True):
    """One client id, expired or not; or all that have expired."""

    ctoken: fields.IssuedToken | None = None


class CleanupSessionTokens(Request, frozen=True):
    """One session token, expired or not; or all that have expired."""

    stoken: fields.IssuedToken | None = None


class WhichCleaner(Request, frozen=True):
    """Which of the cleaners, or all of them."""

    cleaner: fields.CleanerName


@instruction(
    CleanupSessions,
    {"controller": "system", "action": "cleanup", "cleanup": "sessions"},
    access=Access.SYSTEM,
    answers={"sessions": list[int]},
)
def cleanup_sessions(asked: CleanupSessions, context: Context) -> Answer:
    """Remove all sessions that have expired, or one at once; their accounts are logged out of them."""
    if asked.session_id is None:
        return success(sessions=end_expired_sessions(context.transaction, context.now))
    if sessions.find(context.transaction, id=asked.session_id) is None:
        raise NotFoundError("session", "session_id")
    end_session(context.transaction, asked.session_id)
    return success(sessions=[asked.session_id])


@instruction(
    CleanupWorkers,
    {"controller": "system", "action": "cleanup", "cleanup": "workers"},
    access=Access.SYSTEM,
    answers={"workers": list[int]},
)
def cleanup_workers(asked: CleanupWorkers, context: Context) -> Answer:
    """Remove all workers that have no live session, or that one."""
    transaction = context.transaction
    if asked.worker_id is None:
        return success(workers=drop_vacant_workers(transaction, context.now))
    worker = workers.find(transaction, id=asked.worker_id)
    if worker is None:
        raise NotFoundError("worker", "worker_id")
    count = session_count(transaction, worker.id, context.now)
    if count > 0:
        raise WorkerBusyError(count)
    drop_worker(transaction, worker, context.now)
    return success(workers=[worker.id])


@instruction(
    CleanupClientIds,
    {"controller": "system", "action": "cleanup", "cleanup": "ctokens"},
    access=Access.SYSTEM,
    answers={"ctokens": int},
)
def cleanup_client_ids(asked: CleanupClientIds, context: Context) -> Answer:
    """Remove all client ids that have expired, or one at once, and with each its session."""
    if asked.ctoken is None:
        return success(ctokens=len(drop_expired_client_ids(context.transaction, context.now)))
    client = client_ids.find(context.transaction, hash=hash_token(asked.ctoken))
    if client is None:
        raise NotFoundError("client id", "ctoken")
    drop_client_id(context.transaction, client)
    return success(ctokens=1)


@instruction(
    CleanupSessionTokens,
    {"controller": "system", "action": "cleanup", "cleanup": "stokens"},
    access=Access.SYSTEM,
    answers={"stokens": int},
)
def cleanup_session_tokens(asked: CleanupSessionTokens, context: Context) -> Answer:
    """Remove all session tokens that have expired, or one at once, and with each its session."""
    if asked.stoken is None:
        return success(stokens=len(end_expired_tokens(context.transaction, context.now)))
    session = sessions.find(context.transaction, token_hash=hash_token(asked.stoken))
    if session is None:
        raise NotFoundError("session token", "stoken")
    end_session(context.transaction, session.id)
    return success(stokens=1)


@instruction(
    NoArguments,
    {"controller": "system", "action": "cleanup", "cleanup": "clocks"},
    access=Access.SYSTEM,
    answers={"clocks": list[int]},
)
def cleanup_clocks(_asked: NoArguments, context: Context) -> Answer:
    """Stop the timers of all accounts whose minutes have run out, each dated when they did."""
    due = find_all_run_out_clocks(context.transaction, context.now)
    for account_id in dict.fromkeys(clock.account_id for clock in due):
        settle_run_outs(context, account_id)
    return success(clocks=sorted(clock.id for clock in due))


@instruction(
    NoArguments,
    {"controller": "system", "action": "cleanup", "cleanup": "accounts"},
    access=Access.SYSTEM,
    answers={"accounts": list[int]},
)
def cleanup_accounts(_asked: NoArguments, context: Context) -> Answer:
    """Erase for good the accounts that were to be deleted and whose 30 days are over."""
    # What others were told of who leaves is as old as the order to delete, or older.
    _forget_history(context)
    return success(accounts=erase_due_accounts(context))


@instruction(
    NoArguments,
    {"controller": "system", "action": "cleanup", "cleanup": "history"},
    access=Access.SYSTEM,
    answers={"forgotten_before": Timestamp},
)
def cleanup_history(_asked: NoArguments, context: Context) -> Answer:
    """Forget the events, decided requests and refused requests of more than 30 days ago."""
    return success(forgotten_before=timestamp(_forget_history(context)))


def _forget_history(context: Context) -> int:
    """Forget what is kept for 30 days alone; returns the instant before which it is."""
    before = context.now - KEPT_MILLISECONDS
    forget_old_requests(context.transaction, context.now)
    delete_old_refused_requests(context.transaction, before)
    forget_old_events(context.transaction, before)
    delete_logins_without_account(context.transaction, before)
    return before


# Cleaners belong to this process, not to the database: they are reached before the transaction, and a
# request to start one is not remembered over a restart.
def start_cleaners(asked: WhichCleaner, preparation: Preparation) -> list[str]:
    """Have the cleaner run from now on."""
    return preparation.cleaners.start(asked.cleaner)


def stop_cleaners(asked: WhichCleaner, preparation: Preparation) -> list[str]:
    """Have the cleaner run no more."""
    return preparation.cleaners.stop(asked.cleaner)


_RUNNING = {"cleaner": str, "running": list[str]}


@instruction(
    WhichCleaner,
    {"controller": "system", "action": "start", "start": "cleaner"},
    access=Access.SYSTEM,
    prepare=start_cleaners,
    remembered=False,
    answers=_RUNNING,
)
def start_cleaner(asked: WhichCleaner, context: Context) -> Answer:
    """Start a cleaner of this engine, which removes whatever expires; or all of them."""
    return success(cleaner=asked.cleaner, running=context.prepared)


@instruction(
    WhichCleaner,
    {"controller": "system", "action": "stop", "stop": "cleaner"},
    access=Access.SYSTEM,
    prepare=stop_cleaners,
    remembered=False,
    answers=_RUNNING,
)
def stop_cleaner(asked: WhichCleaner, context: Context) -> Answer:
    """Stop a cleaner of this engine, or all of them."""
    return success(cleaner=asked.cleaner, running=context.prepared)
