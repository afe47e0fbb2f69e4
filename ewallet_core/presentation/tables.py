"""The columns of a table: as wide as their text if there is room, and cut if there is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from rich.cells import cell_len, set_cell_size

from ewallet_core.presentation.formatting import one_line

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


class Tone(StrEnum):
    """What a text means, for those who can see colours."""

    PLAIN = "plain"
    HEADING = "heading"
    GOOD = "good"
    """Credits that came in; what is active."""
    WARNING = "warning"


class ToneText(str):
    """A cell's text with a tone."""

    __slots__ = ("tone",)
    tone: Tone

    def __new__(cls, text: str, tone: Tone) -> ToneText:
        made = super().__new__(cls, text)
        made.tone = tone
        return made


Row = Sequence[str]
Paint = Callable[[str, Tone], str]
"""Adds a tone to a text that is as wide as its cell."""


def without_colour(text: str, _tone: Tone) -> str:
    return text


def text_lines(
    columns: Sequence[Column], rows: Sequence[Row], width: int | None, paint: Paint = without_colour
) -> Iterator[str]:
    """The heading and the rows, aligned; without a width, nothing is cut.

    Columns without any text are left out. Texts may be by any user: each is shown on its line, without what
    would act on a terminal.
    """
    shown = [
        at
        for at, column in enumerate(columns)
        if (width is None or column.from_width <= width) and any(row[at] for row in rows)
    ]
    visible = [columns[at] for at in shown]
    table = [tuple(column.heading for column in visible)]
    table += [tuple(one_line(row[at]) for at in shown) for row in rows]
    natural = [max(map(cell_len, texts)) for texts in zip(*table, strict=True)]
    widths = natural if width is None else _within(visible, natural, width)
    tones = [[Tone.HEADING] * len(shown), *([_tone_of(row[at]) for at in shown] for row in rows)]
    for texts, toned in zip(table, tones, strict=True):
        cells = [
            paint(_in_cells(text, cells, column.align), tone)
            for text, tone, cells, column in zip(texts, toned, widths, visible, strict=True)
            if cells
        ]
        yield GAP.join(cells).rstrip()


def _within(columns: Sequence[Column], natural: Sequence[int], width: int) -> Sequence[int]:
    """The natural widths if there is room for them, else narrower ones."""
    needed = sum(natural) + len(GAP) * (len(columns) - 1)
    return natural if needed <= width else fitted_widths(columns, natural, width)


def _tone_of(cell: str) -> Tone:
    return cell.tone if isinstance(cell, ToneText) else Tone.PLAIN


def _in_cells(text: str, cells: int, align: str) -> str:
    """The text in exactly so many cells, cut with an ellipsis if it is too long."""
    if cell_len(text) > cells:
        return f"{set_cell_size(text, cells - 1)}…"
    blanks = " " * (cells - cell_len(text))
    return blanks + text if align == "right" else text + blanks
