from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quick_textual import render
from textual.app import App, ComposeResult
from textual.widgets import Static

from ewallet_core.presentation.clock_state import ClockState, TimerState
from ewallet_core.presentation.formatting import MINUTE, SECOND, SPACE
from ewallet_tui.config.settings import DARK
from ewallet_tui.state import AccountInfo, AccountState, WalletState
from ewallet_tui.widgets.big_digits import BigDigits, TimerFace, drawn, largest_that_fits, narrow
from ewallet_tui.widgets.footer import SteadyLine
from ewallet_tui.widgets.status_bar import BurningBar, burning_bar, status_content

TODAY = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
STARTED = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
LONGEST = 10**12 * MINUTE


def a_clock(
    state=TimerState.ACTIVE,
    left=20 * MINUTE,
    spent=18 * SECOND,
    paused=65 * SECOND,
    pauses=2,
    started=STARTED,
):
    return ClockState(
        id=1,
        reference="",
        state=state,
        credit_clock_ms=left,
        minutes_spent_ms=spent,
        pending_time_ms=paused,
        pending_count=pauses,
        started=started,
        is_new=False,
        milliseconds_per_credit=60_000,
        read_at=0.0,
    )


class FaceApp(App[None]):
    def __init__(self, clock, now=0.0):
        super().__init__()
        self.clock, self.now = clock, now

    def compose(self) -> ComposeResult:
        yield TimerFace()

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.theme = DARK.name
        self.query_one(TimerFace).show(self.clock, self.now, TODAY)

    def text_of(self, selector):
        return str(self.query_one(selector, Static).content)


async def faced(clock, now=0.0):
    app = FaceApp(clock, now)
    async with app.run_test(size=(80, 24)):
        return app.query_one(BigDigits).value, app.text_of("#state"), app.text_of("#facts")


async def test_a_running_clock_counts_down_from_when_it_was_read():
    left, state, facts = await faced(a_clock(), now=60.0)
    assert left == "19:00"
    assert state.startswith("● running, started today ")
    assert facts == "used 1:18    paused 1:05    pauses 2"


async def test_a_paused_clock_keeps_what_is_left_and_counts_the_pause():
    left, state, facts = await faced(a_clock(TimerState.PAUSED), now=60.0)
    assert left == "20:00"
    assert state.startswith("‖ paused, started today ")
    assert facts == "used 0:18    paused 2:05    pauses 2"


async def test_the_last_minutes_are_said_in_the_state_too():
    _, state, _ = await faced(a_clock(left=4 * MINUTE + 12 * SECOND))
    assert state.startswith("! 4:12 left, started today ")


async def test_a_clock_that_has_run_out_says_so():
    left, state, facts = await faced(a_clock(left=3 * SECOND), now=10.0)
    assert (left, state.partition(",")[0]) == ("0:00", "■ out of time")
    assert facts.startswith("used 0:21 ")


async def test_a_stopped_clock_says_nothing_of_a_run():
    _, state, _ = await faced(a_clock(TimerState.INACTIVE))
    assert state == "○ stopped"


