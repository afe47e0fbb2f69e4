"""Exact conversion between credits, minutes and milliseconds."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

MOST_CREDITS = 10**12
"""The largest amount of one instruction, and of a balance."""
MILLISECONDS_PER_MINUTE = 60_000
DEFAULT_MILLISECONDS_PER_CREDIT = MILLISECONDS_PER_MINUTE

EXACT = Context(prec=100)
"""More digits than any number here has, so nothing is rounded. The thread's own context has only 28."""
_DISPLAYED_MINUTES = Decimal("0.000001")


def credits_to_milliseconds(credits: int, milliseconds_per_credit: int) -> int:
    return credits * milliseconds_per_credit


def milliseconds_to_credits(milliseconds: int, milliseconds_per_credit: int) -> int:
    """The whole credits in a span; the remainder stays time."""
    return milliseconds // milliseconds_per_credit


def minutes_to_milliseconds(minutes: Decimal) -> int:
    """The whole milliseconds in `minutes`, rounded down."""
    return int(EXACT.multiply(minutes, Decimal(MILLISECONDS_PER_MINUTE)).to_integral_value(ROUND_FLOOR))


def milliseconds_to_minutes(milliseconds: int) -> Decimal:
    """The span in minutes, rounded to 6 places for display."""
    minutes = EXACT.divide(Decimal(milliseconds), Decimal(MILLISECONDS_PER_MINUTE))
    return minutes.quantize(_DISPLAYED_MINUTES, ROUND_HALF_EVEN, EXACT)
