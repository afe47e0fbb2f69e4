"""The user's own wallets, clocks and contacts by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ewallet_core.commands.listing import rows_of
from ewallet_core.commands.shell import RefusedError, Shell
from ewallet_core.presentation.formatting import one_line
from ewallet_core.spelling import email_key
from ewallet_core.types import user_key

Item = dict[str, Any]
Names = Callable[[Item], Iterable[str]]


def wallets_of(shell: Shell) -> list[Item]:
    """All wallets of the account, oldest first."""
    wallets: list[Item] = shell.send(action="view", view="credit", credit="ewallets")["ewallets"]
    return wallets


def clocks_of(shell: Shell, wallet_id: int) -> list[Item]:
    """All clocks of a wallet, oldest first."""
    answer = shell.send(action="view", view="credit", credit="clocks", ewallet_id=wallet_id)
    clocks: list[Item] = answer["clocks"]
    return clocks


def all_clocks(shell: Shell) -> list[Item]:
    """The clocks of all wallets, each with its wallet's name as `wallet`."""
    return [
        {**clock, "wallet": wallet["reference"]}
        for wallet in wallets_of(shell)
        for clock in clocks_of(shell, wallet["id"])
    ]


def find_wallet(shell: Shell, name: str) -> Item:
    """The wallet with that name or number; raises `RefusedError`."""
    return _the_one("wallet", wallets_of(shell), name, lambda wallet: (wallet["reference"],))


def find_clock(shell: Shell, name: str) -> Item:
    """The clock with that name or number, in any wallet: `Reading`, `Reading in Main`, `3`."""
    return _the_one(
        "clock",
        all_clocks(shell),
        name,
        lambda clock: (clock["reference"], f"{clock['reference']} in {clock['wallet']}"),
    )


def find_contact(shell: Shell, name: str) -> Item:
    """The contact with that name, email or number, on any list; raises `RefusedError`."""
    # A name may be stored in another form than it is typed: the engine compares the beginning of an email.
    text = name.partition("@")[0] if "@" in name else ""
    search = {"action": "search", "search": "records", "kind": "contact", "text": text}
    found = [row["record_data"] for row in rows_of(shell, search)]
    return _the_one(
        "contact", found, name, lambda contact: (contact["name"], contact["email"]), key=_name_or_email
    )


def _name_or_email(text: str) -> str:
    return email_key(text) if "@" in text else user_key(text)


def _the_one(
    noun: str, items: Sequence[Item], name: str, names: Names, key: Callable[[str], str] = user_key
) -> Item:
    """The item with that name, or that number if none has the name; raises `RefusedError`."""
    wanted = key(name.strip())
    found = [item for item in items if wanted in map(key, names(item))]
    found = found or [item for item in items if str(item["id"]) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(f"{item['id']} ({one_line(tuple(names(item))[-1])})" for item in found)
        raise not_found(
            f"Several of your {noun}s are called {one_line(name)}.", f"Name one by its number: {numbers}."
        )
    known = ", ".join(one_line(item_name) for item_name in (next(iter(names(item))) for item in items[:10]))
    advice = f"You have: {known}." if known else f"List them with `ewallet {noun}s`."
    raise not_found(f"None of your {noun}s is called {one_line(name)}.", advice)


def not_found(error: str, warning: str) -> RefusedError:
    """The refusal of a name or number that the user has nothing under."""
    answer = {"failed": True, "error": error, "warning": warning, "code": "not_found", "details": {}}
    return RefusedError(answer)
