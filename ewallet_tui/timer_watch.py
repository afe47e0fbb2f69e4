"""Watches the timer of the account that is logged in: tells its seconds, and sounds its alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ewallet_tui.alarms import Alarm, Alarms
from ewallet_tui.picture import Clock, Picture, TimerState
from ewallet_tui.second_tick import SecondTick
from ewallet_tui.timers_left import TimersLeft

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp


class TimerWatch:
    """Follows each new picture of `app`."""

    def __init__(self, app: EWalletApp) -> None:
        self._app = app
        self._alarms = Alarms()
        self._tick = SecondTick(app, self.pass_second)
        self.left = TimersLeft(app.now)
        """The timers that go on though another clock is the active one."""

    def follow(self, picture: Picture) -> None:
        """Watch the timer of `picture` from now on."""
        if clock := self.left.follow(picture):
            self._say_left(clock)
        self._sound(self._alarms.changed_to(picture, self._app.now()))
        self._tick.follow(picture.clock)

    def stop(self) -> None:
        """Watch nothing any more."""
        self._alarms = Alarms()
        self.left = TimersLeft(self._app.now)
        self._tick.stop()

    def pass_second(self) -> None:
        """Tell that the figures have moved on; once nothing is left, the engine has the last word."""
        if (picture := self._app.picture) is None:
            return
        now = self._app.now()
        self._sound(self._alarms.passed(picture, now))
        self._app.second_passed.publish(now)
        if picture.clock.runs and picture.clock.is_out_of_time(now):
            self._app.run_worker(self._app.conversation.refresh(), group="refresh", exclusive=True)

    def _say_left(self, clock: Clock) -> None:
        what = "stays paused" if clock.state is TimerState.PAUSED else "goes on running"
        self._app.say(f"{clock.reference} {what}.")

    def _sound(self, alarm: Alarm | None) -> None:
        if alarm is not None:
            if self._app.preferences.bell:
                self._app.bell()
            self._app.tell_desktop(alarm.title, alarm.words)
            self._app.say(alarm.words, title=alarm.title, severity=alarm.severity)
