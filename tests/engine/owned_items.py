"""What tests ask of sheets, lists, wallets and clocks, and where what they have made is read."""

from __future__ import annotations

from typing import Any

from engine_client import EngineClient
from examples_sheets import list_verb, new_list, record_verb
from examples_wallets_and_clocks import holding_verb
from instructions import Instruction

KINDS = ("transfer", "invoice", "conversion", "time", "contact")
OWNER = {
    "transfer": "ewallet",
    "invoice": "ewallet",
    "conversion": "clock",
    "time": "clock",
    "contact": "user",
}
HOLDINGS = ("ewallet", "clock")


def noun(kind: str) -> str:
    return "list" if kind == "contact" else "sheet"


def sheet_key(kind: str) -> str:
    return f"{kind}_{noun(kind)}"


def named(kind: str, number: Any) -> Instruction:
    return {f"{noun(kind)}_id": number}


def unlink_list(kind: str, number: Any) -> Instruction:
    return list_verb("unlink", kind, list_id=number)


def switch_list(kind: str, number: Any) -> Instruction:
    return {"action": "switch", "switch": sheet_key(kind), **named(kind, number)}


def made(caller: EngineClient, kind: str, **more: Any) -> int:
    """The number of a new sheet of that kind."""
    return caller.asks_ok(**new_list(kind, **more))[sheet_key(kind)]


def listed(caller: EngineClient, kind: str, **more: Any) -> dict[str, Any]:
    """What a view of that kind of sheet shows."""
    return caller.asks_ok(**list_verb("view", kind, **more))[f"{noun(kind)}_data"]


def archive(caller: EngineClient, kind: str) -> dict[str, str]:
    """All sheets of that kind that the active owner has, by number."""
    owner = owner_data(caller, OWNER[kind])
    return owner[f"{sheet_key(kind)}_archive"]


def owner_data(caller: EngineClient, owner: str) -> dict[str, Any]:
    """The active owner, as its view shows it."""
    if owner == "user":
        return caller.asks_ok(action="view", view="account")["account_data"]
    return caller.asks_ok(**holding_verb("view", owner))[f"{owner}_data"]


def held(caller: EngineClient, word: str, **more: Any) -> int:
    """The number of a new wallet or clock."""
    return caller.asks_ok(**holding_verb("new", word, **more))[f"credit_{word}"]


def choose(verb: str, word: str, number: Any, **more: Any) -> Instruction:
    return holding_verb(verb, word, **{f"{word}_id": number}, **more)


def unlink_record(kind: str, number: Any) -> Instruction:
    return record_verb("unlink", kind, record_id=number)
