"""The timer compared with a naive model: no sequence of changes loses or invents a millisecond."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driven_clock import DrivenClock
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from timer_machine import TimerMachine, amounts, instants, strides

from ewallet_core.errors.base import WalletError
from ewallet_core.ledger.timer import State, Timer

ANY_SEQUENCE = settings(max_examples=200, stateful_step_count=40, deadline=None, print_blob=True)
UNTIL_IT_FAILS = settings(
    ANY_SEQUENCE, phases=[Phase.generate], derandomize=True, database=None, report_multiple_bugs=False
)

TestAnySequence = TimerMachine.TestCase
TestAnySequence.settings = ANY_SEQUENCE

looks = st.lists(st.integers(0, 100), max_size=3).map(sorted)
wishes = st.sampled_from(["start", "pause", "resume", "stop", "top up", "take back"])
lives = st.lists(st.tuples(strides, wishes, amounts, looks), min_size=1, max_size=30)


def charge_pauses(timer: Timer, now: int) -> int:
    return timer.spent + timer._time_in(State.ACTIVE, now) + timer._time_in(State.PAUSED, now)


def run_out_late(timer: Timer, balance: int) -> int | None:
    return None if timer.state is not State.ACTIVE else timer.since + balance - timer.spent + 1


def follow_a_clock_set_back(timer: Timer, at: int) -> int:
    return at


def allow_a_stop_before_the_last_change(timer: Timer, now: int) -> tuple[int, int]:
    return timer.started_at or 0, max(now, timer.since or 0)


def forget_the_spent_time(timer: Timer, at: int, balance: int) -> Timer:
    return Timer(State.ACTIVE, timer.started_at, at, 0, timer.pending_at(at), timer.pauses)


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("spent_at", charge_pauses),
        ("runs_out_at", run_out_late),
        ("_clamp", follow_a_clock_set_back),
        ("resume", forget_the_spent_time),
        ("stoppable_between", allow_a_stop_before_the_last_change),
    ],
)
def test_a_wrong_timer_is_detected(monkeypatch, rule: str, fault: Callable[..., object]):
    monkeypatch.setattr(Timer, rule, fault)
    with pytest.raises((AssertionError, WalletError)):
        run_state_machine_as_test(TimerMachine, settings=UNTIL_IT_FAILS)


@given(start=instants, amount=amounts, life=lives)
def test_views_and_restarts_do_not_change_the_outcome(start, amount, life):
    assert run_steps(DrivenClock(amount), start, life, watched=True) == run_steps(
        DrivenClock(amount), start, life
    )


def run_steps(
    clock: DrivenClock, now: int, life: list, *, watched: bool = False
) -> tuple[DrivenClock, list[str]]:
    answers = []
    clock.start(now)
    for stride, step, amount, percents in life:
        for percent in percents if watched else []:
            clock.settle(now + stride * percent // 100)
            clock.restart()
        now += stride
        answers.append(answer(clock, now, step, amount))
    clock.settle(now)
    return clock, answers


def answer(clock: DrivenClock, now: int, step: str, amount: int) -> str:
    try:
        apply(clock, now, step, amount)
    except WalletError as error:
        return error.code
    return "done"


def apply(clock: DrivenClock, now: int, step: str, amount: int) -> None:
    match step:
        case "top up":
            clock.top_up(now, amount)
        case "take back":
            clock.settle(now)
            clock.take_back(now, min(amount, clock.left(now)))
        case _:
            getattr(clock, step)(now)
