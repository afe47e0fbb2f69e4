"""Checks accounts: their names and emails have the keys by which they are found, and contacts name payees."""

from __future__ import annotations

from sqlalchemy import and_, select, union_all

from ewallet_core.spelling import email_key
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountStatus
from ewallet_core.storage.payees import ERASED_PAYEE
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
from ewallet_core.types import user_key


class _AccountLine(Row, frozen=True):
    id: int
    state: AccountStatus
    name: str
    name_key: str | None
    email: str
    email_key: str | None


_account, _contact, _payee = schema.accounts, schema.contact_records, schema.accounts.alias("payee")
_LINES = select(*(_account.c[name] for name in _AccountLine.__struct_fields__)).order_by(_account.c.id)
_FAULTY = union_all(
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


def check_names(transaction: Transaction) -> Findings:
    """Names and emails have their keys; an email has none if an older account had the same one."""
    accounts = 0
    for line in transaction.each(_LINES, _AccountLine):
        accounts += 1
        yield from _check_keys(line)
    yield from report_faulty(transaction, _FAULTY)
    yield Check(f"{several(accounts, 'account', 'accounts')}, each found by its name and its email")


def _check_keys(line: _AccountLine) -> Findings:
    if line.state is AccountStatus.ERASED:
        if line.name_key is not None or line.email_key is not None:
            yield Violation(f"The erased account {line.id} is found by its name or email.")
        return
    if line.name_key != user_key(line.name):
        yield Violation(f"The account {line.id} is not found by its name.")
    if line.email_key is not None and line.email_key != email_key(line.email):
        yield Violation(f"The account {line.id} is found by another email than its own.")
