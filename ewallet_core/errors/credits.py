"""Errors about credits, time, and the wallets, clocks and sheets that hold them."""

from __future__ import annotations

from ewallet_core.errors.base import WalletError


class NotFoundError(WalletError):
    """There is no such thing of the asking user's own."""

    code = "not_found"

    def __init__(self, what: str, field: str) -> None:
        super().__init__(f"You have no {what} of that number.", "View the list for the numbers.", field=field)


class NotEnoughCreditsError(WalletError):
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


class NotEnoughTimeError(WalletError):
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


class BalanceLimitError(WalletError):
    """A balance would pass its limit."""

    code = "balance_limit"

    def __init__(self, most: int, there: int) -> None:
        super().__init__(
            "The balance would pass its limit.",
            "Choose a smaller amount, or spend some first.",
            most=most,
            there=there,
        )


class LessThanOneCreditError(WalletError):
    """The minutes to be converted don't make one whole credit."""

    code = "less_than_one_credit"

    def __init__(self, milliseconds_per_credit: int) -> None:
        super().__init__(
            "That is less time than one credit gives.",
            "Convert more minutes; what makes no whole credit stays on the clock.",
            field="minutes",
            milliseconds_per_credit=milliseconds_per_credit,
        )


class NoTimeLeftError(WalletError):
    """A timer can't run on an empty clock."""

    code = "no_time_left"

    def __init__(self, state: str) -> None:
        super().__init__(
            "There is no time left on the clock.", "Convert credits to time first.", clock_state=state
        )


class WrongTimerStateError(WalletError):
    """The timer's state does not allow that."""

    code = "timer_state"

    def __init__(self, error: str, warning: str, state: str) -> None:
        super().__init__(error, warning, clock_state=state)


class PartnerUnknownError(WalletError):
    """No account has that email; whether one ever had is not told."""

    code = "partner_unknown"

    def __init__(self, field: str) -> None:
        super().__init__("Nobody here has that email.", "Check the email and try again.", field=field)


class PartnerUnavailableError(WalletError):
    """The account is frozen, about to be deleted or deleted; which of these is not told."""

    code = "partner_unavailable"

    def __init__(self, field: str) -> None:
        super().__init__(
            "That account takes no credits now.", "Ask its owner, or try again another day.", field=field
        )


class OwnAccountError(WalletError):
    """Nobody gives credits to themselves."""

    code = "own_account"

    def __init__(self, field: str) -> None:
        super().__init__("That is your own account.", "Name somebody else's email.", field=field)


class PartnerBalanceLimitError(WalletError):
    """The receiver's balance would pass its limit; how much is there is not told to others."""

    code = "partner_balance_limit"

    def __init__(self, most: int) -> None:
        super().__init__(
            "The receiver's wallet can't take that many credits.",
            "Choose a smaller amount.",
            field="credits",
            most=most,
        )


class DailyLimitReachedError(WalletError):
    """More would leave the account within 24 hours than its owner lets leave."""

    code = "daily_limit_reached"

    def __init__(self, limit: int, spent: int, left: int, frees_at: str | None) -> None:
        super().__init__(
            f"That is more than may leave this account within 24 hours: {left:,} of {limit:,} left.",
            "Choose a smaller amount, wait, or raise the daily limit with your password.",
            field="credits",
            limit=limit,
            spent=spent,
            left=left,
            frees_at=frees_at,
        )


class NotAPaymentError(WalletError):
    """The transfer record is not of a payment that the asking account has received."""

    code = "not_a_payment"

    def __init__(self) -> None:
        super().__init__(
            "That record is not of a payment that you received.",
            "Choose an incoming record of a payment; to give back anything else, transfer it.",
            field="record_id",
        )


class RefundExceedsPaymentError(WalletError):
    """More would be given back than is left of what was paid."""

    code = "refund_exceeds_payment"

    def __init__(self, left: int) -> None:
        super().__init__(
            f"That is more than is left of the payment: {left:,}.",
            "Choose a smaller amount, or leave `credits` out to give back all that is left.",
            field="credits",
            left=left,
        )


class AlreadyRefundedError(WalletError):
    """All that was paid has been given back."""

    code = "already_refunded"

    def __init__(self) -> None:
        super().__init__(
            "That payment has been given back already.", "Nothing of it is left to refund.", field="record_id"
        )


class WrongOwnerError(WalletError):
    """It is the user's own, but belongs to another wallet or clock than the active one."""

    code = "belongs_elsewhere"

    def __init__(self, what: str, owner: str, owner_id: int, field: str) -> None:
        super().__init__(
            f"This {what} belongs to another {owner} than the active one.",
            f"Switch to {owner} {owner_id} first.",
            field=field,
            **{owner: owner_id},
        )


class LastOneError(WalletError):
    """There is always one wallet, clock, sheet of each kind and contact list."""

    code = "last_one"

    def __init__(self, what: str, field: str) -> None:
        super().__init__(
            f"This is the last {what} there is.",
            f"Make another {what} and switch to it first, then unlink this one.",
            field=field,
        )


class StillActiveError(WalletError):
    """It is where new records or credits go."""

    code = "still_active"

    def __init__(self, what: str, field: str) -> None:
        super().__init__(
            f"This {what} is the active one.", f"Switch to another {what} first, then unlink it.", field=field
        )


class WalletNotEmptyError(WalletError):
    """There are credits in it."""

    code = "wallet_not_empty"

    def __init__(self, credits: int) -> None:
        super().__init__(
            f"There are {credits:,} credits in this wallet.",
            "Switch to it and spend or transfer them first.",
            field="ewallet_id",
            credits=credits,
        )


class ClockNotEmptyError(WalletError):
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


class TimerUnderWayError(WalletError):
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
