"""What happened to balances, by the dates of their postings: a wallet's statement, an account's sums."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import FromClause, Select, Table, bindparam, case, func, select

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.storage import tables
from ewallet_core.storage.exact_sums import joined, sum_in_parts
from ewallet_core.storage.journal import PostingRow, postings
from ewallet_core.storage.rows import ABOVE_ALL_IDS, Row
from ewallet_core.storage.transaction import Transaction


class StatementRow(Row, frozen=True):
    """A posting of a wallet's, the other side's account, and the account's own record while it is linked."""

    id: int
    entry_id: int
    at: int
    kind: str
    amount: int
    balance_after: int
    partner_id: int
    transfer_record_id: int | None
    conversion_record_id: int | None
    notes: str | None


@dataclass(frozen=True, slots=True)
class Summed:
    """Whose sums: all of an account's wallets and clocks, or one wallet's or clock's of its own alone."""

    account_id: int
    ewallet_id: int | None = None
    clock_id: int | None = None


class _Parts(Row, frozen=True):
    kind: str
    unit: str
    is_into: int
    high: int
    low: int


_posting, _entry, _sheet = tables.postings.c, tables.entries.c, tables.sheets.c
_other = tables.postings.alias("other")
_other_balance = tables.balances.alias("other_balance")

_LAST_BEFORE = (
    select(*postings.columns)
    .where(_posting.balance_id == bindparam("balance_id"), _posting.at < bindparam("instant"))
    .order_by(_posting.at.desc(), _posting.id.desc())
    .limit(1)
)


def _own_record(records: Table, column: str) -> Select[tuple[object]]:
    """That column of the account's own linked record of the entry; of two own wallets', that of this one."""
    record = records.c
    is_the_wallets = (_sheet.kind != "transfer") | (_sheet.owner_id == bindparam("ewallet_id"))
    return (
        select(record[column])
        .join(tables.sheets, _sheet.id == record.sheet_id)
        .where(
            record.entry_id == _posting.entry_id,
            record.account_id == bindparam("account_id"),
            record.unlinked_at.is_(None),
            is_the_wallets,
        )
        .correlate(tables.postings)
        .limit(1)
    )


_ROWS = (
    select(
        _posting.id,
        _posting.entry_id,
        _posting.at,
        _entry.kind,
        _posting.amount,
        _posting.balance_after,
        _other_balance.c.account_id,
        _own_record(tables.transfer_records, "id").scalar_subquery(),
        _own_record(tables.conversion_records, "id").scalar_subquery(),
        func.coalesce(
            _own_record(tables.transfer_records, "notes").scalar_subquery(),
            _own_record(tables.conversion_records, "notes").scalar_subquery(),
        ),
    )
    .join(tables.entries, _entry.id == _posting.entry_id)
    .join(
        _other,
        (_other.c.entry_id == _posting.entry_id)
        & (_other.c.unit == _posting.unit)
        & (_other.c.id != _posting.id),
    )
    .join(_other_balance, _other_balance.c.id == _other.c.balance_id)
    .where(
        _posting.balance_id == bindparam("balance_id"),
        _posting.id > bindparam("after"),
        _posting.id < bindparam("before"),
    )
    .order_by(_posting.id.desc())
    .limit(bindparam("most"))
)


def _sums_of(holders: Table, moved: FromClause = tables.postings) -> Select[tuple[object, ...]]:
    """What was moved into and out of the balances of these wallets or clocks, unlinked ones too, by kind."""
    amount = moved.c.amount
    is_into = case((amount > 0, 1), else_=0)
    return (
        select(_entry.kind, moved.c.unit, is_into, *sum_in_parts(amount))
        .select_from(holders)
        .join(tables.postings, _posting.balance_id == holders.c.balance_id)
        .join(tables.entries, _entry.id == _posting.entry_id)
        .where(
            holders.c.account_id == bindparam("account_id"),
            _posting.at >= bindparam("since"),
            _posting.at < bindparam("until"),
        )
        .group_by(_entry.kind, moved.c.unit, is_into)
    )


_WALLET_SUMS = _sums_of(tables.ewallets)
_CLOCK_SUMS = _sums_of(tables.clocks)
_ONE_WALLETS_SUMS = _WALLET_SUMS.where(tables.ewallets.c.id == bindparam("ewallet_id"))
_ONE_CLOCKS_SUMS = _CLOCK_SUMS.where(tables.clocks.c.id == bindparam("clock_id"))
# The credits of a clock's entries are on the other side of them, with the wallet.
_ONE_CLOCKS_CREDITS = (
    _sums_of(tables.clocks, _other)
    .join(_other, (_other.c.entry_id == _posting.entry_id) & (_other.c.unit == Unit.CREDIT))
    .join(_other_balance, (_other_balance.c.id == _other.c.balance_id) & (_other_balance.c.issues == 0))
    .where(tables.clocks.c.id == bindparam("clock_id"))
)


def last_before(transaction: Transaction, balance_id: int, instant: int) -> PostingRow | None:
    """The balance's last posting that is dated before `instant`."""
    return transaction.one(_LAST_BEFORE, PostingRow, balance_id=balance_id, instant=instant)


def statement_rows(
    transaction: Transaction,
    *,
    balance_id: int,
    ewallet_id: int,
    account_id: int,
    after: int,
    before: int | None,
    most: int,
) -> list[StatementRow]:
    """At most that many of the wallet's postings between the ids `after` and `before`, the newest first."""
    return transaction.all(
        _ROWS,
        StatementRow,
        balance_id=balance_id,
        ewallet_id=ewallet_id,
        account_id=account_id,
        after=after,
        before=before or ABOVE_ALL_IDS,
        most=most,
    )


def sums_between(
    transaction: Transaction, summed: Summed, since: int, until: int
) -> dict[tuple[EntryKind, Unit, bool], int]:
    """What came into these wallets and clocks (True) and what left them (False), by kind and unit."""
    values = {**asdict(summed), "since": since, "until": until}
    found = [part for sums in _statements_of(summed) for part in transaction.all(sums, _Parts, **values)]
    return {
        (EntryKind(part.kind), Unit(part.unit), bool(part.is_into)): abs(joined(part.high, part.low))
        for part in found
    }


def _statements_of(summed: Summed) -> tuple[Select[tuple[object, ...]], ...]:
    if summed.ewallet_id is not None:
        return (_ONE_WALLETS_SUMS,)
    if summed.clock_id is not None:
        return (_ONE_CLOCKS_SUMS, _ONE_CLOCKS_CREDITS)
    return (_WALLET_SUMS, _CLOCK_SUMS)
