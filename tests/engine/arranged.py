"""Examples at the point where they succeed, and tests of all examples that share such a point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

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


A = TypeVar("A", bound=Arranged)

Check = Callable[[A], None]


def in_each(
    examples: Iterable[Example], changes_alone: bool = False
) -> Callable[[Check[A]], Callable[..., None]]:
    """Have one test check all of the examples that start alike, in the wallet of the fixture `arranged`.

    What the check sends for one of them must be of no consequence for the others; examples that change
    something may each have a test of their own instead.
    """
    starts: dict[str, list[Example]] = {}
    for number, example in enumerate(examples):
        start = f"{example}, example {number}" if changes_alone and example.found.changes else example.start
        starts.setdefault(start, []).append(example)
    alike_with = {id(example): alike for alike in starts.values() for example in alike}

    def decorate(check: Check[A]) -> Callable[..., None]:
        @pytest.mark.parametrize(
            "arranged", [alike[0] for alike in starts.values()], ids=list(starts), indirect=True
        )
        def test(arranged: A) -> None:
            alike = enumerate(alike_with[id(arranged.example)], 1)
            check_each(
                {f"{number}: {each}": replace(arranged, example=each) for number, each in alike}, check
            )

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate
