"""The people on one's contact lists, by name and email; where they are many, as they are looked for."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ewallet_core.presentation.formatting import one_line

MOST_AT_ONCE = 1_000
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
        return _key(self.name), _key(self.email)

    def begins(self, typed: str) -> str:
        """The email or the name that begins with what is typed, and goes on; or nothing."""
        goes_on = (text for text in (self.email, self.name) if len(text) > len(typed))
        return next((text for text in goes_on if text.casefold().startswith(typed)), "")

    def has(self, typed: str) -> bool:
        """Whether what is typed is in the name or the email."""
        return any(typed in name for name in self.names)

    def other_than(self, another: Contact) -> str:
        """What tells one from another: the name, or the email where both are called the same."""
        return self.email if _key(self.name) == _key(another.name) else self.name


class ContactBook:
    """Says who is meant by a name or an email. It is for one form: what changes meanwhile isn't heard of."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._contacts: dict[Contact, None] = {}
        self._looked_for: dict[str, bool] = {}
        """What was looked for, and whether everybody who has it is known."""
        self._has_begun = False
        self._learning = asyncio.Lock()

    def knows(self, typed: str) -> bool:
        """Whether nothing more is to be learned of it."""
        wanted = _key(typed)
        return wanted in self._looked_for or self._knows_everybody_with(wanted)

    async def learn(self, typed: str) -> None:
        """Read all contacts, or those with that text where they are too many."""
        async with self._learning:
            if not self._has_begun:
                await self._look_for("")
                # All are asked for once, whatever came of it: not again for each key.
                self._has_begun = True
            if (wanted := _key(typed)) and not self.knows(wanted):
                await self._look_for(wanted)

    def email_of(self, typed: str) -> str:
        """The email of the one contact of that name, or what was typed where nobody has it.

        Raises `ValueError` with the words for the person where there are several, or could be.
        """
        wanted = typed.strip()
        if not wanted or "@" in wanted:
            return wanted
        named = [one for one in self._contacts if _key(one.name) == _key(wanted)]
        emails = {_key(one.email): one.email for one in named}
        if len(emails) > 1:
            raise ValueError(f"Several contacts are called {wanted}. Type the email.")
        if not self._knows_everybody_with(_key(wanted)):
            raise ValueError(self._doubt_about(wanted))
        return next(iter(emails.values()), wanted)

    def name_of(self, email: str) -> str:
        """What whoever has that email is called here: by name, or by the email where there is none."""
        wanted = _key(email)
        return next((one.name for one in self._contacts if _key(one.email) == wanted), email)

    def continued(self, typed: str) -> str:
        """The first email or name that begins with what is typed, as it goes on."""
        wanted = typed.casefold()
        return next(filter(None, (one.begins(wanted) for one in self._found(wanted))), "")

    def hint(self, typed: str) -> str:
        """Who is meant, and who else could be: `Bob: bob@example.org`, `→ Bobette   or Bob`."""
        wanted = _key(typed)
        found = self._found(wanted)
        if not found:
            return ""
        if not wanted:
            return f"By name: {_listed((one.name for one in found), MOST_NAMED)}"
        first = found[0]
        others = _listed((one.other_than(first) for one in found[1:]), MOST_OTHERS)
        takes_it = TAKES_IT if first.begins(wanted) else ""
        meant = f"{first.name}: {first.email}" if wanted in first.names else f"{takes_it}{first.name}"
        return f"{meant}   or {others}" if others else meant

    def _found(self, wanted: str) -> list[Contact]:
        """Those who have it in their name or email: first whose it is, then whose begins with it."""
        found = [one for one in self._contacts if one.has(wanted)]
        return sorted(found, key=lambda one: (wanted not in one.names, not one.begins(wanted)))

    def _knows_everybody_with(self, wanted: str) -> bool:
        """Whether all who have it are known, as all are who have a part of it."""
        return any(is_all and part in wanted for part, is_all in self._looked_for.items())

    def _doubt_about(self, wanted: str) -> str:
        if self.knows(wanted):
            return f"Too many contacts have {wanted} in them. Type the email."
        return f"{wanted} is not looked up yet. Wait a moment, or type the email."

    async def _look_for(self, text: str) -> None:
        found = await self._ask(
            action="search", search="records", kind="contact", text=text, limit=MOST_AT_ONCE
        )
        if found["failed"]:
            return
        for row in found["rows"]:
            contact = row["record_data"]
            self._contacts[Contact(one_line(contact["name"]), one_line(contact["email"]))] = None
        self._looked_for[text] = found["next"] is None


def _key(typed: str) -> str:
    """What makes two names or emails the same, as those who look for them see it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed.strip()).casefold())


def _listed(names: Iterable[str], most: int) -> str:
    different = list(dict.fromkeys(names))
    return ", ".join(different[:most]) + (", …" if len(different) > most else "")
