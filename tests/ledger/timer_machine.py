"""A state machine that compares a `Timer` with a balance to the naive clock at every step."""

from __future__ import annotations

from driven_clock import DrivenClock
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from naive_clock import NaiveClock

from ewallet_core.ledger.timer import State

SECOND, MINUTE, DAY = 1_000, 60_000, 86_400_000
MOST = 10**12 * MINUTE

instants = st.integers(0, 2 * 10**12)
amounts = st.one_of(
    st.integers(1, SECOND), st.integers(1, 5 * MINUTE), st.integers(1, 20 * DAY), st.just(MOST)
)
strides = st.one_of(
    st.integers(1, 10), st.integers(1, SECOND), st.integers(1, 5 * MINUTE), st.integers(1, 5 * DAY)
)
NEXT = {State.INACTIVE: "start", State.ACTIVE: "pause", State.PAUSED: "resume"}


def when(*states: State):
    return precondition(lambda self: self.naive.state_at(self.now) in states)


class TimerMachine(RuleBasedStateMachine):
    """Clocks start funded, and each rule only makes changes that the naive clock allows."""

    @initialize(now=instants, amount=amounts)
    def fund(self, now: int, amount: int) -> None:
        self.now = now
        self.clock = DrivenClock(amount)
        self.naive = NaiveClock(amount)

    @rule(stride=strides)
    def let_time_pass(self, stride: int) -> None:
        self.now += stride

    @rule(stride=strides)
    def set_the_wall_clock_back(self, stride: int) -> None:
        self.now -= stride

    @when(State.ACTIVE)
    @rule(offset=st.integers(-1, 1))
    def approach_the_run_out(self, offset: int) -> None:
        self.now = self.naive.begin + self.naive.left(self.naive.begin) + offset

    @rule(presses=st.lists(strides, min_size=1, max_size=6), amount=amounts)
    def press_the_key(self, presses: list[int], amount: int) -> None:
        """One key starts, pauses and resumes; repeated on a funded clock, it reaches every state."""
        for stride in presses:
            self.now += stride
            if not self.naive.left(self.now):
                self._both("top_up", amount)
            self._both(NEXT[self.naive.state_at(self.now)])

    @when(State.ACTIVE, State.PAUSED)
    @rule()
    def stop(self) -> None:
        self._both("stop")

    @when(State.ACTIVE, State.PAUSED)
    @rule(percent=st.sampled_from([0, 1, 50, 99, 100]))
    def stop_at_an_earlier_moment(self, percent: int) -> None:
        """Between the beginning of the present state and now."""
        begin = self.naive.begin
        assert self.clock.timer.stoppable_between(self.now) == (begin, max(begin, self.now))
        at = begin + max(0, self.now - begin) * percent // 100
        taken_by_now = self.clock.spent(self.now)
        self._both("stop_at", at)
        assert self.clock.spent(self.now) <= taken_by_now

    @rule(amount=amounts)
    def top_up(self, amount: int) -> None:
        self._both("top_up", amount)

    @precondition(lambda self: self._spare() > 0)
    @rule(percent=st.sampled_from([1, 50, 99, 100]))
    def take_back(self, percent: int) -> None:
        self._both("take_back", max(1, self._spare() * percent // 100))

    @rule()
    def settle(self) -> None:
        self._both("settle")

    @rule()
    def restart(self) -> None:
        self.clock.restart()

    @invariant()
    def no_millisecond_is_lost_or_invented(self) -> None:
        seen = self._settled()
        in_hand = seen.spent(self.now) + seen.left(self.now)
        assert in_hand + self.naive.taken_back == self.naive.put_in

    @invariant()
    def every_value_is_the_sum_of_the_spans(self) -> None:
        assert self.clock.timer.state is self.naive.state
        assert self.clock.left(self.now) == self.naive.left(self.now)
        assert self.clock.timer.spent_at(self.now) + self._recorded() == self.naive.spent(self.now)
        assert self.clock.timer.pending_at(self.now) == self.naive.pending(self.now)

    @invariant()
    def each_run_is_recorded_once_and_dated_when_it_ended(self) -> None:
        assert self.clock.records == self.naive.records()

    @invariant()
    def a_run_out_is_due_exactly_when_nothing_is_left(self) -> None:
        run = self.clock.timer.run_out(self.now, self.clock.balance)
        assert (run is not None) == self.naive.has_run_out(self.now)
        if run is not None:
            assert run.stopped_at == self.naive.empty_at(self.now)
            assert run.spent == self.clock.balance

    def _both(self, change: str, *amount: int) -> None:
        getattr(self.clock, change)(self.now, *amount)
        getattr(self.naive, change)(self.now, *amount)

    def _spare(self) -> int:
        """The time that can be taken back."""
        return self.naive.left(self.now)

    def _recorded(self) -> int:
        return sum(run.spent for run in self.clock.records)

    def _settled(self) -> DrivenClock:
        """A settled copy of the clock; the clock itself stays unsettled."""
        seen = DrivenClock(self.clock.balance, self.clock.timer, [*self.clock.records])
        seen.settle(self.now)
        return seen
