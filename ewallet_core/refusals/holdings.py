"""Wallets, clocks and sheets: what is not there, or not enough of."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class NotFound(Refusal):
    """There is no such thing of the asking user's own."""

    code = "not_found"

    def __init__(self, what: str, field: str) -> None:
        super().__init__(f"You have no {what} of that number.", "View the list for the numbers.", field=field)


class NotEnoughCredits(Refusal):
    """A wallet would go below zero."""

    code = "not_enough_credits"

    def __init__(self, needed: int, there: int) -> None:
        super().__init__(
            f"Not enough credits: {needed:,} needed, {there:,} there.",
            "Choose a smaller amount, or supply credits first.",
            field="credits",
            needed=needed,
            there=there,
        )


class NotEnoughTime(Refusal):
    """A clock would go below zero."""

    code = "not_enough_time"

    def __init__(self, needed_ms: int, there_ms: int, field: str) -> None:
        super().__init__(
            "There is less time left on the clock than that.",
            "Choose a smaller amount.",
            field=field,
            needed_ms=needed_ms,
            there_ms=there_ms,
        )


class TooMuch(Refusal):
    """A balance would pass its limit."""

    code = "balance_limit"

    def __init__(self, most: int, there: int) -> None:
        super().__init__(
            "The balance would pass its limit.",
            "Choose a smaller amount, or spend some first.",
            most=most,
            there=there,
        )


class LessThanOneCredit(Refusal):
    """The minutes to be converted don't make one whole credit."""

    code = "less_than_one_credit"

    def __init__(self, milliseconds_per_credit: int) -> None:
        super().__init__(
            "That is less time than one credit gives.",
            "Convert more minutes; what makes no whole credit stays on the clock.",
            field="minutes",
            milliseconds_per_credit=milliseconds_per_credit,
        )


class NoTimeLeft(Refusal):
    """A timer can't run on an empty clock."""

    code = "no_time_left"

    def __init__(self, state: str) -> None:
        super().__init__(
            "There is no time left on the clock.", "Convert credits to time first.", clock_state=state
        )


class WrongTimerState(Refusal):
    """The timer's state does not allow that."""

    code = "timer_state"

    def __init__(self, error: str, warning: str, state: str) -> None:
        super().__init__(error, warning, clock_state=state)
