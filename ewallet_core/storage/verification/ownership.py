"""Checks ownership: active items belong to their owner, and each balance has one wallet or clock."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, literal, or_, select, union_all

from ewallet_core.ledger.journal import Unit
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountStatus
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
from ewallet_core.types import RecordType, Role

_account, _wallet, _clock = schema.accounts, schema.ewallets, schema.clocks
_WORDS = {_account: "account", _wallet: "wallet", _clock: "clock"}
_OWNERS = {
    RecordType.TRANSFER: _wallet,
    RecordType.INVOICE: _wallet,
    RecordType.CONVERSION: _clock,
    RecordType.TIME: _clock,
    RecordType.CONTACT: _account,
}


def _account_of(owner: Table) -> ColumnElement[Any]:
    return owner.c.id if owner is _account else owner.c.account_id


def _is_deleted(owner: Table) -> ColumnElement[bool]:
    """Whether the owner was removed with all its items: then the active ones are unlinked too."""
    if owner is _account:
        return owner.c.state == AccountStatus.ERASED
    return owner.c.unlinked_at.is_not(None)


def _wrong_active_item(
    owner: Table, column: str, what: str, item: Table, owner_column: str, kind: RecordType | None = None
) -> Select[Any]:
    active = item.alias("active")
    is_other_kind = [(active.c.kind != kind, f"has no {what} active, but another kind")] if kind else []
    is_foreign = or_(active.c[owner_column] != owner.c.id, active.c.account_id != _account_of(owner))
    return select_faulty(
        f"The {_WORDS[owner]}",
        owner.c.id,
        owner.outerjoin(active, active.c.id == owner.c[column]),
        (active.c.id.is_(None), f"has a {what} active that doesn't exist"),
        *is_other_kind,
        (is_foreign, f"has a {what} active that is another's"),
        (
            and_(active.c.unlinked_at.is_not(None), ~_is_deleted(owner)),
            f"has a {what} active that is unlinked",
        ),
    )


def _wrong_active_sheet(kind: RecordType, owner: Table) -> Select[Any]:
    noun = "list" if kind is RecordType.CONTACT else "sheet"
    return _wrong_active_item(owner, f"{kind}_{noun}_id", f"{kind} {noun}", schema.sheets, "owner_id", kind)


def _sheet_without_owner(kind: RecordType, owner: Table) -> Select[Any]:
    sheet = schema.sheets
    is_owner = and_(owner.c.id == sheet.c.owner_id, _account_of(owner) == sheet.c.account_id)
    return select_faulty(
        "Sheet",
        sheet.c.id,
        sheet.outerjoin(owner, is_owner),
        (and_(sheet.c.kind == kind, owner.c.id.is_(None)), f"belongs to no {_WORDS[owner]} of its account"),
    )


_FAULTY = union_all(
    _wrong_active_item(_account, "ewallet_id", "wallet", _wallet, "account_id"),
    _wrong_active_item(_wallet, "clock_id", "clock", _clock, "ewallet_id"),
    *(_wrong_active_sheet(kind, owner) for kind, owner in _OWNERS.items()),
    *(_sheet_without_owner(kind, owner) for kind, owner in _OWNERS.items()),
    select_faulty(
        "The clock",
        _clock.c.id,
        _clock.outerjoin(
            _wallet, and_(_wallet.c.id == _clock.c.ewallet_id, _wallet.c.account_id == _clock.c.account_id)
        ),
        (_wallet.c.id.is_(None), "belongs to no wallet of its account"),
    ),
)


def check_active_items(transaction: Transaction) -> Findings:
    """Active items have the right owner and kind and are linked; clocks and sheets have owners."""
    yield from report_faulty(transaction, _FAULTY)
    yield Check("every account, wallet and clock has its own wallet, clock and sheets active")


class _HolderLine(Row, frozen=True):
    """A balance with one of its holders, or with none."""

    id: int
    account_id: int
    unit: str
    issues: int
    role: str | None
    holder: str | None
    holder_id: int | None
    holders_account: int | None
    counts: str | None


_HOLDER_TABLES = (("wallet", schema.ewallets, Unit.CREDIT), ("clock", schema.clocks, Unit.MILLISECOND))
_balance, _holder_account = schema.balances.c, schema.accounts.c
_HOLDERS = union_all(
    *(
        select(
            literal(word).label("holder"),
            held.c.id.label("holder_id"),
            held.c.account_id.label("holders_account"),
            literal(unit).label("counts"),
            held.c.balance_id,
        )
        for word, held, unit in _HOLDER_TABLES
    )
).subquery("holders")
_LINES = (
    select(
        _balance.id,
        _balance.account_id,
        _balance.unit,
        _balance.issues,
        _holder_account.role,
        _HOLDERS.c.holder,
        _HOLDERS.c.holder_id,
        _HOLDERS.c.holders_account,
        _HOLDERS.c.counts,
    )
    .outerjoin_from(schema.balances, schema.accounts, _holder_account.id == _balance.account_id)
    .outerjoin(_HOLDERS, _HOLDERS.c.balance_id == _balance.id)
    .order_by(_balance.id)
)
_HOLDERS_WITHOUT_BALANCE = union_all(
    *(
        select_faulty(
            f"The {word}",
            held.c.id,
            held.outerjoin(schema.balances, _balance.id == held.c.balance_id),
            (_balance.id.is_(None), "holds a balance that doesn't exist"),
        )
        for word, held, _ in _HOLDER_TABLES
    )
)


def check_holders(transaction: Transaction) -> Findings:
    """Every balance has one wallet or clock of its account and unit; only the issuer's balances issue."""
    balances = 0
    for _, lines in groupby(transaction.each(_LINES, _HolderLine), lambda line: line.id):
        balances += 1
        holders = 0
        for line in lines:
            holders += line.holder is not None
            yield from _check_holder(line)
        if holders != 1:
            yield Violation(
                f"Balance {line.id} is held by {several(holders, 'wallet or clock', 'wallets and clocks')}."
            )
        if line.issues != (line.role == Role.ISSUER):
            yield Violation(f"Balance {line.id} should issue if and only if it is the issuer's.")
    yield from report_faulty(transaction, _HOLDERS_WITHOUT_BALANCE)
    yield Check(
        f"{several(balances, 'balance', 'balances')}, each held by one wallet or clock of its account"
    )


def _check_holder(line: _HolderLine) -> Findings:
    if line.holder is None:
        return
    holder = f"The {line.holder} {line.holder_id}"
    if line.holders_account != line.account_id:
        yield Violation(
            f"{holder} is of account {line.holders_account},"
            f" the balance that it holds is of account {line.account_id}."
        )
    if line.counts != line.unit:
        yield Violation(f"{holder} counts {line.counts}s, the balance that it holds counts {line.unit}s.")
