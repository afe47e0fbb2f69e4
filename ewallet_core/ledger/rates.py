"""Exact conversion between credits, minutes and milliseconds."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal

MOST_CREDITS = 10**12
"""The largest amount of one instruction, and of a balance."""
MILLISECONDS_PER_MINUTE = 60_000
DEFAULT_MILLISECONDS_PER_CREDIT = MILLISECONDS_PER_MINUTE

EXACT = Context(prec=100)
"""More digits than any number here has, so nothing is rounded. The thread's own context has only 28."""
MILLIONTHS = 10**6
"""In how many parts of a minute a span is shown."""


def credits_to_milliseconds(credits: int, milliseconds_per_credit: int) -> int:
    return credits * milliseconds_per_credit


def milliseconds_to_credits(milliseconds: int, milliseconds_per_credit: int) -> int:
    """The whole credits in a span; the remainder stays time."""
    return milliseconds // milliseconds_per_credit


def minutes_to_milliseconds(minutes: Decimal) -> int:
    """The whole milliseconds in `minutes`, rounded down."""
    return int(EXACT.multiply(minutes, Decimal(MILLISECONDS_PER_MINUTE)).to_integral_value(ROUND_FLOOR))


def milliseconds_to_millionths(milliseconds: int) -> int:
    """The span in millionths of a minute, rounded; a millisecond has 16 2/3, so none is half-way between."""
    return (2 * MILLIONTHS * milliseconds + MILLISECONDS_PER_MINUTE) // (2 * MILLISECONDS_PER_MINUTE)


def milliseconds_to_minutes(milliseconds: int) -> Decimal:
    """The span in minutes, rounded to 6 places for display."""
    return Decimal(milliseconds_to_millionths(milliseconds)).scaleb(-6, EXACT)
