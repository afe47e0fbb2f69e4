"""Accounts as they are kept."""

from __future__ import annotations

import unicodedata

from ewallet_core.storage import tables
from ewallet_core.storage.rows import Row, Rows


class Account(Row, frozen=True):
    """A person's account, or the system core account; its active wallet and contact list by id."""

    id: int
    name: str
    email: str
    phone: str
    alias: str
    password_hash: str | None
    role: str
    state: str
    ewallet_id: int
    contact_list_id: int
    to_unlink_at: int | None
    event_sequence: int
    created_at: int
    written_at: int


accounts = Rows(tables.accounts, Account)


def key_of(name: str) -> str:
    """What makes two names or emails the same: their letters, whatever their case or encoding."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
