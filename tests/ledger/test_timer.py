"""The rules of the timer."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.credits import NoTimeLeftError, WrongTimerStateError
from ewallet_core.ledger.timer import State, Timer, TimeSpent

NOON = 1_795_000_000_000
SECOND, MINUTE, DAY = 1_000, 60_000, 86_400_000

spans = st.integers(0, 400 * DAY)


@pytest.fixture
def idle() -> Timer:
    return Timer()


@pytest.fixture
def running(idle: Timer) -> Timer:
    """Started at noon on a clock with an hour."""
    return idle.start(at=NOON, balance=60 * MINUTE)


@pytest.fixture
def paused(running: Timer) -> Timer:
    """Started at noon, paused ten minutes later."""
    return running.pause(at=NOON + 10 * MINUTE)


@pytest.fixture
def resumed(paused: Timer) -> Timer:
    """Ran ten minutes, paused five, and runs again since 12:15."""
    return paused.resume(at=NOON + 15 * MINUTE, balance=60 * MINUTE)


@pytest.fixture
def timers(idle: Timer, running: Timer, paused: Timer) -> dict[State, Timer]:
    return {State.INACTIVE: idle, State.ACTIVE: running, State.PAUSED: paused}


# State changes


def test_a_new_timer_is_inactive_and_zero(idle):
    assert idle == Timer(State.INACTIVE, started_at=None, since=None, spent=0, pending=0, pauses=0)


def test_a_start_begins_a_run(running):
    assert running == Timer(State.ACTIVE, started_at=NOON, since=NOON, spent=0, pending=0, pauses=0)


def test_a_pause_keeps_the_spent_time_and_is_counted(paused):
    assert paused == Timer(
        State.PAUSED, started_at=NOON, since=NOON + 10 * MINUTE, spent=10 * MINUTE, pending=0, pauses=1
    )


def test_a_resume_keeps_the_paused_time(resumed):
    assert resumed == Timer(
        State.ACTIVE, NOON, since=NOON + 15 * MINUTE, spent=10 * MINUTE, pending=5 * MINUTE, pauses=1
    )


def test_a_stop_returns_the_whole_run(resumed):
    run = resumed.stop(at=NOON + 35 * MINUTE)
    assert run == TimeSpent(
        started_at=NOON,
        stopped_at=NOON + 35 * MINUTE,
        spent=30 * MINUTE,
        pending=5 * MINUTE,
        pauses=1,
    )


def test_a_stop_while_paused_ends_the_pause_with_the_run(paused):
    run = paused.stop(at=NOON + 25 * MINUTE)
    assert run == TimeSpent(NOON, NOON + 25 * MINUTE, spent=10 * MINUTE, pending=15 * MINUTE, pauses=1)


def test_a_run_can_have_ended_at_any_moment_since_the_last_change(running, paused, resumed):
    now = NOON + 20 * MINUTE
    assert running.stoppable_between(now) == (NOON, now)
    assert paused.stoppable_between(now) == (NOON + 10 * MINUTE, now)
    assert resumed.stoppable_between(now) == (NOON + 15 * MINUTE, now)
    assert running.stoppable_between(NOON - SECOND) == (NOON, NOON)
    with pytest.raises(WrongTimerStateError):
        Timer().stoppable_between(now)


def test_the_pauses_of_a_run_are_counted_and_summed(resumed):
    again = resumed.pause(at=NOON + 20 * MINUTE)
    assert again == Timer(
        State.PAUSED, NOON, since=NOON + 20 * MINUTE, spent=15 * MINUTE, pending=5 * MINUTE, pauses=2
    )
    assert again.pending_at(NOON + 27 * MINUTE) == 12 * MINUTE


def test_the_smallest_balance_is_enough_to_start(idle):
    assert idle.start(at=NOON, balance=1).state is State.ACTIVE


def test_the_smallest_remainder_is_enough_to_resume(paused):
    assert paused.resume(at=NOON + DAY, balance=10 * MINUTE + 1).state is State.ACTIVE


def test_a_state_change_returns_a_new_timer(running):
    with pytest.raises(FrozenInstanceError):
        running.spent = 1


def test_a_finished_run_is_immutable(running):
    run = running.stop(at=NOON + MINUTE)
    with pytest.raises(FrozenInstanceError):
        run.spent = 0


# Errors


@pytest.mark.parametrize(
    ("state", "change", "message", "warning"),
    [
        ("active", "start", "The timer runs already.", "Pause it or stop it."),
        ("paused", "start", "The timer is paused.", "Resume it or stop it."),
        ("paused", "pause", "The timer is paused already.", "Resume it or stop it."),
        ("inactive", "pause", "The timer does not run.", "Start it first."),
        ("active", "resume", "The timer runs, it is not paused.", "Pause it or stop it."),
        ("inactive", "resume", "The timer does not run.", "Start it first."),
        ("inactive", "stop", "The timer does not run.", "Start it first."),
    ],
)
def test_an_invalid_state_change_is_refused_with_the_state(timers, state, change, message, warning):
    error = error_of(timers[State(state)], change, balance=60 * MINUTE)
    assert isinstance(error, WrongTimerStateError)
    assert error.code == "timer_state"
    assert error.details == {"clock_state": state}
    assert (error.error, error.warning) == (message, warning)


@pytest.mark.parametrize(("state", "change", "spent"), [("inactive", "start", 0), ("paused", "resume", 10)])
@pytest.mark.parametrize("missing", [0, 1])
def test_an_empty_clock_is_refused_with_the_state(timers, state, change, spent, missing):
    error = error_of(timers[State(state)], change, balance=spent * MINUTE - missing)
    assert isinstance(error, NoTimeLeftError)
    assert error.code == "no_time_left"
    assert error.details == {"clock_state": state}


@pytest.mark.parametrize(
    ("state", "change"), [("active", "start"), ("active", "resume"), ("paused", "start")]
)
def test_the_wrong_state_is_reported_before_the_empty_clock(timers, state, change):
    assert isinstance(error_of(timers[State(state)], change, balance=0), WrongTimerStateError)


def error_of(timer: Timer, change: str, balance: int) -> WalletError:
    needs = {"balance": balance} if change in {"start", "resume"} else {}
    with pytest.raises(WalletError) as caught:
        getattr(timer, change)(at=NOON + DAY, **needs)
    return caught.value


# The time left


@pytest.mark.parametrize(
    ("state", "spent", "pending", "left"),
    [("inactive", 0, 0, 60), ("active", 20, 0, 40), ("paused", 10, 10, 50)],
)
def test_only_active_time_is_spent(timers, state, spent, pending, left):
    timer, now = timers[State(state)], NOON + 20 * MINUTE
    assert timer.spent_at(now) == spent * MINUTE
    assert timer.pending_at(now) == pending * MINUTE
    assert timer.left_at(now, balance=60 * MINUTE) == left * MINUTE


def test_the_time_left_is_never_negative(running):
    assert running.left_at(NOON + MINUTE, balance=MINUTE) == 0
    assert running.left_at(NOON + DAY, balance=MINUTE) == 0


def test_time_is_spent_to_the_millisecond(running):
    assert running.left_at(NOON + 1, balance=MINUTE) == MINUTE - 1


@given(pause=spans)
def test_paused_time_is_not_spent(pause):
    paused = Timer().start(NOON, balance=MINUTE).pause(NOON + SECOND)
    assert paused.left_at(NOON + SECOND + pause, MINUTE) == 59 * SECOND
    assert paused.resume(NOON + SECOND + pause, MINUTE).left_at(NOON + SECOND + pause, MINUTE) == 59 * SECOND


# Running out


def test_a_running_timer_runs_out_when_its_balance_is_spent(running, resumed):
    assert running.runs_out_at(balance=60 * MINUTE) == NOON + 60 * MINUTE
    assert resumed.runs_out_at(balance=60 * MINUTE) == NOON + 65 * MINUTE


def test_a_timer_runs_out_at_once_if_all_time_is_taken_back(running, resumed):
    assert running.runs_out_at(balance=0) == NOON
    assert resumed.runs_out_at(balance=10 * MINUTE - 1) == NOON + 15 * MINUTE


def test_an_inactive_or_paused_timer_does_not_run_out(idle, paused):
    assert idle.runs_out_at(balance=MINUTE) is None
    assert paused.runs_out_at(balance=MINUTE) is None
    assert idle.run_out(NOON + DAY, balance=0) is None
    assert paused.run_out(NOON + DAY, balance=10 * MINUTE) is None


def test_a_run_out_is_due_exactly_on_time(running):
    assert running.run_out(NOON + 60 * MINUTE - 1, balance=60 * MINUTE) is None
    assert running.run_out(NOON + 60 * MINUTE, balance=60 * MINUTE) is not None


@pytest.mark.parametrize("delay", [0, 1, SECOND, 400 * DAY])
def test_a_run_out_is_dated_when_it_happened(resumed, delay):
    run = resumed.run_out(NOON + 65 * MINUTE + delay, balance=60 * MINUTE)
    assert run == TimeSpent(NOON, NOON + 65 * MINUTE, spent=60 * MINUTE, pending=5 * MINUTE, pauses=1)


def test_added_time_postpones_the_run_out(running):
    assert running.run_out(NOON + 60 * MINUTE, balance=61 * MINUTE) is None
    assert running.runs_out_at(balance=61 * MINUTE) == NOON + 61 * MINUTE


# A wall clock that is set back


@pytest.mark.parametrize("back", [1, SECOND, 400 * DAY])
def test_a_time_before_the_last_change_counts_as_that_change(running, paused, back):
    assert running.spent_at(NOON - back) == 0
    assert paused.pending_at(NOON + 10 * MINUTE - back) == 0
    assert running.pause(at=NOON - back) == running.pause(at=NOON)
    assert paused.stop(at=NOON - back) == paused.stop(at=NOON + 10 * MINUTE)
    assert paused.resume(NOON - back, 60 * MINUTE) == paused.resume(NOON + 10 * MINUTE, 60 * MINUTE)


@given(before=spans, back=spans, after=spans)
def test_no_time_is_spent_twice_after_the_wall_clock_was_set_back(before, back, after):
    paused = Timer().start(NOON, balance=2_000 * DAY).pause(NOON + before)
    resumed = paused.resume(NOON + before - back, balance=2_000 * DAY)
    run = resumed.stop(NOON + before + after)
    assert (run.spent, run.pending) == (before + after, 0)


@given(before=spans, pause=spans, after=spans)
def test_spent_and_paused_time_add_up_to_the_run(before, pause, after):
    paused = Timer().start(NOON, balance=2_000 * DAY).pause(NOON + before)
    run = paused.resume(NOON + before + pause, balance=2_000 * DAY).stop(NOON + before + pause + after)
    assert (run.spent, run.pending) == (before + after, pause)
    assert run.stopped_at - run.started_at == run.spent + run.pending


def test_a_timer_emptied_before_its_start_has_run_out() -> None:
    timer = Timer().start(at=1_000, balance=5_000)
    assert timer.run_out(now=500, balance=0) == TimeSpent(1_000, 1_000, spent=0, pending=0, pauses=0)
