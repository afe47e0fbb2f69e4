"""Contacts, wallets and clocks, looked up by the names that users type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ewallet_core.commands.problems import CommandError
from ewallet_core.commands.shell import Shell
from ewallet_core.presentation.formatting import credit_amount, one_line
from ewallet_core.presentation.payees import CAUTIONS, CHECK, SIGN, Contact, mark_of, name_key

MOST_CONTACTS = 1_000
MOST_SUGGESTIONS = 5


@dataclass(frozen=True)
class Recipient:
    """Whom a payment goes to: an email, and the account that it is meant for."""

    name: str
    email: str
    arguments: dict[str, int]
    doubt: str = ""
    """The sentence to confirm before the payment; empty if the account can't be mistaken for another."""
    contact: Contact | None = None


def find_payee(shell: Shell, typed: str) -> Recipient:
    """The payee that is meant by a contact's name, or by an email."""
    wanted = typed.strip()
    if not wanted:
        raise CommandError("It is not said to whom. Give a contact's name, or an email.")
    if "@" not in wanted:
        return _of_contact(find_contact(shell, wanted))
    before_domain = wanted[: wanted.rfind("@") + 1]
    contact = next((one for one in search_contacts(shell, before_domain) if one.has_email(wanted)), None)
    if contact is not None:
        return _of_contact(contact)
    found = shell.send(action="view", view="payee", user_email=wanted)
    name, email = one_line(found["payee_name"]), one_line(found["payee"])
    doubt = _doubt_about(name, email, mark_of(found))
    return Recipient(name, email, {"payee_account": found["payee_account"]}, doubt)


def find_contact(shell: Shell, name: str) -> Contact:
    """The contact of exactly that name; raises `CommandError` if there is none, or more than one."""
    found = search_contacts(shell, one_line(name))
    exact = {one.email: one for one in found if name_key(one.name) == name_key(name)}
    if len(exact) == 1:
        return next(iter(exact.values()))
    if exact:
        raise CommandError(
            f"Several contacts are called {one_line(name)}: {_listed(list(exact))}. Give the email."
        )
    similar = _listed([f"{one.name} ({one.email})" for one in found])
    advice = (
        f"Similar: {similar}." if found else "Give an email, or save the contact with `ewallet contacts add`."
    )
    raise CommandError(f"You have no contact called {one_line(name)}. {advice}")


def find_saved_contact(shell: Shell, who: str) -> Contact:
    """The contact of that name, of that email, or of that number if none is called so."""
    wanted = one_line(who.strip())
    text = wanted[: wanted.rfind("@") + 1] or wanted
    found = [
        one
        for one in search_contacts(shell, text)
        if one.has_email(wanted) or name_key(one.name) == name_key(wanted)
    ]
    if not found and wanted.isdecimal():
        answer = shell.send(action="view", view="contact", contact="record", record_id=wanted)
        return Contact.read(answer["record_data"])
    if len(found) == 1:
        return found[0]
    if found:
        numbers = _listed([f"{one.record} ({one.name}, {one.email})" for one in found])
        raise CommandError(f"Several contacts are called {wanted}. Give a number: {numbers}.")
    raise CommandError(f"You have no contact called {wanted}. `ewallet contacts` lists all of them.")


def search_contacts(shell: Shell, text: str) -> list[Contact]:
    """The contacts whose name or email contains the text, on any list."""
    found = shell.send(action="search", search="records", kind="contact", text=text, limit=MOST_CONTACTS)
    return [Contact.read(row["record_data"]) for row in found["rows"]]


def find_wallet(shell: Shell, name: str) -> dict[str, Any]:
    """The data of the wallet of that name, or of that number if none is called so."""
    return _find_named(wallets_of(shell), name, "wallet")


def find_clock(shell: Shell, name: str) -> dict[str, Any]:
    """The data of the clock of that name in any wallet: `Reading`, `Reading in Main`, or its number."""
    return _find_named(all_clocks(shell), name, "clock")


def wallets_of(shell: Shell) -> list[dict[str, Any]]:
    """The data of all wallets of the account, oldest first."""
    wallets: list[dict[str, Any]] = shell.send(action="view", view="credit", credit="ewallets")["ewallets"]
    return wallets


def clocks_of(shell: Shell, wallet: int) -> list[dict[str, Any]]:
    """The data of all clocks of a wallet, oldest first."""
    answer = shell.send(action="view", view="credit", credit="clocks", ewallet_id=wallet)
    clocks: list[dict[str, Any]] = answer["clocks"]
    return clocks


def all_clocks(shell: Shell) -> list[dict[str, Any]]:
    """The data of the clocks of all wallets, each with its wallet's name as `wallet`."""
    return [
        {**clock, "wallet": wallet["reference"]}
        for wallet in wallets_of(shell)
        for clock in clocks_of(shell, wallet["id"])
    ]


def _find_named(owned: Sequence[dict[str, Any]], name: str, noun: str) -> dict[str, Any]:
    same = [one for one in owned if name_key(name) in _keys_of(one)]
    if not same:
        same = [one for one in owned if str(one["id"]) == name]
    if len(same) == 1:
        return same[0]
    if same:
        numbers = ", ".join(_numbered(one) for one in same)
        raise CommandError(f"Several {noun}s are called {one_line(name)}. Give a number: {numbers}.")
    names = _listed([one_line(one["reference"]) for one in owned])
    raise CommandError(f"You have no {noun} called {one_line(name)}. Yours: {names}.")


def _keys_of(owned: Mapping[str, Any]) -> set[str]:
    """What the wallet or clock may be called, for comparison."""
    name = owned["reference"]
    return {name_key(name), *([name_key(f"{name} in {owned['wallet']}")] if "wallet" in owned else [])}


def _numbered(owned: Mapping[str, Any]) -> str:
    """Its number and what tells it apart: of a clock `3 (in Main)`, of a wallet `3 (20 credits)`."""
    told = f"in {one_line(owned['wallet'])}" if "wallet" in owned else credit_amount(owned["credits"])
    return f"{owned['id']} ({told})"


def _of_contact(contact: Contact) -> Recipient:
    doubt = _doubt_about(contact.name, contact.email, contact.mark)
    return Recipient(contact.name, contact.email, contact.arguments, doubt, contact)


def _doubt_about(name: str, email: str, mark: str) -> str:
    # A new owner is asked about once it is known who it is.
    if mark not in CAUTIONS.values():
        return ""
    whom = email if name in ("", email) else f"{name} ({email})"
    return f"{whom}: {mark.removeprefix(SIGN).strip()}. {CHECK}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_SUGGESTIONS]) + (", …" if len(names) > MOST_SUGGESTIONS else "")
