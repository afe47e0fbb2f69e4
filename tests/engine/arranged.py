"""Examples at the point where they succeed, and tests of all examples that share such a point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from each import check_each
from engine_client import EngineClient
from example import Example
from examples import EXAMPLES_BY_START
from fakes import Wallclock


@dataclass(frozen=True)
class Arranged:
    """An example, and a client at the point where it succeeds."""

    example: Example
    caller: EngineClient
    wallclock: Wallclock
    url: str


def in_each_example(check: Callable[[Arranged], None]) -> Callable[..., None]:
    """Have one test check all examples that start alike, in the wallet of the fixture `arranged`.

    What the check sends for an example must be of no consequence for the others.
    """

    @pytest.mark.parametrize(
        "arranged", EXAMPLES_BY_START.values(), ids=EXAMPLES_BY_START, indirect=True, scope="module"
    )
    def test(arranged: Arranged) -> None:
        examples = EXAMPLES_BY_START[arranged.example.start]
        check_each({name: replace(arranged, example=example) for name, example in examples.items()}, check)

    test.__name__, test.__doc__ = check.__name__, check.__doc__
    return test
