"""The columns of a list: as wide as their text where there is room, and cut well where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GAP = "  "


@dataclass(frozen=True)
class Column:
    """One column: its heading, which side its cells keep to, and what becomes of it in little room."""

    heading: str
    align: Literal["left", "right"] = "left"
    fills: bool = False
    """Whether it takes the width that is left; where there is too little, it gives first.

    Of two that do, the first is as wide as its text, as far as two thirds of that or what the other leaves.
    """
    from_width: int = 0
    """How many cells the list must be wide for it to be shown at all."""


def fitted_widths(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """How wide each column is, so that all of them and the gaps between take at most `width` cells.

    What the columns as wide as their text leave over goes to those that fill; where they take too much,
    these give first, and then the last ones.
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
