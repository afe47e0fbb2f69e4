"""Accounts as they are kept."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from ewallet_core.roles import Role
from ewallet_core.storage import tables
from ewallet_core.storage.rows import Row, Rows


class AccountState(StrEnum):
    """What may become of an account: only an active one is used, an erased one is nobody's any more."""

    ACTIVE = "active"
    FROZEN = "frozen"
    UNLINK_PENDING = "unlink_pending"
    ERASED = "erased"


class Account(Row, frozen=True):
    """A person's account, or the system core account; its active wallet and contact list by id."""

    id: int
    name: str
    email: str
    phone: str
    alias: str
    password_hash: str | None
    role: Role
    state: AccountState
    ewallet_id: int
    contact_list_id: int
    daily_limit: int | None
    to_unlink_at: int | None
    one_time_until: int | None
    event_sequence: int
    created_at: int
    written_at: int


accounts = Rows(tables.accounts, Account)


def key_of(name: str) -> str:
    """What makes two names or emails the same: their letters, whatever their case or encoding."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
