"""Tables as text: aligned by cells, cut to the width, and without what would act on a terminal."""

from __future__ import annotations

from rich.cells import cell_len

from ewallet_core.presentation.tables import Column, Tone, ToneText, text_lines

COLUMNS = (
    Column("When"),
    Column("Credits", align="right"),
    Column("With", fills=True),
    Column("Notes", fills=True, from_width=60),
)
ROWS = (
    ("today 14:02", "-10", "grace@example.org", "lunch with a very long note that does not fit there"),
    ("3 Nov 09:15", "+1,240", "昼食@example.org", ""),
)


def lines(rows=ROWS, width=None, **more):
    return list(text_lines(COLUMNS, rows, width, **more))


def test_columns_are_as_wide_as_their_widest_text_and_numbers_are_right_aligned():
    assert lines() == [
        "When         Credits  With               Notes",
        "today 14:02      -10  grace@example.org  lunch with a very long note that does not fit there",
        "3 Nov 09:15   +1,240  昼食@example.org",
    ]


def test_no_line_is_wider_than_the_terminal_and_what_is_cut_ends_with_an_ellipsis():
    for width in (80, 66, 60):
        found = lines(width=width)
        assert max(map(cell_len, found)) <= width
        assert found[1].endswith("…")


def test_a_column_that_needs_more_room_is_left_out_of_a_narrow_table():
    assert lines(width=59)[0].split() == ["When", "Credits", "With"]


def test_wide_characters_do_not_push_what_follows_out_of_its_column():
    wide, narrow = lines([("昼食", "1", "a", ""), ("lunch", "20", "b", "")])[1:]
    assert cell_len(wide.partition("  1")[0]) == cell_len(narrow.partition(" 20")[0])


def test_a_text_can_neither_break_its_line_nor_move_the_cursor():
    (_, line) = lines([("a\nb", "1", "\x1b[2Jc\u202e", "")])
    assert line == "a b         1  \N{REPLACEMENT CHARACTER}[2Jc\N{REPLACEMENT CHARACTER}"


def test_a_tone_is_painted_over_the_whole_cell_so_that_colours_move_nothing():
    painted = lines(
        [("now", ToneText("+5", Tone.GOOD), "", "")],
        paint=lambda text, tone: f"<{text}>" if tone == "good" else text,
    )
    assert painted[1].startswith("now   <     +5>")
