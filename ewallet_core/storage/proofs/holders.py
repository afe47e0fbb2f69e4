"""Proves whose the balances are: one wallet or clock holds each, of the same account and unit.

Balances come once, in their order, with what holds them, so that one balance at a time is kept in mind.
"""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import literal, select, union_all

from ewallet_core.ledger.journal import Unit
from ewallet_core.roles import Role
from ewallet_core.storage import tables
from ewallet_core.storage.proofs.faults import Faults, faulty
from ewallet_core.storage.proofs.findings import Findings, Lie, Proof, several
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction


class _Line(Row, frozen=True):
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


_HOLDINGS = (("wallet", tables.ewallets, Unit.CREDIT), ("clock", tables.clocks, Unit.MILLISECOND))
_balance, _account = tables.balances.c, tables.accounts.c
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
        _account.role,
        _HOLDERS.c.holder,
        _HOLDERS.c.holder_id,
        _HOLDERS.c.holders_account,
        _HOLDERS.c.counts,
    )
    .outerjoin_from(tables.balances, tables.accounts, _account.id == _balance.account_id)
    .outerjoin(_HOLDERS, _HOLDERS.c.balance_id == _balance.id)
    .order_by(_balance.id)
)
_HOLDING_NOTHING = Faults(
    *(
        faulty(
            f"The {word}",
            held.c.id,
            held.outerjoin(tables.balances, _balance.id == held.c.balance_id),
            (_balance.id.is_(None), "holds a balance that doesn't exist"),
        )
        for word, held, _ in _HOLDINGS
    )
)


def prove_holders(transaction: Transaction) -> Findings:
    """Every balance has one wallet or clock, of its account and unit; the issuer's alone issue."""
    balances = 0
    for _, lines in groupby(transaction.each(_LINES, _Line), lambda line: line.id):
        balances += 1
        holders = 0
        for line in lines:
            holders += line.holder is not None
            yield from _fits(line)
        if holders != 1:
            yield Lie(
                f"Balance {line.id} is held by {several(holders, 'wallet or clock', 'wallets and clocks')}."
            )
        if line.issues != (line.role == Role.ISSUER):
            yield Lie(f"Balance {line.id} should issue exactly where it is the issuer's.")
    yield from _HOLDING_NOTHING.found(transaction)
    yield Proof(
        f"{several(balances, 'balance', 'balances')}, each held by one wallet or clock of its account"
    )


def _fits(line: _Line) -> Findings:
    if line.holder is None:
        return
    holder = f"The {line.holder} {line.holder_id}"
    if line.holders_account != line.account_id:
        yield Lie(
            f"{holder} is of account {line.holders_account},"
            f" the balance that it holds is of account {line.account_id}."
        )
    if line.counts != line.unit:
        yield Lie(f"{holder} counts {line.counts}s, the balance that it holds counts {line.unit}s.")
