"""Examples at the point where they succeed, and tests of all examples that share such a point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pytest
from each import check_each
from engine_client import EngineClient
from example import Example
from fakes import Wallclock


@dataclass(frozen=True)
class Arranged:
    """An example, and a client at the point where it succeeds."""

    example: Example
    caller: EngineClient
    wallclock: Wallclock
    url: str


def in_each(examples: Iterable[Example]) -> Callable[[Callable[[Arranged], None]], Callable[..., None]]:
    """Have one test check all of the examples that start alike, in the wallet of the fixture `arranged`.

    What the check sends for one of them must be of no consequence for the others.
    """
    starts: dict[str, list[Example]] = {}
    for example in examples:
        starts.setdefault(example.start, []).append(example)

    def decorate(check: Callable[[Arranged], None]) -> Callable[..., None]:
        @pytest.mark.parametrize(
            "arranged", [alike[0] for alike in starts.values()], ids=list(starts), indirect=True
        )
        def test(arranged: Arranged) -> None:
            alike = enumerate(starts[arranged.example.start], 1)
            check_each(
                {f"{number}: {each}": replace(arranged, example=each) for number, each in alike}, check
            )

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate
