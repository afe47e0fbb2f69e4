"""The waits of a client between its retries."""

from __future__ import annotations

from itertools import islice

import pytest

from ewallet_core.client.connect import delays


def test_waits_double_up_to_the_maximum() -> None:
    waits = list(islice(delays(lambda: 0.0), 8))
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])


def test_jitter_shortens_a_wait_by_at_most_half() -> None:
    assert list(islice(delays(lambda: 1.0), 2)) == pytest.approx([0.05, 0.1])


def test_retries_never_end() -> None:
    assert next(islice(delays(lambda: 0.0), 5_000, None)) == 5.0
