"""Rate limits: the allowed rate holds in any rhythm, and idle clients are forgotten."""

from __future__ import annotations

import gc
import weakref

from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.server.limits import MOST_KNOWN, SECOND_MS, RateLimiter


class Instant:
    """A clock in milliseconds that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_requests_of_one_second_can_be_sent_at_once():
    pace = RateLimiter(5, Instant())
    assert [pace.acquire("ada") > 0 for _ in range(7)] == [False] * 5 + [True] * 2


def test_a_request_is_accepted_after_the_answered_wait():
    instant = Instant()
    pace = RateLimiter(5, instant)
    while not (wait := pace.acquire("ada")):
        pass
    assert wait == SECOND_MS // 5
    instant.now += wait
    assert pace.acquire("ada") == 0
    assert pace.acquire("ada") > 0


def test_refused_requests_are_not_counted():
    instant = Instant()
    pace = RateLimiter(2, instant)
    for _ in range(100):
        pace.acquire("ada")
    instant.now += SECOND_MS
    assert pace.acquire("ada") == 0


def test_each_client_has_its_own_rate():
    pace = RateLimiter(1, Instant())
    assert pace.acquire("ada") == 0
    assert pace.acquire("ada") > 0
    assert pace.acquire("bob") == 0


@given(per_second=st.integers(1, 50), pauses=st.lists(st.integers(0, 400), max_size=300))
def test_no_period_has_more_requests_than_one_burst_and_the_rate(per_second, pauses):
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
def test_requests_at_the_allowed_rate_are_never_refused(per_second, pauses):
    instant = Instant()
    pace = RateLimiter(per_second, instant)
    for pause in pauses:
        instant.now += pause + SECOND_MS / per_second
        assert pace.acquire("ada") == 0


def test_idle_clients_are_forgotten_if_there_are_many():
    instant = Instant()
    pace = RateLimiter(100, instant)
    for number in range(5 * MOST_KNOWN):
        instant.now += 1
        assert pace.acquire(f"client {number}") == 0
        assert len(pace._spent_until) <= MOST_KNOWN + 1


def test_the_limiter_keeps_no_reference_to_its_clients():
    class Guest:
        pass

    pace, guest = RateLimiter(1, Instant()), Guest()
    pace.acquire(guest)
    seen = weakref.ref(guest)
    del guest
    gc.collect()
    assert seen() is None
