"""The soak test runs until its time is over, and stops at the first failure."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis.stateful import RuleBasedStateMachine, rule
from soak import soak


class Counting(RuleBasedStateMachine):
    """A machine that never fails."""

    @rule()
    def goes_on(self) -> None:
        pass


class Wrong(RuleBasedStateMachine):
    """A machine that always fails."""

    @rule()
    def goes_wrong(self) -> None:
        raise AssertionError("out of order")


def test_a_soak_ends_when_its_time_is_over():
    seconds = count()
    # The time is read once before the first round and once before each round.
    assert soak(Counting, 3, time_is=lambda: next(seconds)) == 2


def test_a_soak_shows_how_to_reproduce_a_failure():
    with pytest.raises(AssertionError) as wrong:
        soak(Wrong, 60)
    assert any("reproduce_failure" in note for note in wrong.value.__notes__)
