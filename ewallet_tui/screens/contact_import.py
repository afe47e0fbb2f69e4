"""Importing contacts from a CSV or vCard file: what it has, what is new, and saving that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from textual import work

from ewallet_core.instructions import fields
from ewallet_core.presentation.contact_files import (
    FileContact,
    UnreadableContactsError,
    decoded,
    read_contacts,
)
from ewallet_core.presentation.formatting import count, grouped, one_line
from ewallet_core.spelling import email_key
from ewallet_tui.balances import listed
from ewallet_tui.context import AppContext
from ewallet_tui.export import as_known, expanded
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import confirm
from ewallet_tui.screens.progress import ProgressModal, Tell
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field

LARGEST_FILE = 10 * 1_024 * 1_024
"""In bytes."""
TITLE = "Import contacts"
STOPPING = "Stopping after the contact that is being saved."
NOTE = "A CSV file with a column Email, or a vCard file (.vcf)."


@dataclass(frozen=True)
class ContactImport:
    """The contacts of a file: those to save, how many are here already, and why others can't be saved."""

    new: Sequence[FileContact]
    known: int
    problems: Sequence[str]

    @classmethod
    def of(cls, found: Iterable[FileContact], known_emails: Iterable[str]) -> ContactImport:
        known, seen = set(known_emails), set[str]()
        new, problems, already = list[FileContact](), list[str](), 0
        for contact in found:
            email = email_key(contact.email)
            if contact.problem:
                problems.append(contact.problem)
            elif email in known or email in seen:
                already += 1
            else:
                seen.add(email)
                new.append(contact)
        return cls(new, already, problems)

    @property
    def summary(self) -> str:
        """What would be saved, and what not: `2 new contacts: Ann, Bob. 1 is here already.`"""
        names = listed(one_line(contact.name) for contact in self.new)
        parts = [f"{count(len(self.new), 'new contact')}{f': {names}' if names else ''}."]
        if self.known:
            parts.append(f"{self.known} {'is' if self.known == 1 else 'are'} here already.")
        if self.problems:
            parts.append(f"{self.not_saved} ({listed(self.problems)}).")
        return " ".join(parts)

    @property
    def not_saved(self) -> str:
        return f"{count(len(self.problems), 'entry', 'entries')} can't be saved"


def import_contacts(screen: BaseScreen, list_id: int) -> None:
    """Ask for a file, show what it has, and save its new contacts on a list."""
    read_files: list[ContactImport] = []

    async def read(values: dict[str, Any]) -> Answer:
        try:
            contacts = await asyncio.to_thread(_read_file, values["path"])
        except (OSError, UnreadableContactsError) as problem:
            return _read_error(problem)
        read_files.append(ContactImport.of(contacts, await _known_emails(screen)))
        return {"failed": False}

    def closed(answer: Answer | None) -> None:
        if answer is not None:
            _confirm(screen, list_id, read_files[-1])

    field = Field("path", "File", fields.Notes, placeholder="such as ~/Downloads/contacts.csv")
    screen.ask_with(FormSpec(TITLE, "Read", (field,), note=NOTE), read, closed)


@work(group="import")
async def _confirm(screen: BaseScreen, list_id: int, found: ContactImport) -> None:
    if not found.new:
        screen.context.notify(f"There is nothing to import. {found.summary}", title=TITLE)
    elif await confirm(screen, TITLE, found.summary, "Import"):
        await _save(screen, list_id, found)


def _read_file(typed: str) -> list[FileContact]:
    path = expanded(typed)
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise UnreadableContactsError(f"{as_known(path)} is larger than 10 MB. Choose a smaller file.")
    return read_contacts(decoded(content))


def _read_error(problem: Exception) -> Answer:
    """Why the file can't be read, as the form shows a refused field."""
    error, warning = str(problem), ""
    if isinstance(problem, OSError):
        error = f"The file can't be read: {(problem.strerror or 'unknown reason').lower()}."
        warning = "Check its name and its folder."
    return {"failed": True, "error": error, "warning": warning, "code": "", "details": {"field": "path"}}


async def _known_emails(screen: BaseScreen) -> list[str]:
    """The emails of all contacts of the account, as they are compared."""
    emails: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = await screen.context.send(
            action="search", search="records", kind="contact", limit=fields.LONGEST_PAGE, **cursor
        )
        if answer["failed"]:
            return emails
        emails += [email_key(row["record_data"]["email"]) for row in answer["rows"]]
        if answer["next"] is None:
            return emails
        cursor = {"before": answer["next"]}


class ImportWork:
    """Saves contacts on a list; its result is how many were saved before an error or a stop."""

    title = TITLE

    def __init__(self, context: AppContext, list_id: int, contacts: Sequence[FileContact]) -> None:
        self.begun = _so_far(0, contacts)
        self._context = context
        self._list_id = list_id
        self._contacts = contacts
        self._is_stopped = False

    async def carry_out(self, tell: Tell) -> int:
        saved = 0
        for contact in self._contacts:
            # The answer's error is shown; the rest would fail in the same way.
            if self._is_stopped or (await self._save(contact))["failed"]:
                break
            saved += 1
            tell(_so_far(saved, self._contacts))
        await self._context.store.refresh()
        return saved

    def stop(self) -> bool:
        """End after the contact that is being saved."""
        self._is_stopped = True
        self._context.notify(STOPPING)
        return True

    async def _save(self, contact: FileContact) -> Answer:
        answer: Answer = await self._context.act(
            is_one_of_many=True,
            action="new",
            new="contact",
            contact="record",
            contact_list=self._list_id,
            user_name=contact.name,
            user_email=contact.email,
            user_phone=contact.phone,
            notes=contact.notes,
        )
        return answer


def _so_far(saved: int, contacts: Sequence[FileContact]) -> str:
    return f"{grouped(saved)} of {count(len(contacts), 'contact')} saved"


async def _save(screen: BaseScreen, list_id: int, found: ContactImport) -> None:
    result = screen.query_one(ResultLine)
    importing = ImportWork(screen.context, list_id, found.new)
    saved = await screen.app.push_screen_wait(ProgressModal(importing)) or 0
    left = len(found.new) - saved
    parts = [f"Imported {count(saved, 'contact')}."]
    parts += [f"{grouped(left)} more {'was' if left == 1 else 'were'} not saved."] if left else []
    parts += [f"{found.not_saved}."] if found.problems else []
    result.say(" ".join(parts))
