"""Text by users, made safe for widgets and terminals: all of it goes through `plain`, and then `in_place`."""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.console import Console
from textual._compositor import CompositorUpdate
from textual.content import Content

from ewallet_core.presentation.formatting import one_line


def plain(value: object, width: int | None = None, style: str = "") -> Content:
    """`value` as content without markup, cut to `width` cells."""
    content = Content.styled(one_line(value), style) if style else Content(one_line(value))
    return content if width is None else content.truncate(max(width, 0), ellipsis=True)


# Terminals disagree on the width of these: vowels of Indic scripts, emoji, and signs that Unicode widened.
_UNSURE = re.compile(
    "[\u0900-\u109f\u1700-\u1cff\u200c\u200d\u20e3\u231a\u231b\u23e9-\u23f3\u25fb-\u27bf\u2934\u2935\u2b00-\u2bff"
    "\u302e-\u3030\u303d\u3248-\u324f\u3297\u3299\ua800-\uabff\ufe0e\ufe0f\U00010000-\U000e0fff]"
)
_TO = re.compile(r"\x1b\[([0-9]+);([0-9]+)H")
_PARTS = re.compile(
    r"(?P<to>\x1b\[[0-9]+;[0-9]+H)"
    r"|(?P<control>\x1b\][^\x1b\x07]*(?:\x1b\\|\x07)|\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x1f])"
    r"|(?P<gap> +)|(?P<words>[^\x00-\x1f ]+(?: [^\x00-\x1f ]+)*)"
)


def in_place(output: str) -> str:
    """Output for a terminal in which all text is in its own cells, however wide the terminal shows it.

    Words of an unsure width are written over blanks, also over a part of the gap after them, and what follows
    them is moved to where it belongs.
    """
    if _UNSURE.search(output) is None:
        return output
    parts = list(_PARTS.finditer(output))
    written, row, column, taken, must_move = [], 1, 1, 0, False
    for at, part in enumerate(parts):
        text = part[0]
        if moved := _TO.fullmatch(text):
            row, column, taken, must_move = int(moved[1]), int(moved[2]), 0, False
        elif part["gap"] and taken >= len(text):
            column, taken = column + len(text), taken - len(text)
            continue
        elif part["control"] is None:
            if must_move:
                written.append(f"\x1b[{row};{column + taken}H")
            unsure = len(_UNSURE.findall(text)) if part["words"] else 0
            width, text, taken = cell_len(text), text[taken:], 0
            if must_move := unsure > 0:
                taken = min(unsure, _blanks_after(parts, at))
                written.append(f"{' ' * (width + taken)}\x1b[{row};{column}H")
            column += width
        written.append(text)
    return "".join(written)


def _blanks_after(parts: list[re.Match[str]], at: int) -> int:
    """How many blanks follow there, in whatever style."""
    blanks = 0
    for part in parts[at + 1 :]:
        if part["gap"]:
            blanks += len(part[0])
        elif part["control"] is None or not part[0].endswith("m"):
            break
    return blanks


class InPlace(CompositorUpdate):
    """A painting of the screen, or a part of it, that goes to the terminal through `in_place`."""

    def __init__(self, painted: CompositorUpdate) -> None:
        self._painted = painted

    def render_segments(self, console: Console) -> str:
        return in_place(self._painted.render_segments(console))
