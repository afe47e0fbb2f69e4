"""Errors about credits, time, and the wallets, clocks and sheets that hold them."""

from typing import Any

from ewallet_core.errors.base import ErrorCategory, InSentence, WalletError


class NotFoundError(WalletError, code="not_found", category=ErrorCategory.MISSING):
    """The caller has nothing with that id."""

    error_text = "You have no {what} {known_by}."
    warning_text = "{remedy}"
    what: InSentence[str]
    field: str
    known_by: InSentence[str] = "with that number"
    remedy: InSentence[str] = "View the list to see the numbers."


class NotRemovedError(WalletError, code="not_removed", category=ErrorCategory.CONFLICT):
    """A record that is to be restored is still on its sheet."""

    error_text = "That record was not removed."
    warning_text = "View the removed records of its sheet to see which can be restored."
    field: str = "record_id"


class SheetRemovedError(WalletError, code="sheet_removed", category=ErrorCategory.CONFLICT):
    """A record can't be restored, because its whole sheet was removed."""

    error_text = "The {what} of that record was removed too."
    warning_text = "Its records can't be restored; the journal keeps what they say."
    what: InSentence[str]
    field: str = "record_id"


class NotEnoughCreditsError(WalletError, code="not_enough_credits", category=ErrorCategory.REFUSED):
    """A wallet's balance would fall below zero."""

    error_text = "Not enough credits: {needed:,} needed, balance {there:,}."
    warning_text = "Choose a smaller amount, or supply credits first."
    needed: int
    there: int
    field: str = "credits"


class NotEnoughTimeError(WalletError, code="not_enough_time", category=ErrorCategory.REFUSED):
    """A clock's time would fall below zero."""

    error_text = "There is less time left on the clock than that."
    warning_text = "Choose a smaller amount."
    needed_ms: int
    there_ms: int
    field: str


class BalanceLimitError(WalletError, code="balance_limit", category=ErrorCategory.REFUSED):
    """A balance would exceed its limit."""

    error_text = "The balance would exceed its limit."
    warning_text = "Choose a smaller amount, or spend some first."
    most: int
    there: int


class LessThanOneCreditError(WalletError, code="less_than_one_credit", category=ErrorCategory.REFUSED):
    """The minutes to convert are less than the time for one credit."""

    error_text = "That is less time than one credit gives."
    warning_text = "Convert more minutes; what makes no whole credit stays on the clock."
    milliseconds_per_credit: int
    field: str = "minutes"


class NoTimeLeftError(WalletError, code="no_time_left", category=ErrorCategory.REFUSED):
    """A timer can't run on an empty clock."""

    error_text = "There is no time left on the clock."
    warning_text = "Convert credits to time first."
    clock_state: str


class WrongTimerStateError(WalletError, code="timer_state", category=ErrorCategory.CONFLICT):
    """The timer's state does not allow that."""

    error_text = "{problem}"
    warning_text = "{remedy}"
    problem: InSentence[str]
    remedy: InSentence[str]
    clock_state: str


class MomentOutOfRangeError(WalletError, code="moment_out_of_range", category=ErrorCategory.REFUSED):
    """The moment is in the future, or before the timer was last started, resumed or paused."""

    error_text = "{problem}"
    warning_text = "Choose a moment from {earliest} to {latest}."
    problem: InSentence[str]
    earliest: str
    latest: str
    field: str = "stopped_at"


class RunEndedError(WalletError, code="run_ended", category=ErrorCategory.CONFLICT):
    """The run had already ended at a later moment, because it was stopped or its time ran out."""

    error_text = "That run has already ended, at {ended_at}."
    warning_text = "What it took is in its time record."
    ended_at: str
    time_record: int
    field: str = "stopped_at"


class PartnerUnknownError(WalletError, code="partner_unknown", category=ErrorCategory.REFUSED):
    """No account has that email; the answer does not say whether one ever had."""

    error_text = "No account here has that email."
    warning_text = "{remedy}"
    field: str
    remedy: InSentence[str] = "Check the email and try again."


class PayeeChangedError(WalletError, code="payee_changed", category=ErrorCategory.CONFLICT, transient=True):
    """The email belongs to another account than the one that was to be paid; the details say to which."""

    error_text = "That email belongs to another account now."
    warning_text = "Ask its owner; to pay the account that has it now, send its number as `payee_account`."
    field: str
    payee_account: int
    payee_name: str
    payee_caution: str | None


class PartnerUnavailableError(WalletError, code="partner_unavailable", category=ErrorCategory.REFUSED):
    """The account is frozen, about to be deleted or deleted; the answer does not say which."""

    error_text = "That account can't receive credits now."
    warning_text = "Ask its owner, or try again another day."
    field: str


