"""The soak goes on until its time is over, and stops at the first history that comes out wrong."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis.stateful import RuleBasedStateMachine, rule
from soak import soak


class Counting(RuleBasedStateMachine):
    """Does nothing wrong."""

    @rule()
    def goes_on(self) -> None:
        pass


class Wrong(RuleBasedStateMachine):
    """Is wrong whatever it does."""

    @rule()
    def goes_wrong(self) -> None:
        raise AssertionError("out of order")


def test_a_soak_ends_when_its_time_is_over():
    seconds = count()
    # The time is looked at once before the first round and once before each.
    assert soak(Counting, 3, time_is=lambda: next(seconds)) == 2


def test_a_soak_tells_how_to_repeat_what_came_out_wrong():
    with pytest.raises(AssertionError) as wrong:
        soak(Wrong, 60)
    assert any("reproduce_failure" in note for note in wrong.value.__notes__)
