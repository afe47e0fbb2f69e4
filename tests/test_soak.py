"""The soak ends when its time is over, and a failure says how to repeat it."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from soak import EVERYTHING, ROOT, RoundFailedError, soak

FIRST_SEED = 17


def test_a_soak_ends_when_its_time_is_over_and_adds_up_what_was_done():
    seconds, seeds, said = count(), [], []

    def run(seed: int) -> Counter[str]:
        seeds.append(seed)
        return Counter(log_prefixes=1_000)

    # The time is read once before the first round, once before each round, and at the end.
    assert soak(run, FIRST_SEED, 3, said.append, time_is=lambda: next(seconds)) == 0
    assert seeds == [FIRST_SEED, FIRST_SEED + 1]
    assert said[0] == "round 1, EWALLET_SEED=17: 1,000 log prefixes"
    assert said[-1].split(maxsplit=1) == ["2,000", "log prefixes"]


def test_a_soak_stops_at_the_first_failure_and_shows_how_to_repeat_it():
    said = []

    def fail(seed: int) -> Counter[str]:
        raise RoundFailedError("FAILED test_crashes.py")

    assert soak(fail, FIRST_SEED, 60, said.append) == 1
    assert "FAILED test_crashes.py" in said[0]
    assert "EWALLET_SEED=17" in said[1]


@pytest.mark.parametrize("file", EVERYTHING)
def test_each_file_of_the_soak_has_a_test_that_takes_a_seed(file):
    content = (ROOT / file).read_text()
    assert any(mark in content for mark in ("@with_seed", "@with_kills", "EWALLET_SEED="))