class OwnAccountError(WalletError, code="own_account", category=ErrorCategory.REFUSED):
    """Sender and recipient are the same account."""

    error_text = "That is your own account."
    warning_text = (
        "Enter another account's email; to move credits between your own wallets,"
        " transfer them with `to_ewallet`."
    )
    field: str


class SameHolderError(WalletError, code="same_holder", category=ErrorCategory.REFUSED):
    """An own transfer would go from a wallet or clock to itself."""

    error_text = "That is the {what} from which you move."
    warning_text = "Choose another {what} to move to."
    what: InSentence[str]
    field: str


class PartnerBalanceLimitError(WalletError, code="partner_balance_limit", category=ErrorCategory.REFUSED):
    """The recipient's balance would exceed its limit; the answer does not say what it is."""

    error_text = "The recipient's wallet can't hold that many credits."
    warning_text = "Choose a smaller amount."
    most: int
    field: str = "credits"


class DailyLimitReachedError(WalletError, code="daily_limit_reached", category=ErrorCategory.REFUSED):
    """More credits would leave the account within 24 hours than its daily limit."""

    error_text = "That is more than your daily limit allows: {left:,} of {limit:,} left."
    warning_text = "Choose a smaller amount, wait, or raise the daily limit with your password."
    limit: int
    spent: int
    left: int
    frees_at: str | None
    field: str = "credits"


class NotAPaymentError(WalletError, code="not_a_payment", category=ErrorCategory.REFUSED):
    """The transfer record is not a payment that the account received."""

    error_text = "That record is not a payment that you received."
    warning_text = "Choose an incoming record of a payment; to give back anything else, transfer it."
    field: str = "record_id"


class RefundExceedsPaymentError(WalletError, code="refund_exceeds_payment", category=ErrorCategory.REFUSED):
    """The refund is larger than what is left of the payment."""

    error_text = "That is more than is left of the payment: {left:,}."
    warning_text = "Choose a smaller amount, or leave `credits` out to refund all that is left."
    left: int
    field: str = "credits"


class AlreadyRefundedError(WalletError, code="already_refunded", category=ErrorCategory.CONFLICT):
    """The whole payment has been refunded."""

    error_text = "That payment is already refunded."
    warning_text = "Nothing of it is left to refund."
    field: str = "record_id"


class WrongOwnerError(WalletError, code="belongs_elsewhere", category=ErrorCategory.CONFLICT):
    """The item belongs to another wallet or clock than the active one."""

    error_text = "This {what} belongs to another {owner} than the active one."
    warning_text = "Switch to {owner} {owner_id} first."
    what: InSentence[str]
    owner: InSentence[str]
    owner_id: InSentence[int]
    field: str

    @property
    def details(self) -> dict[str, Any]:
        """The argument at fault, and the owner's number under `wallet` or `clock`."""
        return {**super().details, self.owner: self.owner_id}


class LastOneError(WalletError, code="last_one", category=ErrorCategory.CONFLICT):
    """There must always be a wallet, a clock, a sheet of each kind and a contact list."""

    error_text = "This is your last {what}."
    warning_text = "Make another {what} and switch to it first, then remove this one."
    what: InSentence[str]
    field: str


class StillActiveError(WalletError, code="still_active", category=ErrorCategory.CONFLICT):
    """The active wallet, clock, sheet or list can't be removed."""

    error_text = "This {what} is the active one."
    warning_text = "Switch to another {what} first, then remove it."
    what: InSentence[str]
    field: str


class WalletNotEmptyError(WalletError, code="wallet_not_empty", category=ErrorCategory.CONFLICT):
    """The wallet holds credits."""

    error_text = "There are {credits:,} credits in this wallet."
    warning_text = "Transfer them to another of your wallets first, with `to_ewallet`, or spend them."
    credits: int
    field: str = "ewallet_id"


class ClockNotEmptyError(WalletError, code="clock_not_empty", category=ErrorCategory.CONFLICT):
    """The clock, or a clock of the wallet, has time left."""

    error_text = "There is time left on clock {clock}."
    warning_text = "Transfer it to another of your clocks first, or spend it or convert it back to credits."
    field: str
    clock: int
    credit_clock_ms: int


class TimerUnderWayError(WalletError, code="timer_under_way", category=ErrorCategory.CONFLICT):
    """The timer of the clock, or of a clock of the wallet, is running or paused."""

    error_text = "The timer of clock {clock} is running or paused."
    warning_text = "Switch to that clock and stop its timer first."
    field: str
    clock: int
    clock_state: str
