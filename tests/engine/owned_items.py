"""Instructions about sheets, lists, wallets and clocks, and the data that they answer."""

from __future__ import annotations

from typing import Any

from engine_client import EngineClient
from examples_sheets import list_verb, new_list, record_verb
from examples_wallets_and_clocks import holder_verb
from instructions import Instruction

KINDS = ("transfer", "invoice", "conversion", "time", "contact")
OWNER = {
    "transfer": "ewallet",
    "invoice": "ewallet",
    "conversion": "clock",
    "time": "clock",
    "contact": "user",
}
HOLDERS = ("ewallet", "clock")


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


def create_sheet(caller: EngineClient, kind: str, **more: Any) -> int:
    """Create a sheet of that kind and return its id."""
    return caller.request(**new_list(kind, **more))[sheet_key(kind)]


def view_sheet(caller: EngineClient, kind: str, **more: Any) -> dict[str, Any]:
    """The data of the active sheet of that kind, or of the named one."""
    return caller.request(**list_verb("view", kind, **more))[f"{noun(kind)}_data"]


def archive(caller: EngineClient, kind: str) -> dict[str, str]:
    """The references of all sheets of that kind by id, of the active owner."""
    owner = owner_data(caller, OWNER[kind])
    return owner[f"{sheet_key(kind)}_archive"]


def owner_data(caller: EngineClient, owner: str) -> dict[str, Any]:
    """The data of the active wallet, clock or account."""
    if owner == "user":
        return caller.request(action="view", view="account")["account_data"]
    return caller.request(**holder_verb("view", owner))[f"{owner}_data"]


def create_holder(caller: EngineClient, word: str, **more: Any) -> int:
    """Create a wallet or clock and return its id."""
    return caller.request(**holder_verb("new", word, **more))[f"credit_{word}"]


def choose(verb: str, word: str, number: Any, **more: Any) -> Instruction:
    return holder_verb(verb, word, **{f"{word}_id": number}, **more)


def unlink_record(kind: str, number: Any) -> Instruction:
    return record_verb("unlink", kind, record_id=number)


def restore_record(kind: str, number: Any) -> Instruction:
    return record_verb("recover", kind, record_id=number)
