"""Double entry: every movement of credits or clock time is an entry whose postings sum to zero.

A posting names the balance it moves, the unit it moves (a credit or a millisecond) and by how much.
The issuer's balance in a unit is minus what circulates of it (PROTOCOL section 5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

BalanceId = NewType("BalanceId", int)


class Unit(StrEnum):
    """What a balance counts."""

    CREDIT = "credit"
    MILLISECOND = "millisecond"


class EntryKind(StrEnum):
    """Why credits or time moved."""

    SUPPLY = "supply"
    PAYMENT = "payment"
    TRANSFER = "transfer"
    CREDITS_TO_CLOCK = "credits2clock"
    CLOCK_TO_CREDITS = "clock2credits"
    TIME_SPENT = "time_spent"
    REFUND = "refund"


class UnbalancedError(Exception):
    """An entry whose postings don't sum to zero in a unit: a fault of the engine, never of a user."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a movement: `amount` of `unit` into a balance, or out of it when negative."""

    balance: BalanceId
    unit: Unit
    amount: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement, written once and never changed; raises `UnbalancedError` when made of a wrong sum.

    `reverses` is the id of the entry that a refund gives back, wholly or in part.
    """

    kind: EntryKind
    at: int
    postings: tuple[Posting, ...]
    reverses: int | None = None

    def __post_init__(self) -> None:
        if any(self.sums().values()) or any(posting.amount == 0 for posting in self.postings):
            raise UnbalancedError(f"{self.kind}: {self.postings}")

    def sums(self) -> dict[Unit, int]:
        """What the postings of each unit come to."""
        return sums_of(self.postings)


@dataclass(frozen=True, slots=True)
class Issuer:
    """The balances of the system core account, from which everything that circulates came."""

    credits: BalanceId
    milliseconds: BalanceId


def sums_of(postings: Iterable[Posting]) -> dict[Unit, int]:
    """The sum of the postings by unit."""
    sums: Counter[Unit] = Counter()
    for posting in postings:
        sums[posting.unit] += posting.amount
    return dict(sums)


def move_credits(
    kind: EntryKind,
    sender: BalanceId,
    recipient: BalanceId,
    credits: int,
    at: int,
    *,
    reverses: int | None = None,
) -> Entry:
    """Credits from one wallet, or the issuer, to another; of a refund, which entry it gives back."""
    return Entry(kind, at, _across(Unit.CREDIT, sender, recipient, credits), reverses)


def credits_to_clock(
    issuer: Issuer, wallet: BalanceId, clock: BalanceId, credits: int, milliseconds: int, at: int
) -> Entry:
    """Credits from a wallet back to the issuer, and time from the issuer onto a clock."""
    postings = _across(Unit.CREDIT, wallet, issuer.credits, credits) + _across(
        Unit.MILLISECOND, issuer.milliseconds, clock, milliseconds
    )
    return Entry(EntryKind.CREDITS_TO_CLOCK, at, postings)


def clock_to_credits(
    issuer: Issuer, wallet: BalanceId, clock: BalanceId, credits: int, milliseconds: int, at: int
) -> Entry:
    """Time from a clock back to the issuer, and credits from the issuer into a wallet."""
    postings = _across(Unit.MILLISECOND, clock, issuer.milliseconds, milliseconds) + _across(
        Unit.CREDIT, issuer.credits, wallet, credits
    )
    return Entry(EntryKind.CLOCK_TO_CREDITS, at, postings)


def time_spent(issuer: Issuer, clock: BalanceId, milliseconds: int, at: int) -> Entry:
    """What a stopped timer took from its clock; an entry without postings when that was nothing."""
    postings = _across(Unit.MILLISECOND, clock, issuer.milliseconds, milliseconds) if milliseconds else ()
    return Entry(EntryKind.TIME_SPENT, at, postings)


def _across(unit: Unit, sender: BalanceId, recipient: BalanceId, amount: int) -> tuple[Posting, Posting]:
    return Posting(sender, unit, -amount), Posting(recipient, unit, amount)
