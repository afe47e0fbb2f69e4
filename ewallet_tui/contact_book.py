"""Completion of names and emails from the user's contacts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ewallet_core.instructions import fields
from ewallet_core.instructions.validation import accepts
from ewallet_core.spelling import email_key
from ewallet_core.types import user_key
from ewallet_tui.payees import MAX_RESULTS, Ask, Contact, mark_of

MAX_NAMES, MAX_OTHERS = 6, 3
ACCEPT_SIGN = "→ "
"""Before a name that the right arrow completes."""


@dataclass(frozen=True)
class KnownContact(Contact):
    @property
    def names(self) -> tuple[str, str]:
        return _key(self.name), _key(self.email)

    def begins(self, typed: str) -> str:
        """The email or the name that begins with `typed` and is longer; empty if neither does."""
        longer = (text for text in (self.email, self.name) if len(text) > len(typed))
        return next((text for text in longer if text.casefold().startswith(typed)), "")

    def has(self, typed: str) -> bool:
        return any(typed in name for name in self.names)


class ContactBook:
    """Completes a form's recipient field; it does not notice contacts that change meanwhile."""

    def __init__(self, ask: Ask, is_connected: Callable[[], bool] = lambda: False) -> None:
        """While `is_connected`, the accounts of emails that are no contact's are looked up too."""
        self._ask = ask
        self._is_connected = is_connected
        self._marks: dict[str, str] = {}
        """By the keys of the emails that were looked up: why their accounts may not be the ones meant."""
        self._contacts: dict[KnownContact, None] = {}
        self._looked_for: dict[str, bool] = {}
        """The texts that were searched for, and whether the answer had all contacts that contain them."""
        self._has_begun = False
        self._learning = asyncio.Lock()

    def knows(self, typed: str) -> bool:
        """Whether all contacts that `typed` may mean, and the account of an email, are known."""
        return self._knows_contacts(_key(typed)) and not self._lacks_account(typed)

    async def learn(self, typed: str) -> None:
        """Read all contacts, or those that contain the text if there are too many, and an email's account."""
        async with self._learning:
            if not self._has_begun:
                await self._look_for("")
                # Even if that failed: it is not repeated at each key.
                self._has_begun = True
            if (wanted := _key(typed)) and not self._knows_contacts(wanted):
                await self._look_for(wanted)
            if self._lacks_account(typed):
                await self._look_up_account(typed.strip())

    def email_of(self, typed: str) -> str:
        """The email of the only contact of that name; `typed` if there is none.

        Raises `ValueError` with a sentence for the user if there are several, or may be.
        """
        wanted = typed.strip()
        if not wanted or "@" in wanted:
            return wanted
        named = [one for one in self._contacts if _key(one.name) == _key(wanted)]
        emails = {email_key(one.email): one.email for one in named}
        if len(emails) > 1:
            raise ValueError(f"Several contacts are called {wanted}. Type the email.")
        if not self._knows_all_with(_key(wanted)):
            raise ValueError(self._doubt_about(wanted))
        return next(iter(emails.values()), wanted)

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
        wanted = typed.casefold()
        return next(filter(None, (one.begins(wanted) for one in self._found(wanted))), "")

    def hint(self, typed: str) -> str:
        """The contact that is meant, and others that may be: `Bob: bob@example.org`, `→ Bobette   or Bob`."""
        wanted = _key(typed)
        found = self._found(wanted)
        if not found:
            return self.mark_of(typed)
        if not wanted:
            return f"By name: {_listed((one.name for one in found), MAX_NAMES)}"
        first = found[0]
        others = _listed(
            (one.email if _key(one.name) == _key(first.name) else one.name for one in found[1:]), MAX_OTHERS
        )
        accepted = ACCEPT_SIGN if first.begins(wanted) else ""
        meant = f"{first.name}: {first.email}" if wanted in first.names else f"{accepted}{first.name}"
        if first.mark:
            meant = f"{meant} {first.mark}"
        return f"{meant}   or {others}" if others else meant

    def _found(self, wanted: str) -> list[KnownContact]:
        """The contacts whose name or email contains `wanted`: equal ones, then those that begin with it."""
        found = [one for one in self._contacts if one.has(wanted)]
        return sorted(found, key=lambda one: (wanted not in one.names, not one.begins(wanted)))

    def _knows_contacts(self, wanted: str) -> bool:
        return wanted in self._looked_for or self._knows_all_with(wanted)

    def _lacks_account(self, typed: str) -> bool:
        """Whether it is an email whose account is to be looked up."""
        email = typed.strip()
        if "@" not in email or not self._is_connected() or not accepts(fields.Email, email):
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


def _key(typed: str) -> str:
    """The form in which a typed text is found in names and emails."""
    return user_key(typed.strip())


def _listed(names: Iterable[str], most: int) -> str:
    different = list(dict.fromkeys(names))
    return ", ".join(different[:most]) + (", …" if len(different) > most else "")
