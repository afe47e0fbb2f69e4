"""Proves what belongs to whom: what is active is its owner's own and there, clocks and sheets are at home."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, or_

from ewallet_core.kinds import Kind
from ewallet_core.storage import tables
from ewallet_core.storage.accounts import AccountState
from ewallet_core.storage.proofs.faults import Faults, faulty
from ewallet_core.storage.proofs.findings import Findings, Proof
from ewallet_core.storage.transaction import Transaction

_account, _wallet, _clock = tables.accounts, tables.ewallets, tables.clocks
_WORDS = {_account: "account", _wallet: "wallet", _clock: "clock"}
_OWNERS = {
    Kind.TRANSFER: _wallet,
    Kind.INVOICE: _wallet,
    Kind.CONVERSION: _clock,
    Kind.TIME: _clock,
    Kind.CONTACT: _account,
}


def _account_of(owner: Table) -> ColumnElement[Any]:
    return owner.c.id if owner is _account else owner.c.account_id


def _is_gone(owner: Table) -> ColumnElement[bool]:
    """Whether it was taken away with all that it had, which stays what was active last."""
    if owner is _account:
        return owner.c.state == AccountState.ERASED
    return owner.c.unlinked_at.is_not(None)


def _wrongly_active(
    owner: Table, column: str, what: str, held: Table, belongs_by: str, kind: Kind | None = None
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


def _wrong_sheet(kind: Kind, owner: Table) -> Select[Any]:
    noun = "list" if kind is Kind.CONTACT else "sheet"
    return _wrongly_active(owner, f"{kind}_{noun}_id", f"{kind} {noun}", tables.sheets, "owner_id", kind)


def _sheet_astray(kind: Kind, owner: Table) -> Select[Any]:
    sheet = tables.sheets
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


def prove_belongings(transaction: Transaction) -> Findings:
    """What is active is its owner's, of its kind and not unlinked; clocks and sheets are at home."""
    yield from _WRONG.found(transaction)
    yield Proof("every account, wallet and clock has its own wallet, clock and sheets active")
