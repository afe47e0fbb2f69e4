"""Sending credits: paying, transferring to others or between own wallets, refunding, private notes."""

from __future__ import annotations

from typing import ClassVar, TypedDict, cast

from ewallet_core.errors.credits import (
    AlreadyRefundedError,
    NotAPaymentError,
    OwnAccountError,
    RefundExceedsPaymentError,
    SameHolderError,
)
from ewallet_core.errors.requests import ArgumentsClashError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Request, instruction
from ewallet_core.ledger.journal import EntryKind
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.holder_kinds import WALLET_HOLDER
from ewallet_core.operations.movements import (
    Bill,
    CreditTransfer,
    Side,
    move_between_wallets,
    own_side,
    partner_named,
    require_available,
)
from ewallet_core.operations.records import (
    edit_record,
    left_to_refund,
    own_record,
    record_answers,
    the_record,
)
from ewallet_core.operations.sheet_kinds import TRANSFER
from ewallet_core.spelling import email_key
from ewallet_core.storage.accounts import accounts
from ewallet_core.storage.journal import find_sending_balance
from ewallet_core.storage.payees import find_payee, keep_first_payee
from ewallet_core.storage.sheets import TransferRecord
from ewallet_core.storage.wallets import wallets


class PayCredits(Request, frozen=True):
    """The email of the account to pay, and how many credits."""

    added: ClassVar[frozenset[str]] = frozenset({"payee_account"})

    pay: fields.Email
    credits: fields.Credits
    notes: fields.Notes = ""
    payee_account: fields.AccountId | None = None

    def other_emails(self) -> tuple[str, ...]:
        """The account that is paid."""
        return (self.pay,)


class TransferCredits(Request, frozen=True, kw_only=True):
    """The recipient's email or another own wallet, how many credits, and from which own wallet.

    Credits for others come from the active wallet; for an own wallet they come from `ewallet_id`, by default
    the active one.
    """

    added: ClassVar[frozenset[str]] = frozenset({"to_ewallet", "ewallet_id", "payee_account"})
    exactly_one_of = ("transfer_to", "to_ewallet")

    transfer_to: fields.Email | None = None
    to_ewallet: fields.EwalletId | None = None
    credits: fields.Credits
    notes: fields.Notes = ""
    payee_account: fields.AccountId | None = None
    ewallet_id: fields.EwalletId | None = None

    def check(self) -> None:
        """Only an own transfer may name the giving wallet, and only one to others their account."""
        super().check()
        if self.transfer_to is not None and self.ewallet_id is not None:
            raise ArgumentsClashError(("transfer_to", "ewallet_id"))
        if self.to_ewallet is not None and self.payee_account is not None:
            raise ArgumentsClashError(("to_ewallet", "payee_account"))

    def other_emails(self) -> tuple[str, ...]:
        """The account that gets the credits."""
        return () if self.transfer_to is None else (self.transfer_to,)


class _PayCreditsAnswer(TypedDict):
    paid: str
    total_credits: int
    ewallet_credits: int
    spent_credits: int
    transfer_record: int
    invoice_record: int


@instruction({"action": "pay"})
def pay_credits(request: PayCredits, context: AccountContext) -> _PayCreditsAnswer:
    """Pay credits of the active wallet to a partner, who is the seller on both sides' invoices."""
    own, partner = own_side(context), _other_person(context, request.pay, "pay", request.payee_account)
    transfer = CreditTransfer(
        EntryKind.PAYMENT, own, partner, request.credits, request.notes, bill=Bill(seller=partner.account)
    )
    recorded = move_between_wallets(context, transfer).sender
    return _PayCreditsAnswer(
        paid=partner.account.email,
        total_credits=recorded.credits,
        ewallet_credits=recorded.credits,
        spent_credits=request.credits,
        transfer_record=recorded.transfer,
        invoice_record=cast("int", recorded.invoice),
    )


class _TransferCreditsAnswer(TypedDict):
    transfered_to: str
    ewallet_credits: int
    transfered_credits: int
    transfer_record: int
    from_ewallet: int | None
    to_ewallet: int | None


@instruction({"action": "transfer", "transfer": "credits"})
def transfer_credits(request: TransferCredits, context: AccountContext) -> _TransferCreditsAnswer:
    """Transfer credits to another account's active wallet, or between two own wallets."""
    if request.transfer_to is None:
        own, partner = _own_wallets(request, context)
    else:
        own = own_side(context)
        partner = _other_person(context, request.transfer_to, "transfer_to", request.payee_account)
    transfer = CreditTransfer(EntryKind.TRANSFER, own, partner, request.credits, request.notes)
    recorded = move_between_wallets(context, transfer).sender
    return _TransferCreditsAnswer(
        transfered_to=partner.account.email,
        ewallet_credits=recorded.credits,
        transfered_credits=request.credits,
        transfer_record=recorded.transfer,
        from_ewallet=own.wallet.id if transfer.is_own else None,
        to_ewallet=partner.wallet.id if transfer.is_own else None,
    )


