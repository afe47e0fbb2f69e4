"""Moves credits between wallets, with records and events on both sides, within the daily limit."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

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
from ewallet_core.operations.context import AccountContext, Context
from ewallet_core.operations.events import new_event
from ewallet_core.storage.accounts import AccountStatus, PartyAccount
from ewallet_core.storage.events import EventKind, Movement, NewEvent, append_events
from ewallet_core.storage.journal import post
from ewallet_core.storage.linked_records import read_transfer_with_links
from ewallet_core.storage.payees import Partner, find_partner, find_payee
from ewallet_core.storage.sheets import Place, invoices, next_places, transfers
from ewallet_core.storage.statements import Spent, sum_spent_between
from ewallet_core.storage.wallets import PartyWallet, read_party
from ewallet_core.types import SYSTEM_CORE_ID

DAY_MS = 24 * 60 * 60_000
INCOMING = "incoming"
_ONLY_LOCAL_ACCOUNTS = "On this computer's own wallet, only accounts made here can be paid."


def spent_today(context: Context, account: PartyAccount) -> Spent:
    # What is dated later than a day from now was spent while the wall clock was ahead.
    return sum_spent_between(context.transaction, account.id, context.now - DAY_MS, context.now + DAY_MS)


def left_within(limit: int, spent: Spent) -> int:
    # A limit may be lowered below what was already spent.
    return max(0, limit - spent.credits)


class Side(msgspec.Struct, frozen=True):
    """The sender or the recipient of credits: an account and one of its wallets, as it was before."""

    account: PartyAccount
    wallet: PartyWallet

    @property
    def issues(self) -> bool:
        """Whether it is the issuer, whose own rows do not change when it issues credits."""
        return self.account.id == SYSTEM_CORE_ID

    @property
    def balance(self) -> BalanceId:
        return BalanceId(self.wallet.balance_id)


class Bill(msgspec.Struct, frozen=True):
    """The seller on the invoices, and the cost; a payment in credits alone has a currency of ""."""

    seller: PartyAccount
    currency: str = ""
    cost: str = ""


class CreditTransfer(msgspec.Struct, frozen=True):
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


class CompletedSide(msgspec.Struct, frozen=True):
    """The ids of the records on one side's sheets, and its new credits, which are 0 if it is the issuer.

    Without a bill there is no invoice.
    """

    transfer: int
    invoice: int | None
    credits: int


class CompletedTransfer(msgspec.Struct, frozen=True):
    entry_id: int
    sender: CompletedSide
    recipient: CompletedSide


def own_side(context: AccountContext) -> Side:
    return Side(context.account, context.wallet)


def issuing_side(context: Context) -> Side:
    """The issuer, from which all credits come."""
    return Side(*read_party(context.transaction, SYSTEM_CORE_ID))


def side_named(context: Context, email: str, field: str) -> Side:
    """As `partner_named`, to be supplied with credits."""
    partner = partner_named(context, email, field)
    return Side(partner.account, partner.wallet)


def partner_named(context: Context, email: str, field: str, payee_account: int | None = None) -> Partner:
    """The account with that email and its active wallet.

    Raises `PartnerUnknownError`, `PartnerUnavailableError` if it can't receive credits, or
    `PayeeChangedError` if it is not `payee_account`."""
    payer_id = None if context.logged_in is None else context.logged_in.id
    partner = find_partner(context.transaction, email, payer_id)
    if partner is None or partner.account.id == SYSTEM_CORE_ID:
        if context.caller.is_in_process:
            raise PartnerUnknownError(field, _ONLY_LOCAL_ACCOUNTS)
        raise PartnerUnknownError(field)
    context.transaction.require_locks((partner.account.id,))
    # First, because nothing is told of an account that can't be paid, not even its name.
    require_available(partner.account, field)
    if payee_account not in (None, partner.account.id):
        _reject_payee(context, email, field)
    return partner


def _reject_payee(context: Context, email: str, field: str) -> None:
    payee = find_payee(context.transaction, email)
    if payee is not None:
        raise PayeeChangedError(field, payee.id, payee.name, payee.caution)


def require_available(account: PartyAccount, field: str) -> None:
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
    places = _places(context, transfer, entry_id)
    completed = CompletedTransfer(
        entry_id,
        sender=_record(context, transfer, entry_id, places, sender),
        recipient=_record(context, transfer, entry_id, places, recipient),
    )
    _record_moved(context, transfer, completed)
    return completed


def _require_credits(context: Context, transfer: CreditTransfer) -> None:
    sender, credits = transfer.sender, transfer.credits
    if credits > sender.wallet.credits:
        raise NotEnoughCreditsError(credits, sender.wallet.credits)
    limit = sender.account.daily_limit
    if limit is None or transfer.is_own:
        return
    spent = spent_today(context, sender.account)
    if spent.credits + credits > limit:
        frees_at = None if spent.first_at is None else spent.first_at + DAY_MS
        raise DailyLimitReachedError(limit, spent.credits, left_within(limit, spent), timestamp(frees_at))


def _require_room(context: Context, recipient: Side, credits: int) -> None:
    balance = recipient.wallet.credits
    if balance + credits <= MOST_CREDITS:
        return
    if context.logged_in is not None and context.logged_in.id == recipient.account.id:
        raise BalanceLimitError(MOST_CREDITS, balance)
    raise PartnerBalanceLimitError(MOST_CREDITS)


def _places(context: Context, transfer: CreditTransfer, entry_id: int) -> dict[int, Place]:
    """Where the records go, by sheet; the position of the issuer's is the entry's id.

    The issuer's sheets don't count their records, so that supplies don't wait for each other.
    """
    places: dict[int, Place] = {}
    counting: list[int] = []
    for side in (transfer.sender, transfer.recipient):
        sheets = [side.wallet.transfer_sheet_id]
        if transfer.bill is not None:
            sheets.append(side.wallet.invoice_sheet_id)
        if side.issues:
            places |= {sheet_id: Place(sheet_id, side.account.id, entry_id) for sheet_id in sheets}
        else:
            counting += sheets
    return places | next_places(context.transaction, counting, context.now)


def _record(
    context: Context, transfer: CreditTransfer, entry_id: int, places: Mapping[int, Place], side: Side
) -> CompletedSide:
    """Write one side's records."""
    is_incoming = side is not transfer.sender and transfer.kind is not EntryKind.SUPPLY
    transfer_id = transfers.put(
        context.transaction,
        places[side.wallet.transfer_sheet_id],
        context.now,
        entry_id=entry_id,
        transfer_type=INCOMING if is_incoming else str(transfer.kind),
        from_account_id=transfer.sender.account.id,
        to_account_id=transfer.recipient.account.id,
        credits=transfer.credits,
        notes=transfer.notes,
        **_own_wallets(transfer, "_id"),
    )
    credits = _credits_after(transfer, side)
    if transfer.bill is None:
        return CompletedSide(transfer_id, None, credits)
    invoice_id = invoices.put(
        context.transaction,
        places[side.wallet.invoice_sheet_id],
        context.now,
        entry_id=entry_id,
        transfer_record_id=transfer_id,
        seller_account_id=transfer.bill.seller.id,
        credits=transfer.credits,
        currency=transfer.bill.currency,
        cost=transfer.bill.cost,
        notes=transfer.notes,
        **_parties(transfer, transfer.bill.seller),
    )
    return CompletedSide(transfer_id, invoice_id, credits)


