"""Checks accounts: the keys by which they are found, their events, their sessions, and contacts' payees."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Select, and_, func, or_, select, union_all

from ewallet_core.lookalikes import skeleton
from ewallet_core.spelling import email_key
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountStatus
from ewallet_core.storage.database_url import POSTGRESQL
from ewallet_core.storage.payees import ERASED_PAYEE, is_kept
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import (
    Check,
    Findings,
    Violation,
    report_faulty,
    select_faulty,
    several,
)
from ewallet_core.types import Role, user_key


class _AccountLine(Row, frozen=True):
    id: int
    state: AccountStatus
    name: str
    name_key: str | None
    name_skeleton: str | None
    email: str
    email_key: str | None
    email_skeleton: str | None


class _EventData(Row, frozen=True):
    id: int
    data: str


class _ContactLine(Row, frozen=True):
    id: int
    email: str
    email_key: str


_account, _contact, _payee = schema.accounts, schema.contact_records, schema.accounts.alias("payee")
_event, _session, _login = schema.events, schema.sessions, schema.session_accounts
_LINES = select(*(_account.c[name] for name in _AccountLine.__struct_fields__)).order_by(_account.c.id)
_DATA = select(_event.c.id, _event.c.data).order_by(_event.c.id)
_CONTACT_LINES = select(_contact.c.id, _contact.c.email, _contact.c.email_key).order_by(_contact.c.id)


def _marked_without_reason(of: str) -> Select[Any]:
    """Accounts that are said to look like an account that doesn't exist, or that looks different."""
    other = schema.accounts.alias(f"{of}_other")
    alike, look = _account.c[f"{of}_looks_like_id"], f"{of}_skeleton"
    return select_faulty(
        "The account",
        _account.c.id,
        _account.outerjoin(other, other.c.id == alike),
        (
            and_(
                alike.is_not(None),
                or_(other.c[look].is_distinct_from(_account.c[look]), alike == _account.c.id),
            ),
            f"is marked for its {of}, which looks like no such account's",
        ),
    )


_FAULTY = union_all(
    _marked_without_reason("name"),
    _marked_without_reason("email"),
    select_faulty(
        "The account",
        _account.c.id,
        _account,
        (
            (_account.c.to_unlink_at.is_not(None)) != (_account.c.state == AccountStatus.UNLINK_PENDING),
            "is to be erased without a date, or has a date and is not to be erased",
        ),
        (
            (_account.c.password_hash.is_(None))
            != or_(_account.c.role == Role.ISSUER, _account.c.state == AccountStatus.ERASED),
            "lacks its password, or has one although nothing logs in to it",
        ),
        (_account.c.password_hash.not_like("$argon2%$%$%$%$%"), "has a password hash of no known form"),
    ),
    select_faulty(
        "The event",
        _event.c.id,
        _event.outerjoin(_account, _account.c.id == _event.c.account_id),
        (_event.c.sequence > _account.c.event_sequence, "has a sequence that its account has not reached"),
    ),
    select_faulty(
        "The session",
        _session.c.id,
        _session.outerjoin(
            _login,
            and_(_login.c.session_id == _session.c.id, _login.c.account_id == _session.c.account_id),
        ),
        (
            and_(_session.c.account_id.is_not(None), _login.c.account_id.is_(None)),
            "has an account active that is not logged in to it",
        ),
        (
            _session.c.client_id.is_(None) != _session.c.token_hash.is_(None),
            "has only one of a client and a token",
        ),
    ),
    select_faulty(
        "The contact record",
        _contact.c.id,
        _contact.outerjoin(_payee, _payee.c.id == _contact.c.payee_account_id),
        (
            and_(_contact.c.payee_account_id != ERASED_PAYEE, _payee.c.id.is_(None)),
            "is of an account that doesn't exist",
        ),
        (_payee.c.state == AccountStatus.ERASED, "is of an account that was erased"),
    ),
)
_NOT_JSON = "has data that is not JSON"
_WITHOUT_JSON = union_all(
    select_faulty("The event", _event.c.id, _event, (func.json_valid(_event.c.data) == 0, _NOT_JSON))
)


def check_names(transaction: Transaction) -> Findings:
    """Names and emails have their keys; an email has none if an older account had the same one."""
    accounts = 0
    for line in transaction.each(_LINES, _AccountLine):
        accounts += 1
        yield from _check_keys(transaction, line)
    for contact in transaction.each(_CONTACT_LINES, _ContactLine):
        if contact.email_key != email_key(contact.email):
            yield Violation(f"The contact record {contact.id} is found by another email than its own.")
    yield from report_faulty(transaction, _FAULTY)
    yield from _check_data_of_events(transaction)
    yield Check(f"{several(accounts, 'account', 'accounts')}, each found by its name and its email")


def _check_data_of_events(transaction: Transaction) -> Findings:
    if transaction.dialect_name != POSTGRESQL:
        yield from report_faulty(transaction, _WITHOUT_JSON)
        return
    # PostgreSQL can't tell it before its release 16.
    for event in transaction.each(_DATA, _EventData):
        try:
            msgspec.json.decode(event.data)
        except msgspec.DecodeError:
            yield Violation(f"The event {event.id} {_NOT_JSON}.")


def _check_keys(transaction: Transaction, line: _AccountLine) -> Findings:
    if line.state is AccountStatus.ERASED:
        if any((line.name_key, line.email_key, line.name_skeleton, line.email_skeleton)):
            yield Violation(f"The erased account {line.id} is found by its name or email.")
        return
    if line.name_key != user_key(line.name):
        yield Violation(f"The account {line.id} is not found by its name.")
    if line.email_key is None:
        if not is_kept(transaction, email_key(line.email)):
            yield Violation(f"The account {line.id} is not found by its email, which no other one has.")
    elif line.email_key != email_key(line.email):
        yield Violation(f"The account {line.id} is found by another email than its own.")
    if (line.name_skeleton, line.email_skeleton) != (skeleton(line.name), skeleton(line.email)):
        yield Violation(f"The account {line.id} is kept with other looks than those of its name and email.")
