"""Wallets and clocks as answers show them (PROTOCOL section 4)."""

from __future__ import annotations

from ewallet_core.actions.belongings.sheet_kinds import CLOCK, EWALLET, sheets_of
from ewallet_core.actions.context import Context
from ewallet_core.actions.data import Data, archive, dates, minutes
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.storage.journal import amount_of
from ewallet_core.storage.wallets import Clock, Wallet, clocks


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
        **sheets_of(context, EWALLET, wallet),
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
        **sheets_of(context, CLOCK, clock),
        **dates(clock),
    }
