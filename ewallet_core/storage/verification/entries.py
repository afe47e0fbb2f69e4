"""Checks the journal: entries sum to zero, their seals form one chain, and balances equal their postings.

Entries are read once, in order, and their postings beside them in the same order."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from ewallet_core.ledger.journal import FIRST_SEAL, EntryKind, facts_of, seal_facts
from ewallet_core.storage import schema
from ewallet_core.storage.database_url import POSTGRESQL
from ewallet_core.storage.journal import entries
from ewallet_core.storage.rows import Row, RowId
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.balances import BalanceSums, PostingLine
from ewallet_core.storage.verification.check import Check, Findings, Violation, several
from ewallet_core.storage.verification.tail import check_tail


class _EntryLine(Row, frozen=True, gc=False):
    """An entry with its seal, if it has one."""

    id: int
    kind: EntryKind
    at: int
    reverses_id: int | None
    hash: bytes | None


_entry, _posting, _seal = schema.entries.c, schema.postings.c, schema.seals.c
_ENTRIES = (
    select(*entries.columns, _seal.hash)
    .outerjoin_from(schema.entries, schema.seals, _seal.entry_id == _entry.id)
    .order_by(_entry.id)
)
_POSTINGS = select(
    _posting.entry_id,
    _posting.position,
    _posting.balance_id,
    _posting.unit,
    _posting.amount,
    _posting.balance_after,
    _posting.at,
).order_by(_posting.entry_id, _posting.position)
_STRAY_SEALS = (
    select(_seal.entry_id)
    .outerjoin_from(schema.seals, schema.entries, _entry.id == _seal.entry_id)
    .where(_entry.id.is_(None))
    .order_by(_seal.entry_id)
)
_CONVERSIONS = {EntryKind.CREDITS_TO_CLOCK, EntryKind.CLOCK_TO_CREDITS}


def check_journal(transaction: Transaction) -> Findings:
    chain = _Chain(may_have_tail=transaction.dialect_name == POSTGRESQL)
    balances, checked = BalanceSums(transaction), 0
    for entry, postings in _read_with_postings(transaction):
        if entry is None:
            yield from _add_strays(postings, balances)
            continue
        checked += 1
        is_pair = _is_pair(postings)
        is_balanced = is_pair or _is_balanced(postings)
        if not is_balanced:
            yield Violation(f"The postings of entry {entry.id} don't sum to zero.")
        if not is_pair:
            yield from _check_positions(entry, postings)
        can_be_posted = is_pair or (is_balanced and _all_move(postings))
        if chain.is_whole and not chain.continues(entry, postings, can_be_posted):
            yield Violation(f"The seals' chain breaks at entry {chain.breaks_at}.")
        for posting in postings:
            if faults := balances.add(posting, entry.at):
                yield from map(Violation, faults)
    for stray in transaction.each(_STRAY_SEALS, RowId):
        yield Violation(f"There is a seal of entry {stray.id}, which doesn't exist.")
    yield Check(f"{several(checked, 'entry', 'entries')}, each sums to zero per unit")
    yield Check(f"the seals' chain is whole: {several(chain.length, 'seal', 'seals')}")
    yield from check_tail(transaction)
    yield from balances.finish(transaction)


def _add_strays(postings: list[PostingLine], balances: BalanceSums) -> Findings:
    for posting in postings:
        yield Violation(f"{posting.name} belongs to no entry.")
        yield from map(Violation, balances.add(posting, posting.at))


def _read_with_postings(transaction: Transaction) -> Iterator[tuple[_EntryLine | None, list[PostingLine]]]:
    """Each entry with its postings, and without an entry those that belong to none."""
    postings = transaction.each(_POSTINGS, PostingLine)
    following = next(postings, None)
    for entry in transaction.each(_ENTRIES, _EntryLine):
        if following is not None and following.entry_id < entry.id:
            strays = [following]
            while (following := next(postings, None)) is not None and following.entry_id < entry.id:
                strays.append(following)
            yield None, strays
        its_own = []
        while following is not None and following.entry_id == entry.id:
            its_own.append(following)
            following = next(postings, None)
        yield entry, its_own
    if following is not None:
        yield None, [following, *postings]


def _is_pair(postings: list[PostingLine]) -> bool:
    """Whether they move one amount from one balance to another, as those of most entries do."""
    if len(postings) != 2:
        return False
    one, other = postings
    return (
        one.amount == -other.amount != 0
        and one.unit == other.unit
        and one.position == 1
        and other.position == 2
    )


def _check_positions(entry: _EntryLine, postings: list[PostingLine]) -> Findings:
    if len(postings) > 2 and entry.kind not in _CONVERSIONS:
        yield Violation(f"Entry {entry.id} moves more than two balances, and is no conversion.")
    for position, posting in enumerate(postings, 1):
        if posting.position != position:
            yield Violation(f"{posting.name} has another position than the {position}.")


def _is_balanced(postings: list[PostingLine]) -> bool:
    sums: dict[str, int] = {}
    for posting in postings:
        sums[posting.unit] = sums.get(posting.unit, 0) + posting.amount
    return not any(sums.values())


class _Chain:
    """The chain of seals. Once it is broken, the seals after that can't be checked.

    If it `may_have_tail`, the last entries may have no seals yet.
    """

    def __init__(self, *, may_have_tail: bool) -> None:
        self.length = 0
        self.is_whole = True
        self.breaks_at: int | None = None
        """The first entry whose seal is not the next one."""
        self._last = FIRST_SEAL
        self._may_have_tail = may_have_tail
        self._first_unsealed: int | None = None

    def continues(self, entry: _EntryLine, postings: list[PostingLine], can_be_posted: bool) -> bool:
        """Whether the seal of this entry is the next one. An entry that can't be posted has none."""
        if self._first_unsealed is not None and entry.hash is not None:
            return self._break_at(self._first_unsealed)
        if entry.hash is None and self._may_have_tail:
            self._first_unsealed = self._first_unsealed or entry.id
            return True
        self.length += 1
        facts = facts_of(entry.id, entry.kind, entry.at, entry.reverses_id, postings)
        self._last = seal_facts(self._last, facts)
        if can_be_posted and entry.hash == self._last:
            return True
        return self._break_at(entry.id)

    def _break_at(self, entry_id: int) -> bool:
        self.breaks_at = entry_id
        self.is_whole = False
        return False


def _all_move(postings: list[PostingLine]) -> bool:
    for posting in postings:  # noqa: SIM110 - `all` of a generator takes five times as long
        if posting.amount == 0:
            return False
    return True
