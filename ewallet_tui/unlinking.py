"""Why one of several can't be unlinked, where that is known before anybody is asked."""

from __future__ import annotations

from typing import NamedTuple

from ewallet_tui.belongings import CLOCK, WALLET, Belonging
from ewallet_tui.picture import Clock, Picture, Wallet
from ewallet_tui.words import credit_amount


class Obstacle(NamedTuple):
    """What is in the way, and what to do about it."""

    what: str
    remedy: str


def obstacle_to(belonging: Belonging, id: int, picture: Picture, now: float) -> Obstacle | None:
    """What is in the way of unlinking that one; nothing that is known of may still be something."""
    if len(picture.owned[belonging].names) == 1:
        noun = belonging.noun
        return Obstacle(
            f"This is the last {noun} there is.",
            f"Make another {noun} and switch to it first, then unlink this one.",
        )
    if belonging is WALLET and id == picture.wallet.id:
        return _of_wallet(picture.wallet) or _of_clock(picture.clock, now)
    if belonging is CLOCK and id == picture.clock.id:
        return _of_clock(picture.clock, now)
    return None


def _of_wallet(wallet: Wallet) -> Obstacle | None:
    if not wallet.credits:
        return None
    held = f"{wallet.reference} holds {credit_amount(wallet.credits)}."
    return Obstacle(held, "Spend or transfer them first.")


def _of_clock(clock: Clock, now: float) -> Obstacle | None:
    if clock.runs:
        return Obstacle(f"The timer of {clock.reference} is under way.", "Stop it first.")
    if clock.left_ms(now):
        remedy = "Convert it back to credits, or spend it, first."
        return Obstacle(f"There is time left on {clock.reference}.", remedy)
    return None
