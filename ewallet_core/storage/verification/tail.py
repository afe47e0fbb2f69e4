"""Entries that have no seal yet: where several processes write, one of them seals what all have written."""

from __future__ import annotations

import sqlalchemy as sa

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation, several

LONGEST_UNSEALED_MS = 60_000


class UnsealedTail(Row, frozen=True):
    """How many entries after the last seal there are, the first one's id, and since when one has waited.

    Without a date it is not known since when.
    """

    count: int
    first_id: int | None
    since: int | None


_entry, _spent, _clock = schema.entries.c, schema.postings.c, schema.clocks.c
_seal, _sealed = schema.seals.c, schema.entries.alias("sealed")
_LAST_SEALED = sa.func.coalesce(
    sa.select(_seal.entry_id)
    # A seal of no entry seals nothing.
    .join(_sealed, _sealed.c.id == _seal.entry_id)
    .order_by(_seal.entry_id.desc())
    .limit(1)
    .scalar_subquery(),
    0,
)
# A run ends when its clock is empty, but its entry may be written long after that, together with its clock.
_WRITTEN_AT = sa.case((_entry.kind == EntryKind.TIME_SPENT, _clock.written_at), else_=_entry.at)
_TAIL = (
    sa.select(sa.func.count(), sa.func.min(_entry.id), sa.func.min(_WRITTEN_AT))
    .select_from(schema.entries)
    .outerjoin(
        schema.postings,
        (_spent.entry_id == _entry.id)
        & (_entry.kind == EntryKind.TIME_SPENT)
        & (_spent.unit == Unit.MILLISECOND)
        & (_spent.amount < 0),
    )
    .outerjoin(schema.clocks, _clock.balance_id == _spent.balance_id)
    .where(_entry.id > _LAST_SEALED)
)


def find_tail(transaction: Transaction) -> UnsealedTail:
    return transaction.one(_TAIL, UnsealedTail) or UnsealedTail(0, None, None)


def check_tail(transaction: Transaction) -> Findings:
    """Where several processes write, the last entries may have no seals yet, for a short while."""
    now = transaction.database_time
    if now is not None and (tail := find_tail(transaction)).count > 0:
        yield _judge(tail, now)


def _judge(tail: UnsealedTail, now: int) -> Violation | Check:
    entries = several(tail.count, "entry", "entries")
    from_first = f"{entries} from entry {tail.first_id} on"
    age = 0 if tail.since is None else now - tail.since
    if age > LONGEST_UNSEALED_MS:
        return Violation(f"{from_first} {_have(tail)} had no seal for {age // 1_000:,} seconds.")
    if age < -LONGEST_UNSEALED_MS:
        return Violation(f"{from_first} {_have(tail)} no seal, and a date that has not come yet.")
    seconds = max(1, -(-age // 1_000))
    return Check(f"{entries} of the last {seconds} s {_are(tail)} not sealed yet")


def _have(tail: UnsealedTail) -> str:
    return "has" if tail.count == 1 else "have"


def _are(tail: UnsealedTail) -> str:
    return "is" if tail.count == 1 else "are"
