"""Whose an email is, accounts that can be mistaken for others, and emails that were given up."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, Update, bindparam, exists, select

from ewallet_core.lookalikes import mixes_scripts, skeleton
from ewallet_core.spelling import email_key
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import Account, AccountStatus, PartyAccount, accounts
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import PARTY_AND_WALLET, SELECT_PARTY, PartyWallet
from ewallet_core.types import Role, user_key

HELD_MS = 24 * 60 * 60_000
"""How long an email must have been an account's to be reserved for it, unless others know it."""
RESERVED_MS = 90 * HELD_MS
"""How long only its last account may take an email again."""
ERASED_PAYEE = 0
"""In a contact: the account that it was saved with was erased."""


class Caution(StrEnum):
    """Why an account can be mistaken for another one."""

    MIXED_SCRIPTS = "mixed_scripts"
    LOOKALIKE = "lookalike"


def caution_about(
    name: str, email: str, name_looks_like_id: int | None, email_looks_like_id: int | None
) -> Caution | None:
    if mixes_scripts(name) or mixes_scripts(email):
        return Caution.MIXED_SCRIPTS
    is_alike = name_looks_like_id is not None or email_looks_like_id is not None
    return Caution.LOOKALIKE if is_alike else None


class Payee(Row, frozen=True):
    """The account that has an email, and the accounts with a name or an email that looks the same."""

    id: int
    name: str
    email: str
    state: AccountStatus
    name_looks_like_id: int | None
    email_looks_like_id: int | None

    @property
    def caution(self) -> Caution | None:
        return caution_about(self.name, self.email, self.name_looks_like_id, self.email_looks_like_id)


