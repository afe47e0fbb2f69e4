"""Logins as they are kept: the record of each, and the failures that make the next one wait."""

from __future__ import annotations

from sqlalchemy import bindparam

from ewallet_core.storage import tables
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction


class LoginRecord(Row, frozen=True):
    """A login or a logout, and what came of it."""

    id: int
    account_id: int | None
    kind: str
    outcome: str
    address: str
    at: int


class LoginThrottle(Row, frozen=True):
    """How often in a row a name, known by its hash, failed from an address, and when last."""

    failures: int
    last_failed_at: int


login_records = Rows(tables.login_records, LoginRecord)
login_throttles = Rows(tables.login_throttles, LoginThrottle)

_throttle = tables.login_throttles.c
_FORGET = tables.login_throttles.delete().where(_throttle.last_failed_at <= bindparam("before"))


def forget_failures(transaction: Transaction, before: int) -> None:
    """Drop the failures of every name that has not failed since then."""
    transaction.run(_FORGET, before=before)
