"""Wallets and clocks: viewing them, what they hold and what belongs to them."""

from __future__ import annotations

from ewallet_core.actions.context import Context
from ewallet_core.actions.data import clock_data, ewallet_data
from ewallet_core.actions.shapes import ClockData, EwalletData
from ewallet_core.instructions.catalogue import NoArguments, instruction
from ewallet_core.instructions.envelope import Answer, ok


@instruction(
    NoArguments,
    {"action": "view", "view": "credit", "credit": "wallet"},
    {"action": "view", "view": "credit", "credit": "ewallet"},
    changes=False,
    answers={"credit_ewallet": int, "ewallet_data": EwalletData},
)
def view_wallet(_asked: NoArguments, context: Context) -> Answer:
    """View the active wallet."""
    wallet = context.wallet
    return ok(credit_ewallet=wallet.id, ewallet_data=ewallet_data(context, wallet))


@instruction(
    NoArguments,
    {"action": "view", "view": "credit", "credit": "clock"},
    changes=False,
    answers={"credit_clock": int, "clock_data": ClockData},
)
def view_clock(_asked: NoArguments, context: Context) -> Answer:
    """View the active clock: what is left on it now, and what its timer is doing."""
    clock = context.clock
    return ok(credit_clock=clock.id, clock_data=clock_data(context, clock))
