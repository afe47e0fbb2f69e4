"""The frame around every screen after login: tabs and standing above, keys below, one thing between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Button

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
from ewallet_tui.navigation import destinations_for
from ewallet_tui.screens.form_screen import DO, DO_KEY, FormScreen
from ewallet_tui.screens.go_to import GoTo
from ewallet_tui.screens.modal import Choice, ConfirmModal
from ewallet_tui.screens.overlays import Jump
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import Footer, ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.status_bar import StatusBar
from ewallet_tui.widgets.tabs import PartTabs, ScreenTab, TabsBar

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext


def system_today() -> datetime:
    """The instant that the machine's calendar shows."""
    return datetime.now(UTC)


def changes(plan: FormSpec, values: dict[str, Any]) -> dict[str, Any]:
    """Those of the values that are not what the form began with."""
    before = {field.name: field.initial for field in plan.fields}
    return {name: value for name, value in values.items() if value != before[name]}


class BaseScreen(Screen[None]):
    """A place of the app. What is its own: `MODE`, `compose_content`, `show` and `show_second`."""

    MODE: ClassVar[str]
    """The mode of the place it is."""
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-tiny"), (72, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Screen declares it
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-low"), (22, "-high")]  # noqa: RUF012
    DEFAULT_CSS = """
    BaseScreen {
        #content { height: 1fr; padding: 1 2 0 2; }
        &.-low #content { padding: 0 2; }
    }
    """
    today: Callable[[], datetime] = staticmethod(system_today)
    """The instant from which `today` and `yesterday` are told."""

    PARTS: ClassVar[tuple[Part, ...]] = ()
    """The tabs of the screen, each a screen of its own under the same row of tabs."""
    PART: ClassVar[str] = ""
    """The id of the tab that this screen is."""
    MARKED_PART: ClassVar[str] = ""
    """The tab that is marked as the current one, if it is another."""
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in EVERYWHERE]
    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {}
    """What the screen offers beside what every screen does: each action, and the function that carries it out."""
    functions: ClassVar[Mapping[str, tuple[Action, Callable[[Any], object]]]] = {}
    """Every action of the screen by its id, those of its base classes included."""

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

    def compose(self) -> ComposeResult:
        """The frame, and the screen's own content in it."""
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
        """What this screen alone shows."""
        yield from ()

    def show(self, state: AccountState) -> None:
        """Show a new picture; called when the screen is there and upon every change."""

    async def load(self) -> None:
        """Read from the engine what only this screen shows."""

    @work(group="records", exclusive=True)
    async def reload(self) -> None:
        """Call `load` in a worker, in place of one that hasn't finished."""
        await self.load()

    def show_second(self, state: AccountState, now: float) -> None:
        """Show that a second of a begun timer has passed; called at the countdown's own seconds."""

    def on_mount(self) -> None:
        """Follow the picture from now on."""
        self.context.state_changed.subscribe(self, self._handle_state)
        self.context.second_passed.subscribe(self, self._show_second)
        self.context.connection_changed.subscribe(self, self._show_connection)
        self._show_connection()
        self.app.screen_change_signal.subscribe(self, self._come_into_view_beneath)
        self._catch_up()

    @property
    def is_in_view(self) -> bool:
        """Whether it can be seen, be it beneath a form or a question."""
        stack = self.app.screen_stack
        return self in stack and all(above.is_modal for above in stack[stack.index(self) + 1 :])

    def on_screen_resume(self) -> None:
        """Show what has passed while another place was looked at."""
        self._catch_up()
        self._show_second(self.context.now())
        if self._waiting:
            self.app.push_screen(self._waiting.pop(0))

    def on_screen_suspend(self) -> None:
        """Say nothing old to whoever comes back."""
        # Who logs out leaves a screen that is being taken apart, and there may be none any more.
        for result in self.query(ResultLine):
            result.clear()

    def can(self, action: Action) -> bool | None:  # noqa: ARG002 - what the screen itself shows may decide
        """Whether what is on this screen lets `action` be done; the account's state has been asked already."""
        return True

    def is_enabled(self, action: Action) -> bool | None:
        """Whether `action` can be done now: `None` greys its key, `False` hides it."""
        state = self.context.state
        enabled = True if state is None else action.enabled(state, self.context.now())
        if enabled is not True:
            return enabled
        if action is SHOW_WHAT_WAS_DONE:
            return any(result.record is not None for result in self.query(ResultLine)) or None
        return self.can(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Ask the action itself, and then the screen."""
        if action != "do":
            return super().check_action(action, parameters)
        return self.is_enabled(self.functions[str(parameters[0])][0])

    async def action_do(self, id: str) -> None:
        """Carry out the action of that id."""
        result = self.functions[id][1](self)
        if isawaitable(result):
            await result

    def show_buttons(self) -> None:
        """Grey the buttons of the actions that can't be done now."""
        for button in self.query(Button):
            if known := self.functions.get(button.id or ""):
                button.disabled = self.is_enabled(known[0]) is not True

    def button(self, action: Action, label: str = "", **options: Any) -> Button:
        """A button that does what the action's key does."""
        return Button(
            label or action.label, id=action.id, action=action.textual or f"screen.{action.name}", **options
        )

    def ask_with(
        self,
        plan: FormSpec,
        send: Callable[[dict[str, Any]], Awaitable[Answer]],
        done: Callable[[Answer | None], None] | None = None,
    ) -> None:
        """Open the form of `plan` over this screen, and tell `done` what came of it.

        A key pressed twice opens one form: the second is pressed on a screen that is not in front any more.
        """
        if self.app.screen is self:
            self.app.push_screen(FormScreen(self.context, plan, send), done)

    def fill_in(
        self,
        plan: FormSpec,
        result: Callable[[Answer], str],
        *,
        only_changed: bool = False,
        writes: str = "",
        **instruction: Any,
    ) -> None:
        """Open a form that completes `instruction`, and say in one line what came of it.

        With `only_changed` what is as it was is not sent; where that is all, nothing is. The line leads to
        the record of the kind that it `writes`.
        """

        async def send(values: dict[str, Any]) -> Answer:
            sent = changes(plan, values) if only_changed else values
            if only_changed and not sent:
                return {"failed": False}
            return await self.context.send(**instruction, **sent)

        def say(answer: Answer | None) -> None:
            if answer is not None:
                record = (writes, answer[f"{writes}_record"]) if writes else None
                self.query_one(ResultLine).say(result(answer), record)

        self.ask_with(plan, send, say)

    async def confirm(self, title: str, words: str, verb: str) -> bool:
        """Ask before something that can't be undone; called in a worker."""
        confirmation = ConfirmModal(title, words, [Choice(DO, DO_KEY, verb)])
        return self.app.screen is self and await self.app.push_screen_wait(confirmation) == DO

    def show_modal(self, sheet: Screen[Any]) -> None:
        """Open a sheet over this screen that must not be missed: as soon as this screen is in front again."""
        if self.app.screen is self:
            self.app.push_screen(sheet)
        else:
            self._waiting.append(sheet)

    def open_record(self, kind: str, record_id: int) -> None:
        """Show a record in full over this screen."""
        if self.app.screen is self:
            self.app.push_screen(RecordScreen(self.context, kind, record_id, self.today))

    @on(ResultLine.Opened)
    def show_what_was_done(self) -> None:
        """Show the record of what was just done."""
        if (record := self.query_one(ResultLine).record) is not None:
            self.open_record(*record)

    def go(self, mode: str) -> None:
        """Go to another screen."""
        if mode != self.MODE:
            self.app.switch_mode(mode)

    def choose_screen(self) -> None:
        """Ask for the letter of the screen to go to."""
        state = self.context.state

        def chosen(mode: str | None) -> None:
            if mode is not None:
                self.go(mode)

        self.app.push_screen(GoTo(destinations_for(state.account.role) if state else ()), chosen)

    def jump(self) -> None:
        """Put a letter on everything that can be gone to or pressed."""
        self.app.push_screen(Jump(self))

    def show_part(self, part: str) -> None:
        """Show another tab of this screen; the first one stays beneath the others."""
        first = self.PARTS[0].id
        if part == self.PART or self.app.screen is not self:
            return
        if part == first:
            self.app.pop_screen()
        elif first == self.PART:
            self.app.push_screen(self.context.make_screen(part))
        else:
            self.app.switch_screen(self.context.make_screen(part))

    @on(PartTabs.Chosen)
    def _handle_part(self, event: PartTabs.Chosen) -> None:
        if self.PARTS:
            self.show_part(event.part)

    @on(ScreenTab.Chosen)
    def _tab_chosen(self, event: ScreenTab.Chosen) -> None:
        self.go(event.mode)

    def _show_connection(self, _: object = None) -> None:
        connection = self.context.connection
        self.query_one(TabsBar).show_connection(connection.status, connection.place)

    def _handle_state(self, _: AccountState) -> None:
        self._is_old = True
        self._catch_up()

    def _come_into_view_beneath(self, in_front: Screen[Any]) -> None:
        # It is not told that it is resumed where a form is before it.
        if in_front is not self:
            self._catch_up()

    def _catch_up(self) -> None:
        """Show the newest picture once it can be seen: a place that nobody looks at asks nothing."""
        if self._is_old and (state := self.context.state) is not None and self.is_in_view:
            self._is_old = False
            self._show_state(state)

    def _show_state(self, state: AccountState) -> None:
        now = self.context.now()
        self.query_one(TabsBar).show(state.account)
        self.query_one(StatusBar).show(state, now, state.others_begun(now))
        self.show(state)
        self.refresh_bindings()

    def _show_second(self, now: float) -> None:
        # The places that nobody looks at catch up when they are gone to.
        if (state := self.context.state) is not None and self.is_in_view:
            self.query_one(StatusBar).show(state, now, state.others_begun(now))
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
}
