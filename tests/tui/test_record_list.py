import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.app import App, ComposeResult

from ewallet_core.presentation.tables import Column, fitted_widths
from ewallet_tui.record_pages import ListRow, Page, RecordPages
from ewallet_tui.widgets.record_list import MAX_ROWS, RecordList

COLUMNS = (Column("When"), Column("Credits", align="right"), Column("Notes", fills=True))
HOSTILE = {
    "markup": "[/b]",
    "action": "[@click=app.quit]x[/]",
    "control": "\x1b[2J\x07",
    "bidi": "\u202egnirts",
    "wide": "漢字かな交じり文" * 8,
    "long": "n" * 10_000,
    "lines": "a\nb",
}


class ListApp(App[None]):
    def __init__(self, rows):
        super().__init__()
        self.rows = rows

    def compose(self) -> ComposeResult:
        yield RecordList(COLUMNS)

    def on_mount(self) -> None:
        self.listed.empty = "Nothing yet."
        self.listed.show(self.rows)
        self.listed.focus()

    @property
    def listed(self):
        return self.query_one(RecordList)

    def lines(self):
        return [self.listed.render_line(y).text for y in range(self.listed.size.height)]


def rows(count, notes="lunch"):
    return [ListRow(str(number), ("today 14:02", f"{number}", notes)) for number in range(count)]


async def test_columns_stand_under_their_headings_on_their_side():
    app = ListApp(
        [ListRow("1", ("today 14:02", "+5", "lunch")), ListRow("2", ("yesterday 09:15", "-1,000", ""))]
    )
    async with app.run_test(size=(50, 10)):
        heading, first, second, *_ = app.lines()
        assert heading.rstrip() == "When             Credits  Notes"
        assert first.rstrip() == "today 14:02           +5  lunch"
        assert second.rstrip() == "yesterday 09:15   -1,000"


async def test_without_records_a_sentence_stands_there_alone():
    app = ListApp([])
    async with app.run_test(size=(50, 10)):
        assert [line.strip() for line in app.lines() if line.strip()] == ["Nothing yet."]


@pytest.mark.parametrize("notes", HOSTILE.values(), ids=HOSTILE)
async def test_what_others_wrote_is_only_ever_read(notes):
    app = ListApp(rows(3, notes))
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.click(RecordList, offset=(30, 2))
        lines = app.lines()
        assert app.is_running
        assert {cell_len(line) for line in lines} == {60}
        assert not set("".join(lines)) & set("\x1b\x07\n\u202e")
        assert not any("@click" in (segment.style or Style()).meta for segment in app.listed.render_line(1))


@pytest.mark.parametrize(
    ("keys", "cursor"), [("jjk", 1), (["down", "end"], 49), (["end", "home"], 0), ("kk", 0)]
)
async def test_the_cursor_moves_by_arrows_and_letters_and_stays_on_the_records(keys, cursor):
    app = ListApp(rows(50))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.press(*keys)
        assert app.listed.cursor == cursor


async def test_the_record_under_the_cursor_is_always_in_view_under_the_headings():
    app = ListApp(rows(50))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.press("end")
        assert app.lines()[0].startswith("When")
        assert any(line.split()[2:3] == ["49"] for line in app.lines())
        await pilot.press("home")
        assert app.lines()[1].split()[2] == "0"


async def test_a_click_moves_the_cursor():
    app = ListApp(rows(5))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.click(RecordList, offset=(3, 4))
        assert app.listed.cursor == 3


async def test_a_click_on_the_headings_moves_nothing():
    app = ListApp(rows(50))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.press("end")
        await pilot.click(RecordList, offset=(3, 0), times=2)
        assert app.listed.cursor == 49


async def test_the_cursor_stays_on_its_record_when_a_newer_one_comes():
    app = ListApp(rows(5))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.press("j", "j")
        app.listed.show([ListRow("new", ("today 15:00", "9", "")), *rows(5)])
        assert app.listed.rows[app.listed.cursor].key == "2"


async def test_at_most_a_thousand_records_are_kept():
    app = ListApp(rows(MAX_ROWS + 5))
    async with app.run_test(size=(50, 10)):
        assert len(app.listed.rows) == MAX_ROWS


@given(st.lists(st.integers(0, 200), min_size=3, max_size=3), st.integers(0, 200))
def test_the_columns_never_take_more_than_the_width(natural, width):
    widths = fitted_widths(COLUMNS, natural, width)
    assert min(widths) >= 0
    assert sum(widths) <= max(width - 4, 0)


