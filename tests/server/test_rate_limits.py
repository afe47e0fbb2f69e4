"""Nobody asks more often than they may, in whatever rhythm, and who rests is forgotten."""

from __future__ import annotations

import gc
import weakref

from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.server.limits import MOST_KNOWN, SECOND_MS, RateLimiter


class Instant:
    """A clock in milliseconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_may_be_asked_in_a_second_may_be_asked_at_once():
    pace = RateLimiter(5, Instant())
    assert [pace.acquire("ada") > 0 for _ in range(7)] == [False] * 5 + [True] * 2


def test_who_waits_as_long_as_they_were_told_may_ask():
    instant = Instant()
    pace = RateLimiter(5, instant)
    while not (wait := pace.acquire("ada")):
        pass
    assert wait == SECOND_MS // 5
    instant.now += wait
    assert pace.acquire("ada") == 0
    assert pace.acquire("ada") > 0


def test_what_is_refused_is_not_counted():
    instant = Instant()
    pace = RateLimiter(2, instant)
    for _ in range(100):
        pace.acquire("ada")
    instant.now += SECOND_MS
    assert pace.acquire("ada") == 0


def test_each_has_a_pace_of_their_own():
    pace = RateLimiter(1, Instant())
    assert pace.acquire("ada") == 0
    assert pace.acquire("ada") > 0
    assert pace.acquire("bob") == 0


@given(per_second=st.integers(1, 50), pauses=st.lists(st.integers(0, 400), max_size=300))
def test_in_any_time_no_more_is_asked_than_at_once_and_then_evenly(per_second, pauses):
    instant = Instant()
    pace = RateLimiter(per_second, instant)
    asked_at = []
    for pause in pauses:
        instant.now += pause
        if pace.acquire("ada") == 0:
            asked_at.append(instant.now)
    for first, began in enumerate(asked_at):
        for count, at in enumerate(asked_at[first:], start=1):
            assert count <= per_second + (at - began) * per_second / SECOND_MS + 0.5


@given(per_second=st.integers(1, 50), pauses=st.lists(st.integers(0, 400), max_size=200))
def test_who_asks_evenly_is_never_refused(per_second, pauses):
    instant = Instant()
    pace = RateLimiter(per_second, instant)
    for pause in pauses:
        instant.now += pause + SECOND_MS / per_second
        assert pace.acquire("ada") == 0


def test_who_has_rested_is_forgotten_where_there_are_many():
    instant = Instant()
    pace = RateLimiter(100, instant)
    for number in range(5 * MOST_KNOWN):
        instant.now += 1
        assert pace.acquire(f"client {number}") == 0
        assert len(pace._spent_until) <= MOST_KNOWN + 1


def test_of_whom_it_counts_it_keeps_nothing_alive():
    class Guest:
        pass

    pace, guest = RateLimiter(1, Instant()), Guest()
    pace.acquire(guest)
    seen = weakref.ref(guest)
    del guest
    gc.collect()
    assert seen() is None
