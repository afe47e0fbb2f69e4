"""Whose an email is, accounts that can be mistaken for others, and emails that were given up."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, or_, select

from ewallet_core.lookalikes import mixes_scripts, skeleton
from ewallet_core.spelling import email_key
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import Account, AccountStatus, accounts
from ewallet_core.storage.rows import ESCAPE, Row, RowId, Rows, pattern_containing
from ewallet_core.storage.sheets import contacts
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import Role, user_key

RESERVED_MS = 90 * 24 * 60 * 60_000
"""How long only its last account may take an email again."""
ERASED_PAYEE = 0
"""In a contact: the account that it was saved with was erased."""


class Caution(StrEnum):
    """Why an account can be mistaken for another one."""

    MIXED_SCRIPTS = "mixed_scripts"
    LOOKALIKE = "lookalike"


class Payee(Row, frozen=True):
    """The account that has an email; `other_id` is an older account whose name or email looks the same."""

    id: int
    name: str
    email: str
    state: AccountStatus
    other_id: int | None

    @property
    def caution(self) -> Caution | None:
        if mixes_scripts(self.name) or mixes_scripts(self.email):
            return Caution.MIXED_SCRIPTS
        return None if self.other_id is None else Caution.LOOKALIKE


_account, _other = schema.accounts.c, schema.accounts.alias("other")
_STILL_LOOKS_ALIKE = (_other.c.id == _account.looks_like_id) & or_(
    _other.c.name_skeleton == _account.name_skeleton, _other.c.email_skeleton == _account.email_skeleton
)
_PAYEE = (
    select(_account.id, _account.name, _account.email, _account.state, _other.c.id)
    .outerjoin_from(schema.accounts, _other, _STILL_LOOKS_ALIKE)
    .where(_account.email_key == bindparam("email_key"), _account.role != Role.ISSUER)
)
_WITH_SKELETON = (
    select(_account.id)
    .where(
        or_(
            _account.name_skeleton == bindparam("name_skeleton"),
            _account.email_skeleton == bindparam("email_skeleton"),
        ),
        _account.id != bindparam("but"),
    )
    .order_by(_account.id)
    .limit(1)
)
_WITHOUT_KEY = select(*accounts.columns).where(
    _account.email_key.is_(None), _account.email == bindparam("email")
)


def find_payee(transaction: Transaction, email: str) -> Payee | None:
    return transaction.one(_PAYEE, Payee, email_key=email_key(email))


def find_without_email_key(transaction: Transaction, email: str) -> Account | None:
    """The account with exactly that email if an older account has the same one in another spelling."""
    return transaction.one(_WITHOUT_KEY, Account, email=email)


def name_columns(name: str) -> dict[str, Any]:
    return {"name": name, "name_key": user_key(name), "name_skeleton": skeleton(name)}


def email_columns(email: str) -> dict[str, Any]:
    return {"email": email, "email_key": email_key(email), "email_skeleton": skeleton(email)}


def note_lookalike(transaction: Transaction, account_id: int, name: str, email: str) -> None:
    """Keep which other account, if any, the account can be mistaken for by its new name or email."""
    values = {"name_skeleton": skeleton(name), "email_skeleton": skeleton(email), "but": account_id}
    other = transaction.one(_WITH_SKELETON, RowId, **values)
    accounts.change(transaction, account_id, looks_like_id=other.id if other else None)


class _ContactEmail(Row, frozen=True):
    id: int
    email: str


_contact = schema.contact_records.c
_WITHOUT_PAYEE = select(_contact.id, _contact.email).where(
    _contact.account_id == bindparam("account_id"),
    _contact.payee_account_id.is_(None),
    _contact.unlinked_at.is_(None),
    # Only the domain can have several spellings in it.
    _contact.search_key.like(bindparam("pattern"), escape=ESCAPE),
)


def keep_first_payee(transaction: Transaction, account_id: int, email: str, payee_id: int, now: int) -> None:
    """Note the payee in the account's contacts with that email that had no account when they were saved."""
    key = email_key(email)
    pattern = pattern_containing(key[: key.rindex("@") + 1])
    found = transaction.all(_WITHOUT_PAYEE, _ContactEmail, account_id=account_id, pattern=pattern)
    for contact in found:
        if email_key(contact.email) == key:
            contacts.change(transaction, contact.id, payee_account_id=payee_id, written_at=now)


class ReservedEmail(Row, frozen=True):
    """An email that its account gave up; `reserved_until` is in milliseconds UTC."""

    email_hash: bytes
    account_id: int
    reserved_until: int


reserved_emails = Rows(schema.reserved_emails, ReservedEmail)
_EXPIRED = schema.reserved_emails.delete().where(schema.reserved_emails.c.reserved_until <= bindparam("now"))


def reserve_email(transaction: Transaction, account: Account, now: int) -> None:
    """Keep the account's email from everyone else for 90 days."""
    if account.email_key is None:
        return
    email_hash = _hash(account.email_key)
    reserved_emails.delete(transaction, email_hash=email_hash)
    reserved_emails.insert(
        transaction, email_hash=email_hash, account_id=account.id, reserved_until=now + RESERVED_MS
    )


def release_email(transaction: Transaction, email: str) -> None:
    """Forget the reservation of an email that an account takes."""
    reserved_emails.delete(transaction, email_hash=_hash(email_key(email)))


def is_reserved_for_another(transaction: Transaction, email: str, account_id: int | None, now: int) -> bool:
    found = reserved_emails.find(transaction, email_hash=_hash(email_key(email)))
    return found is not None and found.account_id != account_id and found.reserved_until > now


def delete_expired_reservations(transaction: Transaction, now: int) -> None:
    transaction.run(_EXPIRED, now=now)


def _hash(key: str) -> bytes:
    return hashlib.sha256(f"given-up email {key}".encode()).digest()
