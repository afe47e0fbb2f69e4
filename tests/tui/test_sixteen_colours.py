"""Where the terminal has only sixteen colours, every text is readable in every theme."""

import pytest
from rich.color import Color as RichColor
from rich.color import ColorType
from rich.style import Style
from textual.color import Color

from ewallet_tui.app import EWalletApp
from ewallet_tui.config.settings import THEME_NAMES
from ewallet_tui.sixteen_colours import READABLE, SixteenColours, contrast

BRIGHT = 8
OFTEN_USED = ("ewallet-dark", "ewallet-light", "ansi-dark", "ansi-light")


def least_contrast(style: Style, *, dark: bool) -> float:
    """The contrast of a style in the palette in which it is lower; bold text is shown in its bright form."""
    assert not style.dim
    assert not style.reverse
    text, background = (
        number_of(colour, default)
        for colour, default in ((style.color, 7 if dark else 0), (style.bgcolor, 0 if dark else 7))
    )
    assert background < BRIGHT, "the Linux console has no bright backgrounds"
    if style.bold and text < BRIGHT:
        return min(contrast(text, background), contrast(text + BRIGHT, background))
    return contrast(text, background)


def number_of(colour: RichColor | None, default: int) -> int:
    if colour is None or colour.type is ColorType.DEFAULT:
        return default
    assert colour.type is ColorType.STANDARD, colour
    assert colour.number is not None
    return colour.number


def unreadable(app) -> set[tuple[str, str]]:
    dark = app.current_theme.dark
    return {
        (text.strip(), str(style))
        for strip in app.screen._compositor.render_strips()
        for text, style, _ in strip
        if text.strip() and style is not None and least_contrast(style, dark=dark) < READABLE
    }


async def test_every_text_of_every_theme_is_readable(opened, monkeypatch):
    monkeypatch.setattr(EWalletApp, "has_sixteen_colours", True)
    async with opened((100, 40)) as person:
        app = person.app
        await person.wait_until(lambda: app.focused)
        assert unreadable(app) == set()
        await person.register()
        await person.have_running_timer()
        await person.press("x")
        themes = [*(name for name in THEME_NAMES if name not in OFTEN_USED), *OFTEN_USED]
        for keys in ("u",), ("escape", "5", "slash"), ("escape", "6"), ("colon",), ("escape", "comma"):
            await person.press(*keys)
            app.notify("a toast", markup=False)
            for theme in themes:
                app.theme = theme
                await person.pilot.pause()
                assert unreadable(app) == set(), (keys, theme)
            # The next screen begins in the theme in which this one ends, because to change it takes long.
            themes = themes[: -len(OFTEN_USED) - 1 : -1]


def test_a_field_and_a_selected_row_stand_out_from_the_screen():
    colours = SixteenColours(Color.parse("#10151b"), dark=True)
    screen, field, row = (
        colours.readable(Style.parse(f"#d7dde4 on {background}")).bgcolor
        for background in ("#10151b", "#222c37", "#236160")
    )
    assert len({screen, field, row}) == 3
    placeholder = colours.readable(Style.parse("#555e68 on #222c37"))
    assert placeholder.color != colours.readable(Style.parse("#d7dde4 on #222c37")).color


@pytest.mark.parametrize(
    "style", ["#3fb8af on #10151b", "bold #ff6b6b on #10151b", "bold reverse #7bd88f on #10151b"]
)
def test_a_colour_stays_a_colour(style):
    colours = SixteenColours(Color.parse("#10151b"), dark=True)
    found = colours.readable(Style.parse(style))
    assert {found.color.number, found.bgcolor.number} - {0, 7, 8, 15}
