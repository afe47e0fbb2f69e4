"""The accounts table."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import bindparam, func, select

from ewallet_core.spelling import email_key
from ewallet_core.storage import schema
from ewallet_core.storage.rows import ABOVE_ALL_IDS, Row, Rows, cut_page, is_like, pattern_containing
from ewallet_core.storage.transaction import OPERATORS, Transaction
from ewallet_core.types import Role, user_key


class AccountStatus(StrEnum):
    """Only an active account can be used. An erased one has no owner and no personal data."""

    ACTIVE = "active"
    FROZEN = "frozen"
    UNLINK_PENDING = "unlink_pending"
    ERASED = "erased"


class PartyAccount(Row, frozen=True):
    """What a movement of credits needs to know of an account on one of its sides."""

    id: int
    name: str
    email: str
    state: AccountStatus
    daily_limit: int | None


class CallersAccount(PartyAccount, frozen=True):
    """What most instructions need to know of the account of their caller, with the id of its active wallet.

    Without an `email_key`, an older account has the same email in another spelling.
    """

    email_key: str | None
    role: Role
    ewallet_id: int
    to_unlink_at: int | None
    event_sequence: int


class Account(CallersAccount, frozen=True):
    """A person's account, or the system core account, with the id of its active contact list."""

    phone: str
    alias: str
    password_hash: str | None
    contact_list_id: int
    one_time_until: int | None
    email_since: int
    created_at: int
    written_at: int


accounts = Rows(schema.accounts, Account)
party_accounts = Rows(schema.accounts, PartyAccount)
callers_accounts = Rows(schema.accounts, CallersAccount)

_account = schema.accounts.c
_OPERATORS = (
    select(*accounts.columns)
    .where(_account.role == Role.OPERATOR, _account.state == AccountStatus.ACTIVE)
    .order_by(_account.id)
    .limit(2)
)
HAS_TEXT = (
    is_like(_account.name_key, "pattern")
    | is_like(_account.email_key, "pattern")
    | is_like(_account.email_key, "email_pattern")
    | is_like(func.lower(_account.email), "pattern")
)
"""Whether a name, or an email in any of its spellings, has the text of `text_patterns`."""


def text_patterns(text: str) -> dict[str, str]:
    return {
        "pattern": pattern_containing(user_key(text)),
        "email_pattern": pattern_containing(email_key(text)),
    }


_LISTED = (
    select(*accounts.columns)
    .where(
        _account.id < bindparam("before"),
        _account.role != Role.ISSUER,
        _account.state != AccountStatus.ERASED,
        HAS_TEXT,
    )
    .order_by(_account.id.desc())
    .limit(bindparam("most"))
)
_LISTED_IN_STATE = _LISTED.where(_account.state == bindparam("state"))


def is_last_operator(transaction: Transaction, account: CallersAccount) -> bool:
    """Whether it is an active operator, and the only one; until the end of the transaction it stays so."""
    is_one = account.role is Role.OPERATOR and account.state is AccountStatus.ACTIVE
    if is_one:
        transaction.lock(OPERATORS)
    return is_one and all(found.id == account.id for found in transaction.all(_OPERATORS, Account))


def list_accounts(
    transaction: Transaction, before: int | None, most: int, text: str, state: AccountStatus | None
) -> tuple[list[Account], int | None]:
    """A page of accounts below id `before` with the text in their name or email, and the next cursor."""
    values = {
        "before": before or ABOVE_ALL_IDS,
        "most": most + 1,
        **text_patterns(text),
        **({} if state is None else {"state": state}),
    }
    statement = _LISTED if state is None else _LISTED_IN_STATE
    return cut_page(transaction.all(statement, Account, **values), most)
