"""Requests that were answered: a repeated one gets the same answer and does nothing again."""

from __future__ import annotations

from sqlalchemy import bindparam

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction

KEPT_MILLISECONDS = 30 * 24 * 3_600_000


class SeenRequest(Row, frozen=True):
    fingerprint: bytes
    answer: str
    seen_at: int


seen_requests = Rows(schema.seen_requests, SeenRequest)

_FORGET = schema.seen_requests.delete().where(schema.seen_requests.c.seen_at < bindparam("before"))


def forget_scope(transaction: Transaction, scope: str) -> None:
    """Delete the requests of a session, worker or account that is gone."""
    seen_requests.delete(transaction, scope=scope)


def forget_old_requests(transaction: Transaction, now: int) -> None:
    """Delete the requests that are older than 30 days."""
    transaction.run(_FORGET, before=now - KEPT_MILLISECONDS)
