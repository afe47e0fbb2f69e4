"""The wallets, what can be done with the active one, and its statement."""

from __future__ import annotations

from ewallet_tui.screens.framed import FramedScreen


class WalletScreen(FramedScreen):
    """The wallets, what can be done with the active one, and its statement."""

    PLACE = "wallet"
