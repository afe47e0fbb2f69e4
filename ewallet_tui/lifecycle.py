"""Logging in and out, switching accounts, locking when idle, and quitting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from textual.timer import Timer

from ewallet_core.client import UnreachableError
from ewallet_tui.config.settings import ASK, LEAVE, STOP
from ewallet_tui.navigation import LOGIN, SCREEN_MODES
from ewallet_tui.state import AccountState

if TYPE_CHECKING:
    from ewallet_core.client import Answer
    from ewallet_tui.connection import ConnectionWatch
    from ewallet_tui.elapsed import ElapsedTime
    from ewallet_tui.navigation import Navigation
    from ewallet_tui.notifications import Notifier
    from ewallet_tui.store import AccountStore
    from ewallet_tui.terminal import Ending
    from ewallet_tui.timer import DayWatch, TimerWatch
    from ewallet_tui.work import Notify, SetTimer, Workers


SECONDS_A_MINUTE = 60


class IdleWatch:
    """Calls `on_idle` when no key, mouse or paste event has come for the chosen time."""

    def __init__(self, now: Callable[[], float], set_timer: SetTimer, on_idle: Callable[[], None]) -> None:
        self._now = now
        self._set_timer = set_timer
        self._on_idle = on_idle
        self._limit = 0.0
        self._last = 0.0
        self._timer: Timer | None = None

    def begin(self, minutes: int) -> None:
        """Call `on_idle` after `minutes` without an event; 0 is never."""
        self._limit, self._last = minutes * SECONDS_A_MINUTE, self._now()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._limit:
            self._timer = self._set_timer(self._limit, self.look)

    def notice(self) -> None:
        """Note that the user is there; if the time was over before, `on_idle` is called first."""
        if self._limit and self._rest <= 0:
            self._on_idle()
        self._last = self._now()

    def look(self) -> None:
        """Call `on_idle` if the time is over, and check again when it next could be."""
        if not self._limit:
            return
        rest = self._rest
        if rest <= 0:
            self._on_idle()
            rest = self._limit
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._set_timer(max(rest, 1), self.look)

    @property
    def _rest(self) -> float:
        """The seconds left; not more than 0 if the time is over."""
        return self._last + self._limit - self._now()


KEEP_ALIVE_SECONDS = 600
ALIVE = "alive"


class Heartbeat(Struct, eq=False):
    """Compares the clocks each second, uses the session in time, and finds out what is true after a jump."""

    elapsed: ElapsedTime
    idle: IdleWatch
    ending: Ending
    reap_toasts: Callable[[], None]
    store: AccountStore
    connection: ConnectionWatch
    timers: TimerWatch
    days: DayWatch
    workers: Workers
    _kept_alive_at: float = 0.0

    def begin(self) -> None:
        self._kept_alive_at = self.elapsed()
        self.elapsed.jumped = self.catch_up

    def tick(self) -> None:
        now = self.elapsed.tick()
        self.ending.look()
        if now - self._kept_alive_at >= KEEP_ALIVE_SECONDS:
            self.keep_alive()

    def keep_alive(self) -> None:
        self._kept_alive_at = self.elapsed()
        # Without a connection the first one waits and is sent when it is back.
        if not self.workers.has_begun(ALIVE):
            self.workers.run(self.store.keep_alive, ALIVE)

    def catch_up(self, missed: float) -> None:
        """After time has jumped by `missed` seconds: lock, read the account, and wait for nothing overdue."""
        self.store.client.age(missed)
        self.reap_toasts()
        self.idle.look()
        self.days.look()
        self.timers.catch_up(is_connected=self.connection.is_connected)


ACCOUNT, EVENTS, QUIT = "account", "events", "quit"
"""The groups of workers that change the account, follow its events, and quit."""
ENDED = "Your session has ended. Log in again: what you typed is kept. A running timer goes on."
LOOK = "Then check whether what you sent last was done."
MAX_CLOSE_SECONDS = 5


class Lifecycle(Struct, kw_only=True, eq=False):
    """Logs in, switches and logs out accounts, and quits the app."""

    store: AccountStore
    navigation: Navigation
    connection: ConnectionWatch
    timers: TimerWatch
    notifier: Notifier
    workers: Workers
    notify: Notify
    ask_about_timers: Callable[[AccountState, float, bool], Awaitable[str | None]]
    """Asks what to do about begun timers; the third argument is whether the active one may be stopped."""
    ask_about_unanswered: Callable[[AccountState | None, float], Awaitable[str | None]]
    forget_clipboard: Callable[[], None]
    now: Callable[[], float]
    timer_on_quit: Callable[[], str]
    """What quitting does with a begun timer: `ask`, `leave` or `stop`."""
    _kept: tuple[int, str] | None = None
    """The account of the screens that were set aside, and the mode in front; another engine drops both."""
    _account: int | None = None
    """The account that the open screens belong to."""
    _leave_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def enter(self) -> None:
        self.notifier.forget()
        self.workers.run(self._follow_events, EVENTS, exclusive=True)
        kept, self._kept = self._kept, None
        state = self.store.state
        if kept is not None and state is not None and self.navigation.mode == LOGIN:
            if kept[0] == state.account.id:
                await self.navigation.go_to(kept[1])
            else:
                # What is set aside is another account's.
                await self.navigation.remove_hidden()
        if self.navigation.mode not in SCREEN_MODES:
            await self.navigation.go_to(SCREEN_MODES[0])

    async def leave(self) -> None:
        """Go back to the login, and drop everything about the account."""
        self._kept = None
        self._log_out_here()
        # There may be several reasons to leave at once.
        async with self._leave_lock:
            await self.navigation.go_back_to_login()

    def _log_out_here(self) -> None:
        self._stop_events()
        self.workers.cancel(QUIT)
        self.store.forget()
        self._account = None
        self.timers.stop()
        self.forget_clipboard()

    def is_same_account(self, account: int) -> bool:
        """Whether the open screens belong to `account`, which is the active one from now on."""
        before, self._account = self._account, account
        return before in (None, account)

    async def show_other_account(self) -> None:
        """Replace every screen by one for the account that is active now."""
        async with self._leave_lock:
            if self.store.state is not None:
                self.notifier.forget()
                await self.navigation.replace_screens(self.store.state.account.role)

    async def rewrite_screens(self) -> None:
        """Remove the hidden screens, so that they are made again in the formats chosen now."""
        async with self._leave_lock:
            await self.navigation.remove_hidden()

    def log_out(self, *, of_all: bool = False) -> None:
        """Log out the active account, and go on as the session's next one; `of_all`: log out all of them."""
        if of_all:
            self.workers.run(partial(self._log_out, of_all=True), ACCOUNT)
        else:
            self._change_account(partial(self._log_out, of_all=False))

    def switch_account(self, email: str) -> None:
        self._change_account(partial(self.act, action="switch", switch="account", account=email))

    async def end_session(self, *, maybe_done: bool) -> None:
        """Go to the login, with a warning that the session ended; the screens are kept for the same account.

        `maybe_done`: a change was sent, and it is not known whether it was done.
        """
        account, self._account = self._account, None
        self._log_out_here()
        async with self._leave_lock:
            self.navigation.forget_secrets()
            mode = await self.navigation.set_aside()
            if account is not None:
                self._kept = (account, mode)
        self.notify(f"{ENDED} {LOOK}" if maybe_done else ENDED, severity="warning")

    def _change_account(self, change: Callable[[], Coroutine[Any, Any, object]]) -> None:
        # A second key press must not change the next account too.
        if not self.workers.has_begun(ACCOUNT):
            self.workers.run(change, ACCOUNT)

    async def _log_out(self, *, of_all: bool) -> None:
        while self.store.state is not None and not (await self.act(action="logout"))["failed"]:
            if self.store.state is not None and not of_all:
                return
        if self.store.state is None:
            await self.leave()

    async def act(self, **instruction: Any) -> Answer:
        """Send an instruction, and show an error as a toast."""
        answer = await self.store.send(**instruction)
        if answer["failed"]:
            self.notify(answer.get("warning") or "", title=answer["error"], severity="error")
        return answer

    async def may_quit(self, *, is_in_view: bool) -> bool:
        """Whether the app may quit; asks about begun timers and missing answers.

        `is_in_view`: the user is logged in and the screen is not locked.
        """
        account, now = self.store.state, self.now()
        is_connected = self.connection.is_connected
        if self.store.client.unanswered and not is_connected:
            return await self.ask_about_unanswered(account, now) == LEAVE
        if account is None or not account.begun(now):
            return True
        # A user in front of the lock may not be the owner of the timer.
        may_stop = is_in_view and is_connected
        choice: str | None = self.timer_on_quit()
        if choice == ASK or (choice == STOP and (account.others_begun(now) or not may_stop)):
            choice = await self.ask_about_timers(account, now, may_stop)
        if choice == STOP:
            return not (await self.act(action="stop", stop="clock_timer"))["failed"]
        return choice == LEAVE

    async def end(self) -> None:
        """What quitting does, without a question: stop the active timer if that is chosen, and disconnect."""
        state = self.store.state
        if self.timer_on_quit() == STOP and state is not None and state.clock.runs:
            with suppress(TimeoutError):
                async with asyncio.timeout(MAX_CLOSE_SECONDS):
                    await self.store.send(action="stop", stop="clock_timer")
        await self.close()

    async def close(self) -> bool:
        """Disconnect; returns whether everything sent was answered in time."""
        self._stop_events()
        self.connection.stop()
        try:
            async with asyncio.timeout(MAX_CLOSE_SECONDS):
                await self.store.backend.close()
        except TimeoutError:
            return False
        return True

    async def _follow_events(self) -> None:
        try:
            await self.store.follow_events()
        except UnreachableError as reason:
            self.connection.give_up(str(reason))

    def _stop_events(self) -> None:
        self.workers.cancel(EVENTS)
        self.notifier.forget()