_account = schema.accounts.c
_PAYEE = select(*(_account[name] for name in Payee.__struct_fields__)).where(
    _account.email_key == bindparam("email_key"), _account.role != Role.ISSUER
)
_WITHOUT_KEY = select(*accounts.columns).where(
    _account.email_key.is_(None), _account.email == bindparam("email")
)
_ALL_WITHOUT_KEY = (
    select(*accounts.columns)
    .where(_account.email_key.is_(None), _account.state != AccountStatus.ERASED)
    .order_by(_account.id)
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


class _Look(NamedTuple):
    """The looks of names, or of emails.

    Accounts with the same one are a chain, in which each names the last one that took it before. So the first
    is not marked, and the others are as long as one before them has it.
    """

    before: str
    last_with: Select[Any]
    leave: Update


def _look_of(what: str) -> _Look:
    account, own = schema.accounts.c, schema.accounts.alias("own").c
    before = f"{what}_looks_like_id"
    is_same = account[f"{what}_skeleton"] == bindparam("skeleton")
    followed = select(own[before]).where(
        own[f"{what}_skeleton"] == bindparam("skeleton"), own[before].is_not(None)
    )
    last = select(account.id).where(is_same, account.id != bindparam("but"), account.id.not_in(followed))
    skipped = select(own[before]).where(own.id == bindparam("account_id")).scalar_subquery()
    later = schema.accounts.update().where(is_same, account[before] == bindparam("account_id"))
    return _Look(before, last.order_by(account.id.desc()).limit(1), later.values({before: skipped}))


_NAME, _EMAIL = _look_of("name"), _look_of("email")


def note_looks(transaction: Transaction, account_id: int, name: str, email: str) -> None:
    """Keep which accounts, if any, a new account can be mistaken for."""
    for look, text in ((_NAME, name), (_EMAIL, email)):
        _take(transaction, look, account_id, text)


def change_looks(transaction: Transaction, account: Account, name: str, email: str) -> None:
    """Do the same for the account's new name or email, if it looks different from before."""
    for look, old, new in ((_NAME, account.name, name), (_EMAIL, account.email, email)):
        if skeleton(old) != skeleton(new):
            transaction.run(look.leave, account_id=account.id, skeleton=skeleton(old))
            _take(transaction, look, account.id, new)


def leave_looks(transaction: Transaction, account: Account) -> None:
    """Give up the looks of the account's name and email, before they are erased."""
    for look, text in ((_NAME, account.name), (_EMAIL, account.email)):
        transaction.run(look.leave, account_id=account.id, skeleton=skeleton(text))


def _take(transaction: Transaction, look: _Look, account_id: int, text: str) -> None:
    before = transaction.number(look.last_with, but=account_id, skeleton=skeleton(text))
    accounts.change(transaction, account_id, **{look.before: before})


_contact = schema.contact_records.c
_WITHOUT_PAYEE = (
    (_contact.account_id == bindparam("account_id"))
    & (_contact.email_key == bindparam("email_key"))
    & _contact.payee_account_id.is_(None)
)
_KEEP_PAYEE = (
    schema.contact_records.update()
    .where(_WITHOUT_PAYEE)
    .values(payee_account_id=bindparam("payee_id"), written_at=bindparam("now"))
)
_PARTNER = SELECT_PARTY.add_columns(exists().where(_WITHOUT_PAYEE)).where(
    _account.email_key == bindparam("email_key")
)


class Partner(NamedTuple):
    """An account that gets credits, and its active wallet.

    `is_first_payee` says whether the payer has contacts with its email that had no account until now.
    """

    account: PartyAccount
    wallet: PartyWallet
    is_first_payee: bool


def find_partner(transaction: Transaction, email: str, payer_id: int | None) -> Partner | None:
    """The account with that email, to be paid by the account `payer_id`, or supplied without one."""
    row = transaction.run(_PARTNER, email_key=email_key(email), account_id=payer_id).fetchone()
    if row is None:
        return None
    account, wallet = PARTY_AND_WALLET.split(row)
    return Partner(account, wallet, bool(row[-1]))


def keep_first_payee(transaction: Transaction, account_id: int, email: str, payee_id: int, now: int) -> None:
    """Note the payee in the account's contacts with that email that had no account when they were saved."""
    values = {"account_id": account_id, "email_key": email_key(email)}
    transaction.run(_KEEP_PAYEE, **values, payee_id=payee_id, now=now)


class ReservedEmail(Row, frozen=True):
    """An email that its account gave up; `reserved_until` is in milliseconds UTC."""

    email_hash: bytes
    account_id: int
    reserved_until: int


reserved_emails = Rows(schema.reserved_emails, ReservedEmail)
_EXPIRED = schema.reserved_emails.delete().where(schema.reserved_emails.c.reserved_until <= bindparam("now"))


_transfer = schema.transfer_records.c
_PAID_SINCE = (
    select(_transfer.id)
    .where(
        _transfer.account_id == bindparam("account_id"),
        _transfer.created_at >= bindparam("since"),
        _transfer.transfer_type == "incoming",
        _transfer.from_account_id != bindparam("account_id"),
    )
    .limit(1)
)
_SAVED_BY_OTHERS = (
    select(_contact.id)
    .where(
        _contact.payee_account_id == bindparam("account_id"),
        _contact.email_key == bindparam("email_key"),
        _contact.account_id != bindparam("account_id"),
    )
    .limit(1)
)


def reserve_email(transaction: Transaction, account: Account, now: int) -> None:
    """Keep the account's email from everyone else for 90 days, if others can know it as the account's.

    Else one account could reserve any number of emails, one after another.
    """
    if account.email_key is None or not _is_known(transaction, account, account.email_key, now):
        return
    email_hash = _hash(account.email_key)
    reserved_emails.delete(transaction, email_hash=email_hash)
    reserved_emails.add(
        transaction, email_hash=email_hash, account_id=account.id, reserved_until=now + RESERVED_MS
    )


def _is_known(transaction: Transaction, account: Account, key: str, now: int) -> bool:
    """Whether the account had its email for a day, was paid while it had it, or is a contact by it."""
    if now - account.email_since >= HELD_MS:
        return True
    paid = transaction.number(_PAID_SINCE, account_id=account.id, since=account.email_since)
    saved = transaction.number(_SAVED_BY_OTHERS, account_id=account.id, email_key=key)
    return paid is not None or saved is not None


def take_email(transaction: Transaction, account_id: int, email: str, now: int) -> None:
    """Note since when the account has its new email, and forget the reservation."""
    email_hash = _hash(email_key(email))
    reserved = reserved_emails.find(transaction, email_hash=email_hash)
    was_own = reserved is not None and reserved.account_id == account_id
    accounts.change(transaction, account_id, email_since=0 if was_own else now)
    reserved_emails.delete(transaction, email_hash=email_hash)


def is_reserved_for_another(transaction: Transaction, email: str, account_id: int | None, now: int) -> bool:
    found = reserved_emails.find(transaction, email_hash=_hash(email_key(email)))
    return found is not None and found.account_id != account_id and found.reserved_until > now


def delete_expired_reservations(transaction: Transaction, now: int) -> None:
    transaction.run(_EXPIRED, now=now)
    give_free_emails(transaction, now)


def give_free_emails(transaction: Transaction, now: int) -> None:
    """Let accounts be found by their emails that other accounts had in another spelling and gave up."""
    for account in transaction.all(_ALL_WITHOUT_KEY, Account):
        if not is_kept(transaction, key := email_key(account.email)):
            accounts.change(transaction, account.id, email_key=key, email_since=now, written_at=now)


def is_kept(transaction: Transaction, key: str) -> bool:
    """Whether an account has the email with that key, or gave it up and may take it again."""
    reserved = reserved_emails.find(transaction, email_hash=_hash(key))
    return reserved is not None or accounts.find(transaction, email_key=key) is not None


def _hash(key: str) -> bytes:
    return hashlib.sha256(f"given-up email {key}".encode()).digest()
