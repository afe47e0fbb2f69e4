"""Wallets, clocks, sheets and lists: what can't be switched to, and what can't be unlinked."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class BelongsElsewhere(Refusal):
    """It is the user's own, but belongs to another wallet or clock than the active one."""

    code = "belongs_elsewhere"

    def __init__(self, what: str, owner: str, owner_id: int, field: str) -> None:
        super().__init__(
            f"This {what} belongs to another {owner} than the active one.",
            f"Switch to {owner} {owner_id} first.",
            field=field,
            **{owner: owner_id},
        )


class LastOne(Refusal):
    """There is always one wallet, clock, sheet of each kind and contact list."""

    code = "last_one"

    def __init__(self, what: str, field: str) -> None:
        super().__init__(
            f"This is the last {what} there is.",
            f"Make another {what} and switch to it first, then unlink this one.",
            field=field,
        )


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
    """There is time left on it, or on a clock of it."""

    code = "clock_not_empty"

    def __init__(self, field: str, clock_id: int, left_ms: int) -> None:
        super().__init__(
            f"There is time left on clock {clock_id}.",
            "Switch to it and convert its time back to credits, or spend it, first.",
            field=field,
            clock=clock_id,
            credit_clock_ms=left_ms,
        )


class TimerUnderWay(Refusal):
    """Its timer is running or paused, or that of a clock of it is."""

    code = "timer_under_way"

    def __init__(self, field: str, clock_id: int, state: str) -> None:
        super().__init__(
            f"The timer of clock {clock_id} is under way.",
            "Switch to that clock and stop its timer first.",
            field=field,
            clock=clock_id,
            clock_state=state,
        )
