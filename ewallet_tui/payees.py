"""The contacts that a payment may go to, looked up at the engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ewallet_core.presentation.payees import Contact

Ask = Callable[..., Awaitable[dict[str, Any]]]

MAX_RESULTS = 1_000


async def find_contacts(ask: Ask, email: str) -> list[Contact]:
    """The contacts with that email, in any spelling and on any list."""
    before_domain = email[: email.rfind("@") + 1]
    found = await ask(
        action="search", search="records", kind="contact", text=before_domain, limit=MAX_RESULTS
    )
    contacts = [] if found["failed"] else [Contact.read(row["record_data"]) for row in found["rows"]]
    return [contact for contact in contacts if contact.has_email(email)]


async def with_payee(ask: Ask, instruction: Mapping[str, Any]) -> dict[str, Any]:
    """The instruction, if it pays a contact by email, with the account that the contact was saved with."""
    email = instruction.get("pay" if instruction.get("action") == "pay" else "transfer_to")
    if (
        instruction.get("action") not in ("pay", "transfer")
        or not isinstance(email, str)
        or "payee_account" in instruction
    ):
        return dict(instruction)
    contact = next(iter(await find_contacts(ask, email)), None)
    return {**instruction, **(contact.arguments if contact else {})}


async def keep_new_payee(ask: Ask, contacts: Sequence[Contact]) -> None:
    """Save the contacts' emails again: they are of the account that has them now."""
    for contact in contacts:
        await ask(
            action="edit",
            edit="contact",
            contact="record",
            record_id=contact.record,
            user_email=contact.email,
        )
