"""The places of the app: each a screen with a tab, a number in the tabs' order, and a letter after `g`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A screen that a tab leads to."""

    mode: str
    title: str
    letter: str


PLACES = (
    Place("wallet", "Wallet", "w"),
    Place("clock", "Clock", "c"),
    Place("account", "Account", "a"),
)
