"""Statements and sums of postings, by date."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.storage import schema
from ewallet_core.storage.journal import PostingRow, postings
from ewallet_core.storage.rows import ABOVE_ALL_IDS, Row, cut_page
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Wallet

OWN_TRANSFER = "own_transfer"
"""Sums of what moved between an account's own wallets or clocks are apart from those of other transfers."""
_LOW = 1_000_000

BETWEEN_PEOPLE = (EntryKind.SUPPLY, EntryKind.PAYMENT, EntryKind.TRANSFER, EntryKind.REFUND)
"""The kinds of entry that move credits from one account to another."""


def sum_in_parts(amount: sa.ColumnElement[Any]) -> tuple[sa.ColumnElement[int], sa.ColumnElement[int]]:
    """Two columns that make up the exact sum of an amount, and can't overflow."""
    return sa.cast(sa.func.sum(amount // _LOW), sa.BigInteger), sa.cast(
        sa.func.sum(amount % _LOW), sa.BigInteger
    )


def combine_parts(high: int | None, low: int | None) -> int:
    return (high or 0) * _LOW + (low or 0)


class StatementRow(Row, frozen=True):
    """A wallet's posting of the entry `id`, the partner's account, and the own record if it is linked.

    `other_ewallet_id` is the other wallet if that is the account's own too.
    """

    id: int
    at: int
    kind: str
    amount: int
    balance_after: int
    partner_id: int
    other_ewallet_id: int | None
    other_reference: str | None
    transfer_record_id: int | None
    conversion_record_id: int | None
    notes: str | None


@dataclass(frozen=True, slots=True)
class SumFilter:
    """All wallets and clocks of an account, or only one of its wallets or clocks."""

    account_id: int
    ewallet_id: int | None = None
    clock_id: int | None = None


class _Parts(Row, frozen=True):
    kind: str
    unit: str
    is_into: int
    high: int
    low: int


_posting, _entry, _sheet = schema.postings.c, schema.entries.c, schema.sheets.c
_other = schema.postings.alias("other")
_other_balance = schema.balances.alias("other_balance")
_IS_OTHER_SIDE = (
    (_other.c.entry_id == _posting.entry_id)
    & (_other.c.unit == _posting.unit)
    & (_other.c.position != _posting.position)
)
"""Whether `other` is the posting on the other side of the same entry."""
_wallet = schema.ewallets.c
_counterpart, _own_balance = schema.postings.alias("counterpart"), schema.balances.alias("own_balance")


def _is_between_own(account_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether the posting's entry moves its unit between two wallets or clocks of that account."""
    return (_entry.kind == EntryKind.TRANSFER) & sa.exists().where(
        _counterpart.c.entry_id == _posting.entry_id,
        _counterpart.c.position != _posting.position,
        _own_balance.c.id == _counterpart.c.balance_id,
        _own_balance.c.account_id == account_id,
    ).correlate(schema.postings, schema.entries, schema.ewallets, schema.clocks)


_LAST_BEFORE = (
    sa.select(*postings.columns)
    .where(_posting.balance_id == sa.bindparam("balance_id"), _posting.at < sa.bindparam("instant"))
    .order_by(_posting.at.desc(), _posting.entry_id.desc())
    .limit(1)
)


def _own_record(records: sa.Table, column: str) -> sa.ScalarSelect[object]:
    """A column of the account's own record of the entry; between two own wallets, of this wallet's record."""
    record = records.c
    is_own_wallet = (_sheet.kind != "transfer") | (_sheet.owner_id == sa.bindparam("ewallet_id"))
    return (
        sa.select(record[column])
        .join(schema.sheets, _sheet.id == record.sheet_id)
        .where(
            record.entry_id == _posting.entry_id,
            record.account_id == sa.bindparam("account_id"),
            record.unlinked_at.is_(None),
            is_own_wallet,
        )
        .correlate(schema.postings)
        .limit(1)
        .scalar_subquery()
    )


def _other_own_wallet(column: str) -> sa.ScalarSelect[object]:
    """A column of the wallet on the other side, also of an unlinked one, if it is the account's own."""
    return (
        sa.select(_wallet[column])
        .where(_wallet.account_id == sa.bindparam("account_id"), _wallet.balance_id == _other.c.balance_id)
        .correlate(_other)
        .scalar_subquery()
    )


_ROWS = (
    sa.select(
        _posting.entry_id,
        _posting.at,
        _entry.kind,
        _posting.amount,
        _posting.balance_after,
        _other_balance.c.account_id,
        _other_own_wallet("id"),
        _other_own_wallet("reference"),
        _own_record(schema.transfer_records, "id"),
        _own_record(schema.conversion_records, "id"),
        sa.func.coalesce(
            _own_record(schema.transfer_records, "notes"), _own_record(schema.conversion_records, "notes")
        ),
    )
    .join(schema.entries, _entry.id == _posting.entry_id)
    .join(_other, _IS_OTHER_SIDE)
    .join(_other_balance, _other_balance.c.id == _other.c.balance_id)
    .where(
        _posting.balance_id == sa.bindparam("balance_id"),
        _posting.at >= sa.bindparam("since"),
        _posting.at < sa.bindparam("until"),
        _posting.entry_id < sa.bindparam("before"),
    )
    # Of one balance, no posting is dated before the previous one: this is also the order of their entries.
    # In PostgreSQL the issuer's are an exception, because no posting waits for them; it has no statement.
    .order_by(_posting.at.desc(), _posting.entry_id.desc())
    .limit(sa.bindparam("most"))
)


def _sums_of(holders: sa.Table, moved: sa.FromClause = schema.postings) -> sa.Select[tuple[object, ...]]:
    """The sums that came into and left these wallets or clocks, also unlinked ones, by entry kind."""
    amount = moved.c.amount
    is_into = sa.case((amount > 0, 1), else_=0)
    is_between_own = _is_between_own(holders.c.account_id)
    movement = sa.case((is_between_own, OWN_TRANSFER), else_=_entry.kind).label("movement")
    return (
        sa.select(movement, moved.c.unit, is_into, *sum_in_parts(amount))
        .select_from(holders)
        .join(schema.postings, _posting.balance_id == holders.c.balance_id)
        .join(schema.entries, _entry.id == _posting.entry_id)
        .where(
            holders.c.account_id == sa.bindparam("account_id"),
            _posting.at >= sa.bindparam("since"),
            _posting.at < sa.bindparam("until"),
        )
        .group_by(movement, moved.c.unit, is_into)
    )


_WALLET_SUMS = _sums_of(schema.ewallets)
_ONE_WALLETS_SUMS = _WALLET_SUMS.where(schema.ewallets.c.id == sa.bindparam("ewallet_id"))
_ONE_CLOCKS_SUMS = _sums_of(schema.clocks).where(schema.clocks.c.id == sa.bindparam("clock_id"))
# A clock's conversions move credits of its wallet: they are on the other side of the entry.
_ONE_CLOCKS_CREDITS = (
    _sums_of(schema.clocks, _other)
    .join(_other, (_other.c.entry_id == _posting.entry_id) & (_other.c.unit == Unit.CREDIT))
    .join(_other_balance, (_other_balance.c.id == _other.c.balance_id) & (_other_balance.c.issues == 0))
    .where(schema.clocks.c.id == sa.bindparam("clock_id"))
)


def find_last_before(transaction: Transaction, balance_id: int, instant: int) -> PostingRow | None:
    return transaction.one(_LAST_BEFORE, PostingRow, balance_id=balance_id, instant=instant)


def read_statement(
    transaction: Transaction, wallet: Wallet, since: int, until: int, before: int | None, most: int
) -> tuple[list[StatementRow], int | None]:
    """At most `most` of the wallet's postings in the period, the newest first, and the next cursor.

    They are of entries below id `before`.
    """
    if before is None:
        before = ABOVE_ALL_IDS
    elif cursor := postings.find(transaction, entry_id=before, balance_id=wallet.balance_id):
        # Reads the next page from its beginning: the index begins with the date.
        until = min(until, cursor.at + 1)
    values = {"ewallet_id": wallet.id, "balance_id": wallet.balance_id, "account_id": wallet.account_id}
    values |= {"since": since, "until": until, "before": before, "most": most + 1}
    return cut_page(transaction.all(_ROWS, StatementRow, **values), most)


def sum_postings(
    transaction: Transaction, of: SumFilter, since: int, until: int
) -> dict[tuple[str, Unit, bool], int]:
    """The sums by entry kind or `OWN_TRANSFER`, unit, and whether they came in or went out."""
    statements: tuple[sa.Select[tuple[object, ...]], ...] = (_WALLET_SUMS,)
    if of.ewallet_id is not None:
        statements = (_ONE_WALLETS_SUMS,)
    elif of.clock_id is not None:
        statements = (_ONE_CLOCKS_SUMS, _ONE_CLOCKS_CREDITS)
    values = {**asdict(of), "since": since, "until": until}
    found = [part for statement in statements for part in transaction.all(statement, _Parts, **values)]
    return {
        (part.kind, Unit(part.unit), bool(part.is_into)): abs(combine_parts(part.high, part.low))
        for part in found
    }


class _PartnerParts(Row, frozen=True):
    partner_id: int
    is_into: int
    high: int
    low: int


_IS_INTO = sa.case((_posting.amount > 0, 1), else_=0)
_PARTNER_SUMS = (
    sa.select(_other_balance.c.account_id, _IS_INTO, *sum_in_parts(_posting.amount))
    .select_from(schema.ewallets)
    .join(schema.postings, _posting.balance_id == schema.ewallets.c.balance_id)
    .join(schema.entries, _entry.id == _posting.entry_id)
    .join(_other, _IS_OTHER_SIDE)
    .join(_other_balance, _other_balance.c.id == _other.c.balance_id)
    .where(
        schema.ewallets.c.account_id == sa.bindparam("account_id"),
        _posting.at >= sa.bindparam("since"),
        _posting.at < sa.bindparam("until"),
        sa.or_(*(_entry.kind == kind for kind in BETWEEN_PEOPLE)),
        _other_balance.c.account_id != schema.ewallets.c.account_id,
    )
    .group_by(_other_balance.c.account_id, _IS_INTO)
)
_ONE_WALLETS_PARTNER_SUMS = _PARTNER_SUMS.where(schema.ewallets.c.id == sa.bindparam("ewallet_id"))


def sum_by_partner(
    transaction: Transaction, of: SumFilter, since: int, until: int
) -> dict[tuple[int, bool], int]:
    """The credits by the other account, and whether they came from it (True) or went to it (False)."""
    if of.clock_id is not None:
        return {}
    statement = _PARTNER_SUMS if of.ewallet_id is None else _ONE_WALLETS_PARTNER_SUMS
    values = {**asdict(of), "since": since, "until": until}
    return {
        (part.partner_id, bool(part.is_into)): abs(combine_parts(part.high, part.low))
        for part in transaction.all(statement, _PartnerParts, **values)
    }


_TO_OTHERS = (EntryKind.PAYMENT, EntryKind.TRANSFER, EntryKind.REFUND)

_SPENT_SINCE = (
    sa.select(*sum_in_parts(-_posting.amount), sa.func.min(_entry.at))
    .join(schema.entries, _entry.id == _posting.entry_id)
    .where(
        _posting.balance_id.in_(
            sa.select(_wallet.balance_id).where(_wallet.account_id == sa.bindparam("account_id"))
        ),
        # Redundant, since a posting is never dated before its entry; but this one has an index.
        _posting.at > sa.bindparam("since"),
        _entry.at > sa.bindparam("since"),
        _entry.at <= sa.bindparam("until"),
        _posting.amount < 0,
        sa.or_(*(_entry.kind == kind for kind in _TO_OTHERS)),
        ~_is_between_own(sa.bindparam("account_id")),
    )
)


@dataclass(frozen=True, slots=True)
class Spent:
    """The credits that went to other accounts, and when the first of them went."""

    credits: int
    first_at: int | None


def sum_spent_between(transaction: Transaction, account_id: int, since: int, until: int) -> Spent:
    """What was spent after `since` and up to `until`."""
    high, low, first_at = transaction.run(
        _SPENT_SINCE, account_id=account_id, since=since, until=until
    ).fetchone()
    return Spent(combine_parts(high, low), first_at)