def test_figures_are_square_pixels_at_every_scale():
    for scale in (1, 2, 3, 4):
        lines = drawn("8", scale)
        assert {len(line) for line in lines} == {3 * scale}
        assert len(lines) == -(-5 * scale // 2)


@pytest.mark.parametrize("mark", [",", ".", "'", "\N{RIGHT SINGLE QUOTATION MARK}", SPACE])
def test_thousands_are_parted_in_figures_whatever_parts_them(mark):
    assert "█" in largest_that_fits(f"1{mark}240", 80, 5)


def test_figures_grow_with_their_room():
    heights = [len(largest_that_fits("19:42", 120, height).splitlines()) for height in (1, 3, 5, 8, 10)]
    assert heights == [1, 3, 5, 8, 10]


def test_the_largest_balance_has_figures_in_the_narrowest_place_for_it():
    assert narrow("1,024") == ["▟  ▛▌▀▌▌▌", "▐ ▖▌▌▛▘▀▌", "▀▘▘▀▘▀▘ ▘"]
    assert largest_that_fits("1,000,000,000,000", 32, 3).splitlines() == narrow("1,000,000,000,000")


def test_figures_become_text_rather_than_be_cut():
    assert largest_that_fits("694,444,444 d 10:40:00", 30, 10) == "694,444,444 d 10:40:00"


def test_what_has_no_figure_stays_text():
    assert largest_that_fits("[/b]", 120, 10) == "[/b]"


@given(st.integers(min_value=0, max_value=200), st.integers(min_value=0, max_value=30))
def test_figures_never_leave_their_room(width, height):
    lines = largest_that_fits("19:42", width, height).splitlines()
    assert len(lines) == 1 or (len(lines) <= height and len(lines[0]) <= width)


async def test_what_would_look_the_same_is_not_painted_again(monkeypatch):
    app = FaceApp(a_clock())
    async with app.run_test(size=(80, 24)) as pilot:
        render(app)
        painted = []
        for widget in (BurningBar, SteadyLine):
            paint = widget.render
            monkeypatch.setattr(
                widget, "render", lambda self, paint=paint: (painted.append(self.id), paint(self))[1]
            )
        app.query_one(TimerFace).show(app.clock, 1.0, TODAY)
        await pilot.pause()
        render(app)
        assert painted == ["facts"]
        app.query_one(TimerFace).show(app.clock, 600.0, TODAY)
        await pilot.pause()
        render(app)
        assert sorted(painted, key=str) == [None, "facts", "facts"]


def a_picture(credits=1_240, **clock):
    return AccountState(
        AccountInfo(1, "ada", "ada@example.org", "", "", "active", "user", None),
        WalletState(1, "", credits),
        a_clock(**clock),
        {},
        {},
    )


def status_line(width, **values):
    return status_content(a_picture(**values), 0.0, width).plain


def test_the_standing_line_gives_up_its_bar_before_its_words():
    assert status_line(76).startswith("1,240 credits ")
    assert status_line(76).endswith("● running  20:00 left  ▕█████████████▊▏")
    assert status_line(43).split() == ["1,240", "credits", "●", "running", "20:00", "left"]
    assert status_line(33).split() == ["1,240", "●", "running", "20:00", "left"]


@given(width=st.integers(0, 200), credits=st.integers(0, 10**12), left=st.integers(0, LONGEST))
def test_the_standing_line_never_leaves_its_room(width, credits, left):
    assert len(status_line(width, credits=credits, left=left)) <= width


@given(left=st.integers(0, LONGEST), used=st.integers(0, LONGEST), width=st.integers(3, 120))
def test_the_bar_is_always_as_long_as_its_room(left, used, width):
    assert len(burning_bar(left, left + used, width)) == width


@given(left=st.integers(1, LONGEST), used=st.integers(1, LONGEST), width=st.integers(3, 120))
def test_the_bar_is_neither_empty_nor_full_while_some_is_left_and_some_is_used(left, used, width):
    inside = burning_bar(left, left + used, width)[1:-1]
    assert inside.strip()
    assert inside != "█" * (width - 2)


@pytest.mark.parametrize(
    ("left", "total", "inside"),
    [(0, 100, "    "), (100, 100, "████"), (50, 100, "██  "), (0, 0, "    ")],
)
def test_the_bar_shows_the_share_that_is_left(left, total, inside):
    assert burning_bar(left, total, 6) == f"▕{inside}▏"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
async def test_the_longest_time_is_shown_whole(size):
    app = FaceApp(a_clock(left=LONGEST, spent=LONGEST, paused=LONGEST, pauses=10**6))
    async with app.run_test(size=size):
        shown = "\n".join(
            line.text for line in app.query_one(BigDigits).render_lines(app.query_one(BigDigits).region)
        )
        assert "694,444,444 d 10:40:00" in shown or set("█▌") & set(shown)
