"""What has left an account for others, from the postings of all the wallets that it ever had."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, or_, select

from ewallet_core.ledger.journal import EntryKind
from ewallet_core.storage import tables
from ewallet_core.storage.exact_sums import joined, sum_in_parts
from ewallet_core.storage.transaction import Transaction

_TO_OTHERS = (EntryKind.PAYMENT, EntryKind.TRANSFER, EntryKind.REFUND)

_posting = tables.postings.c
_entry = tables.entries.c
_wallet = tables.ewallets.c
_left = -_posting.amount
_SPENT_SINCE = (
    select(*sum_in_parts(_left), func.min(_entry.at))
    .join(tables.entries, _entry.id == _posting.entry_id)
    .where(
        _posting.balance_id.in_(
            select(_wallet.balance_id).where(_wallet.account_id == bindparam("account_id"))
        ),
        # A posting is never dated before its entry: the index leaves out what can't count.
        _posting.at > bindparam("since"),
        _entry.at > bindparam("since"),
        _posting.amount < 0,
        or_(*(_entry.kind == kind for kind in _TO_OTHERS)),
    )
)


@dataclass(frozen=True, slots=True)
class Spent:
    """The credits that left for other accounts, and when the first of them did."""

    credits: int
    first_at: int | None


def spent_since(transaction: Transaction, account_id: int, since: int) -> Spent:
    """What has left the account for others after that instant."""
    high, low, first_at = transaction.run(_SPENT_SINCE, account_id=account_id, since=since).fetchone()
    return Spent(joined(high, low), first_at)
