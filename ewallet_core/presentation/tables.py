"""The columns of a table: as wide as their text if there is room, and cut if there is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GAP = "  "


@dataclass(frozen=True)
class Column:
    """A column: its heading, its alignment, and what happens if there is little room."""

    heading: str
    align: Literal["left", "right"] = "left"
    fills: bool = False
    """Whether it takes the remaining width; it also shrinks first.

    Of two such columns the first gets up to two thirds of the remaining width.
    """
    from_width: int = 0
    """The least width of the list at which the column is shown."""
    sort: str = ""
    """The engine's name of the column by which the list can be sorted; empty: not by this one."""
    is_date: bool = False
    """Whether it has dates, of which the newest come first."""


def fitted_widths(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """The widths of the columns, so that they and the gaps between them take at most `width` cells.

    Columns that fill take the remaining width. If it is too little, they shrink first, then the others from
    the last on.
    """
    room = max(width - len(GAP) * (len(columns) - 1), 0)
    widths = [0 if column.fills else cells for column, cells in zip(columns, natural, strict=True)]
    for index, cells in enumerate(widths):
        widths[index] = min(cells, max(room - sum(widths[:index]), 0))
    filling = [index for index, column in enumerate(columns) if column.fills]
    if filling:
        *before, last = filling
        left = room - sum(widths)
        for index in before:
            widths[index] = min(natural[index], max(left * 2 // 3, left - natural[last]))
        widths[last] = room - sum(widths)
    return widths
