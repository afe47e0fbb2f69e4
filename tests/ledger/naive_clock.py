"""The simplest model of a clock: it keeps every span, and every value is a sum of spans."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import NamedTuple

from ewallet_core.ledger.timer import State, TimeSpent


class Span(NamedTuple):
    state: State
    begin: int
    end: int


@dataclass
class NaiveClock:
    """`run` has the closed spans of the current run; `state` began at `begin`."""

    put_in: int
    taken_back: int = 0
    state: State = State.INACTIVE
    begin: int = 0
    run: list[Span] = field(default_factory=list)
    finished: list[list[Span]] = field(default_factory=list)

    def settle(self, now: int) -> None:
        if self.has_run_out(now):
            self._end(self.empty_at(now))

    def start(self, now: int) -> None:
        self.settle(now)
        self.state, self.begin = State.ACTIVE, now

    def pause(self, now: int) -> None:
        self.settle(now)
        self._turn(State.PAUSED, now)

    def resume(self, now: int) -> None:
        self.settle(now)
        self._turn(State.ACTIVE, now)

    def stop(self, now: int) -> None:
        self.settle(now)
        self._end(now)

    def stop_at(self, now: int, at: int) -> None:
        """As if the present had been that moment: nothing after it has happened."""
        self.settle(now)
        self._end(at)

    def top_up(self, now: int, amount: int) -> None:
        self.settle(now)
        self.put_in += amount

    def take_back(self, now: int, amount: int) -> None:
        self.settle(now)
        self.taken_back += amount

    def state_at(self, now: int) -> State:
        return State.INACTIVE if self.has_run_out(now) else self.state

    def has_run_out(self, now: int) -> bool:
        return self.state is State.ACTIVE and self._not_spent(now) <= 0

    def empty_at(self, now: int) -> int:
        """The first time of the current state at which nothing was left, found by bisection."""
        instants = range(self.begin, max(self.begin, now) + 1)
        return instants[bisect_left(instants, True, key=lambda instant: self._not_spent(instant) <= 0)]

    def left(self, now: int) -> int:
        return max(0, self._not_spent(now))

    def spent(self, now: int) -> int:
        return sum(time_in(State.ACTIVE, run) for run in [*self.finished, self.spans_until(now)])

    def pending(self, now: int) -> int:
        return time_in(State.PAUSED, self.spans_until(now))

    def spans_until(self, now: int) -> list[Span]:
        """The current run so far; a wall clock that was set back counts as standing still."""
        if self.state is State.INACTIVE:
            return []
        return [*self.run, Span(self.state, self.begin, max(self.begin, now))]

    def records(self) -> list[TimeSpent]:
        return [record_of(run) for run in self.finished]

    def _not_spent(self, now: int) -> int:
        return self.put_in - self.taken_back - self.spent(now)

    def _turn(self, state: State, now: int) -> None:
        self.run = self.spans_until(now)
        self.state, self.begin = state, self.run[-1].end

    def _end(self, now: int) -> None:
        self.finished.append(self.spans_until(now))
        self.state, self.run = State.INACTIVE, []


def time_in(state: State, run: list[Span]) -> int:
    return sum(span.end - span.begin for span in run if span.state is state)


def record_of(run: list[Span]) -> TimeSpent:
    return TimeSpent(
        started_at=run[0].begin,
        stopped_at=run[-1].end,
        spent=time_in(State.ACTIVE, run),
        pending=time_in(State.PAUSED, run),
        pauses=sum(span.state is State.PAUSED for span in run),
    )
