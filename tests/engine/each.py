"""Tests that check many values one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


def check_each(values: Mapping[str, T], check: Callable[[T], object]) -> None:
    """Check all of these values, and say for which of them it fails."""
    assert values
    failures: list[Exception] = []
    for name, value in values.items():
        try:
            check(value)
        except Exception as failure:  # noqa: BLE001 - all of them are raised below
            failure.add_note(f"It fails for {name}.")
            failures.append(failure)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(values)} fail", failures)


def for_each(values: Mapping[str, T]) -> Callable[[Callable[[T], None]], Callable[[], None]]:
    """Have one test check each of these values, and say for which of them it fails.

    Meant for checks of some microseconds, as pytest takes milliseconds for a test of each value.
    """

    def decorate(check: Callable[[T], None]) -> Callable[[], None]:
        def test() -> None:
            check_each(values, check)

        # Not `functools.wraps`, by which pytest would take the value for a fixture.
        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate
