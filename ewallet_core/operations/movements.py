"""Moves credits between wallets, with records and events on both sides, within the daily limit."""

from __future__ import annotations

from dataclasses import dataclass

from ewallet_core.errors.credits import (
    BalanceLimitError,
    DailyLimitReachedError,
    NotEnoughCreditsError,
    PartnerBalanceLimitError,
    PartnerUnavailableError,
    PartnerUnknownError,
    PayeeChangedError,
)
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.ledger.journal import BalanceId, EntryKind, move_credits
from ewallet_core.ledger.rates import MOST_CREDITS
from ewallet_core.operations.context import SYSTEM_CORE_ID, AccountContext, Context
from ewallet_core.operations.events import record_event
from ewallet_core.spelling import email_key
from ewallet_core.storage.accounts import Account, AccountStatus, accounts
from ewallet_core.storage.events import EventKind, Movement
from ewallet_core.storage.journal import post, read_amount
from ewallet_core.storage.linked_records import read_transfer_with_links
from ewallet_core.storage.payees import find_payee
from ewallet_core.storage.sheets import invoices, transfers
from ewallet_core.storage.statements import Spent, sum_spent_since
from ewallet_core.storage.wallets import Wallet, wallets

DAY_MS = 24 * 60 * 60_000
INCOMING = "incoming"
_ONLY_LOCAL_ACCOUNTS = "On this computer's own wallet, only accounts made here can be paid."


def spent_today(context: Context, account: Account) -> Spent:
    return sum_spent_since(context.transaction, account.id, context.now - DAY_MS)


def left_within(limit: int, spent: Spent) -> int:
    # A limit may be lowered below what was already spent.
    return max(0, limit - spent.credits)


@dataclass(frozen=True, slots=True)
class Side:
    """The sender or the recipient of credits: an account and one of its wallets."""

    account: Account
    wallet: Wallet

    @property
    def issues(self) -> bool:
        """Whether it is the issuer, whose own rows do not change when it issues credits."""
        return self.account.id == SYSTEM_CORE_ID

    @property
    def balance(self) -> BalanceId:
        return BalanceId(self.wallet.balance_id)


@dataclass(frozen=True, slots=True)
class Bill:
    """The seller on the invoices, and the cost; a payment in credits alone has a currency of ""."""

    seller: Account
    currency: str = ""
    cost: str = ""


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """Credits that the sender gives the recipient; `reverses` is the entry that a refund gives back."""

    kind: EntryKind
    sender: Side
    recipient: Side
    credits: int
    notes: str
    bill: Bill | None = None
    reverses: int | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is between two wallets of one account."""
        return self.sender.account.id == self.recipient.account.id

    @property
    def movement(self) -> Movement:
        return Movement.OWN_TRANSFER if self.is_own else Movement(self.kind)


@dataclass(frozen=True, slots=True)
class TransferRecords:
    """The ids of the records on one side's sheets; without a bill there is no invoice."""

    transfer: int
    invoice: int | None


@dataclass(frozen=True, slots=True)
class CompletedTransfer:
    entry_id: int
    sender: TransferRecords
    recipient: TransferRecords


def own_side(context: AccountContext) -> Side:
    return Side(context.account, context.wallet)


def issuing_side(context: Context) -> Side:
    """The issuer, from which all credits come."""
    core = context.system_core
    return Side(core, wallets.require(context.transaction, id=core.ewallet_id))


def partner_named(context: Context, email: str, field: str, payee_account: int | None = None) -> Side:
    """The account with that email and its active wallet.

    Raises `PartnerUnknownError`, `PartnerUnavailableError` if it can't receive credits, or
    `PayeeChangedError` if it is not `payee_account`."""
    account = accounts.find(context.transaction, email_key=email_key(email))
    if account is None or account.id == SYSTEM_CORE_ID or account.state == AccountStatus.ERASED:
        if context.caller.is_in_process:
            raise PartnerUnknownError(field, _ONLY_LOCAL_ACCOUNTS)
        raise PartnerUnknownError(field)
    # First, because nothing is told of an account that can't be paid, not even its name.
    require_available(account, field)
    if payee_account not in (None, account.id):
        _reject_payee(context, email, field)
    return Side(account, wallets.require(context.transaction, id=account.ewallet_id))


def _reject_payee(context: Context, email: str, field: str) -> None:
    payee = find_payee(context.transaction, email)
    if payee is not None:
        raise PayeeChangedError(field, payee.id, payee.name, payee.caution)


def require_available(account: Account, field: str) -> None:
    if account.state != AccountStatus.ACTIVE:
        raise PartnerUnavailableError(field)


def move_between_wallets(context: Context, transfer: CreditTransfer) -> CompletedTransfer:
    """Move the credits, and write the records and events of both sides, the sender's first."""
    sender, recipient = transfer.sender, transfer.recipient
    if not sender.issues:
        _require_credits(context, transfer)
    _require_room(context, recipient, transfer.credits)
    entry = move_credits(
        transfer.kind,
        sender.balance,
        recipient.balance,
        transfer.credits,
        context.now,
        reverses=transfer.reverses,
    )
    entry_id = post(context.transaction, entry, context.issuer)
    recorded = CompletedTransfer(
        entry_id,
        sender=_record(context, transfer, entry_id, sender),
        recipient=_record(context, transfer, entry_id, recipient),
    )
    sent_to, got_from = {"transfer_to": recipient.account.email}, {"transfer_from": sender.account.email}
    _record_moved(context, transfer, EventKind.CREDITS_LEFT, sender, recorded.sender, sent_to)
    _record_moved(context, transfer, EventKind.CREDITS_ARRIVED, recipient, recorded.recipient, got_from)
    return recorded


def _require_credits(context: Context, transfer: CreditTransfer) -> None:
    sender, credits = transfer.sender, transfer.credits
    balance, limit = read_amount(context.transaction, sender.balance), sender.account.daily_limit
    if credits > balance:
        raise NotEnoughCreditsError(credits, balance)
    if limit is None or transfer.is_own:
        return
    spent = spent_today(context, sender.account)
    if spent.credits + credits > limit:
        frees_at = None if spent.first_at is None else spent.first_at + DAY_MS
        raise DailyLimitReachedError(limit, spent.credits, left_within(limit, spent), timestamp(frees_at))


def _require_room(context: Context, recipient: Side, credits: int) -> None:
    balance = read_amount(context.transaction, recipient.balance)
    if balance + credits <= MOST_CREDITS:
        return
    if context.logged_in is not None and context.logged_in.id == recipient.account.id:
        raise BalanceLimitError(MOST_CREDITS, balance)
    raise PartnerBalanceLimitError(MOST_CREDITS)


def _record(context: Context, transfer: CreditTransfer, entry_id: int, side: Side) -> TransferRecords:
    """Write one side's records; the position of the issuer's is the entry's id."""
    position = entry_id if side.issues else None
    is_incoming = side is not transfer.sender and transfer.kind is not EntryKind.SUPPLY
    transfer_id = transfers.append(
        context.transaction,
        side.wallet.transfer_sheet_id,
        context.now,
        position=position,
        entry_id=entry_id,
        transfer_type=INCOMING if is_incoming else transfer.kind,
        from_account_id=transfer.sender.account.id,
        to_account_id=transfer.recipient.account.id,
        credits=transfer.credits,
        notes=transfer.notes,
        **_own_wallets(transfer, "_id"),
    )
    if transfer.bill is None:
        return TransferRecords(transfer_id, None)
    invoice_id = invoices.append(
        context.transaction,
        side.wallet.invoice_sheet_id,
        context.now,
        position=position,
        entry_id=entry_id,
        transfer_record_id=transfer_id,
        seller_account_id=transfer.bill.seller.id,
        credits=transfer.credits,
        currency=transfer.bill.currency,
        cost=transfer.bill.cost,
        notes=transfer.notes,
        **_parties(transfer, transfer.bill.seller),
    )
    return TransferRecords(transfer_id, invoice_id)


def _own_wallets(transfer: CreditTransfer, suffix: str = "") -> dict[str, int]:
    """Both wallets of an own transfer; of any other, the account may not know the partner's."""
    if not transfer.is_own:
        return {}
    return {
        f"from_ewallet{suffix}": transfer.sender.wallet.id,
        f"to_ewallet{suffix}": transfer.recipient.wallet.id,
    }


def _parties(transfer: CreditTransfer, seller: Account) -> dict[str, str]:
    """Both parties as they are named now, which their invoices keep."""
    sender, recipient = transfer.sender.account, transfer.recipient.account
    buyer = recipient if sender.id == seller.id else sender
    return {
        "seller_name": seller.name,
        "seller_email": seller.email,
        "buyer_name": buyer.name,
        "buyer_email": buyer.email,
    }


def _record_moved(
    context: Context,
    transfer: CreditTransfer,
    kind: EventKind,
    side: Side,
    recorded: TransferRecords,
    partner: dict[str, str],
) -> None:
    """Note the change of that side's wallet, and write its event; the issuer has neither."""
    if side.issues:
        return
    wallets.change(context.transaction, side.wallet.id, written_at=context.now)
    refund = {}
    if transfer.reverses is not None:
        refund["refund_of"] = read_transfer_with_links(context.transaction, recorded.transfer).refund_of
    record_event(
        context,
        side.account.id,
        kind,
        transfer.movement,
        ewallet=side.wallet.id,
        ewallet_credits=read_amount(context.transaction, side.balance),
        credits=transfer.credits,
        **partner,
        **_own_wallets(transfer),
        notes=transfer.notes,
        transfer_record=recorded.transfer,
        invoice_record=recorded.invoice,
        **refund,
    )
