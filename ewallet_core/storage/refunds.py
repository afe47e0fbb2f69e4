"""Which payment's record a refund's record gives back."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from ewallet_core.storage import tables
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction


class Refunded(Row, frozen=True):
    """The record of the payment that a refund gives back, on the same side; None where it was unlinked."""

    id: int | None


_refund = tables.transfer_records.alias("refund")
_paid = tables.transfer_records.alias("paid")
_REFUNDED_BY = (
    select(_paid.c.id)
    .select_from(_refund)
    .join(tables.entries, tables.entries.c.id == _refund.c.entry_id)
    .outerjoin(
        _paid,
        (_paid.c.entry_id == tables.entries.c.reverses_id)
        & (_paid.c.account_id == _refund.c.account_id)
        & _paid.c.unlinked_at.is_(None),
    )
    .where(_refund.c.id == bindparam("record_id"), tables.entries.c.reverses_id.is_not(None))
)


def refunded_by(transaction: Transaction, record_id: int) -> Refunded | None:
    """Which record of the same account a transfer record gives back; None unless it is of a refund."""
    return transaction.one(_REFUNDED_BY, Refunded, record_id=record_id)
