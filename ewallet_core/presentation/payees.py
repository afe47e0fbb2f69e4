"""Whom a payment goes to: the account of a contact or of an email, and why it may be someone else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ewallet_core.presentation.formatting import one_line
from ewallet_core.spelling import email_key
from ewallet_core.types import user_key

PAYEE_CHANGED = "payee_changed"
"""The code of the answer that an email belongs to another account now."""
ISSUER_ID = 1
"""The account of the issuer, which no email leads to: sent as the payee, it is never paid."""
SIGN = "!"
NEW_OWNER = f"{SIGN} email has a new owner"
CAUTIONS = {"mixed_scripts": f"{SIGN} mixed alphabets", "lookalike": f"{SIGN} looks like another account"}
CHECK = "Make sure it is who you mean."


def mark_of(found: Mapping[str, Any]) -> str:
    """Why the payee in a contact's data or an answer may not be the one that is meant; empty: no reason."""
    if found.get("payee_changed"):
        return NEW_OWNER
    return CAUTIONS.get(found.get("payee_caution") or "", "")


def name_key(typed: str) -> str:
    """The form in which a typed text is found in names and emails."""
    return user_key(one_line(typed.strip()))


@dataclass(frozen=True)
class Contact:
    """A contact; `record` is its number, `payee` the account that it was saved with."""

    name: str
    email: str
    payee: int | None = None
    mark: str = ""
    record: int = 0

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        return cls(
            one_line(record["name"]),
            one_line(record["email"]),
            record.get("payee_account"),
            mark_of(record),
            record.get("id", 0),
        )

    def has_email(self, email: str) -> bool:
        return email_key(self.email) == email_key(email)

    @property
    def arguments(self) -> dict[str, int]:
        """What a payment to the contact is sent with, so that no one else gets it."""
        if self.payee is None:
            # Its account was deleted: the answer says who has its email now.
            return {"payee_account": ISSUER_ID} if self.mark == NEW_OWNER else {}
        return {"payee_account": self.payee}
