"""The status bar: the wallet's balance and every begun timer, on every screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from ewallet_core.presentation.clock_state import ClockState
from ewallet_core.presentation.formatting import count, credit_amount, grouped
from ewallet_tui.sanitize import plain
from ewallet_tui.state import AccountState
from ewallet_tui.status import MAX_CLOCK_NAME, clock_status, clock_status_text, timer_text

MAX_WIDTH = 72
EIGHTHS = " ▏▎▍▌▋▊▉"
LEFT_EDGE, RIGHT_EDGE = "▕", "▏"


def burning_bar(left: int, total: int, width: int) -> str:
    """A bar of `width` cells, edges included, filled in proportion of `left` to `total`.

    It is empty only if nothing is left, and full only if nothing is used.
    """
    room = max(width - 2, 0)
    eighths = 0
    if left > 0 and room:
        eighths = room * 8 if left >= total else min(max(left * room * 8 // total, 1), room * 8 - 1)
    full, part = divmod(eighths, 8)
    filled = "█" * full + (EIGHTHS[part] if part else "")
    return f"{LEFT_EDGE}{filled:<{room}}{RIGHT_EDGE}"


class BurningBar(Widget):
    """How much of the timer's initial time is left."""

    DEFAULT_CSS = "BurningBar { width: 1fr; height: 1; content-align: center middle; }"

    share: reactive[tuple[int, int]] = reactive((0, 0), repaint=False)
    tint: reactive[str] = reactive("")
    _drawn = ""

    def watch_share(self) -> None:
        """Redraw only if the bar looks different; most seconds don't change it."""
        if self._bar() != self._drawn:
            self.refresh()

    def render(self) -> Content:
        self._drawn = self._bar()
        return Content.styled(self._drawn, self.tint)

    def _bar(self) -> str:
        return burning_bar(*self.share, min(self.content_size.width, MAX_WIDTH))


GAP = "  "
MAX_BAR, MIN_BAR = 16, 6
CLOCK = "clock"
"""The key of the clock's id in the style of a timer."""
SEVERAL = 0
"""The id of several timers that are shown together."""


def status_content(
    state: AccountState,
    now: float,
    width: int,
    *,
    with_balance: bool = True,
    chosen: int | None = None,
) -> Content:
    """A line of `width` cells: the balance, the other clocks' begun timers, the active clock, and its bar.

    The bar is left out first, then the name of the active clock, the noun of the balance, and the times of
    the other timers; if these still don't fit, they are counted. The timer of the clock `chosen` is marked.
    """
    clock, others = state.clock, state.others_begun(now)
    badge = clock_status(clock, now, is_alone=not others)
    status = Content.styled(clock_status_text(clock, now, is_alone=not others), badge.style)
    room = width - status.cell_length - len(GAP)
    credits = state.wallet.credits
    balances = [plain(credit_amount(credits), style="bold"), plain(grouped(credits), max(room, 0), "bold")]
    forms = _timer_forms(state, now, chosen)
    timers, balance = _fitting(forms, balances if with_balance else [Content("")], room)
    room -= timers.cell_length + balance.cell_length
    is_named = clock.runs and clock.reference
    name = plain(state.name_of(clock), MAX_CLOCK_NAME) + " " if is_named else Content("")
    if name.cell_length <= room:
        status, room = name + status, room - name.cell_length
    bar_room = min(room - len(GAP), MAX_BAR)
    has_bar = clock.total_ms(now) > 0 and bar_room >= MIN_BAR
    bar = GAP + burning_bar(clock.left_ms(now), clock.total_ms(now), bar_room) if has_bar else ""
    # Without a bar the text is aligned to the right edge.
    between = " " * (max(room - len(bar), 0) + len(GAP))
    return Content.assemble(balance, between, timers, status, (bar, "$accent")).truncate(width, ellipsis=True)


def _timer_forms(state: AccountState, now: float, chosen: int | None) -> list[Content]:
    """The other timers, each with a gap behind it: with their times, without, and counted."""
    others = state.others_begun(now)

    def part(id: int, text: Content, *, is_chosen: bool) -> Content:
        marked = text.stylize("reverse") if is_chosen else text
        return marked.stylize(Style.from_meta({CLOCK: id})) + GAP

    def each(*, with_time: bool) -> Iterator[Content]:
        for other in others:
            text = timer_text(other, state.name_of(other), now, with_time=with_time)
            yield part(other.id, text, is_chosen=other.id == chosen)

    forms = [Content("").join(each(with_time=with_time)) for with_time in (True, False)]
    if len(others) > 1:
        badge = clock_status(others[0], now)
        several = Content.styled(f"{badge.sign} ", badge.style) + count(len(others), "other timer")
        forms.append(part(SEVERAL, several, is_chosen=chosen is not None))
    return forms


def _fitting(forms: Sequence[Content], balances: Sequence[Content], room: int) -> tuple[Content, Content]:
    """The longest form of the timers, and of the balance beside it, that fit; the timers come first."""
    for form in forms:
        for balance in balances:
            if form.cell_length + balance.cell_length <= room:
                return form, balance
    fits = forms[-1].cell_length <= room
    return (forms[-1], Content("")) if fits else (Content(""), balances[-1])


class StatusBar(Widget):
    """The balance, and the begun timers; those of other clocks lead there by Enter or a click.

    Its size never changes, so a passing second repaints one line and lays out nothing.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    StatusBar { height: 1; padding: 0 1 0 2; text-wrap: nowrap; }
    StatusBar.-leads { pointer: pointer; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Go to this clock"),
        Binding("right", "choose(1)", "Next timer", show=False),
        Binding("left", "choose(-1)", "Previous timer", show=False),
    ]

    @dataclass
    class TimerOpened(Message):
        """The user wants to go to that clock; `None`: to one of several that are shown together."""

        clock: int | None

    def __init__(self, *, with_balance: bool = True) -> None:
        """`with_balance`: the user may see the balance, and go to another clock."""
        super().__init__()
        self._with_balance = with_balance
        self._shown: tuple[AccountState, float] | None = None
        self._chosen = 0

    def show(self, state: AccountState, now: float) -> None:
        self._shown = (state, now)
        leads = self._with_balance and bool(self._others)
        if self.can_focus is not leads:
            if self.has_focus and not leads:
                self.screen.focus_next()
            self.can_focus = leads
            self.set_class(leads, "-leads")
        self.refresh()

    def render(self) -> Content:
        if self._shown is None:
            return Content("")
        state, now = self._shown
        chosen = self._chosen_clock if self.has_focus else None
        width = self.content_size.width
        return status_content(state, now, width, with_balance=self._with_balance, chosen=chosen)

    def action_choose(self, steps: int) -> None:
        self._chosen += steps
        self.refresh()

    def action_open(self) -> None:
        shown = [span.style.meta.get(CLOCK) for span in self.render().spans if isinstance(span.style, Style)]
        self.post_message(self.TimerOpened(None if SEVERAL in shown else self._chosen_clock))

    def on_click(self, event: events.Click) -> None:
        if (clock := event.style.meta.get(CLOCK)) is not None and self._with_balance:
            event.stop()
            self.post_message(self.TimerOpened(clock or None))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    @property
    def _others(self) -> tuple[ClockState, ...]:
        return self._shown[0].others_begun(self._shown[1]) if self._shown else ()

    @property
    def _chosen_clock(self) -> int | None:
        others = self._others
        return others[self._chosen % len(others)].id if others else None
