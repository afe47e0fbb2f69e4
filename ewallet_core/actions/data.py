"""The data dicts that answers hold (PROTOCOL section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ewallet_core.actions.context import Context
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.ledger.rates import minutes_in
from ewallet_core.storage.accounts import Account
from ewallet_core.storage.journal import amount_of
from ewallet_core.storage.sessions import logged_in, sessions
from ewallet_core.storage.sheets import sheets
from ewallet_core.storage.wallets import Clock, Wallet, clocks, wallets

Data = dict[str, Any]


class Referenced(Protocol):
    """Something with a number, and a name for people."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def reference(self) -> str:
        """Its name for people."""
        ...


class Dated(Protocol):
    """Something that was made once and changed since."""

    @property
    def created_at(self) -> int:
        """When it was made, in milliseconds UTC."""
        ...

    @property
    def written_at(self) -> int:
        """When it was last changed."""
        ...


def minutes(**milliseconds: int) -> Data:
    """Each span in minutes under its name, and exactly under its name with `_ms`."""
    return {
        key: value
        for name, span in milliseconds.items()
        for key, value in ((name, float(minutes_in(span))), (f"{name}_ms", span))
    }


def archive(things: Iterable[Referenced]) -> dict[str, str]:
    """References by number; numbers are text, as JSON has them."""
    return {str(thing.id): thing.reference for thing in things}


def dates(dated: Dated) -> Data:
    """When it was made and last changed."""
    return {"create_date": timestamp(dated.created_at), "write_date": timestamp(dated.written_at)}


def account_data(context: Context, account: Account) -> Data:
    """What an account's owner sees of it."""
    transaction = context.transaction
    return {
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "phone": account.phone,
        "alias": account.alias,
        "state": str(account.state),
        "role": str(account.role),
        "ewallet": account.ewallet_id,
        "contact_list": account.contact_list_id,
        "ewallet_archive": archive(wallets.all(transaction, account_id=account.id)),
        "contact_list_archive": archive(sheets.all(transaction, owner_id=account.id, kind="contact")),
        "to_unlink": account.to_unlink_at is not None,
        "to_unlink_timestamp": timestamp(account.to_unlink_at),
        **dates(account),
    }


def session_data(context: Context) -> Data:
    """The session as it is now, with every account that is logged in to it."""
    transaction = context.transaction
    session = sessions.require(transaction, id=context.session.id)
    members = logged_in(transaction, session.id)
    active = next((account for account in members if account.id == session.account_id), None)
    return {
        "session_user_account": active.email if active else None,
        "session_credit_ewallet": active.ewallet_id if active else None,
        "session_contact_list": active.contact_list_id if active else None,
        "session_account_archive": {account.email: account.name for account in members},
        "expires": timestamp(session.expires_at),
    }


def ewallet_data(context: Context, wallet: Wallet) -> Data:
    """A wallet, what it holds, and what belongs to it."""
    transaction = context.transaction
    return {
        "id": wallet.id,
        "user": wallet.account_id,
        "reference": wallet.reference,
        "credits": amount_of(transaction, wallet.balance_id),
        "clock": wallet.clock_id,
        "clock_archive": archive(clocks.all(transaction, ewallet_id=wallet.id)),
        "transfer_sheet": wallet.transfer_sheet_id,
        "transfer_sheet_archive": archive(sheets.all(transaction, owner_id=wallet.id, kind="transfer")),
        "invoice_sheet": wallet.invoice_sheet_id,
        "invoice_sheet_archive": archive(sheets.all(transaction, owner_id=wallet.id, kind="invoice")),
        **dates(wallet),
    }


def clock_data(context: Context, clock: Clock) -> Data:
    """A clock as of now: what is left on it, and what its timer is doing."""
    transaction, timer = context.transaction, clock.timer
    balance = amount_of(transaction, clock.balance_id)
    return {
        "id": clock.id,
        "ewallet": clock.ewallet_id,
        "reference": clock.reference,
        "clock_state": str(timer.state),
        "start_timestamp": timestamp(timer.started_at),
        **minutes(
            credit_clock=timer.left_at(context.now, balance),
            minutes_spent=timer.spent_at(context.now),
            pending_time=timer.pending_at(context.now),
        ),
        "pending_count": timer.pauses,
        "milliseconds_per_credit": context.rules.milliseconds_per_credit,
        "time_sheet": clock.time_sheet_id,
        "time_sheet_archive": archive(sheets.all(transaction, owner_id=clock.id, kind="time")),
        "conversion_sheet": clock.conversion_sheet_id,
        "conversion_sheet_archive": archive(sheets.all(transaction, owner_id=clock.id, kind="conversion")),
        **dates(clock),
    }
