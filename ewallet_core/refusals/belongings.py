"""Why something that belongs to an account can't be unlinked."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class StillActive(Refusal):
    """It is where new records or credits go."""

    code = "still_active"

    def __init__(self, what: str, field: str) -> None:
        super().__init__(
            f"This {what} is the active one.", f"Switch to another {what} first, then unlink it.", field=field
        )


class WalletNotEmpty(Refusal):
    """There are credits in it."""

    code = "wallet_not_empty"

    def __init__(self, credits: int) -> None:
        super().__init__(
            f"There are {credits:,} credits in this wallet.",
            "Switch to it and spend or transfer them first.",
            field="ewallet_id",
            credits=credits,
        )


class ClockNotEmpty(Refusal):
    """There is time on it, or its timer is under way."""

    code = "clock_not_empty"

    def __init__(self, field: str, clock_id: int, left_ms: int, state: str) -> None:
        super().__init__(
            "There is time left on a clock, or its timer is under way.",
            "Stop the timer and convert the time back to credits first.",
            field=field,
            clock=clock_id,
            credit_clock_ms=left_ms,
            clock_state=state,
        )
