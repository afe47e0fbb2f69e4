"""Credits, minutes and milliseconds into each other, losing neither a millisecond nor a credit."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

MOST_CREDITS = 10**12
"""The most that one instruction moves, and that a balance comes to."""
MILLISECONDS_PER_MINUTE = 60_000
DEFAULT_MILLISECONDS_PER_CREDIT = MILLISECONDS_PER_MINUTE

_READING = Decimal("0.000001")
# Not the context of the thread that happens to ask: its 28 digits, or fewer, would round a long number of
# minutes up before it is cut to whole milliseconds.
_EXACT = Context(prec=100)


def milliseconds_of(credits: int, milliseconds_per_credit: int) -> int:
    """The clock time that `credits` give."""
    return credits * milliseconds_per_credit


def whole_credits_in(milliseconds: int, milliseconds_per_credit: int) -> int:
    """The whole credits that a span gives; what makes no whole credit stays as time."""
    return milliseconds // milliseconds_per_credit


def milliseconds_in(minutes: Decimal) -> int:
    """The whole milliseconds in `minutes`."""
    return int(_EXACT.multiply(minutes, Decimal(MILLISECONDS_PER_MINUTE)).to_integral_value(ROUND_FLOOR))


def minutes_in(milliseconds: int) -> Decimal:
    """A span in minutes, rounded to 6 places for reading."""
    exact = _EXACT.divide(Decimal(milliseconds), Decimal(MILLISECONDS_PER_MINUTE))
    return exact.quantize(_READING, ROUND_HALF_EVEN, _EXACT)