def _credits_after(transfer: CreditTransfer, side: Side) -> int:
    """The side's credits, from what it had before: nothing else has moved them in this transaction."""
    if side.issues:
        return 0
    moved = -transfer.credits if side is transfer.sender else transfer.credits
    return side.wallet.credits + moved


def _own_wallets(transfer: CreditTransfer, suffix: str = "") -> dict[str, int]:
    """Both wallets of an own transfer; of any other, the account may not know the partner's."""
    if not transfer.is_own:
        return {}
    return {
        f"from_ewallet{suffix}": transfer.sender.wallet.id,
        f"to_ewallet{suffix}": transfer.recipient.wallet.id,
    }


def _parties(transfer: CreditTransfer, seller: PartyAccount) -> dict[str, str]:
    """Both parties as they are named now, which their invoices keep."""
    sender, recipient = transfer.sender.account, transfer.recipient.account
    buyer = recipient if sender.id == seller.id else sender
    return {
        "seller_name": seller.name,
        "seller_email": seller.email,
        "buyer_name": buyer.name,
        "buyer_email": buyer.email,
    }


def _record_moved(context: Context, transfer: CreditTransfer, completed: CompletedTransfer) -> None:
    """Write the events of both sides, the sender's first; the issuer has none."""
    sender, recipient, movement = transfer.sender, transfer.recipient, transfer.movement

    def moved(kind: EventKind, side: Side, done: CompletedSide, **partner: str) -> NewEvent:
        return new_event(
            context,
            side.account.id,
            kind,
            movement,
            ewallet=side.wallet.id,
            ewallet_credits=done.credits,
            credits=transfer.credits,
            **partner,
            **_own_wallets(transfer),
            notes=transfer.notes,
            transfer_record=done.transfer,
            invoice_record=done.invoice,
            **_refunded(context, transfer, done),
        )

    events = [
        moved(EventKind.CREDITS_ARRIVED, recipient, completed.recipient, transfer_from=sender.account.email)
    ]
    if not sender.issues:
        left = moved(EventKind.CREDITS_LEFT, sender, completed.sender, transfer_to=recipient.account.email)
        events.insert(0, left)
    if transfer.is_own:
        for event in events:
            append_events(context.transaction, event)
    else:
        append_events(context.transaction, *events)


def _refunded(context: Context, transfer: CreditTransfer, done: CompletedSide) -> dict[str, int | None]:
    """The side's record of the payment that a refund gives back."""
    if transfer.reverses is None:
        return {}
    return {"refund_of": read_transfer_with_links(context.transaction, done.transfer).refund_of}
