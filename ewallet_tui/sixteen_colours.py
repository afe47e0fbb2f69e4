"""Colours where the terminal has only sixteen: every text is readable on its background.

Mapping each colour to the nearest of the sixteen can give a text the colour of its background. Here a text
gets the nearest colour that stands out, in xterm's colours and in the Linux console's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

XTERM = (
    *("#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5"),
    *("#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"),
)
LINUX_CONSOLE = (
    *("#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa"),
    *("#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff"),
)
PALETTES = tuple(tuple(map(Color.parse, names)) for names in (XTERM, LINUX_CONSOLE))
READABLE = 4.5
"""The least contrast of a text, as the web's accessibility guidelines have it."""
BRIGHT = 8
"""From here on colours are bright. A bold text gets the bright form of its colour; no background is bright,
because the Linux console has none."""
BACKGROUNDS = (0, 4, 6, 2, 5, 1, 7)
"""Of equally near ones the first is taken, so a grey becomes blue and not red.

Yellow is none: it is brown in the Linux console, and no text stands out on both.
"""
DIFFERENT = 30
"""How far a background is from the screen's own if it is meant to be seen."""
GREY, NOT_GREY = 48, 200
"""Below which difference of its parts a colour is a grey, and how much farther a grey is from a colour."""
BLACK, WHITE = 0, 7
ALL = tuple(range(2 * BRIGHT))


def contrast(text: int, background: int) -> float:
    """The contrast of two of the sixteen colours, in the palette in which it is lower."""
    return min(_ratio(palette[text], palette[background]) for palette in PALETTES)


class SixteenColours(LineFilter):
    """Replaces every style by one in the sixteen colours."""

    def __init__(self, background: Color, *, dark: bool) -> None:
        """`background` is that of the theme; `dark` tells what the terminal's own colours are like."""
        super().__init__()
        self._own_text, self._own_background = (WHITE, BLACK) if dark else (BLACK, WHITE)
        self._base = _number_or_colour(background, self._own_background)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        readable = self.readable
        return [
            Segment(text, None if style is None else readable(style), control)
            for text, style, control in segments
        ]

    @lru_cache(2_048)  # noqa: B019 - the app keeps one filter for each theme
    def readable(self, style: Style) -> Style:
        """The style in the sixteen colours; where it has the terminal's own colours it keeps them."""
        text, background = style.color, style.bgcolor
        own_text, own_background = self._own_text, self._own_background
        if style.reverse:
            # Reversed by the terminal, a bright text would become no bright background.
            text, background = background, text
            own_text, own_background = own_background, own_text
        is_own = not style.reverse and _is_default(background)
        behind = own_background if is_own else self._background(_seen(background, own_background))
        number, is_bold = _text(_seen(text, own_text), behind, is_bold=bool(style.bold))
        keeps_text = is_own and _is_default(text) and not style.dim
        return style + Style(
            color=RichColor.default() if keeps_text else _standard(number),
            bgcolor=RichColor.default() if is_own else _standard(behind),
            bold=is_bold,
            dim=False,
            reverse=False,
        )

    def _background(self, colour: Color) -> int:
        """The nearest of the dark eight; another than the screen's own if it is meant to be seen."""
        own = _nearest(self._base, BACKGROUNDS)[0]
        first, second = _nearest(colour, BACKGROUNDS, keeps_hue=not _is_grey(colour))[:2]
        is_meant = _distance(colour, self._base) > DIFFERENT
        return second if first == own and is_meant else first


def _text(colour: Color, behind: int, *, is_bold: bool) -> tuple[int, bool]:
    """The nearest readable colour of a text, and whether it can be bold, which makes it bright."""
    near = _nearest(colour, ALL, keeps_hue=True)
    if is_bold:
        bright = (number % BRIGHT + BRIGHT for number in near)
        found = next((number for number in bright if contrast(number, behind) >= READABLE), None)
        if found is not None:
            return found, True
    return next(number for number in near if contrast(number, behind) >= READABLE), False


@cache
def filter_for(background: str, *, dark: bool) -> SixteenColours:
    """The filter of a theme with that background."""
    return SixteenColours(Color.parse(background), dark=dark)


def _is_default(colour: RichColor | None) -> bool:
    return colour is None or colour.type is ColorType.DEFAULT


def _number_or_colour(colour: Color, default: int) -> Color:
    return colour if colour.ansi is None else PALETTES[1][default if colour.ansi < 0 else colour.ansi]


def _seen(colour: RichColor | None, default: int) -> Color:
    """The colour as the Linux console shows it."""
    if colour is None or colour.type is ColorType.DEFAULT:
        return PALETTES[1][default]
    if colour.type is ColorType.STANDARD and colour.number is not None:
        return PALETTES[1][colour.number]
    return Color(*(colour.triplet or colour.get_truecolor()))


@lru_cache(1_024)
def _nearest(colour: Color, numbers: Sequence[int], *, keeps_hue: bool = False) -> tuple[int, ...]:
    """The numbers of the colours, the most similar first; with `keeps_hue` a colour rather than a grey."""

    def how_far(number: int) -> float:
        other = PALETTES[1][number]
        differs = keeps_hue and _is_grey(colour) is not _is_grey(other)
        return _distance(colour, other) + (NOT_GREY if differs else 0)

    return tuple(sorted(numbers, key=how_far))


def _distance(one: Color, other: Color) -> float:
    apart: float = sum((mine - its) ** 2 for mine, its in zip(one.rgb, other.rgb, strict=True)) ** 0.5
    return apart


def _is_grey(colour: Color) -> bool:
    return max(colour.rgb) - min(colour.rgb) < GREY


def _ratio(one: Color, other: Color) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _standard(number: int) -> RichColor:
    return RichColor(f"color({number})", ColorType.STANDARD, number=number)
