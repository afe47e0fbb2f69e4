"""Random requests of every instruction of the registry, most of them valid or nearly so."""

from __future__ import annotations

import enum
import random
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from fakes import DAY, FRIDAY_NOON
from instructions import ANOTHER_PASSWORD, PASSWORD

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import Instruction
from ewallet_core.instructions.validation import meta_of

MOST_ID, MOST_NAMES = 14, 6
NAMES = [f"user{number}" for number in range(MOST_NAMES)]
EMAILS = [f"{name}@example.org" for name in NAMES]

# A thread that cleans up, and what it does at some time, can't be repeated from a seed.
EXCLUDED = {
    "system action start cleaner",
    "system action stop cleaner",
    "system action start instruction_listener",
}
INSTRUCTIONS = [found for found in REGISTRY if found.name not in EXCLUDED]
MOVEMENTS = [
    found
    for found in INSTRUCTIONS
    if found.name.split()[2] in ("supply", "pay", "transfer", "convert", "refund")
    or found.name.endswith("clock_timer")
]

ENDING = {
    "client action logout",
    "client action end session",
    "client action unlink account",
    "client action edit account",
    "client action switch account",
    "system action cleanup sessions",
    "system action cleanup ctokens",
    "system action cleanup stokens",
    "system action edit permission",
    "system action freeze account",
    "system action reset password",
}
"""After these a session is worth little, so they are rare."""

ODD_VALUES: tuple[Any, ...] = (
    None, True, "", " ", "0", "-1", "1_0", "\x00", "\ud800", "\u202e", "x" * 70_000, -1, 0, 2**63, 1e300, 0.1,
    float("nan"), [], {}, [[]], [None], {"name": 1}, "9" * 30, "1970-01-01", "a@b",
)  # fmt: skip

_BY_NAME: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("user_email", "pay", "transfer_to", "supply_to", "account"), tuple(EMAILS)),
    "user_name": tuple(NAMES),
    **dict.fromkeys(("user_pass", "old_pass"), (PASSWORD, PASSWORD, PASSWORD, ANOTHER_PASSWORD, "wrong")),
    "new_pass": (PASSWORD, "rubber", "x" * 80),
    "credits": (1, 2, 5, 30, 1_000, 10**12, "7"),
    "minutes": (1, 2.5, "0.000017", "0.1", 60),
    "cost": ("0", "12.50", 0.01, "0.000001"),
    "notes": ("", "lunch", "\N{GREEK SMALL LETTER PI}" * 1_000, "=1+1", "<b>'\";--"),
    "text": ("lunch", "%", "_", "user", "\N{LATIN SMALL LETTER SHARP S}"),
    "tags": ([], ["acme"], "acme urgent", ["a"] * 3),
    "sort": ("-create_date", "create_date", "credits", "-id", "nothing"),
    "instruction": tuple(found.name for found in INSTRUCTIONS),
    "time_zone": ("Europe/Berlin", "Pacific/Apia", "America/St_Johns", "UTC", "Nowhere/Here"),
    "daily_limit": (0, 50, 10**12),
    "kind": ("transfer", "invoice", "conversion", "time", "contact"),
}


class RandomRequests:
    """Draws the requests, and credentials from those that were given."""

    def __init__(self, drawn: random.Random, sessions: list[dict[str, str]]) -> None:
        self._drawn = drawn
        self._sessions = sessions
        self._request_ids: list[str] = []

    def draw(self) -> dict[str, Any]:
        """A flat or an enveloped request."""
        drawn = self._drawn
        found = drawn.choice(MOVEMENTS if drawn.random() < 0.4 else INSTRUCTIONS)
        if found.name in ENDING and drawn.random() < 0.9:
            found = drawn.choice(MOVEMENTS)
        arguments = self._arguments(found)
        credentials = self._credentials()
        if drawn.random() < 0.02:
            arguments[drawn.choice(["colour", "request", "user_pass", "header"])] = self._odd_value()
        if drawn.random() < 0.5:
            return {**drawn.choice(found.forms), **arguments, **credentials}
        return {"header": credentials, "command_chain": {**drawn.choice(found.forms), **arguments}}

    def _arguments(self, found: Instruction) -> dict[str, Any]:
        drawn = self._drawn
        names = [
            name
            for name, field in found.arguments.items()
            if drawn.random() < (0.99 if field.required else 0.25)
        ]
        for alternatives in (found.request.exactly_one_of, found.request.at_most_one_of):
            if alternatives and drawn.random() < 0.9:
                kept = drawn.choice(alternatives)
                names = [*(name for name in names if name not in alternatives), kept]
        return {
            name: self._odd_value()
            if drawn.random() < 0.03
            else self._value(name, found.arguments[name].type)
            for name in names
        }

    def _credentials(self) -> dict[str, str]:
        drawn = self._drawn
        credentials = dict(drawn.choice(self._sessions))
        chance = drawn.random()
        if chance < 0.02:
            del credentials[drawn.choice(sorted(credentials))]
        elif chance < 0.04:
            credentials["session_token"] = drawn.choice(self._sessions)["session_token"]
        if drawn.random() < 0.5:
            if not self._request_ids or drawn.random() < 0.9:
                self._request_ids.append(f"random {len(self._request_ids):09}")
            credentials["request_id"] = drawn.choice(self._request_ids[-5:])
        return credentials

    def _value(self, name: str, field_type: Any) -> Any:
        drawn = self._drawn
        if name in _BY_NAME:
            return drawn.choice(_BY_NAME[name])
        if name in ("client_id", "session_token", "ctoken", "stoken"):
            session = drawn.choice(self._sessions)
            return session["client_id" if name[0] == "c" else "session_token"]
        meta, kinds = meta_of(field_type), set(_kinds(field_type))
        if "time such as" in str(meta.description):
            return timestamp(FRIDAY_NOON + drawn.randint(-2 * DAY, 2 * DAY))
        if int in kinds and meta.ge is not None:
            highest = 2**63 - 1 if meta.le is None else meta.le
            usual = drawn.randint(meta.ge, min(highest, meta.ge + MOST_ID))
            return (
                usual if drawn.random() < 0.95 else drawn.choice([meta.ge, highest, meta.ge - 1, highest + 1])
            )
        if bool in kinds:
            return drawn.random() < 0.5
        choices = [choice for kind in kinds for choice in _choices(kind)]
        return drawn.choice(choices or meta.examples or ODD_VALUES)

    def _odd_value(self) -> Any:
        return self._drawn.choice(ODD_VALUES)


def _kinds(field_type: Any) -> list[Any]:
    """The types that a field may have, without annotations."""
    if get_origin(field_type) in (Union, UnionType):
        return [kind for part in get_args(field_type) for kind in _kinds(part)]
    return _kinds(field_type.__origin__) if hasattr(field_type, "__metadata__") else [field_type]


def _choices(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return tuple(member.value for member in kind) if isinstance(kind, enum.EnumType) else ()