def _own_wallets(request: TransferCredits, context: AccountContext) -> tuple[Side, Side]:
    """The giving and the receiving wallet; raises `SameHolderError` if they are the same."""
    giving = context.wallet
    if request.ewallet_id is not None:
        giving = WALLET_HOLDER.own(context, request.ewallet_id, "ewallet_id")
    receiving = WALLET_HOLDER.own(context, cast("int", request.to_ewallet), "to_ewallet")
    if receiving.id == giving.id:
        raise SameHolderError("wallet", "to_ewallet")
    return Side(context.account, giving), Side(context.account, receiving)


def _other_person(context: AccountContext, email: str, field: str, payee_account: int | None) -> Side:
    """The account that is paid; contacts with its email that had no account are of this one from now on."""
    if email_key(email) == context.account.email_key:
        raise OwnAccountError(field)
    partner = partner_named(context, email, field, payee_account)
    if partner.is_first_payee:
        keep_first_payee(context.transaction, context.account.id, email, partner.account.id, context.now)
    return Side(partner.account, partner.wallet)


class ViewPayee(Request, frozen=True):
    """The email of the account to pay."""

    user_email: fields.Email


class _ViewPayeeAnswer(TypedDict):
    payee: str
    payee_account: int
    payee_name: str
    payee_caution: str | None


@instruction({"action": "view", "view": "payee"})
def view_payee(request: ViewPayee, context: AccountContext) -> _ViewPayeeAnswer:
    """View whom a payment to that email would go to, and whether it can be mistaken for someone else."""
    partner = partner_named(context, request.user_email, "user_email").account
    payee = find_payee(context.transaction, request.user_email)
    return _ViewPayeeAnswer(
        payee=partner.email,
        payee_account=partner.id,
        payee_name=partner.name,
        payee_caution=payee.caution if payee else None,
    )


class RefundPayment(Request, frozen=True):
    """The record of the received payment, and how many credits to refund: by default all that is left."""

    record_id: fields.RecordId
    credits: fields.Credits | None = None
    notes: fields.Notes = ""


class _RefundPaymentAnswer(TypedDict):
    refunded_to: str
    refunded_credits: int
    left_to_refund: int
    ewallet_credits: int
    transfer_record: int


@instruction({"action": "refund", "refund": "payment"})
def refund_payment(request: RefundPayment, context: AccountContext) -> _RefundPaymentAnswer:
    """Refund a payment that was received, or a part of it, to the payer."""
    payment = own_record(context, TRANSFER, request.record_id, or_removed=True)
    left = left_to_refund(context.transaction, payment)
    if left is None:
        raise NotAPaymentError
    if left == 0:
        raise AlreadyRefundedError
    credits = left if request.credits is None else request.credits
    if credits > left:
        raise RefundExceedsPaymentError(left)
    own, payer = own_side(context), _payer(context, payment)
    transfer = CreditTransfer(EntryKind.REFUND, own, payer, credits, request.notes, reverses=payment.entry_id)
    recorded = move_between_wallets(context, transfer).sender
    return _RefundPaymentAnswer(
        refunded_to=payer.account.email,
        refunded_credits=credits,
        left_to_refund=left - credits,
        ewallet_credits=recorded.credits,
        transfer_record=recorded.transfer,
    )


def _payer(context: AccountContext, payment: TransferRecord) -> Side:
    """The payer with the wallet that paid, or with the active one if that was removed."""
    # Before anything is written, because all of it has to be done again with this lock.
    context.transaction.require_locks((payment.from_account_id,))
    account = accounts.require(context.transaction, id=payment.from_account_id)
    require_available(account, "record_id")
    paid_from = find_sending_balance(context.transaction, payment.entry_id)
    wallet = wallets.find(context.transaction, balance_id=paid_from)
    return Side(account, wallet or wallets.require(context.transaction, id=account.ewallet_id))


class EditTransfer(Request, frozen=True):
    """The record of a transfer, and the private note on it; an empty one removes it."""

    record_id: fields.RecordId
    private_notes: fields.Notes


@instruction(the_record(TRANSFER, "edit"), answers=record_answers(TRANSFER))
def edit_transfer(request: EditTransfer, context: AccountContext) -> Answer:
    """Write a private note on a transfer; the other side has its own and never sees this one."""
    record = own_record(context, TRANSFER, request.record_id)
    return edit_record(context, TRANSFER, record, private_notes=request.private_notes)
