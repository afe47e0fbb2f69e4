"""Checks ownership: active items belong to their owner, and each balance has one wallet or clock."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, literal, or_, select, union_all

from ewallet_core.ledger.journal import Unit
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountState
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Faults, Findings, Violation, faulty, several
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


def _is_gone(owner: Table) -> ColumnElement[bool]:
    """Whether it was taken away with all that it had, which stays what was active last."""
    if owner is _account:
        return owner.c.state == AccountState.ERASED
    return owner.c.unlinked_at.is_not(None)


def _wrongly_active(
    owner: Table, column: str, what: str, held: Table, belongs_by: str, kind: RecordType | None = None
) -> Select[Any]:
    active = held.alias("active")
    is_other_kind = [(active.c.kind != kind, f"has no {what} active, but another kind")] if kind else []
    is_anothers = or_(active.c[belongs_by] != owner.c.id, active.c.account_id != _account_of(owner))
    return faulty(
        f"The {_WORDS[owner]}",
        owner.c.id,
        owner.outerjoin(active, active.c.id == owner.c[column]),
        (active.c.id.is_(None), f"has a {what} active that doesn't exist"),
        *is_other_kind,
        (is_anothers, f"has a {what} active that is another's"),
        (and_(active.c.unlinked_at.is_not(None), ~_is_gone(owner)), f"has a {what} active that is unlinked"),
    )


def _wrong_sheet(kind: RecordType, owner: Table) -> Select[Any]:
    noun = "list" if kind is RecordType.CONTACT else "sheet"
    return _wrongly_active(owner, f"{kind}_{noun}_id", f"{kind} {noun}", schema.sheets, "owner_id", kind)


def _sheet_astray(kind: RecordType, owner: Table) -> Select[Any]:
    sheet = schema.sheets
    its_owner = and_(owner.c.id == sheet.c.owner_id, _account_of(owner) == sheet.c.account_id)
    return faulty(
        "Sheet",
        sheet.c.id,
        sheet.outerjoin(owner, its_owner),
        (and_(sheet.c.kind == kind, owner.c.id.is_(None)), f"belongs to no {_WORDS[owner]} of its account"),
    )


_WRONG = Faults(
    _wrongly_active(_account, "ewallet_id", "wallet", _wallet, "account_id"),
    _wrongly_active(_wallet, "clock_id", "clock", _clock, "ewallet_id"),
    *(_wrong_sheet(kind, owner) for kind, owner in _OWNERS.items()),
    *(_sheet_astray(kind, owner) for kind, owner in _OWNERS.items()),
    faulty(
        "The clock",
        _clock.c.id,
        _clock.outerjoin(
            _wallet, and_(_wallet.c.id == _clock.c.ewallet_id, _wallet.c.account_id == _clock.c.account_id)
        ),
        (_wallet.c.id.is_(None), "belongs to no wallet of its account"),
    ),
)


def check_active_items(transaction: Transaction) -> Findings:
    """What is active is its owner's, of its kind and not unlinked; clocks and sheets are at home."""
    yield from _WRONG.found(transaction)
    yield Check("every account, wallet and clock has its own wallet, clock and sheets active")


class _HolderLine(Row, frozen=True):
    """A balance with one that holds it; a balance that nothing holds has one line too."""

    id: int
    account_id: int
    unit: str
    issues: int
    role: str | None
    holder: str | None
    holder_id: int | None
    holders_account: int | None
    counts: str | None


_HOLDINGS = (("wallet", schema.ewallets, Unit.CREDIT), ("clock", schema.clocks, Unit.MILLISECOND))
_balance, _holding_account = schema.balances.c, schema.accounts.c
_HOLDERS = union_all(
    *(
        select(
            literal(word).label("holder"),
            held.c.id.label("holder_id"),
            held.c.account_id.label("holders_account"),
            literal(unit).label("counts"),
            held.c.balance_id,
        )
        for word, held, unit in _HOLDINGS
    )
).subquery("holders")
_LINES = (
    select(
        _balance.id,
        _balance.account_id,
        _balance.unit,
        _balance.issues,
        _holding_account.role,
        _HOLDERS.c.holder,
        _HOLDERS.c.holder_id,
        _HOLDERS.c.holders_account,
        _HOLDERS.c.counts,
    )
    .outerjoin_from(schema.balances, schema.accounts, _holding_account.id == _balance.account_id)
    .outerjoin(_HOLDERS, _HOLDERS.c.balance_id == _balance.id)
    .order_by(_balance.id)
)
_HOLDING_NOTHING = Faults(
    *(
        faulty(
            f"The {word}",
            held.c.id,
            held.outerjoin(schema.balances, _balance.id == held.c.balance_id),
            (_balance.id.is_(None), "holds a balance that doesn't exist"),
        )
        for word, held, _ in _HOLDINGS
    )
)


def check_holders(transaction: Transaction) -> Findings:
    """Every balance has one wallet or clock, of its account and unit; the issuer's alone issue."""
    balances = 0
    for _, lines in groupby(transaction.each(_LINES, _HolderLine), lambda line: line.id):
        balances += 1
        holders = 0
        for line in lines:
            holders += line.holder is not None
            yield from _fits(line)
        if holders != 1:
            yield Violation(
                f"Balance {line.id} is held by {several(holders, 'wallet or clock', 'wallets and clocks')}."
            )
        if line.issues != (line.role == Role.ISSUER):
            yield Violation(f"Balance {line.id} should issue exactly where it is the issuer's.")
    yield from _HOLDING_NOTHING.found(transaction)
    yield Check(
        f"{several(balances, 'balance', 'balances')}, each held by one wallet or clock of its account"
    )


def _fits(line: _HolderLine) -> Findings:
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
