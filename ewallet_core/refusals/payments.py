"""Money that does not reach another person: who it was for, how much it was, and what it was to give back."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class PartnerUnknown(Refusal):
    """No account has that email; whether one ever had is not told."""

    code = "partner_unknown"

    def __init__(self, field: str) -> None:
        super().__init__("Nobody here has that email.", "Check the email and try again.", field=field)


class PartnerUnavailable(Refusal):
    """The account is frozen, about to be deleted or deleted; which of these is not told."""

    code = "partner_unavailable"

    def __init__(self, field: str) -> None:
        super().__init__(
            "That account takes no credits now.", "Ask its owner, or try again another day.", field=field
        )


class OwnAccount(Refusal):
    """Nobody gives credits to themselves."""

    code = "own_account"

    def __init__(self, field: str) -> None:
        super().__init__("That is your own account.", "Name somebody else's email.", field=field)


class PartnerHasNoRoom(Refusal):
    """The receiver's balance would pass its limit; how much is there is not told to others."""

    code = "partner_balance_limit"

    def __init__(self, most: int) -> None:
        super().__init__(
            "The receiver's wallet can't take that many credits.",
            "Choose a smaller amount.",
            field="credits",
            most=most,
        )


class DailyLimitReached(Refusal):
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


class NotAPayment(Refusal):
    """The transfer record is not of a payment that the asking account has received."""

    code = "not_a_payment"

    def __init__(self) -> None:
        super().__init__(
            "That record is not of a payment that you received.",
            "Choose an incoming record of a payment; to give back anything else, transfer it.",
            field="record_id",
        )


class RefundExceedsPayment(Refusal):
    """More would be given back than is left of what was paid."""

    code = "refund_exceeds_payment"

    def __init__(self, left: int) -> None:
        super().__init__(
            f"That is more than is left of the payment: {left:,}.",
            "Choose a smaller amount, or leave `credits` out to give back all that is left.",
            field="credits",
            left=left,
        )


class AlreadyRefunded(Refusal):
    """All that was paid has been given back."""

    code = "already_refunded"

    def __init__(self) -> None:
        super().__init__(
            "That payment has been given back already.", "Nothing of it is left to refund.", field="record_id"
        )
