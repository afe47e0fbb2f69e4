"""The permission sheet as it is kept: where it differs from the catalogue, and whom it kept from what."""

from __future__ import annotations

from sqlalchemy import bindparam

from ewallet_core.roles import Role
from ewallet_core.storage import tables
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction


class Permission(Row, frozen=True):
    """What the sheet says of a role and an instruction, by its name."""

    role: Role
    instruction: str
    allowed: int
    written_at: int


class RefusedRequest(Row, frozen=True):
    """A request that the permission sheet kept from an account, or from somebody without one."""

    id: int
    account_id: int | None
    role: str
    instruction: str
    address: str
    at: int


permissions = Rows(tables.permissions, Permission)
refused_requests = Rows(tables.refused_requests, RefusedRequest)

_FORGET = tables.refused_requests.delete().where(tables.refused_requests.c.at < bindparam("before"))


def forget_old_refusals(transaction: Transaction, before: int) -> None:
    """Drop the refusals that were written down before then."""
    transaction.run(_FORGET, before=before)
