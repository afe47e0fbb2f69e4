"""Sums in the database that can't leave 64 bits: of the amounts' high and low digits, joined in Python."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func

_LOW = 1_000_000


def sum_in_parts(amount: ColumnElement[Any]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The two columns that the exact sum of an amount is read from; none of them overflows."""
    return cast(func.sum(amount // _LOW), BigInteger), cast(func.sum(amount % _LOW), BigInteger)


def joined(high: int | None, low: int | None) -> int:
    """The exact sum from its two parts; nothing at all is 0."""
    return (high or 0) * _LOW + (low or 0)
