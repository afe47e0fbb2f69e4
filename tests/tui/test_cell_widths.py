"""Text on whose width terminals disagree leaves nothing behind, and moves nothing beside it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from ewallet_core.presentation.formatting import one_line, one_line_as_written
from ewallet_tui.sanitize import in_place

SHOWN = {
    "\u2708\ufe0f trips": "\u2708 trips",
    "\u2764\ufe0f gifts": "\u2764 gifts",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family": "\U0001f468\U0001f469\U0001f467 family",
    "\U0001f1e9\U0001f1ea trip": "DE trip",
    "1\ufe0f\u20e3 first": "1 first",
    "\U0001f44d\U0001f3fd ok": "\U0001f44d ok",
    "\U0001f3fd": "\u25a0",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f home": "\U0001f3f4 home",
    "e\u0301te\u0301": "\u00e9t\u00e9",
    "\u1100\u1161\u11a8": "\uac01",
    # Joiners that a script needs stay.
    "\u0d9a\u0dca\u200d\u0dbb": "\u0d9a\u0dca\u200d\u0dbb",
    "\u0645\u06cc\u200c\u062e": "\u0645\u06cc\u200c\u062e",
    "\u0928\u092e\u0938\u094d\u0924\u0947": "\u0928\u092e\u0938\u094d\u0924\u0947",
}
ROWS = [
    *SHOWN,
    "\u0915\u093e\u092e \u0939\u093f\u0928\u094d\u0926\u0940",
    "\u2630 heaven \U0001d300",
    "plain",
]
WIDTH = 40
CONSOLE = Console(force_terminal=True, color_system="truecolor", width=WIDTH)
# Terminals of different ages and makes.
TERMINALS = {
    "marks are wide": lambda character: max(1, cell_len(character)),
    "marks have no width": lambda character: (
        0 if unicodedata.category(character) in ("Mn", "Mc") else cell_len(character)
    ),
    "emoji are narrow": lambda character: 1 if ord(character) > 0xFFFF else cell_len(character),
    "emoji are wide": lambda character: 2 if 0x25FF < ord(character) < 0x2C00 else cell_len(character),
    "as the app has it": cell_len,
}


@pytest.mark.parametrize(("written", "shown"), SHOWN.items(), ids=ascii)
def test_emoji_are_shown_in_a_form_on_whose_width_terminals_agree(written, shown):
    assert one_line(written) == shown
    assert one_line(shown) == shown
    assert len(one_line_as_written(written)) == len(written)


def painted(rows: list[str]) -> str:
    """A list beside a column of numbers, as the app paints it."""
    strips = [
        Strip(
            [
                Segment(one_line(row), Style(bold=True)),
                Segment(" " * 2),
                Segment(" " * (WIDTH - 7 - cell_len(one_line(row))), Style(bold=True)),
                Segment(f"<{number:02}>", Style(color="red")),
            ]
        )
        for number, row in enumerate(rows)
    ]
    return LayoutUpdate([[strip] for strip in strips], Region(0, 0, WIDTH, len(rows))).render_segments(
        CONSOLE
    )


class Terminal:
    """Cells, and a cursor that each character moves by the width that it has here."""

    def __init__(self, width_of: Callable[[str], int]) -> None:
        self._width_of = width_of
        self._cells = [[" "] * 2 * WIDTH for _ in ROWS]
        self._line = self._column = 0

    def feed(self, output: str) -> None:
        for part in re.finditer(r"\x1b\[([0-9]+);([0-9]+)H|\x1b\[[0-9;]*m|(.)", output):
            if part[1]:
                self._line, self._column = int(part[1]) - 1, int(part[2]) - 1
            elif part[3]:
                self._put(part[3], self._width_of(part[3]))

    def _put(self, character: str, width: int) -> None:
        if width:
            self._cells[self._line][self._column : self._column + width] = [character, *[""] * (width - 1)]
            self._column += width

    @property
    def lines(self) -> list[str]:
        return ["".join(cell or " " for cell in line[:WIDTH]) for line in self._cells]


@pytest.mark.parametrize("width_of", TERMINALS.values(), ids=TERMINALS)
def test_what_stands_beside_such_text_stays_in_place_and_nothing_is_left_behind(width_of):
    terminal = Terminal(width_of)
    numbers = [f"<{number:02}>" for number in range(len(ROWS))]
    terminal.feed(in_place(painted(ROWS)))
    assert [line[WIDTH - 5 : WIDTH - 1] for line in terminal.lines] == numbers
    # The list is scrolled by one, and then shows nothing but short names.
    terminal.feed(in_place(painted([*ROWS[1:], ROWS[0]])))
    assert [line[WIDTH - 5 : WIDTH - 1] for line in terminal.lines] == numbers
    assert "trips" in terminal.lines[-1]
    # Nothing of it is cut while there is room.
    for row, line in zip([*ROWS[1:], ROWS[0]], terminal.lines, strict=True):
        assert [each for each in one_line(row) if width_of(each)][-1] in line
    terminal.feed(in_place(painted(["ab"] * len(ROWS))))
    assert terminal.lines == [f"{'ab':{WIDTH - 5}}{number} " for number in numbers]


def test_plain_output_goes_out_as_it_is():
    output = "\x1b[1;1H\x1b[1m\u250c\u2500 Home \u00e9t\u00e9 \u6f22\u5b57 \u2026\x1b[0m\n"
    assert in_place(output) is output
