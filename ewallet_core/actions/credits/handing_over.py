"""Credits that pass from one account to another: moved, recorded on both sides and told in one way."""

from __future__ import annotations

from dataclasses import dataclass

from ewallet_core.actions.context import SYSTEM_CORE_ID, Context
from ewallet_core.actions.credits.daily_limit import must_be_within_limit
from ewallet_core.keys import key_of
from ewallet_core.ledger.journal import BalanceId, EntryKind, move_credits
from ewallet_core.ledger.rates import MOST_CREDITS
from ewallet_core.refusals.holdings import NotEnoughCredits, TooMuch
from ewallet_core.refusals.payments import PartnerHasNoRoom, PartnerUnavailable, PartnerUnknown
from ewallet_core.storage.accounts import Account, AccountState, accounts
from ewallet_core.storage.events import EventKind, happened
from ewallet_core.storage.journal import amount_of, post
from ewallet_core.storage.sheets import invoices, transfers
from ewallet_core.storage.wallets import Wallet, wallets

INCOMING = "incoming"


@dataclass(frozen=True, slots=True)
class Side:
    """An account that credits leave or reach, and its wallet that they leave or reach."""

    account: Account
    wallet: Wallet

    @property
    def issues(self) -> bool:
        """Whether it is the issuer, of whose own rows nothing changes with what it issues."""
        return self.account.id == SYSTEM_CORE_ID

    @property
    def balance(self) -> BalanceId:
        """The balance that is moved."""
        return BalanceId(self.wallet.balance_id)


@dataclass(frozen=True, slots=True)
class Bill:
    """Who sold what the invoices are of, and for how much money; a currency of "" is none."""

    seller: Account
    currency: str = ""
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """Credits that one side gives the other, and why; `reverses` is the entry that a refund gives back."""

    kind: EntryKind
    giver: Side
    receiver: Side
    credits: int
    notes: str
    bill: Bill | None = None
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The records that were written on one side's sheets; without a bill there is no invoice."""

    transfer: int
    invoice: int | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The entry that moved the credits, and what was recorded of it on each side."""

    entry_id: int
    giver: Recorded
    receiver: Recorded


def own_side(context: Context) -> Side:
    """The account that asks, with its active wallet."""
    return Side(context.account, context.wallet)


def issuing_side(context: Context) -> Side:
    """The issuer, from which all credits come."""
    core = context.system_core
    return Side(core, wallets.require(context.transaction, id=core.ewallet_id))


def partner_named(context: Context, email: str, field: str) -> Side:
    """The account with that email and its active wallet, raising a refusal where it can't take credits."""
    account = accounts.find(context.transaction, email_key=key_of(email))
    if account is None or account.id == SYSTEM_CORE_ID or account.state == AccountState.ERASED:
        raise PartnerUnknown(field)
    must_be_available(account, field)
    return Side(account, wallets.require(context.transaction, id=account.ewallet_id))


def must_be_available(account: Account, field: str) -> None:
    """Raise `PartnerUnavailable` for an account that is not used now."""
    if account.state != AccountState.ACTIVE:
        raise PartnerUnavailable(field)


def hand_over(context: Context, handover: Handover) -> HandedOver:
    """Move the credits, write both sides' records, the giver's first, and tell both; or refuse to."""
    giver, receiver = handover.giver, handover.receiver
    if not giver.issues:
        _must_be_able_to_give(context, giver, handover.credits)
    _must_have_room(context, receiver, handover.credits)
    entry = move_credits(
        handover.kind,
        giver.balance,
        receiver.balance,
        handover.credits,
        context.now,
        reverses=handover.reverses,
    )
    entry_id = post(context.transaction, entry, context.issuer)
    recorded = HandedOver(
        entry_id,
        giver=_record(context, handover, entry_id, giver),
        receiver=_record(context, handover, entry_id, receiver),
    )
    _tell(context, giver, EventKind.CREDITS_LEFT, handover.credits, transfer_to=receiver.account.email)
    _tell(context, receiver, EventKind.CREDITS_ARRIVED, handover.credits, transfer_from=giver.account.email)
    return recorded


def _must_be_able_to_give(context: Context, giver: Side, credits: int) -> None:
    there = amount_of(context.transaction, giver.balance)
    if credits > there:
        raise NotEnoughCredits(credits, there)
    must_be_within_limit(context, giver.account, credits)


def _must_have_room(context: Context, receiver: Side, credits: int) -> None:
    there = amount_of(context.transaction, receiver.balance)
    if there + credits <= MOST_CREDITS:
        return
    if context.logged_in is not None and context.logged_in.id == receiver.account.id:
        raise TooMuch(MOST_CREDITS, there)
    raise PartnerHasNoRoom(MOST_CREDITS)


def _record(context: Context, handover: Handover, entry_id: int, side: Side) -> Recorded:
    """Write one side's records; the issuer's take the entry's number as position."""
    position = entry_id if side.issues else None
    transfer_id = transfers.append(
        context.transaction,
        side.wallet.transfer_sheet_id,
        context.now,
        position=position,
        entry_id=entry_id,
        transfer_type=_transfer_type(handover, side),
        from_account_id=handover.giver.account.id,
        to_account_id=handover.receiver.account.id,
        credits=handover.credits,
        notes=handover.notes,
    )
    if handover.bill is None:
        return Recorded(transfer_id, None)
    invoice_id = invoices.append(
        context.transaction,
        side.wallet.invoice_sheet_id,
        context.now,
        position=position,
        entry_id=entry_id,
        transfer_record_id=transfer_id,
        seller_account_id=handover.bill.seller.id,
        credits=handover.credits,
        currency=handover.bill.currency,
        cost=handover.bill.cost,
        notes=handover.notes,
    )
    return Recorded(transfer_id, invoice_id)


def _transfer_type(handover: Handover, side: Side) -> str:
    """What the record is called on that side: a supply is one on both, all else is incoming on the other."""
    if side is handover.giver or handover.kind is EntryKind.SUPPLY:
        return handover.kind
    return INCOMING


def _tell(context: Context, side: Side, kind: EventKind, credits: int, **partner: str) -> None:
    if side.issues:
        return
    wallets.change(context.transaction, side.wallet.id, written_at=context.now)
    happened(
        context.transaction,
        side.account.id,
        kind,
        context.now,
        ewallet=side.wallet.id,
        credits=credits,
        **partner,
    )
