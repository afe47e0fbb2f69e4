"""Looking back: what makes no sense of a period."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class PeriodBackwards(Refusal):
    """A period would end before it begins."""

    code = "period_backwards"

    def __init__(self) -> None:
        super().__init__(
            "The period ends before it begins.",
            "Send a `since` that is not later than `until`; without `until` it ends now.",
            fields=["since", "until"],
        )


class TooManyPeriods(Refusal):
    """A summary would have more rows than an answer holds."""

    code = "too_many_periods"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"That is a summary of more than {most} periods.",
            "Choose a shorter time, or sum it up by week or month.",
            fields=["since", "until", "by"],
            most=most,
        )
