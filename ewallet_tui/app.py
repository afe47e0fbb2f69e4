"""The app: a client of the engine goes in, screens come out."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.signal import Signal

from ewallet_tui.conversation import Conversation
from ewallet_tui.idle import IdleWatch
from ewallet_tui.modes import LOCK, LOGIN, PLACE_MODES, screen_of
from ewallet_tui.news import warning_of
from ewallet_tui.palette import Everything
from ewallet_tui.preferences import Preferences
from ewallet_tui.text import one_line
from ewallet_tui.themes import THEMES

if TYPE_CHECKING:
    from textual.events import Event

    from ewallet_core.client import Answer, WalletClient
    from ewallet_tui.picture import Picture
    from ewallet_tui.timer_watch import TimerWatch

KEEP_ALIVE_SECONDS = 600
ENDED = "The session has ended. Log in to go on; a running timer goes on by itself."


class EWalletApp(App[None]):
    """Screens over one conversation with the engine."""

    TITLE = "EWallet"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[Any]] = {Everything}
    DEFAULT_MODE = LOGIN
    MODES: ClassVar[dict[str, Any]] = {mode: screen_of(mode) for mode in (LOGIN, LOCK, *PLACE_MODES)}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        # Ahead of the widgets, so that what is typed right after it goes where it moved to.
        Binding("tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous field", show=False, priority=True),
        Binding("ctrl+c", "help_quit", show=False, system=True),
    ]

    def __init__(
        self, client: WalletClient, preferences: Preferences, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self.now = now
        """The instant, in seconds, on a clock that never goes backwards."""
        self.picture_changed: Signal[Picture] = Signal(self, "picture changed")
        """Every new picture of the account that is logged in."""
        self.second_passed: Signal[float] = Signal(self, "second passed")
        """The instants at which a begun timer's figures move on."""
        self.conversation = Conversation(client, now, self._show_change, self._say_session_ended)
        self.preferences = preferences
        self.mode_to_return_to = PLACE_MODES[0]
        """The place that the lock hides."""
        self._idle = IdleWatch(self, self.action_lock)
        for theme in THEMES:
            self.register_theme(theme)
        if preferences.theme not in self.available_themes:
            self.preferences = preferences.without_theme(THEMES[0].name)
        self.theme = self.preferences.theme

    @cached_property
    def timer_watch(self) -> TimerWatch:
        """Who watches the timer, from the first picture on."""
        from ewallet_tui.timer_watch import TimerWatch  # noqa: PLC0415

        return TimerWatch(self)

    @property
    def picture(self) -> Picture | None:
        """What is known of the account that is logged in, `None` where nobody is."""
        return self.conversation.picture

    @property
    def place(self) -> str:
        """Where the engine is, in a word."""
        return self.conversation.client.place

    @property
    def is_in_view(self) -> bool:
        """Whether somebody is logged in and the screen is not locked."""
        return self.picture is not None and self.current_mode != LOCK

    def on_mount(self) -> None:
        """Reach the engine once the first screen has been painted."""
        self.call_after_refresh(self._begin)

    async def ask(self, **instruction: Any) -> Answer:
        """Have an action of the client carried out; the picture is true again when the answer is there."""
        return await self.conversation.ask(**instruction)

    async def act(self, **instruction: Any) -> Answer:
        """As `ask`, and a refusal is shown as a toast."""
        answer = await self.ask(**instruction)
        if answer["failed"]:
            self.say(answer.get("warning") or "", title=answer["error"], severity="error")
        return answer

    def say(self, words: str, *, title: str = "", severity: Any = "information") -> None:
        """Say something in passing, in words that can only be read."""
        self.notify(one_line(words), title=one_line(title), severity=severity, markup=False)

    async def enter(self) -> None:
        """Go on as the account that is logged in now."""
        self.run_worker(self._follow_events(), group="events", exclusive=True)
        if self.current_mode not in PLACE_MODES:
            await self.switch_mode(PLACE_MODES[0])

    async def leave(self) -> None:
        """Go back to the login, keeping nothing of anybody."""
        self.workers.cancel_group(self, "events")
        self.conversation.forget()
        self.timer_watch.stop()
        await self.switch_mode(LOGIN)
        await self._forget_places()

    def log_out(self, *, of_all: bool = False) -> None:
        """Log out of the active account, and the session's next goes on; or `of_all` of them."""
        # The screen that asks for it is among those removed, and must not wait for its own end.
        self.run_worker(self._log_out(of_all))

    def choose_theme(self, name: str) -> None:
        """Wear another look, and keep it."""
        self.theme = name
        self.choose(theme=name)

    def choose(self, **choice: int | str) -> None:
        """Keep a choice of the person's, and act on it."""
        self.preferences = self.preferences.with_choice(**choice)
        self._idle.begin(self.preferences.lock_after_minutes)
        if self.preferences.complaint:
            self.say(self.preferences.complaint, severity="warning")

    def action_lock(self) -> None:
        """Hide everything behind the password."""
        if self.is_in_view and not self._has_begun("lock"):
            self.run_worker(self._lock(), group="lock")

    def action_help(self) -> None:
        """Show every key that works here."""
        from ewallet_tui.screens.help import HelpScreen  # noqa: PLC0415

        self.push_screen(HelpScreen(self.screen))

    async def action_quit(self) -> None:
        """Quit, when everything asked is answered; asks first where a timer runs."""
        if not self._has_begun("quit"):
            self.run_worker(self._quit(), group="quit")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing of an account can be reached before the login or behind the lock."""
        if action == "command_palette":
            return self.is_in_view
        return super().check_action(action, parameters)

    async def on_event(self, event: Event) -> None:
        """Notice that somebody is there."""
        self._idle.notice(event)
        await super().on_event(event)

    async def on_unmount(self) -> None:
        """Let go of the engine, however the app ends."""
        await self._let_go()

    def _begin(self) -> None:
        if self.preferences.complaint:
            self.say(self.preferences.complaint, severity="warning")
        self._idle.begin(self.preferences.lock_after_minutes)
        self.set_interval(KEEP_ALIVE_SECONDS, self.conversation.keep_alive)
        self.run_worker(self._open())

    async def _open(self) -> None:
        from ewallet_core.client import Unreachable  # noqa: PLC0415

        try:
            await self.conversation.open()
        except Unreachable as reason:
            self.exit(return_code=1, message=Text(str(reason)))

    async def _follow_events(self) -> None:
        async for event in self.conversation.client.events():
            await self.conversation.refresh()
            warning = warning_of(event)
            if warning is not None:
                title, words = warning
                self.say(words, title=title, severity="warning")

    async def _log_out(self, of_all: bool) -> None:
        while self.picture is not None and not (await self.act(action="logout"))["failed"]:
            if self.picture is not None and not of_all:
                return
        if self.picture is None:
            await self.leave()

    async def _forget_places(self) -> None:
        for mode in (LOCK, *PLACE_MODES):
            await self.remove_mode(mode)
            self.add_mode(mode, screen_of(mode))

    def _has_begun(self, group: str) -> bool:
        return any(worker.group == group and not worker.is_finished for worker in self.workers)

    async def _lock(self) -> None:
        self.mode_to_return_to = self.current_mode
        await self.switch_mode(LOCK)

    async def _quit(self) -> None:
        picture = self.picture
        if picture is not None and picture.clock.runs:
            from ewallet_tui.screens.quit_question import QuitQuestion  # noqa: PLC0415

            choice = await self.push_screen_wait(
                # Behind the lock nobody has said who they are: the timer is not theirs to stop.
                QuitQuestion(picture.clock.state, may_stop=self.is_in_view)
            )
            if choice is None:
                return
            if choice == "stop" and (await self.act(action="stop", stop="clock_timer"))["failed"]:
                return
        await self._let_go()
        self.exit()

    async def _let_go(self) -> None:
        self.workers.cancel_group(self, "events")
        await self.conversation.close()

    def _show_change(self, picture: Picture) -> None:
        self.timer_watch.follow(picture)
        self.picture_changed.publish(picture)

    def _say_session_ended(self) -> None:
        self.run_worker(self._end_session())

    async def _end_session(self) -> None:
        await self.leave()
        self.say(ENDED, severity="warning")
