"""The people on one's contact lists, by name and email; where they are many, as they are looked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ewallet_tui.text import one_line

MOST_AT_ONCE = 1_000
MOST_FOUND = 20
MOST_NAMED, MOST_OTHERS = 6, 3
TAKES_IT = "→ "

Ask = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Contact:
    """Somebody that credits can go to."""

    name: str
    email: str

    @property
    def names(self) -> tuple[str, str]:
        """What they can be named by, whatever the case."""
        return self.name.casefold(), self.email.casefold()

    def begins(self, typed: str) -> str:
        """The email or the name that begins with what is typed, and goes on; or nothing."""
        goes_on = (text for text in (self.email, self.name) if len(text) > len(typed))
        return next((text for text in goes_on if text.casefold().startswith(typed)), "")

    def has(self, typed: str) -> bool:
        """Whether what is typed is in the name or the email."""
        return any(typed in name for name in self.names)


class ContactBook:
    """Says who is meant by a name or an email. It is for one form: what changes meanwhile isn't heard of."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._contacts: dict[Contact, None] = {}
        self._looked_for: set[str] = set()
        self._is_whole = False
        self._learning = asyncio.Lock()

    async def learn(self, typed: str) -> None:
        """Read all contacts, or those with that text where they are too many."""
        async with self._learning:
            if "" not in self._looked_for:
                self._is_whole = await self._look_for("", MOST_AT_ONCE)
            if not self._is_whole and typed not in self._looked_for:
                await self._look_for(typed, MOST_FOUND)

    def email_of(self, typed: str) -> str:
        """The email of the one contact of that name, or what was typed; raises `ValueError` for several."""
        wanted = typed.strip()
        emails = sorted({one.email for one in self._contacts if one.name.casefold() == wanted.casefold()})
        if len(emails) > 1:
            raise ValueError(f"{len(emails)} contacts are called {wanted}. Type the email: {emails[0]}…")
        return emails[0] if emails and "@" not in wanted else wanted

    def name_of(self, email: str) -> str:
        """What whoever has that email is called here: by name, or by the email where there is none."""
        wanted = email.casefold()
        return next((one.name for one in self._contacts if one.email.casefold() == wanted), email)

    def continued(self, typed: str) -> str:
        """The first email or name that begins with what is typed, as it goes on."""
        wanted = typed.casefold()
        return next(filter(None, (one.begins(wanted) for one in self._found(wanted))), "")

    def hint(self, typed: str) -> str:
        """Who is meant, and who else could be: `Bob: bob@example.org`, `→ Bobette   or Bob`."""
        wanted = typed.strip().casefold()
        found = self._found(wanted)
        if not found:
            return ""
        if not wanted:
            return f"By name: {_listed(found, MOST_NAMED)}"
        first, others = found[0], _listed(found[1:], MOST_OTHERS)
        takes_it = TAKES_IT if first.begins(wanted) else ""
        meant = f"{first.name}: {first.email}" if wanted in first.names else f"{takes_it}{first.name}"
        return f"{meant}   or {others}" if others else meant

    def _found(self, wanted: str) -> list[Contact]:
        """Those who have it in their name or email: first whose it is, then whose begins with it."""
        found = [one for one in self._contacts if one.has(wanted)]
        return sorted(found, key=lambda one: (wanted not in one.names, not one.begins(wanted)))

    async def _look_for(self, text: str, most: int) -> bool:
        found = await self._ask(action="search", search="records", kind="contact", text=text, limit=most)
        if found["failed"]:
            return False
        self._looked_for.add(text)
        for row in found["rows"]:
            contact = row["record_data"]
            self._contacts[Contact(one_line(contact["name"]), one_line(contact["email"]))] = None
        return found["next"] is None


def _listed(contacts: Sequence[Contact], most: int) -> str:
    names = list(dict.fromkeys(one.name for one in contacts))
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
