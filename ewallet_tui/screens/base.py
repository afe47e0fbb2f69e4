"""The base of every screen after login: tabs and status above, keys below, the content between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Key, ScreenResume
from textual.screen import Screen
from textual.widgets import Button

from ewallet_core.presentation.formatting import local
from ewallet_core.presentation.periods import Period
from ewallet_tui.actions import (
    BACK_TO_FIRST_PART,
    CHOOSE_SCREEN,
    EVERYWHERE,
    GO_TO,
    JUMP,
    SHOW_WHAT_WAS_DONE,
    Action,
    Part,
)
from ewallet_tui.availability import Possible
from ewallet_tui.navigation import destinations_for
from ewallet_tui.screens.form_screen import FormScreen, changes, chosen_period, period_form
from ewallet_tui.screens.overlays import GoTo, Jump, go_to_timer
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.screens.run_forms import TIMER_ACTIONS
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import FollowUp, Footer, ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.status_bar import StatusBar
from ewallet_tui.widgets.tabs import PartTabs, ScreenTab, TabsBar

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext


TOAST_SECONDS = 5
NOTHING_DONE = "Nothing was just done that can be undone or has a record to show."
LEAVES_RESULT = frozenset({CHOOSE_SCREEN, JUMP, SHOW_WHAT_WAS_DONE})
"""The actions that do nothing by themselves to what was done before."""


def system_today() -> datetime:
    return datetime.now(UTC)


class BaseScreen(Screen[None]):
    """A screen with tabs, status bar and footer; a subclass adds its mode and its content."""

    MODE: ClassVar[str]
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-tiny"), (72, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Screen declares it
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-low"), (22, "-high")]  # noqa: RUF012
    DEFAULT_CSS = """
    BaseScreen {
        #content { height: 1fr; padding: 1 2 0 2; }
        &.-low #content { padding: 0 2; }
    }
    """
    AUTO_FOCUS = "#content *"
    today: Callable[[], datetime] = staticmethod(system_today)
    """The current time, for `today` and `yesterday`."""

    PARTS: ClassVar[tuple[Part, ...]] = ()
    """The tabs of the screen; each is a screen of its own."""
    PART: ClassVar[str] = ""
    """The id of this screen's tab."""
    MARKED_PART: ClassVar[str] = ""
    """The tab marked as current, if it is not `PART`."""
    RELOADS: ClassVar[bool] = False
    """Whether `load` runs at every change and whenever the screen is shown."""
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in EVERYWHERE]
    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {}
    """The screen's own actions, each with its function."""
    functions: ClassVar[Mapping[str, tuple[Action, Callable[[Any], object]]]] = {}
    """All actions by id, including those of base classes."""

    def __init_subclass__(cls, **options: Any) -> None:
        own = vars(cls).get("ACTIONS", {})
        ids = {action.id for action in own}
        offered = own | {action: do for action, do in _part_actions(cls).items() if action.id not in ids}
        cls.BINDINGS = [*vars(cls).get("BINDINGS", ()), *(action.binding for action in offered)]
        cls.functions = {**cls.functions, **{action.id: (action, do) for action, do in offered.items()}}
        super().__init_subclass__(**options)

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context
        self._waiting: list[Screen[Any]] = []
        """The sheets that are to be opened when this screen is in front again."""
        self._is_old = True
        """Whether there is a picture that it has not shown yet."""
        self._was_left = False
        """Whether another screen has been in front since this one was made."""
        self._said = ("", 0.0)
        """The reason shown last for a greyed key, and when."""

    def compose(self) -> ComposeResult:
        # Textual sets these when the screen gets its size; then they would restyle all its widgets.
        for size, breakpoints in zip(
            self.app.size, (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), strict=True
        ):
            self.add_class(*[name for least, name in breakpoints or () if least <= size][-1:])
        yield TabsBar(self.MODE)
        yield StatusBar()
        with Vertical(id="content"):
            if self.PARTS:
                yield (tabs := PartTabs(self.PARTS))
                tabs.current = self.MARKED_PART or self.PART
            yield from self.compose_content()
            yield ResultLine()
        yield Footer()

    def compose_content(self) -> ComposeResult:
        yield from ()

    def show(self, state: AccountState) -> None:
        """Show a new state; called on mount and on every change."""

    async def load(self) -> None:
        """Read from the engine what only this screen shows."""

    @work(group="records", exclusive=True)
    async def reload(self) -> None:
        """Run `load` in a worker that replaces an unfinished one."""
        await self.load()

    def show_second(self, state: AccountState, now: float) -> None:
        """Called at each second of the countdown of a running timer."""

    def on_mount(self) -> None:
        self.context.state_changed.subscribe(self, self._handle_state)
        self.context.second_passed.subscribe(self, self._show_second)
        self.context.connection_changed.subscribe(self, self._show_connection)
        self._show_connection()
        self.app.screen_change_signal.subscribe(self, self._come_into_view_beneath)
        self._catch_up()

    @property
    def is_in_view(self) -> bool:
        """Whether the screen is visible, possibly below a modal screen."""
        stack = self.app.screen_stack
        return self in stack and all(above.is_modal for above in stack[stack.index(self) + 1 :])

    def on_screen_resume(self) -> None:
        self._catch_up()
        self._show_second(self.context.now())
        if self.RELOADS and self.context.state is not None:
            self.reload()
        if self._waiting:
            self.app.push_screen(self._waiting.pop(0))

    @on(ScreenResume)
    def _keep_new_styles(self, event: ScreenResume) -> None:
        # The widgets of a new screen were styled as they were mounted; Textual would style all of them again.
        event.refresh_styles = self._was_left

    def on_screen_suspend(self) -> None:
        self._was_left = True
        # Below a modal screen the result stays in view, and can be undone from there.
        if not self.is_in_view:
            self._clear_result()

    def _clear_result(self) -> None:
        # After a logout the screen is being removed, perhaps without its result line.
        for result in self.query(ResultLine):
            result.clear()

    def can(self, action: Action) -> Possible:  # noqa: ARG002 - for subclasses
        """Whether `action` is possible with what this screen shows; the state is checked separately."""
        return True

    def is_enabled(self, action: Action) -> Possible:
        """Whether `action` is possible now with the state and with what this screen shows."""
        state, can = self.context.state, self.can(action)
        enabled = True if state is None else action.enabled(state, self.context.now())
        # What the screen hides has no reason: its key may do something else.
        if enabled is not True and can is not False:
            return enabled
        if action is SHOW_WHAT_WAS_DONE:
            return any(result.follow_up is not None for result in self.query(ResultLine)) or NOTHING_DONE
        return can

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "do":
            return super().check_action(action, parameters)
        possible = self.is_enabled(self.functions[str(parameters[0])][0])
        return None if isinstance(possible, str) else possible

    def on_key(self, event: Key) -> None:
        """Say why a key does nothing if its action is greyed."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled:
            return
        if known := self.functions.get(active.binding.id or ""):
            self.say_why_not(known[0])

    def say_why_not(self, action: Action) -> bool:
        """Show the reason, if there is one; once while its toast is there, because a held key repeats."""
        reason, now = self.is_enabled(action), self.context.now()
        if not isinstance(reason, str):
            return False
        if reason != self._said[0] or now > self._said[1] + TOAST_SECONDS:
            self._said = (reason, now)
            self.context.notify(reason, severity="warning")
        return True

    async def action_do(self, id: str) -> None:
        action, do = self.functions[id]
        if action not in LEAVES_RESULT:
            self._clear_result()
        result = do(self)
        if isawaitable(result):
            await result

    def show_buttons(self) -> None:
        for button in self.query(Button):
            if known := self.functions.get(button.id or ""):
                button.disabled = self.is_enabled(known[0]) is not True

    def button(self, action: Action, label: str = "", **options: Any) -> Button:
        """A button for an action."""
        return Button(
            label or action.label, id=action.id, action=action.textual or f"screen.{action.name}", **options
        )

    def ask_with(
        self,
        spec: FormSpec,
        send: Callable[[dict[str, Any]], Awaitable[Answer]],
        done: Callable[[Answer | None], None] | None = None,
    ) -> None:
        """Open a form over this screen, and pass its answer to `done`.

        A key pressed twice opens one form: the second is pressed on a screen that is no longer in front.
        """
        if self.app.screen is self:
            self.app.push_screen(FormScreen(self.context, spec, send), done)

    def fill_in(
        self,
        spec: FormSpec,
        result: Callable[[Answer], str],
        *,
        only_changed: bool = False,
        writes: str = "",
        sender: Callable[..., Awaitable[Answer]] | None = None,
        **instruction: Any,
    ) -> None:
        """Open a form that completes `instruction`, and show the result in one line.

        With `only_changed` what is as it was is not sent; where that is all, nothing is. The line leads to
        the record of the kind that it `writes`.
        """

        async def send(values: dict[str, Any]) -> Answer:
            sent = changes(spec, values) if only_changed else values
            if only_changed and not sent:
                return {"failed": False}
            return await (sender or self.context.send)(**instruction, **sent)

        def say(answer: Answer | None) -> None:
            if answer is not None:
                shows = self.showing(writes, answer[f"{writes}_record"]) if writes else None
                self.query_one(ResultLine).say(result(answer), shows)

        self.ask_with(spec, send, say)

    def ask_period(self, period: Period | None, show: Callable[[Period], None]) -> None:
        """Ask for dates, initially those of `period`, and `show` them."""
        today = local(self.today()).date()

        async def choose(values: dict[str, Any]) -> Answer:
            show(chosen_period(values, today))
            return {"failed": False}

        self.ask_with(period_form(today, period), choose)

    def show_modal(self, sheet: Screen[Any]) -> None:
        """Open a modal screen now, or as soon as this screen is in front again."""
        if self.app.screen is self:
            self.app.push_screen(sheet)
        else:
            self._waiting.append(sheet)

    def open_record(self, kind: str, record_id: int, *, or_removed: bool = False) -> None:
        """Open the detail of a record, also of a removed one if `or_removed`."""
        if self.app.screen is self:
            self.app.push_screen(
                RecordScreen(self.context, kind, record_id, self.today, or_removed=or_removed)
            )

    def showing(self, kind: str, record_id: int) -> FollowUp:
        """The follow-up of a result that shows a record."""
        return FollowUp("shows it", partial(self.open_record, kind, record_id))

    @on(ResultLine.ResultOpened)
    def show_what_was_done(self) -> None:
        if (follow_up := self.query_one(ResultLine).follow_up) is not None:
            follow_up.do()

    def go(self, mode: str) -> None:
        if mode != self.MODE:
            self.app.switch_mode(mode)

    def choose_screen(self) -> None:
        state = self.context.state

        def chosen(mode: str | None) -> None:
            if mode is not None:
                self.go(mode)

        self.app.push_screen(GoTo(destinations_for(state.account.role) if state else ()), chosen)

    def jump(self) -> None:
        self.app.push_screen(Jump(self))

    def show_part(self, part: str) -> None:
        """Show another tab of this screen; the first tab stays below the others."""
        first = self.PARTS[0].id
        if part == self.PART or self.app.screen is not self:
            return
        if part == first:
            self.app.pop_screen()
        elif first == self.PART:
            self.app.push_screen(self.context.make_screen(part))
        else:
            self.app.switch_screen(self.context.make_screen(part))

    @on(StatusBar.TimerOpened)
    def _timer_opened(self, event: StatusBar.TimerOpened) -> None:
        event.stop()
        go_to_timer(self.app, self.context, event.clock)

    @on(PartTabs.PartChosen)
    def _handle_part(self, event: PartTabs.PartChosen) -> None:
        if self.PARTS:
            self.show_part(event.part)

    @on(RecordList.CursorMoved)
    def _row_moved(self) -> None:
        self.refresh_bindings()

    @on(ScreenTab.TabChosen)
    def _tab_chosen(self, event: ScreenTab.TabChosen) -> None:
        self.go(event.mode)

    def _show_connection(self, _: object = None) -> None:
        connection = self.context.connection
        # After a logout the screen may be removed before it is complete.
        for tabs in self.query(TabsBar):
            tabs.show_connection(connection.status, connection.place)

    def _handle_state(self, _: AccountState) -> None:
        self._is_old = True
        self._catch_up()

    def _come_into_view_beneath(self, in_front: Screen[Any]) -> None:
        # A screen below a form gets no resume event.
        if in_front is not self:
            self._catch_up()

    def _catch_up(self) -> None:
        """Show the newest state once the screen is visible; hidden screens send no requests."""
        if self._is_old and (state := self.context.state) is not None and self.is_in_view:
            self._is_old = False
            self._show_state(state)

    def _show_state(self, state: AccountState) -> None:
        now = self.context.now()
        self.query_one(TabsBar).show(state.account)
        self.query_one(StatusBar).show(state, now)
        self.show(state)
        if GO_TO[self.MODE].enabled(state, now) is not True:
            self.go("home")
        elif self.RELOADS:
            self.reload()
        self.refresh_bindings()

    def _show_second(self, now: float) -> None:
        # Hidden screens catch up when they are resumed.
        if (state := self.context.state) is not None and self.is_in_view:
            self.query_one(StatusBar).show(state, now)
            self.show_second(state, now)


def _part_actions(screen: type[BaseScreen]) -> dict[Action, Callable[[BaseScreen], None]]:
    def show(part: str) -> Callable[[BaseScreen], None]:
        return lambda screen: screen.show_part(part)

    found = {part.action: show(part.id) for part in screen.PARTS}
    if screen.PART in [part.id for part in screen.PARTS[1:]]:
        found[BACK_TO_FIRST_PART] = show(screen.PARTS[0].id)
    return found


def _go(mode: str) -> Callable[[BaseScreen], None]:
    return lambda screen: screen.go(mode)


BaseScreen.functions = {
    **{action.id: (action, _go(mode)) for mode, action in GO_TO.items()},
    CHOOSE_SCREEN.id: (CHOOSE_SCREEN, BaseScreen.choose_screen),
    JUMP.id: (JUMP, BaseScreen.jump),
    SHOW_WHAT_WAS_DONE.id: (SHOW_WHAT_WAS_DONE, BaseScreen.show_what_was_done),
    **{action.id: (action, do) for action, do in TIMER_ACTIONS.items()},
}