@pytest.mark.parametrize(
    ("natural", "widths"),
    [([15, 40], [15, 13]), ([40, 40], [18, 10]), ([40, 5], [23, 5]), ([8, 5], [8, 20])],
    ids=["the first is whole", "two thirds", "what the second leaves", "room for both"],
)
def test_of_two_columns_that_fill_the_first_gives_last(natural, widths):
    both = (Column("With", fills=True), Column("Notes", fills=True))
    assert fitted_widths(both, natural, 30) == widths


class Sheet:
    """A sheet of so many records, which counts what is read of it."""

    def __init__(self, count):
        self.count = count
        self.read_at = []

    async def read(self, start, cursor):
        self.read_at.append(start)
        numbers = range(start, min(start + 100, self.count))
        return Page([ListRow(str(number), ("then", str(number), "")) for number in numbers], count=self.count)

    async def follow(self, start, cursor):
        """As `read`, without the length of the list."""
        self.read_at.append(cursor or 0)
        page = await self.read(cursor or 0, None)
        following = (cursor or 0) + 100
        return Page(page.rows, following if following < self.count else None)


async def shown_in(app, pilot, number):
    for _ in range(100):
        await pilot.pause()
        if any(line.split()[1:2] == [str(number)] for line in app.lines()):
            return
    raise AssertionError("\n".join(app.lines()))


async def test_a_million_records_are_read_only_where_they_are_looked_at():
    app, sheet = ListApp([]), Sheet(1_000_000)
    async with app.run_test(size=(50, 10)) as pilot:
        await app.listed.show_pages(RecordPages(sheet.read))
        await pilot.press("end")
        await shown_in(app, pilot, 999_999)
        assert app.listed.row.key == "999999"
        app.listed.scroll_to(y=500_000, animate=False, force=True)
        await shown_in(app, pilot, 500_003)
        await pilot.press("home")
        await shown_in(app, pilot, 0)
        assert len(sheet.read_at) <= 5


async def test_a_list_of_unknown_length_grows_as_it_is_scrolled():
    app, sheet = ListApp([]), Sheet(250)
    async with app.run_test(size=(50, 10)) as pilot:
        await app.listed.show_pages(RecordPages(sheet.follow))
        assert app.listed.pages.count == 101
        for last in (100, 200, 249):
            await pilot.press("end")
            await shown_in(app, pilot, last)
        await pilot.press("end")
        assert (app.listed.row.key, app.listed.pages.count) == ("249", 250)


async def test_the_cursor_stays_on_its_record_far_down_when_a_newer_one_comes():
    app, sheet = ListApp([]), Sheet(1_000)
    async with app.run_test(size=(50, 10)) as pilot:
        await app.listed.show_pages(RecordPages(sheet.read))
        app.listed.cursor = 550
        await shown_in(app, pilot, 550)

        async def with_one_more(start, cursor):
            page = await sheet.read(max(start - 1, 0), cursor)
            newest = [ListRow("new", ("now", "9", ""))] if start == 0 else []
            return Page([*newest, *page.rows][:100], count=1_001)

        await app.listed.show_pages(RecordPages(with_one_more))
        assert (app.listed.row.key, app.listed.cursor) == ("550", 551)


async def test_pages_that_follow_one_another_are_read_in_order_also_from_far_down():
    sheet = Sheet(450)
    app = ListApp([])
    async with app.run_test(size=(50, 10)) as pilot:
        await app.listed.show_pages(RecordPages(sheet.follow, in_order=True))
        for last in (100, 200, 300):
            await pilot.press("end")
            await shown_in(app, pilot, last)
        await app.listed.show_pages(RecordPages(sheet.follow, in_order=True))
        keys = [row.key for row in app.listed.rows]
        assert keys == [str(number) for number in range(len(keys))]
        assert app.listed.row.key == "300"


async def test_what_can_not_be_read_is_not_said_to_be_nothing():
    async def read(start, cursor):
        return None

    app = ListApp([ListRow(str(n), ("then", str(n), "")) for n in range(3)])
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.press("end")
        await app.listed.show_pages(RecordPages(read))
        app.listed.empty = "Nothing happened yet."
        await pilot.pause()
        said = "".join(app.listed.render_line(y).text for y in range(2))
        assert "Can't load this right now" in said
        assert "Nothing happened" not in said


async def test_a_page_that_can_not_be_read_is_asked_for_once_until_the_cursor_moves():
    asked = []

    async def read(start, cursor):
        asked.append(start)
        return (
            Page([ListRow(str(n), ("then", str(n), "")) for n in range(100)], count=300)
            if start == 0
            else None
        )

    app = ListApp([])
    async with app.run_test(size=(50, 10)) as pilot:
        await app.listed.show_pages(RecordPages(read))
        await pilot.press("end")
        for _ in range(20):
            app.listed.refresh()
            await pilot.pause()
        assert asked == [0, 200]
        await pilot.press("up")
        await pilot.pause()
        assert asked == [0, 200, 200]
