"""Completion of names and emails from the user's contacts, and of their own wallets and clocks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from msgspec import Meta

from ewallet_core.instructions import fields
from ewallet_core.instructions.validation import accepts, meta_of
from ewallet_core.presentation.formatting import one_line
from ewallet_core.presentation.payees import Contact, mark_of, name_key
from ewallet_core.spelling import email_key
from ewallet_tui.payees import MAX_RESULTS, Ask

MAX_NAMES, MAX_OTHERS = 6, 3
ACCEPT_SIGN = "→ "
"""Before a name that the right arrow completes."""


@dataclass(frozen=True)
class KnownContact(Contact):
    @property
    def names(self) -> tuple[str, str]:
        return name_key(self.name), name_key(self.email)

    def begins(self, typed: str) -> str:
        """The email or the name that begins with `typed` and is longer; empty if neither does."""
        longer = (text for text in (self.email, self.name) if len(text) > len(typed))
        return next((text for text in longer if text.casefold().startswith(typed)), "")

    def may_be(self, typed: str) -> bool:
        """Whether its email, its name or a word of its name begins with `typed`."""
        name, email = self.names
        return email.startswith(typed) or f" {name}".find(f" {typed}") >= 0

    def has(self, typed: str) -> bool:
        return any(typed in name for name in self.names)


@dataclass(frozen=True)
class OwnRecipient:
    """One of the user's own wallets or clocks, to which they may move credits or time.

    Its label stands where a contact's email stands, and is what the field shows in the end.
    """

    id: int
    name: str
    label: str

    @classmethod
    def called(cls, id: int, name: str, noun: str, names: Iterable[str]) -> OwnRecipient:
        """With the label `Holidays (your wallet)`, or with its number if another of `names` is the same."""
        is_unique = [name_key(one) for one in names].count(name_key(name)) < 2
        return cls(id, one_line(name), f"{one_line(name)} ({noun}{'' if is_unique else f' {id}'})")


async def no_contacts(**_instruction: Any) -> dict[str, Any]:
    """Answers a search for contacts where none are offered."""
    return {"failed": False, "rows": [], "next": None}


class ContactBook:
    """Completes a form's recipient field; it does not notice contacts that change meanwhile."""

    def __init__(
        self, ask: Ask, own: Sequence[OwnRecipient] = (), is_connected: Callable[[], bool] = lambda: False
    ) -> None:
        """`own` are offered like contacts, and before them.

        While `is_connected`, the accounts of emails that are no contact's are looked up too.
        """
        self._ask = ask
        self._own = {name_key(one.label): one for one in own}
        self._is_connected = is_connected
        self._marks: dict[str, str] = {}
        """By the keys of the emails that were looked up: why their accounts may not be the ones meant."""
        self._contacts: dict[KnownContact, None] = {KnownContact(one.name, one.label): None for one in own}
        self._looked_for: dict[str, bool] = {"": True} if ask is no_contacts else {}
        """The texts that were searched for, and whether the answer had all contacts that contain them."""
        self._has_begun = False
        self._learning = asyncio.Lock()

    def knows(self, typed: str) -> bool:
        """Whether all contacts that `typed` may mean, and the account of an email, are known."""
        return self._knows_contacts(name_key(typed)) and not self._lacks_account(typed)

    async def learn(self, typed: str) -> None:
        """Read all contacts, or those that contain the text if there are too many, and an email's account."""
        async with self._learning:
            if not self._has_begun:
                await self._look_for("")
                # Even if that failed: it is not repeated at each key.
                self._has_begun = True
            if (wanted := name_key(typed)) and not self._knows_contacts(wanted):
                await self._look_for(wanted)
            if self._lacks_account(typed):
                await self._look_up_account(typed.strip())

    def email_of(self, typed: str) -> str:
        """The email of the contact that is meant: of that name, or the only one that begins so.

        A text that is an email, and one that means no contact, is returned as it is. Raises `ValueError`
        with a sentence for the user if several are meant, or may be.
        """
        wanted = typed.strip()
        if (own := self.own(wanted)) is not None:
            return own.label
        if not wanted or accepts(fields.Email, wanted):
            return wanted
        meant = self._meant(name_key(wanted))
        if len(meant) > 1:
            raise ValueError(_several(wanted, meant))
        if not self._knows_all_with(name_key(wanted)):
            if "@" in wanted:
                return wanted
            raise ValueError(self._doubt_about(wanted))
        return meant[0].email if meant else wanted

    @property
    def has_own(self) -> bool:
        return bool(self._own)

    def own(self, typed: str) -> OwnRecipient | None:
        """The own wallet or clock of that label."""
        return self._own.get(name_key(typed))

    def kind_of_recipient(self, kind: Any = None) -> Any:
        """The type of a field that takes an own label, or a value of `kind` if one is given."""
        if not self._own:
            return kind
        known = self._own.values()

        def is_recipient(value: str) -> bool:
            return any(value == one.label for one in known) or (kind is not None and accepts(kind, value))

        description = "one of your own" if kind is None else meta_of(kind).description
        return Annotated[str, Meta(description=description, extra={"check": is_recipient})]

    def name_of(self, email: str) -> str:
        """The name of the contact with that email; the email itself if there is none."""
        found = self.contacts_with(email)
        return found[0].name if found else email

    def contacts_with(self, email: str) -> list[KnownContact]:
        key = email_key(email)
        return [one for one in self._contacts if email_key(one.email) == key]

    def take_new_payee(self, contacts: Iterable[KnownContact], payee: int) -> None:
        """Know that these contacts are of that account from now on."""
        for contact in contacts:
            self._contacts.pop(contact, None)
            self._contacts[replace(contact, payee=payee, mark="")] = None

    def mark_of(self, email: str) -> str:
        """Why the account with that email may not be the one that is meant; empty if there is no reason."""
        found = self.contacts_with(email)
        return found[0].mark if found else self._marks.get(email_key(email), "")

    def continued(self, typed: str) -> str:
        """The text of a contact that goes on from `typed`; never one that is not meant by it."""
        if accepts(fields.Email, typed.strip()):
            return ""
        wanted = typed.casefold()
        return next(filter(None, (one.begins(wanted) for one in self._meant(name_key(typed)))), "")

    def hint(self, typed: str) -> str:
        """The contact that is meant, and others that may be: `Bob: bob@example.org`, `→ Bobette   or Bob`."""
        wanted = name_key(typed)
        found = self._found(wanted)
        if not found:
            return self.mark_of(typed)
        if not wanted:
            return f"By name: {_listed((one.name for one in found), MAX_NAMES)}"
        meant = self._meant(wanted)
        if not meant:
            return self.mark_of(typed) or f"Similar: {_listed((one.name for one in found), MAX_OTHERS)}"
        first = meant[0]
        sign = "" if wanted in first.names or not first.begins(wanted) else ACCEPT_SIGN
        full = first.email if self.own(first.email) is not None else f"{first.name}: {first.email}"
        shown = f"{sign}{first.name}" if len(meant) > 1 and sign else f"{sign}{full}"
        if first.mark:
            shown = f"{first.mark}   {shown}"
        rest = [one for one in (*meant, *found) if email_key(one.email) != email_key(first.email)]
        others = _listed(_told_apart(rest, first), MAX_OTHERS)
        return f"{shown}   or {others}" if others else shown

    def _meant(self, wanted: str) -> list[KnownContact]:
        """The contacts, each once, that `wanted` may mean: those that are called so, or that begin so."""
        found = self._found(wanted) if wanted else []
        exact = [one for one in found if wanted in one.names]
        meant = exact or [one for one in found if one.may_be(wanted)]
        return list({email_key(one.email): one for one in reversed(meant)}.values())[::-1]

    def _found(self, wanted: str) -> list[KnownContact]:
        """The contacts whose name or email contains `wanted`: equal ones, then those that begin with it."""
        found = [one for one in self._contacts if one.has(wanted)]
        return sorted(found, key=lambda one: (wanted not in one.names, not one.begins(wanted)))

    def _knows_contacts(self, wanted: str) -> bool:
        return wanted in self._looked_for or self._knows_all_with(wanted)

    def _lacks_account(self, typed: str) -> bool:
        """Whether it is an email whose account is to be looked up."""
        email = typed.strip()
        if not self._is_connected() or not accepts(fields.Email, email):
            return False
        return email_key(email) not in self._marks and not self.contacts_with(email)

    async def _look_up_account(self, email: str) -> None:
        found = await self._ask(action="view", view="payee", user_email=email)
        self._marks[email_key(email)] = "" if found["failed"] else mark_of(found)

    def _knows_all_with(self, wanted: str) -> bool:
        """Whether all contacts that contain `wanted` are known, because all that contain a part of it are."""
        return any(is_all and part in wanted for part, is_all in self._looked_for.items())

    def _doubt_about(self, wanted: str) -> str:
        if self._knows_contacts(wanted):
            return f"Too many contacts match {wanted}. Type the email."
        return f"Still looking up {wanted}. Wait a moment, or type the email."

    async def _look_for(self, text: str) -> None:
        found = await self._ask(
            action="search", search="records", kind="contact", text=text, limit=MAX_RESULTS
        )
        if found["failed"]:
            return
        for row in found["rows"]:
            self._contacts[KnownContact.read(row["record_data"])] = None
        self._looked_for[text] = found["next"] is None


def _told_apart(contacts: Iterable[KnownContact], *others: KnownContact) -> Iterator[str]:
    """The name of each contact, or its email if another one or one of `others` has that name."""
    contacts = list(contacts)
    names = Counter(
        name_key(one.name) for one in {email_key(one.email): one for one in (*contacts, *others)}.values()
    )
    return (one.email if names[name_key(one.name)] > 1 else one.name for one in contacts)


def _several(typed: str, meant: Sequence[KnownContact]) -> str:
    listed = _listed(_told_apart(meant), MAX_NAMES)
    if all(name_key(typed) in one.names for one in meant):
        return f"Several are called {typed}: {listed}. Type the one you mean."
    return f"Several contacts match {typed}: {listed}. Type more of it."


def _listed(names: Iterable[str], most: int) -> str:
    different = list(dict.fromkeys(names))
    return ", ".join(different[:most]) + (", …" if len(different) > most else "")
