"""The places of the app: each a screen with a letter after `g`, and most with a numbered tab."""

from __future__ import annotations

from dataclasses import dataclass

OPERATOR, AUDITOR = "operator", "auditor"
EVERYBODY = frozenset({"user", OPERATOR, AUDITOR})


@dataclass(frozen=True)
class Place:
    """A screen that can be gone to."""

    mode: str
    title: str
    letter: str
    roles: frozenset[str] = EVERYBODY
    """Who may go there, by the role of the account."""


PLACES = (
    Place("home", "Home", "h"),
    Place("wallet", "Wallet", "w"),
    Place("clock", "Clock", "c"),
    Place("contacts", "Contacts", "p"),
    Place("sheets", "Sheets", "s"),
    Place("account", "Account", "a"),
    Place("console", "Console", "k"),
    Place("operator", "Operator", "o", frozenset({OPERATOR, AUDITOR})),
)
"""Those with a tab, whose number is its place in this order."""

SETTINGS = Place("settings", "Settings", "comma")
ALL_PLACES = (*PLACES, SETTINGS)


def places_for(role: str) -> tuple[Place, ...]:
    """The places where an account of that role may go."""
    return tuple(place for place in ALL_PLACES if role in place.roles)
